"""Search for the logits at which losses bend down most, by differential evolution.

Every objective has a population of its own. It starts from the points of lowest curvature
among scattered ones; in every round each point is moved, and gives way to its move if the
curvature is lower there.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

POPULATION = 64
"""Number of points of every objective that move."""
ROUNDS = 32
LAST_QUARTER = ROUNDS * 3 // 4
"""Round from which on a search must hardly lower the curvature any more to count as settled."""
LEAST_IMPROVEMENT = 1e-6
"""Relative amount by which a move must lower the curvature.

It exceeds rounding, so that all processors take the same way.
"""
SETTLED = 0.02
"""Relative amount by which the last quarter of a settled search lowers the curvature at most."""
SHRUNK_SHARE = 0.6
"""Share of the logits that shrink where a point is moved by shrinking its logits."""


class Curvatures(NamedTuple):
    """Losses and the eigenvalues of their Hessians.

    Attributes:
        loss: Losses, [objective, m].
        eigenvalues: Eigenvalues in ascending order, [objective, m, n].
    """

    loss: NDArray[Any]
    eigenvalues: NDArray[Any]


class Lowest(NamedTuple):
    """The lowest curvature of every objective.

    Attributes:
        curvature: Lowest eigenvalue of a Hessian, [objective]; NaN if there is none.
        settled: Whether the last quarter of the search hardly lowered it, [objective].
        witness: Logits where it occurs, [objective, n]; NaN if there are none.
    """

    curvature: NDArray[Any]
    settled: NDArray[Any]
    witness: NDArray[Any]


Evaluate: TypeAlias = Callable[[NDArray[Any]], Curvatures]
"""Function from logits [objective, m, n] to curvatures."""


def search_lowest(
    random: np.random.Generator,
    evaluate: Evaluate,
    z: NDArray[Any],
    curvatures: Curvatures,
    width: float,
) -> Lowest:
    """Search for the lowest curvature among logits of norm 1 and more in a box.

    Args:
        random: Source of random numbers.
        evaluate: Function from logits [objective, m, n] to curvatures.
        z: Scattered logits, [m, n].
        curvatures: Curvatures at the scattered logits.
        width: Half the width of the box.
    """
    values = _lowest_eigenvalues(curvatures, z)
    # Stable, as many curvatures are equal, 0 or infinite: their order must not
    # depend on how a processor sorts.
    ascending = np.argsort(values, axis=1, kind="stable")
    start = ascending[:, :POPULATION]
    points = z[start]
    values = np.take_along_axis(values, start, axis=1)
    for step in range(ROUNDS):
        if step == LAST_QUARTER:
            before = np.min(values, axis=1)
        moved = _moved(random, points, _best(points, values), width)
        moved_values = _lowest_eigenvalues(evaluate(moved), moved)
        better = moved_values < _lowered(values, LEAST_IMPROVEMENT)
        points = np.where(better[..., None], moved, points)
        values = np.where(better, moved_values, values)
    lowest = np.min(values, axis=1)
    exists = np.isfinite(lowest)
    witness = _best(points, values)
    return Lowest(
        curvature=np.where(exists, lowest, np.nan),
        settled=lowest >= _lowered(before, SETTLED),
        witness=np.where(exists[:, None], witness, np.nan),
    )


def rounded(z: NDArray[Any]) -> NDArray[Any]:
    """Logits rounded to float32, in float64.

    Processors that differ in the last digits of float64 then search the same points.
    """
    as_float32 = z.astype(np.float32)
    return as_float32.astype(np.float64)


def _best(points: NDArray[Any], values: NDArray[Any]) -> NDArray[Any]:
    """The point of lowest curvature of every objective, [objective, n]."""
    objectives = np.arange(len(points))
    lowest = np.argmin(values, axis=1)
    best: NDArray[Any] = points[objectives, lowest]
    return best


def _lowered(values: NDArray[Any], share: float) -> NDArray[Any]:
    # Infinite curvatures stand for none, and must stay infinite: inf - inf would be NaN.
    size = np.minimum(np.abs(values), 1e300)
    return np.asarray(values - share * size)


def _lowest_eigenvalues(curvatures: Curvatures, z: NDArray[Any]) -> NDArray[Any]:
    """Lowest eigenvalues, [objective, m]; infinite where there is none, or within norm 1."""
    lowest = curvatures.eigenvalues[..., 0]
    # Where p depends on the direction of z alone, the Hessian grows like 1 / |z|^2
    # towards 0: without this border such a loss has no lowest curvature.
    outside = np.linalg.norm(z, axis=-1) >= 1
    counts = np.isfinite(curvatures.loss) & np.isfinite(lowest) & outside
    return np.where(counts, lowest, np.inf)


def _moved(
    random: np.random.Generator, points: NDArray[Any], best: NDArray[Any], width: float
) -> NDArray[Any]:
    """A move of every point [objective, m, n], of five kinds in turn, to norm 1 and more.

    Each kind finds what the others miss:

    - by the difference of two other points, the move of differential evolution;
    - by such a difference and towards the best point;
    - to somewhere near or very near the best point, as curvature may be low only next to a
      kink or a border;
    - to the point itself with some logits shrunk, as many losses bend most where logits vanish;
    - to the best point with one logit anywhere.
    """
    _, m, n = points.shape
    best = np.broadcast_to(best[:, None], points.shape)
    # All objectives get the same draws, so that what is found for one does not depend
    # on which others are searched beside it.
    one = random.permutation(m)
    other = random.permutation(m)
    size = random.uniform(0.3, 1, (1, m, 1))
    between = points[:, one] - points[:, other]
    difference = size * between
    moves = [
        points + difference,
        points + difference + size * (best - points),
        best + _nearby(random, m, n),
        points * _shrinking(random, m, n),
        _with_one_logit_anywhere(random, best, width),
    ]
    kind = np.arange(m) % len(moves)
    z = np.choose(kind[:, None], moves)
    inside = np.clip(z, -width, width)
    return rounded(_outside_norm_1(inside))


def _nearby(random: np.random.Generator, m: int, n: int) -> NDArray[Any]:
    """Small displacements, [1, m, n], of all sizes from 1e-5 to 1e-1 alike."""
    exponent = random.uniform(-5, -1, (1, m, 1))
    direction = random.normal(size=(1, m, n))
    return np.asarray(10.0**exponent * direction)


def _shrinking(random: np.random.Generator, m: int, n: int) -> NDArray[Any]:
    """Factors, [1, m, n]: between 0.01 and 1 for some logits, 1 for the others."""
    exponent = -2 * random.uniform(size=(1, m, n))
    chosen = random.uniform(size=(1, m, n)) < SHRUNK_SHARE
    return np.asarray(10.0 ** (exponent * chosen))


def _with_one_logit_anywhere(
    random: np.random.Generator, best: NDArray[Any], width: float
) -> NDArray[Any]:
    _, m, n = best.shape
    classes = np.tile(np.arange(n), (m, 1))
    shuffled = random.permuted(classes, axis=1)
    anywhere = random.uniform(-width, width, (m, 1))
    return np.where(shuffled == 0, anywhere, best)


def _outside_norm_1(z: NDArray[Any]) -> NDArray[Any]:
    """The logits, stretched to a norm just above 1 where it is less."""
    norm = np.linalg.norm(z, axis=-1, keepdims=True)
    # The surplus outlasts the rounding to float32 that
    # follows, which moves a norm by 6e-8.
    factor = np.maximum(1, (1 + 1e-6) / norm)
    return np.asarray(z * factor)
