"""Verdicts about what a loss does with its label."""

from .references import CUI, JAX_NAN, OPTAX, TEWARI
from .verdict import Verdict, Verdicts

LABEL: Verdicts = (
    Verdict(
        "label used",
        "fine",
        meaning="The loss depends on its label, and on all labels in the same way.",
        why="Every label is taught, and by the same loss.",
        reference=OPTAX,
    ),
    Verdict(
        "never finite",
        "fault",
        meaning="The loss is NaN or infinite at all logits that were tried.",
        why="There is no loss, and no gradient.",
        remedy=(
            "Look for a division by a parameter that is 0, and for what needs a batch of several "
            "examples."
        ),
        reference=JAX_NAN,
    ),
    Verdict(
        "label ignored",
        "fault",
        meaning="The loss is the same for every label.",
        why="No gradient tells one class from another, so that nothing is learned.",
        remedy="Look for a target that is overwritten, never passed on, or multiplied by 0.",
        reference=OPTAX,
    ),
    Verdict(
        "arguments in the wrong order",
        "fault",
        meaning="The function takes the target first and the logits second.",
        why="The logits are taken for a target: the loss has no minimum, and no error is raised.",
        remedy="Exchange the arguments; Keras has the target first, optax and PyTorch the logits.",
        reference=OPTAX,
    ),
    Verdict(
        "labels as numbers",
        "fault",
        meaning="The label is compared as a number with the output.",
        why="Class 0 is then nearer to class 1 than to class 2, and middle classes cost least.",
        remedy=(
            "Compare with a one-hot target, or use a loss for ordered classes if they are ordered."
        ),
        reference=TEWARI,
    ),
    Verdict(
        "ordered classes",
        "trade",
        meaning="Every logit is a threshold that labels before it lower.",
        why="The largest logit is not the prediction: the number of positive logits is.",
        remedy="Predict by the thresholds, and keep the loss only if the classes have an order.",
        reference=TEWARI,
    ),
    Verdict(
        "label differs",
        "fault",
        meaning="The loss of some label is another function than that of the others.",
        why="Examples of that label are weighed against the others in another currency.",
        remedy="Look for a condition on the label, or an index, that selects another formula.",
        reference=CUI,
    ),
)
