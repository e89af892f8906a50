"""Verdicts about precision."""

from ..vocabulary import NOT_FINITE_FAR, NOT_FINITE_NEAR
from .references import BLANCHARD, HIGHAM, JAX_PRECISION, MICIKEVICIUS
from .verdict import Verdict, Verdicts

PRECISION: Verdicts = (
    Verdict(
        "rounds its result",
        "note",
        meaning="The loss is returned in a narrower dtype than that of the logits.",
        why="Small changes of the loss are lost, and a wider dtype of the logits is of no use.",
        remedy="Let the loss have the dtype of its logits; round only what is stored.",
        reference=JAX_PRECISION,
    ),
    Verdict(
        "does not run",
        "fault",
        meaning="The gradient raises an error in this dtype.",
        why="The loss cannot be trained in this dtype.",
        remedy="Look for a dtype that is fixed inside, and make constants of the logits' dtype.",
        reference=JAX_PRECISION,
    ),
    Verdict(
        NOT_FINITE_NEAR,
        "fault",
        meaning="The loss or its gradient is not finite at ordinary logits.",
        why="A single such example makes all parameters NaN.",
        remedy=(
            "Subtract the largest logit before exp, and take log_softmax instead of log of "
            "softmax."
        ),
        reference=BLANCHARD,
    ),
    Verdict(
        NOT_FINITE_FAR,
        "note",
        meaning="The loss or its gradient is not finite at large logits.",
        why="It matters only if logits become that large.",
        remedy="Subtract the largest logit before exp, or limit the logits.",
        reference=BLANCHARD,
    ),
    Verdict(
        "inaccurate",
        "fault",
        meaning="The relative error at ordinary logits is more than 1e-3 and 16 eps.",
        why="Gradients are wrong by more than the rounding of their inputs explains.",
        remedy="Look for differences of nearly equal numbers, and for half precision inside.",
        reference=HIGHAM,
    ),
    Verdict(
        "gradient lost while wrong",
        "fault",
        meaning="Many gradient components become 0 while the label is wrong.",
        why="Components that should move a wrong example are rounded to 0.",
        remedy=(
            "Write differences such as 1 - p without cancellation, or scale the loss in half "
            "precision."
        ),
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "gradient lost while right",
        "note",
        meaning="Gradient components become 0 while the label is right.",
        why="Right examples stop moving a little earlier than in exact arithmetic.",
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "finite",
        "fine",
        meaning="The loss and its gradient are finite; nothing wider can check their accuracy.",
        why="Nothing overflows in float64.",
        reference=HIGHAM,
    ),
    Verdict(
        "finite and accurate",
        "fine",
        meaning="The loss and its gradient are finite and accurate.",
        why="The precision is enough for this loss.",
        reference=HIGHAM,
    ),
)
