"""The page of a verdict: how much it matters, why, what to do, and where to read more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ..answers import Severity


@dataclass(frozen=True)
class Page:
    """What to know about a verdict, beside the sentence of the vocabulary that says what it means.

    Attributes:
        severity: Severity that the verdict usually has; beyond ordinary logits it is a note.
        why: Why it matters.
        remedy: What to do.
        reference: Where to read more.
    """

    severity: Severity
    why: str
    remedy: str
    reference: str


Pages: TypeAlias = Mapping[str, Page]
"""Pages by verdict."""
