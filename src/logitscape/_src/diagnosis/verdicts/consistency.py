"""Verdicts about consistency."""

from .references import (
    BLANCHARD,
    HIGHAM,
    IOFFE,
    JAX_BROADCASTING,
    JAX_DERIVATIVES,
    JAX_NAN,
    MICIKEVICIUS,
    NESTEROV,
    VASWANI,
)
from .verdict import Verdict, Verdicts

CONSISTENCY: Verdicts = (
    Verdict(
        "gradient is that of the loss",
        "fine",
        meaning="The gradient agrees with differences of the loss.",
        why="Descent lowers what is reported.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "gradient is not that of the loss",
        "fault",
        meaning="The gradient differs from differences of the loss.",
        why="Descent follows something else than the loss that is reported.",
        remedy=(
            "Look for stop_gradient, rounding with a straight-through slope, and custom rules; if "
            "one is meant, diagnose the loss that it stands for."
        ),
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "parts held constant",
        "trade",
        meaning="Parts of the loss are held constant, by stop_gradient or detach.",
        why=(
            "Descent lowers the loss, but along another way than its own slope, and its least "
            "value need not be where descent ends."
        ),
        remedy="Nothing, if the part is a weight that is meant to be held constant.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "gradient sums to 0",
        "fine",
        meaning="The gradient of a shift invariant loss sums to 0.",
        why="A common shift of the logits changes neither the loss nor the parameters.",
        reference=BLANCHARD,
    ),
    Verdict(
        "gradient does not sum to 0",
        "fault",
        meaning="The gradient of a shift invariant loss does not sum to 0.",
        why="Logits drift together although the loss does not change by that.",
        remedy="Look for stop_gradient around the normalizer.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "no forward mode",
        "note",
        meaning="`jax.jvp` raises an error.",
        why="Hessians, Jacobian-vector products and some optimisers need forward mode.",
        remedy="Write the rule as jax.custom_jvp, from which JAX derives both modes.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "forward agrees with reverse",
        "fine",
        meaning="Forward and reverse mode give the same slope.",
        why="Both modes may be used.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "forward differs from reverse",
        "fault",
        meaning="Forward and reverse mode give different slopes.",
        why="One of the two modes has a wrong rule.",
        remedy="Test both with jax.test_util.check_grads.",
        reference=JAX_DERIVATIVES,
    ),
    Verdict(
        "smooth where tried",
        "fine",
        meaning="Neither the loss nor its gradient jumps on the ray R3.",
        why="Small steps change the gradient little.",
        reference=NESTEROV,
    ),
    Verdict(
        "jump",
        "note",
        meaning="The loss jumps on the ray R3.",
        why="No gradient tells of a jump.",
        remedy="Replace the step by a smooth one if training should feel it.",
        reference=NESTEROV,
    ),
    Verdict(
        "kink",
        "note",
        meaning="The gradient jumps on the ray R3.",
        why=(
            "The gradient is one of many at a kink; second-order methods assume that there is "
            "none."
        ),
        remedy="Nothing, for hinges and clips that are meant.",
        reference=NESTEROV,
    ),
    Verdict(
        "computed in reduced precision inside",
        "fault",
        meaning="The program rounds float64 to half precision.",
        why="The loss has three digits, whatever the logits have.",
        remedy="Cast logits to float32 before the loss, not after it.",
        reference=MICIKEVICIUS,
    ),
    Verdict(
        "jit agrees with eager",
        "fine",
        meaning="The loss is the same with and without jit.",
        why="The compiled program computes the same.",
        reference=HIGHAM,
    ),
    Verdict(
        "jit differs from eager",
        "fault",
        meaning="The loss differs with and without jit.",
        why="The result depends on how the compiler orders operations.",
        remedy="Look for differences of large numbers, which rounding decides.",
        reference=HIGHAM,
    ),
    Verdict(
        "NaN with masked logits",
        "note",
        meaning="A logit of -inf makes the loss or its gradient NaN.",
        why="A class that is masked with -inf makes the loss NaN.",
        remedy=(
            "Select with `where` instead of multiplying by the target, or mask with a large "
            "number."
        ),
        reference=JAX_NAN,
    ),
    Verdict(
        "infinite with masked logits",
        "note",
        meaning="A logit of -inf makes the loss infinite.",
        why="A masked class takes part in the target.",
        remedy="Leave masked classes out of the target.",
        reference=VASWANI,
    ),
    Verdict(
        "mask respected",
        "fine",
        meaning="A class with a logit of -inf counts as absent.",
        why="Masked classes count as absent.",
        reference=VASWANI,
    ),
    Verdict(
        "mask not respected",
        "note",
        meaning="A class with a logit of -inf changes the loss or its gradient.",
        why="A masked class still has a share of the probability or of the loss.",
        remedy="Leave masked classes out of sums over the classes.",
        reference=VASWANI,
    ),
    Verdict(
        "too large at 50,000 classes",
        "note",
        meaning="50,000 classes would take more than 2 GB or 20 GFLOP.",
        why="Work or memory grows faster than the number of classes.",
        remedy="Look for a matrix of classes by classes.",
        reference=BLANCHARD,
    ),
    Verdict(
        "fine at 50,000 classes",
        "fine",
        meaning="The loss and its gradient are accurate at 50,000 classes.",
        why="A large vocabulary is no problem.",
        reference=BLANCHARD,
    ),
    Verdict(
        "inaccurate at 50,000 classes",
        "note",
        meaning="The relative error at 50,000 classes is large.",
        why="Sums over many classes lose digits in this precision.",
        remedy="Accumulate sums in float32.",
        reference=HIGHAM,
    ),
    Verdict(
        "not finite at 50,000 classes",
        "note",
        meaning="The loss or its gradient overflows at 50,000 classes.",
        why="Sums over many classes overflow in this precision.",
        remedy="Accumulate sums in float32, or subtract the largest logit first.",
        reference=BLANCHARD,
    ),
    Verdict(
        "examples are independent",
        "fine",
        meaning="An example in a batch has the loss that it has alone.",
        why="The order and the size of batches do not matter.",
        reference=IOFFE,
    ),
    Verdict(
        "labels broadcast",
        "fault",
        meaning="Every example of a batch is compared with every label of it.",
        why=(
            "Logits [N, 1] and labels [N] broadcast to [N, N], and what is learnt is the mean of "
            "the labels."
        ),
        remedy="Give logits and labels the same shape: labels[:, None], or logits.squeeze(-1).",
        reference=JAX_BROADCASTING,
    ),
    Verdict(
        "examples influence each other",
        "fault",
        meaning="The loss of an example depends on others in the batch.",
        why="The loss of an example changes with its neighbours in the batch.",
        remedy="Look for an axis that is missing or wrong in a sum, a maximum or a softmax.",
        reference=IOFFE,
    ),
)
