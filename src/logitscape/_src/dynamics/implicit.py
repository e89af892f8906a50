"""Steps for stiff flows: where most of the logits are at rest against each other, and the label still creeps.

The linearly implicit Euler method, `(1 + dt H) dz = -dt g`, in 1 to 6 substeps, extrapolated to order 6: it needs no
iteration, and is stable however long the step. Source: Hairer and Wanner, Solving Ordinary Differential Equations II, IV.9.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from .lanes import Evaluation, norm
from .trajectories import Evaluator, Path, relative

ORDER = 6


def linearly_implicit(
    evaluate: Evaluator, path: Path
) -> tuple[Array, Array, Array, Array, Evaluation]:
    """A step in time, of the duration that would lead `path.step` far at the present speed: the `Step` for stiff flows."""
    speed = norm(path.value.gradient)
    duration = path.step / jnp.where(speed > 0, speed, 1)
    counts = jnp.arange(1, ORDER + 1, dtype=duration.dtype)[:, None, None]
    ends, value = _substeps(evaluate, path.z, path.value, duration[None] / counts)
    best, second = _extrapolated(ends)
    error = jnp.max(relative(best - second, path.z, best), axis=-1)
    log_time = jnp.logaddexp(
        path.log_time, jnp.log(norm(path.start.gradient)) + jnp.log(duration)
    )
    return (
        best,
        log_time,
        norm(best - path.z),
        jnp.where(jnp.isnan(error), jnp.inf, error),
        value,
    )


def _substeps(
    evaluate: Evaluator, z: Array, value: Evaluation, duration: Array
) -> tuple[Array, Evaluation]:
    """The ends of j substeps each of the j-th duration, [j, objective, m, n], j = 1 ... 6, and what is seen at their limit."""
    shape = (ORDER, *z.shape)
    identity = jnp.broadcast_to(
        jnp.eye(z.shape[-1], dtype=z.dtype), (*shape, z.shape[-1])
    )
    matrix = identity + duration[..., None, None] * _hessian(evaluate, z)[None]
    factors = jax.scipy.linalg.lu_factor(matrix)

    def at(y: Array) -> Evaluation:
        found = evaluate(jnp.moveaxis(y, 0, 1).reshape(shape[1], -1, shape[-1]))
        return Evaluation(
            *(
                jnp.moveaxis(leaf.reshape(shape[1], ORDER, -1, *leaf.shape[2:]), 1, 0)
                for leaf in found
            )
        )

    def substep(i: Any, state: tuple[Array, Evaluation]) -> tuple[Array, Evaluation]:
        y, value = state
        move = -duration[..., None] * value.gradient
        active = i < jnp.arange(1, ORDER + 1)[:, None, None, None]
        y += jnp.where(
            active, jax.scipy.linalg.lu_solve(factors, move[..., None])[..., 0], 0
        )
        # Seen here and not after the loop, where the objectives would have to be compiled once more.
        return y, at(jnp.where(i == ORDER - 1, _extrapolated(y)[0][None], y))

    start = jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (ORDER, *leaf.shape)), (z, value)
    )
    ends, value = jax.lax.fori_loop(0, ORDER, substep, start)
    return ends, jax.tree.map(lambda leaf: leaf[0], value)


def _hessian(evaluate: Evaluator, z: Array) -> Array:
    """[objective, m, n, n]; 0 where it is not finite."""

    def column(direction: Array) -> Array:
        tangent: Array = jax.jvp(
            lambda logits: evaluate(logits).gradient,
            (z,),
            (jnp.broadcast_to(direction, z.shape),),
        )[1]
        return tangent

    hessian = jax.vmap(column, out_axes=-1)(jnp.eye(z.shape[-1], dtype=z.dtype))
    finite = jnp.all(jnp.isfinite(hessian), axis=(-2, -1), keepdims=True)
    return jnp.where(finite, hessian, 0)


def _extrapolated(ends: Array) -> tuple[Array, Array]:
    """The limits of ever smaller substeps by polynomials of the two highest degrees (Aitken and Neville)."""
    row = [ends[0]]
    for j in range(1, ORDER):
        new = [ends[j]]
        for k in range(j):
            new.append(new[k] + (new[k] - row[k]) / ((j + 1) / (j - k) - 1))
        row = new
    return row[-1], row[-2]
