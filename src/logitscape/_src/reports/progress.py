"""Progress of a diagnosis, shown on stderr while it runs: its topics, and the first findings."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.messages import printable
from ..diagnosis.answers import Answer

if TYPE_CHECKING:
    from rich.text import Text


def _nothing(_: object) -> None:
    pass


@dataclass(frozen=True)
class Progress:
    """What is called while a diagnosis runs.

    Attributes:
        topic: Function that shows a message: the topic that is measured now.
        answers: Function that shows the answers to a topic as soon as they are known.
    """

    topic: Callable[[str], None] = _nothing
    answers: Callable[[Sequence[Answer]], None] = _nothing


@contextmanager
def shown(wanted: bool) -> Iterator[Progress]:
    """Yield what shows the progress.

    A terminal shows one line that changes, and above it every finding as soon as it is known;
    elsewhere every message is a line of its own, and findings are left to the report.
    """
    if not wanted:
        yield Progress()
        return
    from rich.text import Text

    from .console import TextConsole

    console = TextConsole(stderr=True, highlight=False)
    if not console.is_terminal:
        yield Progress(
            lambda message: print(printable(message), file=sys.stderr, flush=True)
        )
        return

    def show(answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.severity != "fine":
                console.print(_finding(answer), no_wrap=True, overflow="ellipsis")

    # Who pipes the report elsewhere reads it there. Asked first: rich puts a stream of its own in
    # the place of the output while it shows the status.
    reads_here = sys.stdout.isatty()
    with console.status("") as status:
        yield Progress(
            lambda message: status.update(Text(message, "dim")),
            show if reads_here else _nothing,
        )


def _finding(answer: Answer) -> "Text":
    """The finding on one line, with the sign that stands for its severity in the report."""
    from rich.text import Text

    from .terminal import HEADINGS

    heading, style = HEADINGS[answer.severity]
    return Text.assemble((heading[0], style), f" {answer.question}: {answer.verdict}")
