"""Whether losses are convex in the logits, with a witness for every "no".

Two searches complement each other: the least eigenvalue of the Hessian, over scattered points and then
around the worst that each objective has, for what bends the wrong way; chords, whose middle must not lie above the mean of
their ends, for kinks and jumps. Second derivatives are by forward over forward mode along directions, which
passes through normalizers and losses one after the other: so a family of pairs shares its parts, and
compiles in a fraction of the time that Hessians by reverse mode take.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.arguments import whole_number
from ..base.x64 import needs_float64
from ..landscapes.slice_arguments import one_class
from ..objectives.objective import Objective, Sources, named_objectives

POINTS, BATCH = 512, 64
ROUNDS = 32
WIDTH = 12.0
NOISE = 1e-9


@dataclass(frozen=True)
class Convexity:
    """What the search found for one objective.

    Attributes:
        convex: whether there is neither negative curvature nor a chord below its middle; None if the loss is
            nowhere finite.
        curvature: the least eigenvalue of the Hessian that was found among logits of norm 1 and more in a box:
            nothing bounds it where the loss has a pole there; NaN if the loss is nowhere finite.
        settled: whether the last quarter of the search lowered it by less than 2 %.
        witness: the logits where it is.
        excess: how far the loss in the middle of a chord lies above the mean of its ends at most; infinite if
            the middle is a pole.
        chord: the two ends.
        infinite: the share of logits in the domain where the loss is infinite.
    """

    convex: bool | None
    curvature: float
    settled: bool
    witness: tuple[float, ...]
    excess: float
    chord: tuple[tuple[float, ...], tuple[float, ...]]
    infinite: float


class _Curvature(NamedTuple):
    """Losses [objective, m], and the eigenvalues of their Hessians, ascending [objective, m, n]."""

    loss: NDArray[Any]
    curvatures: NDArray[Any]


def convexities(
    objectives: Sources, *, num_classes: int = 3, label: int = 0, width: float = WIDTH
) -> dict[str, Convexity]:
    """Search every objective, by name. All are compiled together; the search is the same every time.

    Args:
        objectives: as for `sweep`.
        num_classes: n.
        label: the true class.
        width: the logits lie between -width and width.

    Raises:
        RuntimeError: without float64.
        ValueError: for a label that is no class, or fewer than 2 classes.
    """
    needs_float64("convexities")
    named = named_objectives(objectives)
    whole_number("convexities", "num_classes", num_classes, low=2)
    one_class("convexities", "label", label, num_classes)
    target = np.eye(num_classes)[label]
    directions = _directions(num_classes)
    run = jax.jit(partial(second_derivatives, list(named.values()), target, directions))

    def evaluate(z: NDArray[Any]) -> _Curvature:
        loss, second = map(np.asarray, run(jnp.asarray(z)))
        return _Curvature(loss, _eigenvalues(second, num_classes))

    def evaluate_all(z: NDArray[Any]) -> _Curvature:
        batches = [
            evaluate(np.broadcast_to(each, (len(named), *each.shape)))
            for each in np.split(z, len(z) // BATCH)
        ]
        return _Curvature(
            *(np.concatenate(parts, axis=1) for parts in zip(*batches, strict=True))
        )

    random = np.random.default_rng(0)
    z = _scattered(random, num_classes, width)
    found = evaluate_all(z)
    other = random.permutation(len(z))
    middle = (z + z[other]) / 2
    excess = _excess(found.loss, found.loss[:, other], evaluate_all(middle).loss)
    least, settled, witness = _search(random, evaluate, z, found, width)
    at = np.argmax(excess, axis=1)
    chords = [(tuple(map(float, z[i])), tuple(map(float, z[other[i]]))) for i in at]
    scale = np.array(
        [
            np.nanmax(np.abs(row), initial=0, where=np.isfinite(row))
            for row in found.loss
        ]
    )
    return {
        name: Convexity(
            _verdict(
                bool(np.isfinite(found.loss[i]).any()),
                least[i],
                excess[i, at[i]] / (1 + scale[i]),
            ),
            float(least[i]),
            bool(settled[i]),
            tuple(map(float, witness[i])),
            float(excess[i, at[i]]),
            chords[i],
            float(
                np.isposinf(found.loss[i]).sum()
                / max(1, (~np.isnan(found.loss[i])).sum())
            ),
        )
        for i, name in enumerate(named)
    }


def second_derivatives(
    objectives: Sequence[Objective],
    target: NDArray[Any],
    directions: NDArray[Any],
    z: Array,
) -> tuple[Array, Array]:
    """Losses at z [objective, m, n], [objective, m]; second derivatives along directions [q, n], [objective, m, q]."""
    t, d = jnp.asarray(target, z.dtype), jnp.asarray(directions, z.dtype)
    normalizers, losses = dict[Any, list[int]](), dict[Any, list[int]]()
    for row, each in enumerate(objectives):
        if each.loss is not None:
            normalizers.setdefault(each.normalizer, []).append(row)
            losses.setdefault(each.loss, []).append(row)
    alone = [row for row, each in enumerate(objectives) if each.loss is None]
    found = [
        _second_derivatives(_towards(t, objectives[row].function), z[row][None], d)[::2]
        for row in alone
    ]
    if losses:
        parts = [
            _second_derivatives(normalizer, z[np.array(rows)], d)
            for normalizer, rows in normalizers.items()
        ]
        bent = jax.tree.map(lambda *each: jnp.concatenate(each), *parts)
        place = np.argsort(
            np.concatenate([*normalizers.values()])
        )  # of a pair in `bent`, by its rank among the pairs
        rank = {
            row: k
            for k, row in enumerate(
                sorted(row for rows in losses.values() for row in rows)
            )
        }
    for loss, rows in losses.items():
        chosen = jax.tree.map(
            lambda x, rows=rows: x[place[[rank[row] for row in rows]]], bent
        )
        found.append(
            jax.vmap(
                jax.vmap(
                    jax.vmap(partial(second_directional_derivative, _towards(t, loss)))
                )
            )(*chosen)[::2]
        )
    back = np.argsort([*alone, *(row for rows in losses.values() for row in rows)])
    value, second = (jnp.concatenate(each)[back] for each in zip(*found, strict=True))
    return value[..., 0], second


def _towards(target: Array, loss: Any) -> Callable[[Any], Any]:
    return lambda prediction: loss(prediction, target)


def _second_derivatives(
    function: Callable[[Array], Any], z: Array, directions: Array
) -> Any:
    """`second_directional_derivative` from every point [..., m, n] along every direction [q, n], [..., m, q, ...]."""

    def at(z: Array, direction: Array) -> Any:
        return second_directional_derivative(
            function, z, direction, jnp.zeros_like(direction)
        )

    return jax.vmap(jax.vmap(jax.vmap(at, (None, 0)), (0, None)), (0, None))(
        z, directions
    )


def second_directional_derivative(
    function: Callable[[Any], Any], x: Any, first: Any, second: Any
) -> tuple[Any, Any, Any]:
    """Value, first and second derivative of a function on the curve x + t first + t^2/2 second, at t = 0."""

    def along(t: Array) -> Any:
        return function(
            jax.tree.map(lambda a, b, c: a + t * b + t * t * (c / 2), x, first, second)
        )

    def slope(t: Array) -> Any:
        return jax.jvp(along, (t,), (jnp.ones_like(t),))

    zero = jnp.zeros((), jax.tree.leaves(x)[0].dtype)
    (value, d), (_, dd) = jax.jvp(slope, (zero,), (jnp.ones_like(zero),))
    return value, d, dd


def _directions(n: int) -> NDArray[Any]:
    """Those that determine a Hessian: e_j, and e_j + e_k for j < k."""
    e = np.eye(n)
    return np.array([*e, *(e[j] + e[k] for j, k in combinations(range(n), 2))])


def _eigenvalues(second: NDArray[Any], n: int) -> NDArray[Any]:
    hessian = np.zeros((*second.shape[:-1], n, n))
    second = np.where(np.isfinite(second), second, np.nan)
    diagonal = second[..., :n]
    for k in range(n):
        hessian[..., k, k] = diagonal[..., k]
    for q, (j, k) in enumerate(combinations(range(n), 2), start=n):
        hessian[..., j, k] = hessian[..., k, j] = (
            second[..., q] - diagonal[..., j] - diagonal[..., k]
        ) / 2
    finite = np.isfinite(hessian.sum(axis=(-2, -1), keepdims=True))
    values = np.linalg.eigvalsh(np.where(finite, hessian, 0))
    noise = NOISE * (1e-3 + np.max(np.abs(values), axis=-1, keepdims=True))
    return np.where(finite[..., 0], np.where(np.abs(values) < noise, 0, values), np.nan)


def _scattered(random: np.random.Generator, n: int, width: float) -> NDArray[Any]:
    """Points at all distances from 0 alike, every other one with positive logits only."""
    size = np.exp(random.uniform(np.log(0.1), np.log(width), (POINTS, 1)))
    z = size * random.uniform(-1, 1, (POINTS, n))
    z[::2] = np.abs(z[::2])
    return _rounded(z)


def _excess(a: NDArray[Any], b: NDArray[Any], middle: NDArray[Any]) -> NDArray[Any]:
    """How far the middle of a chord lies above it; -inf where the ends say nothing."""
    known = np.isfinite(a) & np.isfinite(b) & ~np.isnan(middle)
    mean = np.where(known, a, 0) / 2 + np.where(known, b, 0) / 2
    return np.where(known, np.where(known, middle, 0) - mean, -np.inf)


def _search(
    random: np.random.Generator,
    evaluate: Callable[[NDArray[Any]], _Curvature],
    z: NDArray[Any],
    found: _Curvature,
    width: float,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The least curvature of every objective, whether it has settled, and where: by differential evolution.

    It starts from the worst of scattered points. A point gives way only to one that is lower by more than
    rounding, so that processors agree on the way.
    """
    lowest = _lowest(found, z)
    start = np.argsort(lowest, axis=1, kind="stable")[:, :BATCH]
    points, values = z[start], np.take_along_axis(lowest, start, axis=1)
    for step in range(ROUNDS):
        if step == ROUNDS * 3 // 4:
            before = np.min(values, axis=1)
        trial = _mutants(
            random,
            points,
            points[np.arange(len(points)), np.argmin(values, axis=1)],
            width,
        )
        lowest = _lowest(evaluate(trial), trial)
        better = lowest < _lowered(values, 1e-6)
        points, values = (
            np.where(better[..., None], trial, points),
            np.where(better, lowest, values),
        )
    best = np.arange(len(points)), np.argmin(values, axis=1)
    known, settled = np.isfinite(values[best]), values[best] >= _lowered(before, 0.02)
    return (
        np.where(known, values[best], np.nan),
        settled,
        np.where(known[:, None], points[best], np.nan),
    )


