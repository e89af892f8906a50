"""Pages about the gradient when the label is wrong and when it is right, and about correction."""

from .page import Page, Pages
from .references import (
    AMID,
    BLANCHARD,
    DENG,
    GHOSH,
    JAX_NAN,
    LIN,
    MARTINS,
    PASCANU,
    WANG,
    ZHANG,
)

WHEN_WRONG: Pages = {
    "size does not matter": Page(
        "note",
        "Steps turn the logits and never lengthen them; the larger they are, the smaller the turn.",
        "Keep the norm of what is normalised from growing, or judge the loss by its directions.",
        WANG,
    ),
    "pulled back off the ray": Page(
        "note",
        "The example is learned all the same, by the other logit alone.",
        "Nothing.",
        MARTINS,
    ),
    "pulls throughout the domain": Page(
        "fine",
        "However wrong an example can be, a step against the gradient helps it.",
        "Nothing.",
        DENG,
    ),
    "constant": Page(
        "fine",
        "Every step moves a wrong example by about the same amount, so that no start is too bad.",
        "Nothing.",
        BLANCHARD,
    ),
    "grows": Page(
        "note",
        "Outliers and wrong labels have more say than other examples.",
        "Watch the norm of gradients, and clip it if single examples dominate.",
        PASCANU,
    ),
    "explodes": Page(
        "trade",
        "One very wrong example can outweigh all others, or overflow.",
        "Clip gradients, or take a loss whose slope stays bounded.",
        PASCANU,
    ),
    "fades slowly": Page(
        "note",
        "Very wrong examples are learned later than those near the boundary.",
        "Keep initial logits small.",
        ZHANG,
    ),
    "fades exponentially": Page(
        "trade",
        "A confidently wrong example has next to no gradient: the loss forgives wrong labels, and "
        "forgives a bad start as well.",
        "Start from small logits, or begin with cross-entropy and change over later; with clean "
        "labels take a loss whose slope does not fade.",
        ZHANG,
    ),
    "dies": Page(
        "fault",
        "An example that is wrong by that much is never learned: no step can find it.",
        "Compute the loss from log_softmax of the logits instead of clipped or sparse "
        "probabilities.",
        MARTINS,
    ),
    "infinite": Page(
        "fault",
        "An infinite loss has no gradient, and makes the mean over the batch infinite.",
        "Take the loss that belongs to the normalizer, such as the sparsemax loss for sparsemax.",
        MARTINS,
    ),
    "leaves the domain": Page(
        "fault",
        "The loss is NaN at logits that a network may well give.",
        "Make the logits positive first, by softplus, or say with `domain=` what they can be.",
        JAX_NAN,
    ),
    "not defined far out": Page(
        "note",
        "It matters only if logits become that large.",
        "Nothing, unless logits grow without bound.",
        JAX_NAN,
    ),
    "becomes right when pushed down": Page(
        "trade",
        "The normalizer is even: a label pushed far down is predicted as if it were far up.",
        "Start from small logits, and read predictions from p.",
        AMID,
    ),
    "rewards being wrong": Page(
        "fault",
        "Descent makes the label worse, for ever.",
        "Look for a missing minus, and for arguments in the wrong order.",
        GHOSH,
    ),
}
WHEN_RIGHT: Pages = {
    "size does not matter": WHEN_WRONG["size does not matter"],
    "pulls throughout the domain": Page(
        "fine",
        "Bounded logits have no tail, so that there is no law of it.",
        "Nothing.",
        DENG,
    ),
    "fades": Page(
        "fine",
        "Right examples leave the gradient to those that are not yet right.",
        "Nothing.",
        LIN,
    ),
    "ends": Page(
        "fine",
        "Examples that are right by a margin have no further influence, as in a hinge.",
        "Nothing.",
        MARTINS,
    ),
    "stays": Page(
        "note",
        "Examples that are right keep pulling as strongly as others, so that logits keep growing.",
        "Limit the logits by weight decay.",
        LIN,
    ),
    "grows": Page(
        "note",
        "The loss asks for a certain value of the logits: being more right than that is punished.",
        "Nothing if that is meant, as in a squared error of logits.",
        LIN,
    ),
    "infinite when right": Page(
        "fault",
        "A right example makes the whole batch infinite.",
        "Look for the logarithm of 1 - p, and write it as log_sigmoid of minus the logit.",
        BLANCHARD,
    ),
    "leaves the domain": WHEN_WRONG["leaves the domain"],
    "not defined far out": WHEN_WRONG["not defined far out"],
}
CORRECTION: Pages = {
    "corrects itself": Page(
        "fine",
        "A confidently wrong start is no trap.",
        "Nothing.",
        LIN,
    ),
    "slow to correct": Page(
        "trade",
        "A confidently wrong start is a plateau on which training seems to have converged.",
        "Start from small logits, warm up with cross-entropy, or raise the learning rate.",
        ZHANG,
    ),
    "never corrects itself": Page(
        "fault",
        "An example that starts confidently wrong stays wrong, however long training lasts.",
        "Remove what makes the gradient 0 or infinite there: a clip, a relu, a sparse "
        "probability inside a logarithm.",
        MARTINS,
    ),
}
