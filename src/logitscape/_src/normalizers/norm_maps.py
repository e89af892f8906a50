"""Logit maps that divide by the norm of the logits."""

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_logits
from ..base.norm import (
    Length,
    divided,
    divided_by_norm,
    euclidean_norm,
    length_of,
    unit_vector,
)
from ..base.parameters import parameter
from ..base.types import Parameter, Scalar, Vector
from .logit_maps import with_masks


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
    return with_masks(is_mask, divided_by_norm(finite, e) / t)


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
    return with_masks(is_mask, _clipped(finite, c))


# JAX's own derivative divides by the squared norm, which overflows.
@jax.custom_jvp
def _clipped(x: Vector, limit: Array) -> Vector:
    """`x min(1, c / |x|)`, with the derivative of x itself where they are equal."""
    return clipped(x, length_of(x), limit)


@_clipped.defjvp
def _clipped_jvp(
    primals: tuple[Vector, Array], tangents: tuple[Vector, Array]
) -> tuple[Vector, Vector]:
    """`(c / |x|) (dx - u (u dx)) + u dc` with the unit vector u: along x nothing is left."""
    (x, limit), (dx, dlimit) = primals, tangents
    norm, unit = euclidean_norm(x), unit_vector(x)
    is_within = norm <= limit
    across = dx - unit * jnp.sum(unit * dx)
    beyond = divided(limit * across, jnp.where(is_within, 1, norm)) + unit * dlimit
    return _clipped(x, limit), jnp.where(is_within, dx, beyond)


def clipped(x: Array, length: Length, limit: Scalar) -> Array:
    """A vector of this length, or some of its entries, shortened to the limit."""
    return jnp.where(norm_is_within(length, limit), x, length.direction(x) * limit)


def norm_is_within(length: Length, limit: Scalar) -> Array:
    """Whether a norm is at most the limit."""
    return length.norm <= limit
