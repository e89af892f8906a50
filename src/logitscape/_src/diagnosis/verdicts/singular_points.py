"""Verdicts about single logits at which a loss breaks."""

from .references import HIGHAM, JAX_NAN
from .verdict import Verdict, Verdicts

SINGULAR_POINTS: Verdicts = (
    Verdict(
        "no singular point found",
        "fine",
        meaning="Loss and gradient are finite at all singular steps.",
        why="No step of the program breaks where random logits never lead.",
        reference=JAX_NAN,
    ),
    Verdict(
        "not finite at single logits",
        "fault",
        meaning="Loss or gradient break at single logits within 50.",
        why=(
            "Ties, zeros and whole numbers do occur in training, and one NaN ends it for all "
            "weights."
        ),
        remedy=(
            "Give the branch of a `where` that is not selected a harmless argument, and keep "
            "roots, logarithms and divisors away from 0."
        ),
        reference=JAX_NAN,
    ),
    Verdict(
        "another value at single logits",
        "fault",
        meaning="The loss at single logits is not that around them.",
        why="An equality with a constant decides the loss, of which no gradient tells.",
        remedy="Replace the comparison by the limit of the formula.",
        reference=HIGHAM,
    ),
)
