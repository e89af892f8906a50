"""Verdicts about the way from confidently wrong to right."""

from .references import LIN, MARTINS, ZHANG
from .verdict import Verdict, Verdicts

CORRECTION: Verdicts = (
    Verdict(
        "corrects itself",
        "fine",
        meaning="Gradient flow takes at most 100 times as long as with the reference.",
        why="A confidently wrong start is no trap.",
        reference=LIN,
    ),
    Verdict(
        "slow to correct",
        "trade",
        meaning="Gradient flow takes more than 100 times as long as with the reference.",
        why="A confidently wrong start is a plateau on which training seems to have converged.",
        remedy="Start from small logits, warm up with cross-entropy, or raise the learning rate.",
        reference=ZHANG,
    ),
    Verdict(
        "never corrects itself",
        "fault",
        meaning="Gradient flow never makes the label the predicted class.",
        why="An example that starts confidently wrong stays wrong, however long training lasts.",
        remedy=(
            "Remove what makes the gradient 0 or infinite there: a clip, a relu, a sparse "
            "probability inside a logarithm."
        ),
        reference=MARTINS,
    ),
)
