"""The page of every verdict; `--write` updates `docs/vocabulary.md`."""

import sys
from pathlib import Path

from logitscape._src.audit.verdicts import all_topics
from logitscape._src.diagnosis.severity import SEVERITIES
from logitscape._src.diagnosis.verdicts.verdict import Verdict

TARGET = Path(__file__).with_suffix(".md")
HEAD = """\
# The verdicts of diagnoses and audits

`logitscape explain VERDICT` prints each of them. Made by `python -m docs.vocabulary --write`.

Every answer is a fact. A *fault* is one that no use could want, at logits within 50 in the dtype of
the training; beyond, it is a note. A *trade* is the known price of a design. A *note* is worth
knowing. The word behind a verdict is the severity that it usually has; where a recognised design
explains a fault, it is a trade.
"""


def page() -> str:
    """The whole page."""
    lines = [HEAD]
    for topic, verdicts in all_topics().items():
        lines.append(f"## {topic[:1].upper()}{topic[1:]}\n")
        ordered = sorted(
            verdicts.values(), key=lambda verdict: SEVERITIES.index(verdict.severity)
        )
        lines.extend(map(_entry, ordered))
    return "\n".join(lines)


def _entry(verdict: Verdict) -> str:
    lines = [
        f"**{verdict.name}** ({verdict.severity}). {verdict.meaning} {verdict.why}",
    ]
    if verdict.remedy != "Nothing.":
        lines.append(f"*What to do:* {verdict.remedy}")
    lines.append(f"*Read more:* {verdict.reference}.")
    return "  \n".join(lines) + "\n"


if __name__ == "__main__":
    text = page()
    print(text)
    if "--write" in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
