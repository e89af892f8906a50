"""Verdicts about the gradient where the label is wrong."""

from ..vocabulary import (
    CORRECTED_OFF_THE_RAY,
    FADES_EXPONENTIALLY,
    FADES_SLOWLY,
    INFINITE,
    LEAVES_DOMAIN,
    PULLED_OFF_THE_RAY,
    REWARDS_WRONG,
    SIZE_IRRELEVANT,
    THROUGHOUT,
    UNDEFINED_FAR_OUT,
)
from .references import (
    AMID,
    BLANCHARD,
    DENG,
    GHOSH,
    JAX_NAN,
    MARTINS,
    MILLETARI,
    PASCANU,
    WANG,
    ZHANG,
)
from .verdict import Verdict, Verdicts

BY_DIRECTION = Verdict(
    SIZE_IRRELEVANT,
    "note",
    meaning="Only the direction of the logits matters, so that a ray has no law.",
    why=(
        "Steps turn the logits and never lengthen them; the larger they are, the smaller the "
        "turn."
    ),
    remedy=(
        "Keep the norm of what is normalised from growing, or judge the loss by its "
        "directions."
    ),
    reference=WANG,
)
OUT_OF_DOMAIN = Verdict(
    LEAVES_DOMAIN,
    "fault",
    meaning="The loss is not defined from some s up to 100 on.",
    why="The loss is NaN at logits that a network may well give.",
    remedy=(
        "Make the logits positive first, by softplus, or say with `domain=` what they can be."
    ),
    reference=JAX_NAN,
)
OUT_OF_DOMAIN_FAR_OUT = Verdict(
    UNDEFINED_FAR_OUT,
    "note",
    meaning="The loss is not defined from some s above 100 on.",
    why="It matters only if logits become that large.",
    remedy="Nothing, unless logits grow without bound.",
    reference=JAX_NAN,
)

WHEN_WRONG: Verdicts = (
    BY_DIRECTION,
    Verdict(
        PULLED_OFF_THE_RAY,
        "note",
        meaning="The slope along a ray is 0, but a step off the ray helps the label.",
        why="The example is learned all the same, by the other logit alone.",
        reference=MARTINS,
    ),
    Verdict(
        THROUGHOUT,
        "fine",
        meaning="The logits are bounded, and the gradient pulls as far as they reach.",
        why="However wrong an example can be, a step against the gradient helps it.",
        reference=DENG,
    ),
    Verdict(
        "constant",
        "fine",
        meaning="The slope tends to a positive constant, however wrong the label is.",
        why=(
            "Every step moves a wrong example by about the same amount, so that no start is too "
            "bad."
        ),
        reference=BLANCHARD,
    ),
    Verdict(
        "grows",
        "note",
        meaning="The slope grows like a logarithm or a power of s.",
        why="Outliers and wrong labels have more say than other examples.",
        remedy="Watch the norm of gradients, and clip it if single examples dominate.",
        reference=PASCANU,
    ),
    Verdict(
        "explodes",
        "trade",
        meaning="The slope grows exponentially in a power of s.",
        why="One very wrong example can outweigh all others, or overflow.",
        remedy="Clip gradients, or take a loss whose slope stays bounded.",
        reference=PASCANU,
    ),
    Verdict(
        FADES_SLOWLY,
        "note",
        meaning="The slope decays like a logarithm or a power of s.",
        why="Very wrong examples are learned later than those near the boundary.",
        remedy="Keep initial logits small.",
        reference=ZHANG,
    ),
    Verdict(
        FADES_EXPONENTIALLY,
        "trade",
        meaning="The slope decays exponentially in a power of s.",
        why=(
            "A confidently wrong example has next to no gradient: the loss forgives wrong labels, "
            "and forgives a bad start as well."
        ),
        remedy=(
            "Start from small logits, or begin with cross-entropy and change over later; with "
            "clean labels take a loss whose slope does not fade."
        ),
        reference=ZHANG,
    ),
    Verdict(
        "dies",
        "fault",
        meaning="The slope is exactly 0 from some s on.",
        why="An example that is wrong by that much is never learned: no step can find it.",
        remedy=(
            "Compute the loss from log_softmax of the logits instead of clipped or sparse "
            "probabilities."
        ),
        reference=MARTINS,
    ),
    Verdict(
        INFINITE,
        "fault",
        meaning="The loss is infinite from some s on.",
        why="An infinite loss has no gradient, and makes the mean over the batch infinite.",
        remedy=(
            "Take the loss that belongs to the normalizer, such as the sparsemax loss for "
            "sparsemax."
        ),
        reference=MARTINS,
    ),
    OUT_OF_DOMAIN,
    OUT_OF_DOMAIN_FAR_OUT,
    Verdict(
        "becomes right when pushed down",
        "trade",
        meaning="A label pushed down far enough is predicted.",
        why="The normalizer is even: a label pushed far down is predicted as if it were far up.",
        remedy="Start from small logits, and read predictions from p.",
        reference=AMID,
    ),
    Verdict(
        REWARDS_WRONG,
        "fault",
        meaning="The loss falls as the label becomes more wrong.",
        why="Descent makes the label worse, for ever.",
        remedy="Look for a missing minus, and for arguments in the wrong order.",
        reference=GHOSH,
    ),
    Verdict(
        CORRECTED_OFF_THE_RAY,
        "trade",
        meaning="The loss falls along a ray of wrong logits, but gradient flow leaves the ray.",
        why=(
            "Other classes cost more than the label there, as in a dice loss of all classes: a "
            "confidently wrong example first becomes surer, and is right later than with others."
        ),
        remedy="Add a cross-entropy, as is usual with dice losses, or start from small logits.",
        reference=MILLETARI,
    ),
)
