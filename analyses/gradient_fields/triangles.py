"""Gradient fields over the triangle of probabilities."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import logitscape as ls

Values: TypeAlias = NDArray[Any]

RESOLUTION = 60
"""Number of points along an edge of the triangle."""


def triangle_points() -> Values:
    """Centres of small triangles that fill the simplex: no point lies on its border."""
    m = RESOLUTION
    corners = []
    for i in range(m):
        for j in range(m - i):
            corners.append((i, j, m - 1 - i - j))
    return (np.array(corners) + 1 / 3) / m


def logits_of(pair: str, p: Values) -> Any:
    """Logits that give the probabilities p.

    They are log p for softmax and p for sum and sparsemax. The other normalizers divide g(z) by its
    sum; for them it is the upper root of g(z) = c p.
    """
    if pair.startswith("softmax"):
        return np.log(p)
    if pair.startswith("spherical"):
        # z^2 + eps = c p with eps = 1e-3 and c = 1 + 3 eps
        return np.sqrt(np.maximum(p - 1e-3 / (1 + 3e-3), 0) * (1 + 3e-3))
    if pair.startswith("taylor"):
        # 1 + z + z^2 / 2 = c p with c = 10
        return np.sqrt(np.maximum(2 * 10 * p - 1, 0)) - 1
    return p


class _Field(NamedTuple):
    """Norms of the gradients [m], movements of p [m, 3], and the p that was reached [m, 3]."""

    norm: Any
    movement: Any
    p: Any


def triangle_fields(pairs: Sequence[str]) -> tuple[Values, Values]:
    """Norms of the gradients [pair, m] and movements of p, -J grad, [pair, m, 3]."""
    p = triangle_points()
    objectives = [ls.objective(pair) for pair in pairs]

    @jax.jit
    def fields(logits: Any) -> list[_Field]:
        return [
            jax.vmap(partial(field_at, objective))(logits[i])
            for i, objective in enumerate(objectives)
        ]

    by_pair = fields(jnp.stack([logits_of(pair, p) for pair in pairs]))
    norms = np.stack([np.asarray(field.norm) for field in by_pair])
    movements = np.stack([np.asarray(field.movement) for field in by_pair])
    reached = np.stack([np.asarray(field.p) for field in by_pair])
    # Some p cannot be reached: no logits give it.
    distance = np.max(np.abs(reached - p), axis=-1)
    missed = distance > 1e-9
    norms[missed] = np.nan
    movements[missed] = np.nan
    return norms, movements


def field_at(objective: ls.Objective, z: Any) -> _Field:
    target = jnp.array([1.0, 0.0, 0.0])
    gradient = jax.grad(objective.function)(z, target)
    _, movement = jax.jvp(lambda z: objective.predict(z).p, (z,), (-gradient,))
    return _Field(jnp.linalg.norm(gradient), movement, objective.predict(z).p)
