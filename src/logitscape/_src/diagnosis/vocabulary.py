"""The names of all questions and verdicts, each verdict with a sentence that explains it.

`Answer` refuses words that are not listed here, so that reports, tests and
`assert_healthy(allow=...)` rely on one vocabulary.
"""

from collections.abc import Mapping
from itertools import chain
from typing import get_args

from .programs import Precision

Verdicts = Mapping[str, str]

CONSISTENCY = "consistency"
BOUNDS = "bounds"

UNDECIDED = "undecided"
NOT_ASKED = "not asked"
NOT_MEASURED = "could not be measured"
JUMPS = "jumps"
CONVEX = "convex (certified)"
NO_NEGATIVE_CURVATURE = "no negative curvature found"
PROPER = "proper"
NO_FINITE_MINIMISER = "no finite minimiser"
INFINITE = "infinite"
INFINITE_WHEN_RIGHT = "infinite when right"
FADES_SLOWLY = "fades slowly"
FADES_EXPONENTIALLY = "fades exponentially"
LEAVES_DOMAIN = "leaves the domain"
UNDEFINED_FAR_OUT = "not defined far out"
SIZE_IRRELEVANT = "size does not matter"
THROUGHOUT = "pulls throughout the domain"
PULLED_OFF_THE_RAY = "pulled back off the ray"
NOT_FINITE_NEAR = "not finite at ordinary logits"
NOT_FINITE_FAR = "not finite at large logits"

ANY_QUESTION: Verdicts = {
    UNDECIDED: "The measurement gave no answer; the text says why.",
    NOT_ASKED: "The budget was spent before, or the function has not what it takes.",
    NOT_MEASURED: "The measurement raised an error; the text quotes it.",
}
"""Verdicts that every question may have."""

