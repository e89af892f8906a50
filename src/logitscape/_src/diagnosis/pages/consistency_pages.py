"""Pages about consistency."""

from .page import Page, Pages
from .references import (
    BLANCHARD,
    HIGHAM,
    IOFFE,
    JAX_DERIVATIVES,
    JAX_NAN,
    MICIKEVICIUS,
    NESTEROV,
    VASWANI,
)

CONSISTENCY: Pages = {
    "gradient is that of the loss": Page(
        "fine", "Descent lowers what is reported.", "Nothing.", JAX_DERIVATIVES
    ),
    "gradient is not that of the loss": Page(
        "fault",
        "Descent follows something else than the loss that is reported.",
        "Look for stop_gradient, rounding with a straight-through slope, and custom rules; if one "
        "is meant, diagnose the loss that it stands for.",
        JAX_DERIVATIVES,
    ),
    "gradient sums to 0": Page(
        "fine",
        "A common shift of the logits changes neither the loss nor the parameters.",
        "Nothing.",
        BLANCHARD,
    ),
    "gradient does not sum to 0": Page(
        "fault",
        "Logits drift together although the loss does not change by that.",
        "Look for stop_gradient around the normalizer.",
        JAX_DERIVATIVES,
    ),
    "no forward mode": Page(
        "note",
        "Hessians, Jacobian-vector products and some optimisers need forward mode.",
        "Write the rule as jax.custom_jvp, from which JAX derives both modes.",
        JAX_DERIVATIVES,
    ),
    "forward agrees with reverse": Page(
        "fine", "Both modes may be used.", "Nothing.", JAX_DERIVATIVES
    ),
    "forward differs from reverse": Page(
        "fault",
        "One of the two modes has a wrong rule.",
        "Test both with jax.test_util.check_grads.",
        JAX_DERIVATIVES,
    ),
    "smooth where tried": Page(
        "fine", "Small steps change the gradient little.", "Nothing.", NESTEROV
    ),
    "jump": Page(
        "note",
        "No gradient tells of a jump.",
        "Replace the step by a smooth one if training should feel it.",
        NESTEROV,
    ),
    "kink": Page(
        "note",
        "The gradient is one of many at a kink; second-order methods assume that there is none.",
        "Nothing, for hinges and clips that are meant.",
        NESTEROV,
    ),
    "computed in reduced precision inside": Page(
        "fault",
        "The loss has three digits, whatever the logits have.",
        "Cast logits to float32 before the loss, not after it.",
        MICIKEVICIUS,
    ),
    "jit agrees with eager": Page(
        "fine", "The compiled program computes the same.", "Nothing.", HIGHAM
    ),
    "jit differs from eager": Page(
        "fault",
        "The result depends on how the compiler orders operations.",
        "Look for differences of large numbers, which rounding decides.",
        HIGHAM,
    ),
    "NaN with masked logits": Page(
        "note",
        "A class that is masked with -inf makes the loss NaN.",
        "Select with `where` instead of multiplying by the target, or mask with a large number.",
        JAX_NAN,
    ),
    "infinite with masked logits": Page(
        "note",
        "A masked class takes part in the target.",
        "Leave masked classes out of the target.",
        VASWANI,
    ),
    "mask respected": Page(
        "fine", "Masked classes count as absent.", "Nothing.", VASWANI
    ),
    "mask not respected": Page(
        "note",
        "A masked class still has a share of the probability or of the loss.",
        "Leave masked classes out of sums over the classes.",
        VASWANI,
    ),
    "too large at 50,000 classes": Page(
        "note",
        "Work or memory grows faster than the number of classes.",
        "Look for a matrix of classes by classes.",
        BLANCHARD,
    ),
    "fine at 50,000 classes": Page(
        "fine", "A large vocabulary is no problem.", "Nothing.", BLANCHARD
    ),
    "inaccurate at 50,000 classes": Page(
        "note",
        "Sums over many classes lose digits in this precision.",
        "Accumulate sums in float32.",
        HIGHAM,
    ),
    "not finite at 50,000 classes": Page(
        "note",
        "Sums over many classes overflow in this precision.",
        "Accumulate sums in float32, or subtract the largest logit first.",
        BLANCHARD,
    ),
    "examples are independent": Page(
        "fine", "The order and the size of batches do not matter.", "Nothing.", IOFFE
    ),
    "examples influence each other": Page(
        "fault",
        "The loss of an example changes with its neighbours in the batch.",
        "Look for an axis that is missing or wrong in a sum, a maximum or a softmax.",
        IOFFE,
    ),
}

SINGULAR_POINTS: Pages = {
    "no singular point found": Page(
        "fine",
        "No step of the program breaks where random logits never lead.",
        "Nothing.",
        JAX_NAN,
    ),
    "not finite at single logits": Page(
        "fault",
        "Ties, zeros and whole numbers do occur in training, and one NaN ends it for all weights.",
        "Give the branch of a `where` that is not selected a harmless argument, and keep roots, "
        "logarithms and divisors away from 0.",
        JAX_NAN,
    ),
    "another value at single logits": Page(
        "fault",
        "An equality with a constant decides the loss, of which no gradient tells.",
        "Replace the comparison by the limit of the formula.",
        HIGHAM,
    ),
}
