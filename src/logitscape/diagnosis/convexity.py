"""Whether losses are convex in the logits, with a witness for every "no".

Two searches complement each other: the least eigenvalue of the Hessian, over scattered points and then
around the worst of them, for what bends the wrong way; chords, whose middle must not lie above the mean of
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

from ..objectives import Objective
from ..sources import Sources, named_objectives

POINTS = 1024
ROUNDS = 2
WIDTH = 12.0
NOISE = 1e-9


@dataclass(frozen=True)
class Convexity:
    """What the search found for one objective.

    Attributes:
        convex: whether there is neither negative curvature nor a chord below its middle; None if the loss is
            nowhere finite.
        curvature: the least eigenvalue of the Hessian, among logits of norm 1 and more in a box; NaN if the
            loss is nowhere finite.
        witness: the logits where it is.
        excess: how far the loss in the middle of a chord lies above the mean of its ends at most; infinite if
            the middle is a pole.
        chord: the two ends.
        infinite: the share of logits in the domain where the loss is infinite.
    """

    convex: bool | None
    curvature: float
    witness: tuple[float, ...]
    excess: float
    chord: tuple[tuple[float, ...], tuple[float, ...]]
    infinite: float


class _Bent(NamedTuple):
    """Losses [objective, m], and the eigenvalues of their Hessians, ascending [objective, m, n]."""

    loss: NDArray[Any]
    curvatures: NDArray[Any]


def convexities(objectives: Sources, *, num_classes: int = 3, label: int = 0, width: float = WIDTH) -> dict[str, Convexity]:
    """Search every objective, by name. All are compiled together; the search is the same every time.

    Args:
        objectives: as for `sweep`.
        num_classes: n.
        label: the true class.
        width: the logits lie between -width and width.
    """
    named = named_objectives(objectives)
    target = np.eye(num_classes)[label]
    directions = _directions(num_classes)
    run = jax.jit(partial(second_derivatives, list(named.values()), target, directions))

    def evaluate(z: NDArray[Any]) -> _Bent:
        loss, second = map(np.asarray, run(jnp.asarray(z)))
        return _Bent(loss, _eigenvalues(second, num_classes))

    random = np.random.default_rng(0)
    z = _scattered(random, num_classes, width)
    found = evaluate(z)
    other = random.permutation(len(z))
    middle = (z + z[other]) / 2
    excess = _excess(found.loss, found.loss[:, other], evaluate(middle).loss)
    least, witness = _search(random, evaluate, z, found, width)
    at = np.argmax(excess, axis=1)
    chords = [(tuple(map(float, z[i])), tuple(map(float, z[other[i]]))) for i in at]
    scale = np.array([np.nanmax(np.abs(row), initial=0, where=np.isfinite(row)) for row in found.loss])
    return {
        name: Convexity(
            _verdict(bool(np.isfinite(found.loss[i]).any()), least[i], excess[i, at[i]] / (1 + scale[i])),
            float(least[i]),
            tuple(map(float, witness[i])),
            float(excess[i, at[i]]),
            chords[i],
            float(np.isposinf(found.loss[i]).sum() / max(1, (~np.isnan(found.loss[i])).sum())),
        )
        for i, name in enumerate(named)
    }


def second_derivatives(
    objectives: Sequence[Objective], target: NDArray[Any], directions: NDArray[Any], z: Array
) -> tuple[Array, Array]:
    """Losses at z [m, n], [objective, m]; second derivatives along directions [q, n], [objective, m, q]."""
    t, d = jnp.asarray(target, z.dtype), jnp.asarray(directions, z.dtype)
    pairs = [each for each in objectives if each.loss is not None]
    normalizers: list[Any] = list(dict.fromkeys(each.normalizer for each in pairs))
    bent = {normalizer: _bend_all(normalizer, z, d) for normalizer in normalizers}
    found = dict[Any, Any]()
    for loss in dict.fromkeys(each.loss for each in pairs):
        users = [each.normalizer for each in pairs if each.loss is loss]
        stacked = jax.tree.map(lambda *parts: jnp.stack(parts), *[bent[each] for each in users])
        value, _, second = jax.vmap(jax.vmap(jax.vmap(partial(_bend, _towards(t, loss)))))(*stacked)
        found |= {(normalizer, loss): (value[i], second[i]) for i, normalizer in enumerate(users)}
    for each in objectives:
        if each.loss is None:
            found[each] = _bend_all(_towards(t, each.function), z, d)[::2]
    rows = [found[each if each.loss is None else (each.normalizer, each.loss)] for each in objectives]
    return jnp.stack([value[:, 0] for value, _ in rows]), jnp.stack([second for _, second in rows])


def _towards(target: Array, loss: Any) -> Callable[[Any], Any]:
    return lambda prediction: loss(prediction, target)


def _bend_all(function: Callable[[Array], Any], z: Array, directions: Array) -> Any:
    """`_bend` from every point [m, n] along every direction [q, n], [m, q, ...]."""

    def at(z: Array, direction: Array) -> Any:
        return _bend(function, z, direction, jnp.zeros_like(direction))

    return jax.vmap(jax.vmap(at, (None, 0)), (0, None))(z, directions)


def _bend(function: Callable[[Any], Any], x: Any, first: Any, second: Any) -> tuple[Any, Any, Any]:
    """Value, first and second derivative of a function on the curve x + t first + t^2/2 second, at t = 0."""

    def along(t: Array) -> Any:
        return function(jax.tree.map(lambda a, b, c: a + t * b + t * t * (c / 2), x, first, second))

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
        hessian[..., j, k] = hessian[..., k, j] = (second[..., q] - diagonal[..., j] - diagonal[..., k]) / 2
    finite = np.isfinite(hessian.sum(axis=(-2, -1), keepdims=True))
    values = np.linalg.eigvalsh(np.where(finite, hessian, 0))
    noise = NOISE * (1e-3 + np.max(np.abs(values), axis=-1, keepdims=True))
    return np.where(finite[..., 0], np.where(np.abs(values) < noise, 0, values), np.nan)


def _scattered(random: np.random.Generator, n: int, width: float) -> NDArray[Any]:
    """Points at all distances from 0 alike, every other one with positive logits only."""
    size = np.exp(random.uniform(np.log(0.1), np.log(width), (POINTS, 1)))
    z = size * random.uniform(-1, 1, (POINTS, n))
    z[::2] = np.abs(z[::2])
    return z


def _excess(a: NDArray[Any], b: NDArray[Any], middle: NDArray[Any]) -> NDArray[Any]:
    """How far the middle of a chord lies above it; -inf where the ends say nothing."""
    known = np.isfinite(a) & np.isfinite(b) & ~np.isnan(middle)
    mean = np.where(known, a, 0) / 2 + np.where(known, b, 0) / 2
    return np.where(known, np.where(known, middle, 0) - mean, -np.inf)


def _search(
    random: np.random.Generator,
    evaluate: Callable[[NDArray[Any]], _Bent],
    z: NDArray[Any],
    found: _Bent,
    width: float,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The least curvature of every objective, and where: at scattered points first, then around the worst."""
    n = z.shape[1]
    least, witness = np.full(len(found.loss), np.nan), np.full((len(found.loss), n), np.nan)
    for step in range(ROUNDS + 1):
        lowest = np.where(np.linalg.norm(z, axis=1) >= 1, found.curvatures[..., 0], np.nan)
        lowest = np.where(np.isfinite(found.loss), lowest, np.nan)
        for i, row in enumerate(lowest):
            if np.isfinite(row).any() and not np.nanmin(row) >= least[i]:
                least[i], witness[i] = np.nanmin(row), z[np.nanargmin(row)]
        if step < ROUNDS:
            centres = np.resize(witness[np.isfinite(least)], (POINTS, n))
            z = np.clip(centres + random.normal(size=(POINTS, n)) * 0.5 / 3**step, -width, width)
            found = evaluate(z)
    return least, witness


def _verdict(defined: bool, least: float, excess: float) -> bool | None:
    return not (least < 0 or excess > NOISE) if defined else None
