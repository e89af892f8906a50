"""The command `explain`: what a verdict of a diagnosis or an audit means, and what to do."""

from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from ..base.names import suggestion
from .errors import UsageError
from .output import show

Verdict = Annotated[
    str | None,
    Parameter(help="Verdict, as a report prints it; by default all are listed."),
]


def explain(verdict: Verdict = None, /) -> int:
    """Explain a verdict: what it means, why it matters, what to do, where to read more.

    Without a verdict, all are listed by topic.
    """
    # Imported late, as no other command needs it.
    from ..audit.verdicts import all_topics
    from ..diagnosis.verdicts.explanation import explanation

    topics = all_topics()
    if verdict is None:
        for topic, verdicts in topics.items():
            show(Text(topic, style="bold"))
            show(Text("".join(f"  {name}\n" for name in verdicts)))
        return 0
    # As reports print it: with a capital letter, or with a full stop.
    known = {name.lower(): name for verdicts in topics.values() for name in verdicts}
    name = known.get(verdict.strip(" .").lower())
    if name is None:
        raise UsageError(
            f"unknown verdict {verdict!r}. {suggestion(verdict, known.values())} "
            "`logitscape explain` lists all."
        )
    show(Text(explanation(name, topics)))
    return 0
