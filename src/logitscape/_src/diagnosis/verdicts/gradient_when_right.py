"""Verdicts about the gradient where the label is right."""

from ..vocabulary import INFINITE_WHEN_RIGHT, THROUGHOUT
from .gradient_when_wrong import BY_DIRECTION, OUT_OF_DOMAIN, OUT_OF_DOMAIN_FAR_OUT
from .references import BLANCHARD, DENG, LIN, MARTINS
from .verdict import Verdict, Verdicts

WHEN_RIGHT: Verdicts = (
    BY_DIRECTION,
    Verdict(
        THROUGHOUT,
        "fine",
        meaning="The logits are bounded, and the gradient pulls as far as they reach.",
        why="Bounded logits have no tail, so that there is no law of it.",
        reference=DENG,
    ),
    Verdict(
        "fades",
        "fine",
        meaning="The gradient's norm decays as the label becomes more right.",
        why="Right examples leave the gradient to those that are not yet right.",
        reference=LIN,
    ),
    Verdict(
        "ends",
        "fine",
        meaning="The gradient is exactly 0 from some s on.",
        why="Examples that are right by a margin have no further influence, as in a hinge.",
        reference=MARTINS,
    ),
    Verdict(
        "stays",
        "note",
        meaning="The gradient's norm tends to a positive constant.",
        why=(
            "Examples that are right keep pulling as strongly as others, so that logits keep "
            "growing."
        ),
        remedy="Limit the logits by weight decay.",
        reference=LIN,
    ),
    Verdict(
        "grows",
        "note",
        meaning="The gradient's norm grows as the label becomes more right.",
        why=(
            "The loss asks for a certain value of the logits: being more right than that is "
            "punished."
        ),
        remedy="Nothing if that is meant, as in a squared error of logits.",
        reference=LIN,
    ),
    Verdict(
        INFINITE_WHEN_RIGHT,
        "fault",
        meaning="The loss is infinite from some s on, although the label is right.",
        why="A right example makes the whole batch infinite.",
        remedy="Look for the logarithm of 1 - p, and write it as log_sigmoid of minus the logit.",
        reference=BLANCHARD,
    ),
    OUT_OF_DOMAIN,
    OUT_OF_DOMAIN_FAR_OUT,
)
