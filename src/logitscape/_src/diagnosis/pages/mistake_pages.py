"""Pages about common mistakes."""

from .page import Page, Pages
from .references import (
    BLANCHARD,
    CAO,
    CUI,
    GEMMA,
    JAX_NAN,
    LIN,
    MARTINS,
    MENON,
    OPTAX,
    SZEGEDY,
    ZHANG,
)

MISTAKES: Pages = {
    "none recognised": Page(
        "fine", "Nothing known is wrong with the formula.", "Nothing.", OPTAX
    ),
    "not finite at equal logits": Page(
        "fault",
        "A last layer that starts from zeros gives equal logits, and the first step is NaN.",
        "Guard divisions and roots with a double `where`, or add a small constant under the root.",
        JAX_NAN,
    ),
    "not finite for a label": Page(
        "fault",
        "The first example with that label makes all parameters NaN.",
        "Look at the constants that belong to the label: a count of 0, a weight of infinity.",
        CUI,
    ),
    "label not taught": Page(
        "fault",
        "Examples of that label have no influence, so that the class is never predicted.",
        "Look at its weight, and at what masks it: an ignored label, a mask that is off by one.",
        OPTAX,
    ),
    "pushes a rival up": Page(
        "fault",
        "Where the wrong class is predicted, a step makes it more probable.",
        "Look at the sign with which the rivals enter the loss.",
        OPTAX,
    ),
    "dead region": Page(
        "fault",
        "A model that starts there, or is driven there by one step, never moves again.",
        "Replace relu by softplus or an exponential, and a clip by a soft cap.",
        GEMMA,
    ),
    "probability lost": Page(
        "fault",
        "The loss is too high, and raising all logits lowers it without telling classes apart.",
        "Mask the padded classes with -inf before the logarithm of the sum.",
        OPTAX,
    ),
    "never certain": Page(
        "fault",
        "No model can make the loss small, and the gradient never tells right from nearly right.",
        "Give the logits to the loss as they are; multiply cosines by a scale of 10 or more.",
        OPTAX,
    ),
    "logits taken for probabilities": Page(
        "fault",
        "Outside of [0, 1] there is no gradient, and the largest logit need not win.",
        "Pass `from_logits=True`, or take log_softmax of the logits first.",
        OPTAX,
    ),
    "log-probability in the factor": Page(
        "fault",
        "The factor that should spare what is right grows without bound where it is wrong.",
        "Take the exponential of the log-probability in the factor: (1 - e^(log p))^gamma.",
        LIN,
    ),
    "wrong sign": Page(
        "fault",
        "Descent lowers the probability of the label.",
        "Put a minus before the log-likelihood.",
        OPTAX,
    ),
    "wrong label convention": Page(
        "fault",
        "Another class than the label is learned, with a loss that falls as it should.",
        "Look for labels that begin at 1, transposed axes, and swapped arguments.",
        OPTAX,
    ),
    "target does not sum to one": Page(
        "fault",
        "The loss is another multiple of another smoothing than the formula seems to say.",
        "Divide the smoothing by the number of classes: (1 - e) t + e / n.",
        SZEGEDY,
    ),
    "negative target weight": Page(
        "note",
        "Some class is pushed away by more than a probability needs.",
        "Nothing if that is meant, as in negative label smoothing.",
        SZEGEDY,
    ),
    "label smoothing": Page(
        "note",
        "p tends to the smoothed target, so that it is less sure than the data.",
        "Undo the smoothing before reading p as a probability.",
        SZEGEDY,
    ),
    "class weights": Page(
        "trade",
        "The prediction is the class of the largest share times weight.",
        "Divide p by the weights before reading it as a probability.",
        CUI,
    ),
    "mean taken inside": Page(
        "fault",
        "The step shrinks with the number of classes.",
        "Sum over the classes, and take the mean over the examples only.",
        OPTAX,
    ),
    "scaled": Page(
        "note",
        "The factor multiplies the learning rate.",
        "Nothing, or leave the factor to the learning rate.",
        OPTAX,
    ),
    "logits adjusted": Page(
        "trade",
        "Predictions are those of the adjusted logits, and not of the logits.",
        "Predict by the adjusted logits for the data's own frequencies, by the logits for "
        "balanced ones.",
        MENON,
    ),
    "margin on the wrong side": Page(
        "fault",
        "Errors within the margin cost nothing, so that the boundary is not learned.",
        "Subtract the margin from the label's logit.",
        CAO,
    ),
    "margin added": Page(
        "trade",
        "The label must lead by the margin, so that p is no longer the true distribution.",
        "Predict without the margin.",
        CAO,
    ),
    "one class only": Page(
        "fault",
        "Raising all logits alike satisfies every label, and nothing is told apart.",
        "Normalize: take log_softmax before choosing the label's entry.",
        OPTAX,
    ),
    "logarithm missing": Page(
        "fault",
        "Minus a probability is no likelihood: its gradient fades as soon as the label is wrong.",
        "Give log_softmax to a negative log-likelihood.",
        OPTAX,
    ),
    "softmax applied twice": Page(
        "fault",
        "The loss stays in a band of width 1, and its gradient fades on both ends.",
        "Give logits, and not probabilities, to the cross-entropy.",
        OPTAX,
    ),
    "squared error after softmax": Page(
        "note",
        "Its gradient fades when the label is wrong, as that of every bounded loss.",
        "Take cross-entropy unless labels are noisy.",
        ZHANG,
    ),
    "squared error of sparsemax": Page(
        "fault",
        "Sparse probabilities are exactly 0 once wrong by 1, and so is the gradient.",
        "Take the sparsemax loss, whose gradient is p - t.",
        MARTINS,
    ),
    "clipped probability": Page(
        "fault",
        "The clip has no gradient, so that very wrong examples are not learned.",
        "Take log_softmax of the logits, which needs no clip.",
        BLANCHARD,
    ),
    "epsilon inside the logarithm": Page(
        "fault",
        "The gradient fades where p is below the constant, and the loss is bounded by it.",
        "Take log_softmax of the logits, which needs no constant.",
        BLANCHARD,
    ),
    "logarithm of a probability": Page(
        "fault",
        "A probability underflows long before its logarithm is large.",
        "Take log_softmax of the logits.",
        BLANCHARD,
    ),
    "NaN when right": Page(
        "fault",
        "1 - p rounds to 0 where the label is right, and a negative power or logarithm of it is "
        "not finite.",
        "Write 1 - p as expm1 of log p, and keep exponents at 1 or above.",
        LIN,
    ),
}
