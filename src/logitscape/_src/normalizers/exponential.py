"""Normalizers built on the exponential: softmax, its limit argmax, and two of its variants."""

import jax
import jax.numpy as jnp

from ..base.argmax import every_largest
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.types import Parameter, Vector
from ..base.whole_numbers import whole_number
from .normalize import normalize, normalize_gaps
from .probs import Probs

DEEPEST = 6
"""Most exponentials that leave `log g` finite for some logit: a tower of five is 3.8e6 for -inf."""


@on_logits
def softmax(logits: Vector, *, inverse_temperature: Parameter = 1.0) -> Probs:
    """`p_k = e^{c z_k} / sum_j e^{c z_j}`.

    Defined for all finite logits; -inf is a mask (p = 0, gradient 0). The result is NaN if all
    logits are masked or one is +inf. The temperature is applied after the largest logit is
    subtracted, so that no finite logit overflows. c = 0 gives equal probabilities to all classes
    that are not masked.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.softmax(jnp.array([1.0, 2.0, -jnp.inf])).p).round(3))
    [0.269 0.731 0.   ]
    >>> sharper = ls.normalizers.softmax(jnp.array([1.0, 2.0]), inverse_temperature=3)
    >>> print(np.asarray(sharper.p).round(3))
    [0.047 0.953]

    Args:
        logits: Logits z of one example, [n].
        inverse_temperature: Inverse temperature c, at least 0.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the inverse temperature is negative or not finite (NaN if it is traced).

    Source: Bridle 1990; Boltzmann 1868.
    """
    c = parameter(
        "softmax", "inverse_temperature", inverse_temperature, logits.dtype, low=0
    )
    # A common offset changes no probability, so the maximum needs no derivative.
    top = jax.lax.stop_gradient(jnp.max(logits))
    shifted = (logits - top) + (top - top)  # NaN unless the largest logit is finite
    is_masked = jnp.isneginf(shifted)
    # Masks are put back afterwards, as 0 * -inf would be NaN at c = 0.
    scaled = c * jnp.where(is_masked, 0, shifted)
    gaps = jnp.where(is_masked, -jnp.inf, scaled)
    return normalize_gaps(gaps, gaps)


@on_logits
def softmax_one(logits: Vector, *, sink: Parameter = 0.0) -> Probs:
    """`p_k = e^{z_k} / (e^b + sum_j e^{z_j})`: the softmax of [z, b] without its last entry.

    The probabilities sum to less than 1: the rest is that of abstaining, or of the sink b, which
    attention learns. Defined for all finite logits; -inf is a mask, +inf gives NaN. If all logits
    are masked, p is 0 and a loss such as cross-entropy infinite.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.softmax_one(jnp.array([0.0, 0.0, -50.0])).p).round(3))
    [0.333 0.333 0.   ]
    >>> print(np.asarray(ls.normalizers.softmax_one(jnp.zeros(2), sink=jnp.log(8.0)).p).round(3))
    [0.1 0.1]

    Args:
        logits: Logits z of one example, [n].
        sink: Logit b of no class, in the units of the logits.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the sink is not finite (NaN if it is traced).

    Source: "quiet softmax"; Miller, Attention Is Off By One, 2023. Learned sink: gpt-oss, OpenAI,
    2025.
    """
    b = parameter("softmax_one", "sink", sink, logits.dtype, low=-jnp.inf)
    probs = normalize(jnp.concatenate([logits, b[None]]))
    return Probs(probs.p[:-1], probs.log_p[:-1])


@on_logits
def iterated_exponential(logits: Vector, *, depth: int = 2) -> Probs:
    """`g(z) = exp(exp(... z))`, `depth` times, divided by its sum; depth 1 is softmax.

    Defined until `log g` overflows, and NaN beyond: for depth 2 from z = 709 in float64 and 88 in
    float32, for depth 3 from 6.56 and 4.48. -inf is no mask, as g has a finite limit there (1 for
    depth 2), with derivative 0. The result is NaN if all logits are -inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([1.0, 2.0])
    >>> print(np.asarray(ls.normalizers.iterated_exponential(logits, depth=1).p).round(3))
    [0.269 0.731]
    >>> print(np.asarray(ls.normalizers.iterated_exponential(logits, depth=2).p).round(3))
    [0.009 0.991]

    Args:
        logits: Logits z of one example, [n].
        depth: Number of exponentials, from 1 to 6; with more of them `log g` overflows for every
            logit.

    Returns:
        Probabilities and their logarithms, [n].

    Raises:
        ValueError: If the depth is no whole number from 1 to 6.
    """
    depth = checked_depth(depth)
    log_g = logits
    top = jnp.max(logits)
    gaps = logits - top
    for _ in range(depth - 1):
        # e^a - e^b = e^b (e^{a - b} - 1) keeps the digits of small gaps between large values.
        log_g = jnp.exp(log_g)
        top = jnp.exp(top)
        gaps = top * jnp.expm1(gaps)
    # Beyond the domain the top is infinite, and inf - inf is NaN when the program runs. A NaN
    # that XLA knows at compile time would not do (see `zero_if`).
    return normalize_gaps(log_g, gaps + (top - top))


def checked_depth(depth: int) -> int:
    """The number of exponentials of `iterated_exponential`."""
    name = "iterated_exponential"
    return whole_number(name, "depth", depth, low=1, high=DEEPEST)


@on_logits
def argmax(logits: Vector) -> Probs:
    """`p_k = [z_k = max z] / |argmax z|` ("hardmax"): shared equally by ties, and with
    derivative 0 everywhere.

    The limit of softmax as the inverse temperature grows. The result is NaN if all logits are -inf
    or one is +inf. Where the same compiled program computes the logits, rounding may separate
    logits that tie; the first of them then takes all.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.normalizers.argmax(jnp.array([2.0, 1.0, 2.0])).p).round(3))
    [0.5 0.  0.5]

    Args:
        logits: Logits z of one example, [n].

    Returns:
        Probabilities and their logarithms, [n].
    """
    top = jnp.max(logits)
    is_largest = every_largest(logits).astype(logits.dtype)
    weights = is_largest + (top - top)  # NaN unless the largest logit is finite
    p = jax.lax.stop_gradient(weights / jnp.sum(weights))
    return Probs(p, jnp.log(p))