def _lowered(values: NDArray[Any], share: float) -> NDArray[Any]:
    return np.asarray(values - share * np.minimum(np.abs(values), 1e300))


def _lowest(found: _Curvature, z: NDArray[Any]) -> NDArray[Any]:
    """The least eigenvalues, [objective, m]; infinite where there is none to be had, and within norm 1."""
    known = (
        np.isfinite(found.loss)
        & np.isfinite(found.curvatures[..., 0])
        & (np.linalg.norm(z, axis=-1) >= 1)
    )
    return np.where(known, found.curvatures[..., 0], np.inf)


def _mutants(
    random: np.random.Generator, points: NDArray[Any], best: NDArray[Any], width: float
) -> NDArray[Any]:
    """A move of every point [objective, m, n], of five kinds in turn, at norm 1 and more.

    By the difference of two others; so, and towards the best; to somewhere near or very near the best, as what a kink or a
    border bends; to itself with some logits shrunk, as many losses bend most where logits vanish; to the best with one
    logit anywhere.
    """
    m, n = points.shape[1:]
    best = np.broadcast_to(best[:, None], points.shape)
    one, other, size = (
        random.permutation(m),
        random.permutation(m),
        random.uniform(0.3, 1, (1, m, 1)),
    )
    difference = size * (points[:, one] - points[:, other])
    near = 10.0 ** random.uniform(-5, -1, (1, m, 1)) * random.normal(size=(1, m, n))
    shrunk = 10.0 ** (
        -2 * random.uniform(size=(1, m, n)) * (random.uniform(size=(1, m, n)) < 0.6)
    )
    anywhere = np.where(
        random.permuted(np.tile(np.arange(n), (m, 1)), axis=1) == 0,
        random.uniform(-width, width, (m, 1)),
        best,
    )
    kinds = [
        points + difference,
        points + difference + size * (best - points),
        best + near,
        points * shrunk,
        anywhere,
    ]
    z = np.clip(np.choose((np.arange(m) % len(kinds))[:, None], kinds), -width, width)
    return _rounded(
        z * np.maximum(1, (1 + 1e-6) / np.linalg.norm(z, axis=-1, keepdims=True))
    )


def _rounded(z: NDArray[Any]) -> NDArray[Any]:
    """To float32: processors that differ in the last digits of float64 look at the same points."""
    return z.astype(np.float32).astype(np.float64)


def _verdict(defined: bool, least: float, excess: float) -> bool | None:
    return not (least < 0 or excess > NOISE) if defined else None
