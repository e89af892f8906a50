"""The record of a verdict: its name, and all that is told about it."""

from dataclasses import KW_ONLY, dataclass
from typing import TypeAlias

from ..severity import Severity


@dataclass(frozen=True)
class Verdict:
    """All that is told about one outcome of a question.

    Attributes:
        name: The outcome in a few words, as reports print it.
        severity: Severity that it usually has; beyond ordinary logits it is a note.
        meaning: What it means, in one sentence.
        why: Why it matters.
        remedy: What to do.
        reference: Where to read more.
    """

    name: str
    severity: Severity
    _: KW_ONLY
    meaning: str
    why: str
    remedy: str = "Nothing."
    reference: str


Verdicts: TypeAlias = tuple[Verdict, ...]
"""The verdicts of one question, in the order in which they are listed."""