_LABEL: Verdicts = {
    "label used": "The loss depends on its label, and on all labels in the same way.",
    "label ignored": "The loss is the same for every label.",
    "arguments in the wrong order": "The function takes the target first and the logits second.",
    "labels as numbers": "The label is compared as a number with the output.",
    "ordered classes": "Every logit is a threshold that labels before it lower.",
    "label differs": "The loss of some label is another function than that of the others.",
}
_IDENTITY: Verdicts = {
    "a known loss": "The loss equals an entry of the catalogue.",
    "a known loss, scaled or with another parameter": (
        "The loss equals an entry of the catalogue up to a factor, a constant or a parameter."
    ),
    "a known loss, reparametrised": (
        "The loss equals an entry of the catalogue at other logits, or with weights or margins."
    ),
    "a known mistake": "The loss equals a formula that is known as a mistake.",
    "known near 0 only": "The loss equals a known formula at moderate logits, but not far out.",
    "has no effect": "A constant or a parameter of the function changes nothing.",
    "not in the catalogue": "The loss equals no entry of the catalogue.",
}
_FORM: Verdicts = {
    "recognised": "The function takes logits and target in a form that is known.",
    "softmax over one unit": "The only class always has the probability 1: nothing is learnt.",
}
_WHEN_WRONG: Verdicts = {
    THROUGHOUT: "The logits are bounded, and the gradient pulls as far as they reach.",
    SIZE_IRRELEVANT: "Only the direction of the logits matters, so that a ray has no law.",
    PULLED_OFF_THE_RAY: "The slope along a ray is 0, but a step off the ray helps the label.",
    "constant": "The slope tends to a positive constant, however wrong the label is.",
    "grows": "The slope grows like a logarithm or a power of s.",
    "explodes": "The slope grows exponentially in a power of s.",
    FADES_SLOWLY: "The slope decays like a logarithm or a power of s.",
    FADES_EXPONENTIALLY: "The slope decays exponentially in a power of s.",
    "dies": "The slope is exactly 0 from some s on.",
    INFINITE: "The loss is infinite from some s on.",
    LEAVES_DOMAIN: "The loss is not defined from some s up to 100 on.",
    UNDEFINED_FAR_OUT: "The loss is not defined from some s above 100 on.",
    "becomes right when pushed down": "A label pushed down far enough is predicted.",
    "rewards being wrong": "The loss falls as the label becomes more wrong.",
}
_WHEN_RIGHT: Verdicts = {
    SIZE_IRRELEVANT: _WHEN_WRONG[SIZE_IRRELEVANT],
    THROUGHOUT: _WHEN_WRONG[THROUGHOUT],
    "fades": "The gradient's norm decays as the label becomes more right.",
    "ends": "The gradient is exactly 0 from some s on.",
    "stays": "The gradient's norm tends to a positive constant.",
    "grows": "The gradient's norm grows as the label becomes more right.",
    INFINITE_WHEN_RIGHT: "The loss is infinite from some s on, although the label is right.",
    LEAVES_DOMAIN: _WHEN_WRONG[LEAVES_DOMAIN],
    UNDEFINED_FAR_OUT: _WHEN_WRONG[UNDEFINED_FAR_OUT],
}
_CORRECTION: Verdicts = {
    "corrects itself": "Gradient flow takes at most 100 times as long as with the reference.",
    "slow to correct": "Gradient flow takes more than 100 times as long as with the reference.",
    "never corrects itself": "Gradient flow never makes the label the predicted class.",
}
_MISTAKES: Verdicts = {
    "pushes a rival up": "The loss falls as the logit of a wrongly predicted class rises.",
    "dead region": "The gradient is exactly 0 where all logits are on one side of a number.",
    "probability lost": "The probabilities of the classes sum to less than 1.",
    "never certain": "The logits are squashed, so that no label's probability comes near 1.",
    "logits taken for probabilities": "The logarithm is taken of the logits themselves.",
    "log-probability in the factor": "A focal factor has log p in place of p.",
    "none recognised": "The loss is none of the known mistakes.",
    "not finite at equal logits": "The gradient is NaN or infinite where all logits are 0.",
    "not finite for a label": "The loss of some label is not finite; that of others is.",
    "label not taught": "The loss of some label has no gradient; that of others has.",
    "wrong sign": "Minimising the loss lowers the probability of the label.",
    "wrong label convention": "Minimising the loss teaches another class than the label.",
    "target does not sum to one": "The target is smoothed to weights that do not sum to 1.",
    "negative target weight": "Some other class has a negative weight in the target.",
    "label smoothing": "The loss is cross-entropy with a smoothed target.",
    "class weights": "The loss is cross-entropy times a weight of the label.",
    "mean taken inside": "The loss is cross-entropy divided by the number of classes.",
    "scaled": "The loss is cross-entropy times a constant.",
    "logits adjusted": "The same constants are added to the logits for every label.",
    "margin on the wrong side": "A margin raises the label's logit, so that errors cost less.",
    "margin added": "Constants that depend on the label are added to the logits.",
    "one class only": "The loss depends on the label's logit only.",
    "logarithm missing": "The loss is minus a probability instead of minus its logarithm.",
    "softmax applied twice": "The loss takes the softmax of probabilities.",
    "squared error after softmax": "The loss is the squared error of the softmax.",
    "squared error of sparsemax": "The loss is the squared error of sparsemax.",
    "clipped probability": "The probability is clipped, so that the gradient is 0 far out.",
    "epsilon inside the logarithm": "A constant is added to the probability.",
    "logarithm of a probability": "The probability underflows before its logarithm is taken.",
    "NaN when right": "The gradient is NaN or infinite once the probability rounds to 1.",
}
_DESIGNS: Verdicts = {
    "no special design": "None of the known designs was recognised.",
    "temperature": "The logits are multiplied by a constant before the softmax.",
    "prior": "The softmax is that of logits with constants, the same for every label.",
    "class weights": _MISTAKES["class weights"],
    "margin": "The label's logit is lowered by a margin.",
    "soft cap": "The logits go through c tanh(z / c).",
    "norm-invariant": "A common factor of the logits has no effect.",
    "angular margin": "The logits are cosines, and an angle is added to the label's.",
    "ordinal targets": "Every label teaches its neighbours too.",
    "ordinal costs": "A wrong class costs the more, the further it is from the label.",
    "ordinal thresholds": "Every logit says on its own whether the label is above a class.",
    "hinge": "The loss is linear between kinks.",
    "bounded": "A wrong example costs no more than a constant.",
}
_PRECISION: Verdicts = {
    "does not run": "The gradient raises an error in this dtype.",
    "rounds its result": "The loss is returned in a narrower dtype than that of the logits.",
    NOT_FINITE_NEAR: "The loss or its gradient is not finite at ordinary logits.",
    NOT_FINITE_FAR: "The loss or its gradient is not finite at large logits.",
    "inaccurate": "The relative error at ordinary logits is more than 1e-3 and 16 eps.",
    "gradient lost while wrong": "Many gradient components become 0 while the label is wrong.",
    "gradient lost while right": "Gradient components become 0 while the label is right.",
    "finite": "The loss and its gradient are finite; nothing wider can check their accuracy.",
    "finite and accurate": "The loss and its gradient are finite and accurate.",
}
_CONSISTENCY: Verdicts = {
    "gradient is that of the loss": "The gradient agrees with differences of the loss.",
    "gradient is not that of the loss": "The gradient differs from differences of the loss.",
    "gradient sums to 0": "The gradient of a shift invariant loss sums to 0.",
    "gradient does not sum to 0": "The gradient of a shift invariant loss does not sum to 0.",
    "no forward mode": "`jax.jvp` raises an error.",
    "forward agrees with reverse": "Forward and reverse mode give the same slope.",
    "forward differs from reverse": "Forward and reverse mode give different slopes.",
    "smooth where tried": "Neither the loss nor its gradient jumps on the ray R3.",
    "jump": "The loss jumps on the ray R3.",
    "kink": "The gradient jumps on the ray R3.",
    "computed in reduced precision inside": "The program rounds float64 to half precision.",
    "jit agrees with eager": "The loss is the same with and without jit.",
    "jit differs from eager": "The loss differs with and without jit.",
    "NaN with masked logits": "A logit of -inf makes the loss or its gradient NaN.",
    "infinite with masked logits": "A logit of -inf makes the loss infinite.",
    "mask respected": "A class with a logit of -inf counts as absent.",
    "mask not respected": "A class with a logit of -inf changes the loss or its gradient.",
    "too large at 50,000 classes": "50,000 classes would take more than 2 GB or 20 GFLOP.",
    "fine at 50,000 classes": "The loss and its gradient are accurate at 50,000 classes.",
    "inaccurate at 50,000 classes": "The relative error at 50,000 classes is large.",
    "not finite at 50,000 classes": "The loss or its gradient overflows at 50,000 classes.",
    "examples are independent": "An example in a batch has the loss that it has alone.",
    "examples influence each other": "The loss of an example depends on others in the batch.",
}
_SINGULAR_POINTS: Verdicts = {
    "no singular point found": "Loss and gradient are finite at all singular steps.",
    "not finite at single logits": "Loss or gradient break at single logits within 50.",
    "another value at single logits": "The loss at single logits is not that around them.",
}
_PROPER: Verdicts = {
    PROPER: "The expected loss is least where p is the true distribution.",
    "over-confident": "The expected loss is least where the top class is too probable.",
    "under-confident": "The expected loss is least where the top class is too improbable.",
    "improper": "The expected loss is least at another distribution than the true one.",
    "goes to a vertex": "The expected loss is least where one class has all the probability.",
    NO_FINITE_MINIMISER: "The expected loss keeps falling as the logits grow.",
}
_TOP_LABEL: Verdicts = {
    "top label recovered": "The least expected loss predicts the most probable class.",
    "top label tied": "The least expected loss predicts another class as well.",
    "top label missed": "The least expected loss predicts another class.",
}
_CONVEXITY: Verdicts = {
    CONVEX: "A theorem proves that the loss is convex in the logits.",
    NO_NEGATIVE_CURVATURE: "The loss looks convex, but no known theorem proves it.",
    "not convex": "The loss has negative curvature or lies above one of its chords.",
}
_INVARIANCES: Verdicts = {
    "shift invariant": "A common shift of the logits does not change the loss.",
    "not shift invariant": "A common shift of the logits changes the loss.",
    "treats classes alike": "Permuted classes do not change the loss.",
    "treats classes differently": "Permuted classes change the loss.",
    "p shift invariant": "A common shift of the logits does not change p.",
    "p not shift invariant": "A common shift of the logits changes p.",
    "p scale invariant": "A common factor of the logits does not change p.",
    "p not scale invariant": "A common factor of the logits changes p.",
    "p sign invariant": "z and -z have the same p.",
    "p not sign invariant": "z and -z have different p.",
    "p treats classes alike": "Permuted logits have the permuted p.",
    "p treats classes differently": "Permuted logits do not have the permuted p.",
}
_ORDER: Verdicts = {
    "argmax p is argmax z": "The largest logit has the largest probability.",
    "argmax p is not always argmax z": "Another logit may have the largest probability.",
}
_BOUNDS: Verdicts = {
    "unbounded below": "The loss falls without bound.",
    "infinite losses": "The loss is infinite in a whole region of ordinary logits.",
    "pole": "The loss is infinite at isolated logits.",
    "constant": "The loss has the same value everywhere.",
    "unbounded above": "The loss has a lower bound and no upper bound.",
    "bounded": "The loss has a lower and an upper bound.",
    "Lipschitz": "The gradient's norm has a bound.",
    "gradient unbounded": "The gradient's norm has no bound.",
    "smooth": "The curvature has a bound.",
    "curvature unbounded": "The curvature has no bound.",
    "kinked": "The gradient jumps.",
    JUMPS: "The loss jumps.",
}
_COST: Verdicts = {
    "costs about as much as the reference": "The work is at most 3 times the reference's.",
    "costs more than the reference": "The work is more than 3 times the reference's.",
}

