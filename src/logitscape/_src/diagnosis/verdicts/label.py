"""Verdicts about what a loss does with its label."""

from .references import CUI, JAX_DERIVATIVES, JAX_NAN, OPTAX, TEWARI, ZHANG_ZHOU
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
    Verdict(
        "every answer used",
        "fine",
        meaning="The loss uses the answer of every class, whatever the other answers are.",
        why="Examples with none, one, several or all labels are taught.",
        reference=ZHANG_ZHOU,
    ),
    Verdict(
        "not finite for some answers",
        "fault",
        meaning="Loss or gradient is infinite or NaN for some number of labels.",
        why="One such example in a batch makes the whole step NaN.",
        remedy="Look for a division by the number of labels, or the logarithm of an empty sum.",
        reference=ZHANG_ZHOU,
    ),
    Verdict(
        "another gradient for some answers",
        "fault",
        meaning="For some number of labels the gradient is not the slope of the loss.",
        why="Descent then minimises something else than the loss that is reported.",
        remedy="Look for `stop_gradient`, rounding or custom rules that depend on the target.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "answer moved away",
        "trade",
        meaning="A step may lower the logit of a label, or raise that of a class without one.",
        why="Labels then rival each other: what is gained by one is lost by another.",
        remedy="Take a sigmoid for every class, if any number of labels is meant.",
        reference=ZHANG_ZHOU,
    ),
    Verdict(
        "answers without gradient",
        "fault",
        meaning="The answer yes, or no, of some class has no gradient wherever it was tried.",
        why="Nothing is learnt of that answer.",
        remedy="Look for a mask or a weight of 0; a class that is not there needs its no as well.",
        reference=ZHANG_ZHOU,
    ),
    Verdict(
        "nothing learnt of some examples",
        "trade",
        meaning="Examples without any label, or with all, have no gradient at all.",
        why="False alarms on such examples are never unlearned.",
        remedy="Add a smoothing, or a sigmoid cross-entropy, if such examples are in the data.",
        reference=ZHANG_ZHOU,
    ),
)
