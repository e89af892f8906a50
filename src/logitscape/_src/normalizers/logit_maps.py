"""Maps of the logits, which stand in front of a normalizer or a loss of logits.

With softmax and cross-entropy behind a map with the Jacobian J, the gradient is `J^T (p - t)`: what
a map does to a gradient is what its Jacobian does.
"""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.saturation import soft_capped
from ..base.types import Mask, Parameter, Vector


@on_logits
def soft_cap(logits: Vector, *, cap: Parameter = 30.0) -> Vector:
    """`c tanh(z_k / c)`: logits that stay between -c and c.

    The Jacobian is diagonal, `1 / cosh(z_k / c)^2`, so a gradient behind it fades like
    `4 e^{-2 |z_k| / c}`. -inf stays a mask, as a padded class would otherwise come back with the
    logit -c.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> capped = ls.logit_maps.soft_cap(jnp.array([1.0, 30.0, 1e6]), cap=30)
    >>> print(np.asarray(capped).round(3))
    [ 1.    22.848 30.   ]

    Args:
        logits: Logits z of one example, [n].
        cap: Bound c, greater than 0, in units of the logits.

    Returns:
        Mapped logits, [n].

    Raises:
        ValueError: If the cap is not a finite number greater than 0 (NaN if it is traced).

    Source: Gemma Team, Gemma 2, arXiv 2408.00118, section 2.
    """
    c = parameter("soft_cap", "cap", cap, logits.dtype, low=0, open=True)
    is_mask = jnp.isneginf(logits)
    return with_masks(is_mask, soft_capped(jnp.where(is_mask, 0, logits), c))


@on_logits
def scale(logits: Vector, *, inverse_temperature: Parameter = 1.0) -> Vector:
    """`b z_k`: logits at the temperature 1 / b, in front of any normalizer.

    The Jacobian is b times the identity. -inf stays a mask, also at b = 0.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> ls.logit_maps.scale(jnp.array([1.0, -2.0]), inverse_temperature=3).tolist()
    [3.0, -6.0]

    Args:
        logits: Logits z of one example, [n].
        inverse_temperature: Inverse temperature b, at least 0.

    Returns:
        Mapped logits, [n].

    Raises:
        ValueError: If the inverse temperature is negative or not finite (NaN if it is traced).
    """
    b = parameter(
        "scale", "inverse_temperature", inverse_temperature, logits.dtype, low=0
    )
    is_mask = jnp.isneginf(logits)
    return with_masks(is_mask, b * jnp.where(is_mask, 0, logits))


@on_logits
def log_size(logits: Vector, *, scale: Parameter = 1.0) -> Vector:
    """`s log(n) z_k` for n classes: the map of the Scalable Softmax (SSMax).

    At a fixed gap between the logits, softmax fades as the classes get more; behind this map it
    does not. The Jacobian is `s log(n)` times the identity. Masked classes, with the logit -inf,
    do not count and stay masks; a single class gives 0.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> print(np.asarray(ls.logit_maps.log_size(jnp.array([1.0, 0.0]), scale=2)).round(3))
    [1.386 0.   ]

    Args:
        logits: Logits z of one example, [n].
        scale: Factor s, at least 0, which is learned.

    Returns:
        Mapped logits, [n].

    Raises:
        ValueError: If the scale is negative or not finite (NaN if it is traced).

    Source: Nakanishi, Scalable-Softmax Is Superior for Attention, arXiv 2501.19399.
    """
    s = parameter("log_size", "scale", scale, logits.dtype, low=0)
    is_mask = jnp.isneginf(logits)
    num_classes = jnp.sum(~is_mask).astype(logits.dtype)
    # Nothing is left to scale where every class is masked.
    factor = s * jnp.log(jnp.maximum(num_classes, 1))
    return with_masks(is_mask, factor * jnp.where(is_mask, 0, logits))


@on_logits
def multimax(
    logits: Vector,
    *,
    low: Parameter = 0.0,
    high: Parameter = 0.0,
    low_square: Parameter = 0.0,
    high_square: Parameter = 0.0,
    low_slope: Parameter = 0.0,
    high_slope: Parameter = 0.0,
    low_curvature: Parameter = 0.0,
    high_curvature: Parameter = 0.0,
) -> Vector:
    """`z + a relu(l - z) + b relu(z - h) + c relu(l2 - z)^2 + d relu(z - h2)^2`: another
    temperature for small logits than for large ones (MultiMax).

    Learned: a and c change the slope below l and l2 (low, low_square), b and d that above h and
    h2. With the default factors of 0 nothing changes. The Jacobian is diagonal,
    `1 - a [z < l] + b [z > h] - 2 c relu(l2 - z) + 2 d relu(z - h2)`; at the kinks, z = l and
    z = h, its parts count as 0. It does not stay the same under a common shift of the logits. -inf
    stays a mask.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> z = jnp.array([-1.0, 0.5, 3.0])
    >>> ls.logit_maps.multimax(z, high=1, high_slope=2, low_slope=0.5).tolist()
    [-0.5, 0.5, 7.0]

    Args:
        logits: Logits z of one example, [n].
        low: Place l of the lower kink.
        high: Place h of the upper kink.
        low_square: Place l2 below which the lower square begins.
        high_square: Place h2 above which the upper square begins.
        low_slope: Factor a of the lower kink.
        high_slope: Factor b of the upper kink.
        low_curvature: Factor c of the lower square.
        high_curvature: Factor d of the upper square.

    Returns:
        Mapped logits, [n].

    Raises:
        ValueError: If a parameter is not finite (NaN if it is traced).

    Source: Zhou et al., MultiMax: Sparse and Multi-Modal Attention Learning, ICML 2024.
    """

    def number(name: str, value: Parameter) -> Array:
        return parameter("multimax", name, value, logits.dtype, low=-jnp.inf)

    is_mask = jnp.isneginf(logits)
    z = jnp.where(is_mask, 0, logits)
    below = jax.nn.relu(number("low", low) - z)
    above = jax.nn.relu(z - number("high", high))
    far_below = jax.nn.relu(number("low_square", low_square) - z)
    far_above = jax.nn.relu(z - number("high_square", high_square))
    mapped = (
        z
        + number("low_slope", low_slope) * below
        + number("high_slope", high_slope) * above
        + number("low_curvature", low_curvature) * far_below * far_below
        + number("high_curvature", high_curvature) * far_above * far_above
    )
    return with_masks(is_mask, mapped)


def with_masks(is_mask: Mask, mapped: Vector) -> Vector:
    """Put the masks back: a class that is masked stays so, with the derivative 0."""
    return jnp.where(is_mask, -jnp.inf, mapped)
