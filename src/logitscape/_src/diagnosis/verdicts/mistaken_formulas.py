"""Verdicts about formulas that are known as mistakes, or look like one."""

from .references import BLANCHARD, CAO, LIN, MARTINS, OPTAX, SZEGEDY, ZHANG
from .verdict import Verdict, Verdicts

FORMULAS: Verdicts = (
    Verdict(
        "target does not sum to one",
        "fault",
        meaning="The target is smoothed to weights that do not sum to 1.",
        why="The loss is another multiple of another smoothing than the formula seems to say.",
        remedy="Divide the smoothing by the number of classes: (1 - e) t + e / n.",
        reference=SZEGEDY,
    ),
    Verdict(
        "negative target weight",
        "note",
        meaning="Some other class has a negative weight in the target.",
        why="Some class is pushed away by more than a probability needs.",
        remedy="Nothing if that is meant, as in negative label smoothing.",
        reference=SZEGEDY,
    ),
    Verdict(
        "label smoothing",
        "note",
        meaning="The loss is cross-entropy with a smoothed target.",
        why="p tends to the smoothed target, so that it is less sure than the data.",
        remedy="Undo the smoothing before reading p as a probability.",
        reference=SZEGEDY,
    ),
    Verdict(
        "mean taken inside",
        "fault",
        meaning="The loss is cross-entropy divided by the number of classes.",
        why="The step shrinks with the number of classes.",
        remedy="Sum over the classes, and take the mean over the examples only.",
        reference=OPTAX,
    ),
    Verdict(
        "margin on the wrong side",
        "fault",
        meaning="A margin raises the label's logit, so that errors cost less.",
        why="Errors within the margin cost nothing, so that the boundary is not learned.",
        remedy="Subtract the margin from the label's logit.",
        reference=CAO,
    ),
    Verdict(
        "one class only",
        "fault",
        meaning="The loss depends on the label's logit only.",
        why="Raising all logits alike satisfies every label, and nothing is told apart.",
        remedy="Normalize: take log_softmax before choosing the label's entry.",
        reference=OPTAX,
    ),
    Verdict(
        "logarithm missing",
        "fault",
        meaning="The loss is minus a probability instead of minus its logarithm.",
        why=(
            "Minus a probability is no likelihood: its gradient fades as soon as the label is "
            "wrong."
        ),
        remedy="Give log_softmax to a negative log-likelihood.",
        reference=OPTAX,
    ),
    Verdict(
        "softmax applied twice",
        "fault",
        meaning="The loss takes the softmax of probabilities.",
        why="The loss stays in a band of width 1, and its gradient fades on both ends.",
        remedy="Give logits, and not probabilities, to the cross-entropy.",
        reference=OPTAX,
    ),
    Verdict(
        "softmax before a sigmoid",
        "fault",
        meaning="The loss is a sigmoid cross-entropy of the probabilities of a softmax.",
        why=(
            "The sigmoid takes them for logits, of which those from 0 to 1 are nearly one: the "
            "loss hardly moves, and its gradient fades on both ends."
        ),
        remedy="Give logits to it; where classes exclude each other, take softmax cross-entropy.",
        reference=OPTAX,
    ),
    Verdict(
        "squared error after softmax",
        "note",
        meaning="The loss is the squared error of the softmax.",
        why="Its gradient fades when the label is wrong, as that of every bounded loss.",
        remedy="Take cross-entropy unless labels are noisy.",
        reference=ZHANG,
    ),
    Verdict(
        "squared error of sparsemax",
        "fault",
        meaning="The loss is the squared error of sparsemax.",
        why="Sparse probabilities are exactly 0 once wrong by 1, and so is the gradient.",
        remedy="Take the sparsemax loss, whose gradient is p - t.",
        reference=MARTINS,
    ),
    Verdict(
        "clipped probability",
        "fault",
        meaning="The probability is clipped, so that the gradient is 0 far out.",
        why="The clip has no gradient, so that very wrong examples are not learned.",
        remedy="Take log_softmax of the logits, which needs no clip.",
        reference=BLANCHARD,
    ),
    Verdict(
        "epsilon inside the logarithm",
        "fault",
        meaning="A constant is added to the probability.",
        why="The gradient fades where p is below the constant, and the loss is bounded by it.",
        remedy="Take log_softmax of the logits, which needs no constant.",
        reference=BLANCHARD,
    ),
    Verdict(
        "logarithm clamped",
        "fault",
        meaning="The logarithm is kept above a constant, as torch.nn.BCELoss keeps it above -100.",
        why=(
            "1 - p rounds to 0 long before its logarithm is that low: the loss jumps, and very "
            "wrong examples are not learned."
        ),
        remedy="Give the logits to a loss that takes them, such as BCEWithLogitsLoss.",
        reference=BLANCHARD,
    ),
    Verdict(
        "clipped value",
        "fault",
        meaning="A clip holds a value of the computation where the label is wrong.",
        why="The gradient is 0 from there on: examples that are that wrong are never learned.",
        remedy="Take the clip out, or let it hold only what no gradient has to pass.",
        reference=BLANCHARD,
    ),
    Verdict(
        "exponential overflows",
        "fault",
        meaning="The exponential of a logit is taken, and not that of a difference.",
        why="One logit above 88.7 in float32 makes loss and gradient infinite or NaN.",
        remedy="Use log_softmax, logsumexp or softplus, which take differences.",
        reference=BLANCHARD,
    ),
    Verdict(
        "logarithm of a probability",
        "fault",
        meaning="The probability underflows before its logarithm is taken.",
        why="A probability underflows long before its logarithm is large.",
        remedy="Take log_softmax of the logits.",
        reference=BLANCHARD,
    ),
    Verdict(
        "NaN when right",
        "fault",
        meaning="The gradient is NaN or infinite once the probability rounds to 1.",
        why=(
            "1 - p rounds to 0 where the label is right, and a negative power or logarithm of it "
            "is not finite."
        ),
        remedy="Write 1 - p as expm1 of log p, and keep exponents at 1 or above.",
        reference=LIN,
    ),
)
