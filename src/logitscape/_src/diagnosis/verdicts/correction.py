"""Verdicts about the way from confidently wrong to right."""

from ..vocabulary import CORRECTED_NEARBY, CORRECTS, SLOW_TO_CORRECT
from .references import LIN, MARTINS, ZHANG
from .verdict import Verdict, Verdicts

CORRECTION: Verdicts = (
    Verdict(
        CORRECTS,
        "fine",
        meaning="Gradient flow takes at most 100 times as long as with the reference.",
        why="A confidently wrong start is no trap.",
        reference=LIN,
    ),
    Verdict(
        SLOW_TO_CORRECT,
        "trade",
        meaning="Gradient flow takes more than 100 times as long as with the reference.",
        why="A confidently wrong start is a plateau on which training seems to have converged.",
        remedy="Start from small logits, warm up with cross-entropy, or raise the learning rate.",
        reference=ZHANG,
    ),
    Verdict(
        CORRECTED_NEARBY,
        "note",
        meaning="From a margin of -10 gradient flow corrects it; far out the gradient has ended.",
        why="A moderately wrong start is no trap, but a confidently wrong one is.",
        remedy="Remove what ends the gradient, as another answer says; start from small logits.",
        reference=MARTINS,
    ),
    Verdict(
        "never corrects itself",
        "fault",
        meaning="Gradient flow never makes the label the predicted class.",
        why="An example that starts confidently wrong stays wrong, however long training lasts.",
        remedy=(
            "Mend its sign, if that is wrong. Otherwise remove what makes the gradient 0 or "
            "infinite there: a clip, a relu, a sparse probability inside a logarithm."
        ),
        reference=MARTINS,
    ),
)
