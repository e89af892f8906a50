"""Pages about the shape of a loss: properness, convexity, invariances, bounds and cost."""

from .page import Page, Pages
from .references import (
    BARTLETT,
    BLONDEL,
    BOYD,
    GHOSH,
    GNEITING,
    MENON,
    NESTEROV,
    REID,
    TEWARI,
    WANG,
    WEI,
)

_MISCALIBRATED = (
    "p is no probability of the label: thresholds and decisions need another one."
)
_CALIBRATE = "Calibrate p on held-out data, or take a proper loss."

PROPER: Pages = {
    "proper": Page("fine", "p tends to the true distribution.", "Nothing.", GNEITING),
    "over-confident": Page("note", _MISCALIBRATED, _CALIBRATE, GNEITING),
    "under-confident": Page("note", _MISCALIBRATED, _CALIBRATE, GNEITING),
    "improper": Page("note", _MISCALIBRATED, _CALIBRATE, GNEITING),
    "goes to a vertex": Page(
        "note",
        "The loss asks for one class only, and p says nothing about how sure it should be.",
        _CALIBRATE,
        GHOSH,
    ),
    "no finite minimiser": Page(
        "note",
        "Logits keep growing, even where labels are uncertain.",
        "Limit the logits by weight decay or by early stopping.",
        REID,
    ),
}
TOP_LABEL: Pages = {
    "top label recovered": Page(
        "fine", "With enough data the best class is predicted.", "Nothing.", TEWARI
    ),
    "top label tied": Page(
        "note",
        "The least loss leaves open which of several classes is predicted.",
        "Nothing, if examples with uncertain labels are few.",
        TEWARI,
    ),
    "top label missed": Page(
        "fault",
        "Even with endless data another class than the most probable one is predicted.",
        "Take a consistent loss; if weights, a prior or a margin are meant, predict accordingly.",
        TEWARI,
    ),
}
CONVEXITY: Pages = {
    "convex (certified)": Page(
        "fine", "No start can be trapped in the logits.", "Nothing.", BOYD
    ),
    "no negative curvature found": Page(
        "fine", "The loss looks convex in the logits.", "Nothing.", BOYD
    ),
    "not convex": Page(
        "note",
        "Plateaus are possible; many useful losses are not convex in the logits.",
        "Nothing, unless a proof of convergence is needed.",
        BOYD,
    ),
}
INVARIANCES: Pages = {
    "shift invariant": Page(
        "fine", "Only differences of logits count.", "Nothing.", BLONDEL
    ),
    "not shift invariant": Page(
        "note",
        "The common level of the logits counts, as in one-against-rest losses.",
        "Nothing if that is meant; otherwise look for a missing normalizer.",
        BLONDEL,
    ),
    "treats classes alike": Page("fine", "No class is preferred.", "Nothing.", TEWARI),
    "treats classes differently": Page(
        "note",
        "Some class has another weight, margin or order than others.",
        "Nothing if that is meant.",
        MENON,
    ),
    "p shift invariant": Page(
        "fine", "Only differences of logits count.", "Nothing.", BLONDEL
    ),
    "p not shift invariant": Page(
        "note", "The common level of the logits changes p.", "Nothing.", BLONDEL
    ),
    "p scale invariant": Page(
        "note",
        "The size of the logits cannot express how sure the model is.",
        "Multiply by a scale that is learned, if p should be calibrated.",
        WANG,
    ),
    "p not scale invariant": Page("fine", "Larger logits are surer.", "Nothing.", WEI),
    "p sign invariant": Page(
        "note",
        "A label pushed far down is as probable as one pushed far up.",
        "Start from small logits.",
        BLONDEL,
    ),
    "p not sign invariant": Page("fine", "Up and down differ.", "Nothing.", BLONDEL),
    "p treats classes alike": Page(
        "fine", "No class is preferred.", "Nothing.", TEWARI
    ),
    "p treats classes differently": Page(
        "note",
        "The prediction prefers some class, as with a prior or with ordered classes.",
        "Nothing if that is meant.",
        MENON,
    ),
}
ORDER: Pages = {
    "argmax p is argmax z": Page(
        "fine", "Predictions may be read from the logits.", "Nothing.", TEWARI
    ),
    "argmax p is not always argmax z": Page(
        "note",
        "Whoever predicts by the largest logit predicts something else than the loss teaches.",
        "Predict by p.",
        TEWARI,
    ),
}
BOUNDS: Pages = {
    "unbounded below": Page(
        "fault",
        "There is nothing to converge to.",
        "Look for a missing minus or a missing normalizer.",
        BARTLETT,
    ),
    "infinite losses": Page(
        "fault",
        "Ordinary logits have an infinite loss, which makes the mean of a batch infinite.",
        "Take the loss that belongs to the normalizer, or the logarithm of a softmax.",
        BLONDEL,
    ),
    "pole": Page(
        "note",
        "Near the pole gradients are huge.",
        "Add a constant under the root or in the denominator.",
        WANG,
    ),
    "constant": Page(
        "fault",
        "Nothing can be learned from a constant.",
        "Look for a rounding, an argmax or a stop_gradient.",
        BARTLETT,
    ),
    "unbounded above": Page(
        "fine", "Very wrong examples cost more than wrong ones.", "Nothing.", BARTLETT
    ),
    "bounded": Page(
        "note",
        "Wrong labels have little influence; the gradient fades somewhere, and the loss cannot be "
        "convex.",
        "Take it where labels are noisy; start from small logits.",
        GHOSH,
    ),
    "Lipschitz": Page(
        "fine", "No single example can make a step too large.", "Nothing.", NESTEROV
    ),
    "gradient unbounded": Page(
        "note",
        "Single examples can make a step as large as they like.",
        "Clip gradients.",
        NESTEROV,
    ),
    "smooth": Page(
        "fine", "Its inverse is a safe step for gradient descent.", "Nothing.", NESTEROV
    ),
    "curvature unbounded": Page(
        "note",
        "No step is small enough everywhere.",
        "Decay the learning rate, or take an adaptive optimiser.",
        NESTEROV,
    ),
    "kinked": Page(
        "note",
        "Gradient descent of a fixed step keeps jumping over a kink.",
        "Decay the learning rate.",
        NESTEROV,
    ),
    "jumps": Page(
        "trade",
        "No gradient tells of a jump, so that descent cannot cross it on purpose.",
        "Replace the step by a smooth one if training should feel it.",
        NESTEROV,
    ),
}
COST: Pages = {
    "costs about as much as the reference": Page(
        "fine", "The loss does not slow down training.", "Nothing.", BLONDEL
    ),
    "costs more than the reference": Page(
        "note",
        "With many classes and a small model the loss may take most of the time.",
        "Look for sorts, loops and matrices of classes by classes.",
        BLONDEL,
    ),
}
