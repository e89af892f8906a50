"""Maps of the logits, which stand in front of a normalizer or a loss of logits.

With softmax and cross-entropy behind a map with the Jacobian J, the gradient is `J^T (p - t)`: what
a map does to a gradient is what its Jacobian does.
"""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_logits
from ..base.norm import divided_by_norm, euclidean_norm
from ..base.parameters import parameter
from ..base.saturation import soft_capped
from ..base.special import nan_unless
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
    return _with_masks(is_mask, soft_capped(jnp.where(is_mask, 0, logits), c))


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
    return _with_masks(is_mask, b * jnp.where(is_mask, 0, logits))


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
    return _with_masks(is_mask, factor * jnp.where(is_mask, 0, logits))


@on_logits
def logit_norm(
    logits: Vector, *, temperature: Parameter = 0.04, epsilon: Parameter = 1e-7
) -> Vector:
    """`z_k / (T (|z| + epsilon))`: logits of the norm 1 / T (LogitNorm).

    Only the direction of the logits is left, up to epsilon. The Jacobian is
    `(I - u u^T) / (T |z|)` with `u = z / |z|`: a gradient behind it is perpendicular to z, fades
    like 1 / |z|, and has a pole at z = 0 that epsilon makes finite. -inf stays a mask and has no
    part in the norm.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> small = ls.logit_maps.logit_norm(jnp.array([3.0, 4.0]), temperature=1)
    >>> large = ls.logit_maps.logit_norm(jnp.array([3e9, 4e9]), temperature=1)
    >>> print(np.asarray(small).round(3), np.asarray(large).round(3))
    [0.6 0.8] [0.6 0.8]

    Args:
        logits: Logits z of one example, [n].
        temperature: Temperature T, greater than 0.
        epsilon: Number that is added to the norm, greater than 0, in units of the logits.

    Returns:
        Mapped logits, [n]; NaN if a logit is +inf.

    Raises:
        ValueError: If a parameter is not a finite number greater than 0 (NaN if it is traced).

    Source: Wei et al., Mitigating Neural Network Overconfidence with Logit Normalization, ICML
    2022, arXiv 2205.09310.
    """
    dtype = logits.dtype
    t = parameter("logit_norm", "temperature", temperature, dtype, low=0, open=True)
    e = parameter("logit_norm", "epsilon", epsilon, dtype, low=0, open=True)
    is_mask = jnp.isneginf(logits)
    finite = jnp.where(is_mask, 0, logits)
    return _with_masks(is_mask, divided_by_norm(finite, e) / t)


@on_logits
def clip_norm(logits: Vector, *, limit: Parameter = 1.0) -> Vector:
    """`z_k min(1, c / |z|)`: logits whose norm is at most c (LogitClip).

    Within the limit the Jacobian is the identity, beyond it `c (I - u u^T) / |z|` with
    `u = z / |z|`, so that a gradient fades like 1 / |z|. At the kink, |z| = c, it is that within.
    -inf stays a mask and has no part in the norm.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> clipped = ls.logit_maps.clip_norm(jnp.array([30.0, 40.0]), limit=5)
    >>> print(np.asarray(clipped).round(3), ls.logit_maps.clip_norm(jnp.array([3.0, 4.0]), limit=9))
    [3. 4.] [3. 4.]

    Args:
        logits: Logits z of one example, [n].
        limit: Largest norm c, greater than 0, in units of the logits.

    Returns:
        Mapped logits, [n]; NaN if a logit is +inf.

    Raises:
        ValueError: If the limit is not a finite number greater than 0 (NaN if it is traced).

    Source: Wei et al., Mitigating Memorization of Noisy Labels by Clipping the Model Prediction,
    ICML 2023, arXiv 2212.04055.
    """
    c = parameter("clip_norm", "limit", limit, logits.dtype, low=0, open=True)
    is_mask = jnp.isneginf(logits)
    finite = jnp.where(is_mask, 0, logits)
    return _with_masks(is_mask, _clipped(finite, c))


# JAX's own derivative divides by the squared norm, which overflows.
@jax.custom_jvp
def _clipped(x: Vector, limit: Array) -> Vector:
    """`x min(1, c / |x|)`, with the derivative of x itself where they are equal."""
    _, _, factor = _clipping(x, limit)
    return x * factor


@_clipped.defjvp
def _clipped_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Vector, Array]
) -> tuple[Vector, Vector]:
    """`(c / |x|) (dx - u (u dx)) + u dc` with the unit vector u: along x nothing is left."""
    (x, limit), (dx, dlimit) = primals, tangents
    is_within, norm, factor = _clipping(x, limit)
    unit = x / norm
    across = dx - unit * jnp.sum(unit * dx)
    return x * factor, jnp.where(is_within, dx, factor * across + unit * dlimit)


def _clipping(x: Vector, limit: Array) -> tuple[Array, Array, Array]:
    """Whether x is within the limit, its norm (1 if it is), and what it is multiplied by."""
    norm = euclidean_norm(x)
    norm = nan_unless(jnp.isfinite(norm), norm)
    is_within = norm <= limit
    norm = jnp.where(is_within, 1, norm)
    return is_within, norm, jnp.where(is_within, 1, limit / norm)


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
    return _with_masks(is_mask, mapped)


def _with_masks(is_mask: Mask, mapped: Vector) -> Vector:
    """Put the masks back: a class that is masked stays so, with the derivative 0."""
    return jnp.where(is_mask, -jnp.inf, mapped)