VOCABULARY: Mapping[str, Verdicts] = {
    "form": _FORM,
    "label": _LABEL,
    "identity": _IDENTITY,
    "design": _DESIGNS,
    "gradient": {},
    "gradient when wrong": _WHEN_WRONG,
    "gradient when right": _WHEN_RIGHT,
    "correction": _CORRECTION,
    "common mistakes": _MISTAKES,
    "precision": {},
    **{f"precision, {dtype}": _PRECISION for dtype in get_args(Precision)},
    "singular points": _SINGULAR_POINTS,
    CONSISTENCY: _CONSISTENCY,
    "proper": _PROPER,
    "top label": _TOP_LABEL,
    "convexity": _CONVEXITY,
    "invariances": _INVARIANCES,
    "order": _ORDER,
    BOUNDS: _BOUNDS,
    "cost": _COST,
}
"""The verdicts of every question, beside those of `ANY_QUESTION`.

"gradient" and "precision" stand for all their questions, which go unanswered together.
"""

NAMES = frozenset(chain(VOCABULARY, ANY_QUESTION, *VOCABULARY.values()))
"""All questions and verdicts."""


def check_listed(question: str, verdict: str) -> None:
    """Refuse words that are not in the vocabulary.

    Raises:
        ValueError: If the question is not listed, or the verdict is none of its verdicts.
    """
    if question not in VOCABULARY:
        raise ValueError(f"{question!r} is no listed question.")
    if verdict not in VOCABULARY[question] and verdict not in ANY_QUESTION:
        raise ValueError(f"{verdict!r} is no listed verdict of {question!r}.")
