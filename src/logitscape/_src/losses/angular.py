"""Losses of cosines that turn the label's angle away by a margin."""

import math

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import nan_unless
from ..base.types import Parameter, Scalar, Vector
from .softmax_loss import softmax_cross_entropy


@on_logits
def arcface(
    logits: Vector,
    target: Vector,
    *,
    margin: Parameter = 0.5,
    scale: Parameter = 64.0,
) -> Scalar:
    """Cross-entropy of `softmax(s cos(theta_k + m t_k))` with `cos theta_k = z_k`: the angle of the
    label has a margin m.

    Logits are cosines, from -1 to 1, and elsewhere the loss is NaN; a rival of -inf is left out.
    As the label's angle grows beyond pi - m, its cosine with the margin rises again, and the pull
    on the label turns round: much code goes over to another formula there. As the label's cosine
    tends to -1 or 1, its derivative grows without bound; at -1 and 1 themselves that of
    `cos(m) z` is taken. For a soft target every class has the margin in proportion to its weight.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("arcface(margin=0.5, scale=10)")
    >>> round(float(loss(jnp.array([1.0, jnp.cos(0.5)]), jnp.array([1.0, 0.0]))), 3)
    0.693

    Args:
        logits: Cosines z of the angles between the features of one example and the classes, [n].
        target: Distribution t over the classes, [n].
        margin: Margin m in radians, from 0 to pi.
        scale: Scale s, greater than 0.

    Returns:
        Loss in nats, at least 0.

    Raises:
        ValueError: If a parameter is out of its range (NaN if it is traced).

    Source: Deng et al., ArcFace, arXiv 1801.07698, section 3; the same formula is in
    `pytorch-metric-learning`.
    """
    dtype = logits.dtype
    turn = target * parameter("arcface", "margin", margin, dtype, low=0, high=math.pi)
    factor = parameter("arcface", "scale", scale, dtype, low=0, open=True)
    is_left_out = jnp.isneginf(logits) & (target == 0)
    is_cosine = jnp.all(is_left_out | (jnp.abs(logits) <= 1))
    z = nan_unless(is_cosine, logits)
    return softmax_cross_entropy(factor * _turned(z, turn), target)


def _turned(cosines: Vector, turn: Vector) -> Array:
    """The cosines of angles that are larger by `turn`."""
    # A class that is not turned has no root, whose derivative at its zeros is infinite.
    is_turned = turn != 0
    z = jnp.where(is_turned, cosines, 0)
    turned = z * jnp.cos(turn) - _sine(z) * jnp.sin(turn)
    return jnp.where(is_turned, turned, cosines)


# At -1 and 1, where the angle has no derivative, that of its sine is taken as 0.
@jax.custom_jvp
def _sine(cosine: Array) -> Array:
    """The sine of an angle from 0 to pi, by its cosine."""
    return jnp.sqrt((1 - cosine) * (1 + cosine))


@_sine.defjvp
def _sine_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (cosine,), (change,) = primals, tangents
    sine = _sine(cosine)
    is_inside = sine > 0
    slope = jnp.where(is_inside, -cosine / jnp.where(is_inside, sine, 1), 0)
    return sine, slope * change
