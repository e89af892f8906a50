"""The Jensen-Shannon divergence of prediction and target."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_probs
from ..base.parameters import is_known_to_be, parameter
from ..base.special import is_symbolic_zero, nan_unless
from ..base.types import Parameter, Scalar, Vector
from ..normalizers.probs import Probs
from .distribution import less_target


@on_probs
def jensen_shannon(probs: Probs, target: Vector, *, weight: Parameter = 0.5) -> Scalar:
    """`(w KL(t, m) + (1 - w) KL(p, m)) / (-(1 - w) log(1 - w))` with `m = w t + (1 - w) p`.

    In the limit it is `kl` as the weight tends to 0, and half of `mae` as it tends to 1. With one
    prediction for each example it is the paper's generalised loss too, which averages several.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("softmax + jensen_shannon")
    >>> round(float(loss(jnp.array([-500.0, 0.0]), jnp.array([1.0, 0.0]))), 3)
    2.0

    Args:
        probs: Probabilities p, as normalizers return them, [n].
        target: Distribution t over the classes, [n].
        weight: Weight w of the target, between 0 and 1, both excluded.

    Returns:
        Loss, from 0 up; 2 is the largest value for w = 1/2.

    Raises:
        ValueError: If the weight is not in its range (NaN if it is traced).

    Source: Englesson and Azizpour, arXiv 2105.04522; their code at
    github.com/ErikEnglesson/GJS.
    """
    w = weight_of_target(weight, target.dtype)
    is_known = ~jnp.isnan(jnp.sum(target))
    forms = (probs.p, probs.log_p, probs.complement)
    value = _divergences(*(nan_unless(is_known, x) for x in forms), target, w)
    return value / (-(1 - w) * jnp.log1p(-w))


def weight_of_target(weight: Parameter, dtype: Any) -> Array:
    """The checked parameter, which is less than 1."""
    if is_known_to_be(1, weight):
        raise ValueError(
            "`jensen_shannon(weight=...)` must be greater than 0 and less than 1, got 1; the "
            "limit is half of `mae`."
        )
    # The largest number below 1 stands for the open end.
    below_one = 1 - float(jnp.finfo(dtype).epsneg)  # type: ignore[no-untyped-call]
    return parameter(
        "jensen_shannon", "weight", weight, dtype, low=0, high=below_one, open=True
    )


@jax.custom_jvp
def _divergences(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, w: Array
) -> Array:
    return _value(p, log_p, complement, target, w)


@partial(_divergences.defjvp, symbolic_zeros=True)
def _divergences_jvp(
    primals: tuple[Any, ...], tangents: tuple[Any, ...]
) -> tuple[Array, Array]:
    """`(1 - w) sum_k log(p_k / m_k) dp_k`, and the derivatives in the target and the weight."""
    p, log_p, complement, target, w = primals
    dp, _, _, d_target, dw = tangents
    slope = jnp.zeros_like(w)
    if not is_symbolic_zero(dp):
        # At p = 0 the derivative is taken as 0 if the class is in the target, else as finite.
        logs = _log_over_mixture(p, log_p, complement, target, w)
        slope += (1 - w) * jnp.sum(jnp.where(jnp.isneginf(logs), 0, logs) * dp)
    moved = [
        jnp.zeros_like(x) if is_symbolic_zero(dx) else dx
        for x, dx in ((target, d_target), (w, dw))
    ]
    if not (is_symbolic_zero(d_target) and is_symbolic_zero(dw)):
        of_rest = partial(_value, p, log_p, complement)
        slope += jax.jvp(of_rest, (target, w), tuple(moved))[1]
    return _divergences(*primals), slope


def _value(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, w: Array
) -> Array:
    """`sum_k w t_k log(t_k / m_k) + (1 - w) p_k log(p_k / m_k)`."""
    in_target = target > 0
    safe = jnp.where(in_target, target, 1)
    gap = jnp.where(in_target, less_target(p, complement, target), 0)
    # m / t - 1 is (1 - w) (p - t) / t.
    of_target = -jnp.log1p((1 - w) * gap / safe)
    logs = _log_over_mixture(p, log_p, complement, target, w)
    occurs = p > 0
    of_p = jnp.where(occurs, p * jnp.where(occurs, logs, 0), 0)
    return jnp.sum(w * target * of_target + (1 - w) * of_p)


def _log_over_mixture(
    p: Vector, log_p: Vector, complement: Vector, target: Vector, w: Array
) -> Vector:
    """`log(p_k / m_k)`; m / p - 1 is w (t - p) / p."""
    in_target = target > 0
    is_near = 2 * p > target
    safe = jnp.where(is_near & in_target, p, 1)
    gap = jnp.where(is_near & in_target, less_target(p, complement, target), 0)
    near = -jnp.log1p(-w * gap / safe)
    mixture = jnp.where(in_target, w * target + (1 - w) * p, 1)
    far = log_p - jnp.log(mixture)
    return jnp.where(in_target, jnp.where(is_near, near, far), -jnp.log1p(-w))
