"""Verdicts about the bounds of a loss, its gradient and its curvature."""

from ..vocabulary import JUMPS
from .references import BARTLETT, BLONDEL, GHOSH, NESTEROV, WANG
from .verdict import Verdict, Verdicts

BOUNDS: Verdicts = (
    Verdict(
        "unbounded below",
        "fault",
        meaning="The loss falls without bound.",
        why="There is nothing to converge to.",
        remedy=(
            "Look for a missing minus or a missing normalizer. If the logits are similarities of "
            "unit rows, say so by `domain=(-1, 1)`: nothing falls without bound there."
        ),
        reference=BARTLETT,
    ),
    Verdict(
        "infinite losses",
        "fault",
        meaning="The loss is infinite in a whole region of ordinary logits.",
        why="Ordinary logits have an infinite loss, which makes the mean of a batch infinite.",
        remedy="Take the loss that belongs to the normalizer, or the logarithm of a softmax.",
        reference=BLONDEL,
    ),
    Verdict(
        "pole",
        "note",
        meaning="The loss is infinite at isolated logits.",
        why="Near the pole gradients are huge.",
        remedy="Add a constant under the root or in the denominator.",
        reference=WANG,
    ),
    Verdict(
        "constant",
        "fault",
        meaning="The loss has the same value everywhere.",
        why="Nothing can be learned from a constant.",
        remedy="Look for a rounding, an argmax or a stop_gradient.",
        reference=BARTLETT,
    ),
    Verdict(
        "unbounded above",
        "fine",
        meaning="The loss has a lower bound and no upper bound.",
        why="Very wrong examples cost more than wrong ones.",
        reference=BARTLETT,
    ),
    Verdict(
        "bounded",
        "note",
        meaning="The loss has a lower and an upper bound.",
        why=(
            "Wrong labels have little influence; the gradient fades somewhere, and the loss cannot"
            " be convex."
        ),
        remedy="Take it where labels are noisy; start from small logits.",
        reference=GHOSH,
    ),
    Verdict(
        "Lipschitz",
        "fine",
        meaning="The gradient's norm has a bound.",
        why="No single example can make a step too large.",
        reference=NESTEROV,
    ),
    Verdict(
        "gradient unbounded",
        "note",
        meaning="The gradient's norm has no bound.",
        why="Single examples can make a step as large as they like.",
        remedy="Clip gradients.",
        reference=NESTEROV,
    ),
    Verdict(
        "smooth",
        "fine",
        meaning="The curvature has a bound.",
        why="Its inverse is a safe step for gradient descent.",
        reference=NESTEROV,
    ),
    Verdict(
        "curvature unbounded",
        "note",
        meaning="The curvature has no bound.",
        why="No step is small enough everywhere.",
        remedy="Decay the learning rate, or take an adaptive optimiser.",
        reference=NESTEROV,
    ),
    Verdict(
        "kinked",
        "note",
        meaning="The gradient jumps.",
        why="Gradient descent of a fixed step keeps jumping over a kink.",
        remedy="Decay the learning rate.",
        reference=NESTEROV,
    ),
    Verdict(
        JUMPS,
        "trade",
        meaning="The loss jumps.",
        why="No gradient tells of a jump, so that descent cannot cross it on purpose.",
        remedy="Replace the step by a smooth one if training should feel it.",
        reference=NESTEROV,
    ),
)
