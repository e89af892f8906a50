"""Verdicts about convexity."""

from ..vocabulary import CONVEX, NO_NEGATIVE_CURVATURE
from .references import BOYD
from .verdict import Verdict, Verdicts

CONVEXITY: Verdicts = (
    Verdict(
        CONVEX,
        "fine",
        meaning="A theorem proves that the loss is convex in the logits.",
        why="No start can be trapped in the logits.",
        reference=BOYD,
    ),
    Verdict(
        NO_NEGATIVE_CURVATURE,
        "fine",
        meaning="The loss looks convex, but no known theorem proves it.",
        why="The loss looks convex in the logits.",
        reference=BOYD,
    ),
    Verdict(
        "not convex",
        "note",
        meaning="The loss has negative curvature or lies above one of its chords.",
        why="Plateaus are possible; many useful losses are not convex in the logits.",
        remedy="Nothing, unless a proof of convergence is needed.",
        reference=BOYD,
    ),
)
