"""Verdicts about the work and memory that a loss takes."""

from .references import BLONDEL
from .verdict import Verdict, Verdicts

COST: Verdicts = (
    Verdict(
        "costs about as much as the reference",
        "fine",
        meaning="The work is at most 3 times the reference's.",
        why="The loss does not slow down training.",
        reference=BLONDEL,
    ),
    Verdict(
        "costs more than the reference",
        "note",
        meaning="The work is more than 3 times the reference's.",
        why="With many classes and a small model the loss may take most of the time.",
        remedy="Look for sorts, loops and matrices of classes by classes.",
        reference=BLONDEL,
    ),
)
