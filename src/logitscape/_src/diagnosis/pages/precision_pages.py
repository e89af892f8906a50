"""Pages about precision."""

from .page import Page, Pages
from .references import BLANCHARD, HIGHAM, JAX_PRECISION, MICIKEVICIUS

PRECISION: Pages = {
    "rounds its result": Page(
        "note",
        "Small changes of the loss are lost, and a wider dtype of the logits is of no use.",
        "Let the loss have the dtype of its logits; round only what is stored.",
        JAX_PRECISION,
    ),
    "does not run": Page(
        "fault",
        "The loss cannot be trained in this dtype.",
        "Look for a dtype that is fixed inside, and make constants of the logits' dtype.",
        JAX_PRECISION,
    ),
    "not finite at ordinary logits": Page(
        "fault",
        "A single such example makes all parameters NaN.",
        "Subtract the largest logit before exp, and take log_softmax instead of log of softmax.",
        BLANCHARD,
    ),
    "not finite at large logits": Page(
        "note",
        "It matters only if logits become that large.",
        "Subtract the largest logit before exp, or limit the logits.",
        BLANCHARD,
    ),
    "inaccurate": Page(
        "fault",
        "Gradients are wrong by more than the rounding of their inputs explains.",
        "Look for differences of nearly equal numbers, and for half precision inside.",
        HIGHAM,
    ),
    "gradient lost while wrong": Page(
        "fault",
        "Components that should move a wrong example are rounded to 0.",
        "Write differences such as 1 - p without cancellation, or scale the loss in half "
        "precision.",
        MICIKEVICIUS,
    ),
    "gradient lost while right": Page(
        "note",
        "Right examples stop moving a little earlier than in exact arithmetic.",
        "Nothing.",
        MICIKEVICIUS,
    ),
    "finite": Page("fine", "Nothing overflows in float64.", "Nothing.", HIGHAM),
    "finite and accurate": Page(
        "fine", "The precision is enough for this loss.", "Nothing.", HIGHAM
    ),
}
