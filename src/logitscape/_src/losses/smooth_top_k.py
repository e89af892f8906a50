"""A smooth hinge of the label's rank, by symmetric polynomials of the rivals' weights."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.argmax import first_largest, kth_largest
from ..base.classes import Classes
from ..base.exponentials import logistic, softplus
from ..base.formula import on_logits
from ..base.parameters import parameter
from ..base.special import nan_unless
from ..base.types import Mask, Parameter, Scalar, Vector
from ..normalizers.apart import at_label, mask_of, nan_unless_valid
from .hinges import of_label, one_if_one_hot
from .logit_gradients import ValueAndGradient, finite, unless_nan
from .top_k import guesses

NOTHING = -1e30
"""Stands for the logarithm of 0, so that sums of logarithms stay finite."""


@on_logits
def smooth_top_k_hinge(
    logits: Vector,
    target: Vector,
    *,
    k: int = 2,
    temperature: Parameter = 1.0,
    margin: Parameter = 1.0,
) -> Scalar:
    """`T log(1 + e^{m / T} s_k / (s_{k-1} e^{z_y / (k T)}))`, where `s_i` is the sum of all
    products of i of the rivals' weights `e^{z_j / (k T)}`: the smooth top-k SVM.

    As T tends to 0 it becomes `max(0, m + (z_(k) - z_y) / k)` with the k-th largest rival. With
    k = 1 it is cross-entropy with the margin m of logits at the temperature T, times T. It is 0 if
    there are fewer than k rivals; -inf is a mask. The result is NaN if a logit is +inf.

    >>> import jax.numpy as jnp, logitscape as ls
    >>> loss = ls.objective("smooth_top_k_hinge(k=2)")
    >>> round(float(loss(jnp.zeros(3), jnp.array([1.0, 0.0, 0.0]))), 3)
    0.858

    Args:
        logits: Logits z of one example, [n].
        target: One-hot target of the label y, [n].
        k: Number of guesses, a whole number from 1 to the number of classes.
        temperature: Temperature T, greater than 0.
        margin: Margin m, at least 0.

    Returns:
        Loss, from 0 up.

    Raises:
        ValueError: If a parameter is out of its range, or the target is not one-hot (NaN if they
            are traced).

    Source: Berrada, Zisserman and Kumar, Smooth loss functions for deep top-k classification, arXiv
    1802.07595; their code, which takes the limit T = 0 where the k-th and the next logit are far
    apart.
    """
    one = one_if_one_hot("smooth_top_k_hinge", target)
    count = guesses("smooth_top_k_hinge", k, logits)
    t, m = _checked(logits, temperature, margin)
    z = one * nan_unless(jnp.isfinite(jnp.max(logits)), logits)
    lead, there_are = _lead(z, of_label(z, target), target != 0, count, t, m)
    return one * t * softplus(jnp.where(there_are | jnp.isnan(lead), lead, -jnp.inf))


def value_and_gradient(
    logits: Vector,
    label: Array,
    classes: Classes,
    *,
    k: int = 2,
    temperature: Parameter = 1.0,
    margin: Parameter = 1.0,
) -> ValueAndGradient:
    """The loss, stated for a label as those of logit_gradients.py are."""
    count = guesses("smooth_top_k_hinge", k, logits)
    t, m = _checked(logits, temperature, margin)
    is_label = mask_of(label, logits, classes)
    z_label = at_label(logits, label, is_label, classes)
    z_label = nan_unless_valid(label, classes, z_label)
    z_label = z_label + 0 * finite(classes.maximum(logits))
    logs, place = _log_weights(logits, is_label, count, count * t)
    ratio, moves, there_are = _ratio(logs, count)
    lead = m / t + ((place - z_label) / (count * t) + ratio)
    lead = jnp.where(there_are | jnp.isnan(lead), lead, -jnp.inf)
    pull = logistic(lead) / count
    gradient = pull * jnp.where(is_label, -1, moves)
    return t * softplus(lead), unless_nan(lead, gradient)


def _checked(
    logits: Vector, temperature: Parameter, margin: Parameter
) -> tuple[Array, Array]:
    name, dtype = "smooth_top_k_hinge", logits.dtype
    t = parameter(name, "temperature", temperature, dtype, low=0, open=True)
    return t, parameter(name, "margin", margin, dtype, low=0)


def _lead(
    z: Vector, z_label: Scalar, is_label: Mask, k: int, t: Array, m: Array
) -> tuple[Scalar, Array]:
    """By how much the rivals lead, in units of T, and whether there are k of them."""
    logs, place = _log_weights(z, is_label, k, k * t)
    ratio, there_are = _log_ratio(logs, k)
    return m / t + ((place - z_label) / (k * t) + ratio), there_are


def _log_weights(
    z: Vector, is_label: Mask, k: int, unit: Array
) -> tuple[Vector, Scalar]:
    """The logarithms of the rivals' weights relative to the k-th largest, and that one's logit."""
    rivals = jnp.where(is_label, -jnp.inf, z)
    place = kth_largest(rivals, k)
    place = jnp.where(jnp.isneginf(place), 0, place)
    is_there = ~jnp.isneginf(rivals)
    logs = (jnp.where(is_there, rivals, place) - place) / unit
    return jnp.where(is_there, jnp.maximum(logs, NOTHING), NOTHING), place


class _Ratio(NamedTuple):
    """`log(s_k / s_{k-1})` of some weights.

    Attributes:
        value: The logarithm.
        moves: Its derivatives in the logarithms of the weights, which sum to 1, [n].
        there_are: Whether there are k weights.
    """

    value: Scalar
    moves: Vector
    there_are: Array


def _ratio(logs: Vector, k: int) -> _Ratio:
    """The ratio of weights with these logarithms, relative to the k-th largest."""
    return _ratio_of_two(logs) if k == 2 else _ratio_of_many(logs, k)


def _ratio_of_two(logs: Vector) -> _Ratio:
    """In closed form: with R and Q, the sums of the weights and of their squares without the
    largest w, `s_1 = w + R` and `s_2 = w R + (R^2 - Q) / 2`.

    No more than one digit cancels: Q is at most w R. With the sums of weights and squares without
    w_j, the derivative is `w_j (R_j^2 + Q_j) / (2 s_1 s_2)`.
    """
    is_top = first_largest(logs)
    # Relative to the second largest, the largest may be beyond the dtype, and 1 / w is not.
    r = jnp.exp(-jnp.max(logs))
    each = jnp.exp(jnp.where(is_top, NOTHING, logs))
    total, squares = jnp.sum(each), jnp.sum(each * each)
    there_are = total > 0
    total = jnp.where(there_are, total, 1)
    second = total + r * (total * total - squares) / 2
    first = 1 + r * total
    without = 1 + r * (total - each)
    moves = each * (without * without + 1 + r * r * (squares - each * each))
    moves = jnp.where(is_top, r * (total * total + squares), moves)
    moves = moves / (2 * first * second)
    value = jnp.log(second) - jnp.log1p(r * total)
    return _Ratio(value, jnp.where(there_are, moves, 0), there_are)


def _ratio_of_many(logs: Vector, k: int) -> _Ratio:
    # Beside a weight that is as large as this the others are lost in both sums, and what remains of
    # their ratio does not depend on it: no more digits are spent on its logarithm.
    most = -2 * math.log(float(jnp.finfo(logs.dtype).eps))  # type: ignore[no-untyped-call]
    capped = jnp.minimum(logs, most)
    # In this unit the sums of products of equal weights are of a similar size, so that their
    # logarithms are small and rounded by less. It has no part in the derivatives.
    unit = math.log(max(logs.size / k, 1))
    weights = capped - unit
    whole, without = _polynomials(weights, k)
    there_are = whole[k] > NOTHING / 2
    # With the sums s' of products without w_j, the derivative is
    # w_j (s'_{k-1}^2 - s'_{k-2} s'_k) / (s_k s_{k-1}); by Newton's inequalities the difference is
    # more than 1 / k of its first term.
    log_move = weights + 2 * without[:, k - 1] - whole[k] - whole[k - 1]
    if k > 1:
        excess = without[:, k - 2] + without[:, k] - 2 * without[:, k - 1]
        log_move += jnp.log1p(-jnp.exp(jnp.minimum(excess, math.log1p(-1 / k))))
    # That of a larger weight is in proportion to its inverse.
    log_move -= logs - capped
    is_moving = there_are & (logs > NOTHING / 2)
    moves = jnp.where(is_moving, jnp.exp(jnp.where(is_moving, log_move, 0)), 0)
    return _Ratio(whole[k] - whole[k - 1] + unit, moves, there_are)


@jax.custom_jvp
def _kept(value: Scalar, logs: Vector, moves: Vector) -> Scalar:
    """A value whose derivatives in the logarithms are given."""
    return value


@_kept.defjvp
def _kept_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    value, logs, moves = primals
    _, d_logs, _ = tangents
    return _kept(value, logs, moves), jnp.sum(moves * d_logs)


def _log_ratio(logs: Vector, k: int) -> tuple[Scalar, Array]:
    ratio = _ratio(logs, k)
    value = jax.lax.stop_gradient(ratio.value)
    return _kept(value, logs, ratio.moves), ratio.there_are


def _polynomials(logs: Vector, k: int) -> tuple[Vector, Array]:
    """Logarithms of the sums of products of up to k weights: of all, [k + 1], and without each,
    [n, k + 1].

    They are the coefficients of `prod_j (1 + w_j x)`, multiplied in pairs as in a tournament.
    """
    n = logs.size
    size = 1 << max(n - 1, 0).bit_length()
    padded = jnp.pad(logs, (0, size - n), constant_values=NOTHING)
    leaves = jnp.full((size, k + 1), NOTHING, logs.dtype)
    level = leaves.at[:, 0].set(0).at[:, 1].set(padded)
    levels = [level]
    while len(level) > 1:
        level = _product(level[0::2], level[1::2])
        levels.append(level)
    without = jnp.full((1, k + 1), NOTHING, logs.dtype).at[:, 0].set(0)
    for level in reversed(levels[:-1]):
        others = level.reshape(-1, 2, k + 1)[:, ::-1].reshape(-1, k + 1)
        without = _product(jnp.repeat(without, 2, axis=0), others)
    return levels[-1][0], without[:n]


def _product(a: Array, b: Array) -> Array:
    """The product of polynomials, of whose coefficients these are the logarithms, [m, k + 1]."""
    degrees = np.arange(a.shape[-1])
    rest = degrees[:, None] - degrees
    terms = a[:, None, :] + jnp.where(rest >= 0, b[:, np.maximum(rest, 0)], NOTHING)
    return jnp.maximum(jax.nn.logsumexp(terms, axis=-1), NOTHING)
