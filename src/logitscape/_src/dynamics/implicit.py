"""Linearly implicit steps for stiff flows.

A flow is stiff where most differences between the logits are at rest and the label's logit
still creeps: explicit steps must then stay short to be stable. The linearly implicit Euler
method, `(1 + dt H) dz = -dt g` with the Hessian H, is stable for any step and needs no
iteration. It is run with 1 to 6 substeps, and the results are extrapolated to order 6.

Source: Hairer and Wanner, Solving Ordinary Differential Equations II, section IV.9.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .lanes import Evaluation, Evaluator, norm
from .path import Path, Trial, relative_error

ORDER = 6


def linearly_implicit(evaluate: Evaluator, path: Path) -> Trial:
    """Try one step in time in every lane, as long as the present speed needs for `path.step`."""
    speed = norm(path.value.gradient)
    duration = path.step / jnp.where(speed > 0, speed, 1)
    counts = jnp.arange(1, ORDER + 1, dtype=duration.dtype)
    durations = duration[None] / counts[:, None, None]
    ends, value = _substeps(evaluate, path.z, path.value, durations)
    best, second_best = _extrapolated(ends)
    errors = relative_error(best - second_best, path.z, best)
    error = jnp.max(errors, axis=-1)
    # The duration in units of 1 / |g_0|: log(1 + |g_0| t) is the logarithm of a sum.
    start_norm = norm(path.start.gradient)
    log_duration = jnp.log(start_norm) + jnp.log(duration)
    return Trial(
        z=best,
        log_time=jnp.logaddexp(path.log_time, log_duration),
        length=norm(best - path.z),
        error=jnp.where(jnp.isnan(error), jnp.inf, error),
        value=value,
    )


def _substeps(
    evaluate: Evaluator, z: Array, value: Evaluation, duration: Array
) -> tuple[Array, Evaluation]:
    """Take 1, 2, ..., 6 substeps side by side.

    Args:
        evaluate: Function that evaluates all lanes.
        z: Logits at the beginning, [objective, m, n].
        value: Evaluation there.
        duration: Duration of one substep where j of them are taken, [j, objective, m].

    Returns:
        Logits after all substeps, [j, objective, m, n], and the evaluation at their limit.
    """
    # The Hessian of the beginning serves all substeps. All lengths are one batch, as
    # several factorizations in a program can wait for each other for ever.
    factors = jax.scipy.linalg.lu_factor(_matrices(evaluate, z, duration))

    def substep(i: Any, state: tuple[Array, Evaluation]) -> tuple[Array, Evaluation]:
        y, value = state
        push = -duration[..., None] * value.gradient
        counts = jnp.arange(1, ORDER + 1)
        active = i < counts[:, None, None, None]
        solution = jax.scipy.linalg.lu_solve(factors, push[..., None])
        y += jnp.where(active, solution[..., 0], 0)
        # The limit is evaluated in the loop: after it, the objectives would have to be
        # compiled once more.
        limit, _ = _extrapolated(y)
        at_end = i == ORDER - 1
        y_or_limit = jnp.where(at_end, limit[None], y)
        return y, _evaluate_all(evaluate, y_or_limit)

    def for_every_count(leaf: Array) -> Array:
        return jnp.broadcast_to(leaf, (ORDER, *leaf.shape))

    start = jax.tree.map(for_every_count, (z, value))
    ends, values = jax.lax.fori_loop(0, ORDER, substep, start)
    # The last evaluation was at the limit, the same for every number of substeps.
    return ends, jax.tree.map(lambda leaf: leaf[0], values)


def _matrices(evaluate: Evaluator, z: Array, duration: Array) -> Array:
    """The matrices `1 + dt H`, [j, objective, m, n, n]."""
    n = z.shape[-1]
    unit = jnp.eye(n, dtype=z.dtype)
    identity = jnp.broadcast_to(unit, (ORDER, *z.shape, n))
    hessian = _hessian(evaluate, z)
    return identity + duration[..., None, None] * hessian[None]


def _hessian(evaluate: Evaluator, z: Array) -> Array:
    """Hessians, [objective, m, n, n]; 0 where they are not finite."""

    def gradient(logits: Array) -> Array:
        return evaluate(logits).gradient

    def column(direction: Array) -> Array:
        directions = jnp.broadcast_to(direction, z.shape)
        tangent: Array
        _, tangent = jax.jvp(gradient, (z,), (directions,))
        return tangent

    units = jnp.eye(z.shape[-1], dtype=z.dtype)
    hessian = jax.vmap(column, out_axes=-1)(units)
    is_finite = jnp.isfinite(hessian)
    all_finite = jnp.all(is_finite, axis=(-2, -1), keepdims=True)
    # Without curvature, the implicit step is an explicit one.
    return jnp.where(all_finite, hessian, 0)


def _evaluate_all(evaluate: Evaluator, y: Array) -> Evaluation:
    """Evaluation at logits [j, objective, m, n]."""
    _, objectives, _, n = y.shape

    def split(leaf: Array) -> Array:
        further_axes = leaf.shape[2:]
        parts = leaf.reshape(objectives, ORDER, -1, *further_axes)
        return jnp.moveaxis(parts, 1, 0)

    objectives_first = jnp.moveaxis(y, 0, 1)
    side_by_side = objectives_first.reshape(objectives, -1, n)
    loss, gradient, lead = evaluate(side_by_side)
    return Evaluation(split(loss), split(gradient), split(lead))


def _extrapolated(ends: Array) -> tuple[Array, Array]:
    """Limits for ever smaller substeps, by polynomials of the two highest degrees.

    The scheme is that of Aitken and Neville for the substeps 1, 1/2, ..., 1/6.
    """
    row = [ends[0]]
    for j in range(1, ORDER):
        new = [ends[j]]
        for k in range(j):
            ratio = (j + 1) / (j - k)
            change = new[k] - row[k]
            new.append(new[k] + change / (ratio - 1))
        row = new
    return row[-1], row[-2]
