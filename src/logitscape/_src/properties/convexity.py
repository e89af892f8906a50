"""Whether losses are convex in the logits, with a witness where they are not.

Two searches complement each other. The first looks for the lowest eigenvalue of the Hessian,
at scattered points and then around the lowest of every objective: it finds losses that bend
down. The second looks for chords whose middle lies above the mean of their ends: it finds
kinks and jumps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..base.program_keys import key_of_all
from ..base.stored import under_jit
from ..base.whole_numbers import whole_number
from ..base.x64 import needs_float64
from ..landscapes.slice_arguments import one_class
from ..objectives.named import named_objectives
from ..objectives.objective import Objective
from ..objectives.sources import Sources
from .curvature_search import (
    POPULATION,
    Curvatures,
    Evaluate,
    Lowest,
    rounded,
    search_lowest,
)
from .second_derivatives import (
    hessian_directions,
    hessian_eigenvalues,
    second_derivatives,
)

POINTS = 512
"""Number of scattered points, a multiple of the population of the search."""
WIDTH = 12.0
NEAREST = 0.1
"""Smallest half-width of the boxes in which points are scattered."""
LEAST_EXCESS = 1e-9
"""Excess of a chord above which a loss is not convex, relative to 1 plus the largest loss."""


@dataclass(frozen=True)
class Convexity:
    """What the search found for one objective.

    Attributes:
        convex: Whether there is neither negative curvature nor a chord below its middle; None
            if the loss is nowhere finite.
        curvature: Lowest eigenvalue of the Hessian among logits of norm 1 and more in a box; at
            a pole of the loss nothing bounds it. NaN if the loss is nowhere finite.
        settled: Whether the last quarter of the search lowered it by less than 2 %.
        witness: Logits where the curvature is lowest.
        excess: Largest difference between the loss in the middle of a chord and the mean of its
            ends; infinite if the middle is a pole.
        chord: Both ends of this chord.
        infinite: Share of the logits in the domain where the loss is infinite.
    """

    convex: bool | None
    curvature: float
    settled: bool
    witness: tuple[float, ...]
    excess: float
    chord: tuple[tuple[float, ...], tuple[float, ...]]
    infinite: float


class _Chords(NamedTuple):
    """The chord of largest excess of every objective.

    Attributes:
        excess: Loss in the middle minus the mean loss of the ends, [objective].
        first: One end, [objective, n].
        second: The other end, [objective, n].
    """

    excess: NDArray[Any]
    first: NDArray[Any]
    second: NDArray[Any]


def convexities(
    objectives: Sources, *, num_classes: int = 3, label: int = 0, width: float = WIDTH
) -> dict[str, Convexity]:
    """Search every objective for logits at which it is not convex.

    All objectives are compiled together. The search is the same in every run.

    Args:
        objectives: Objectives, as for `sweep`.
        num_classes: Number of classes.
        label: Index of the true class.
        width: Half the width of the box of logits: all lie between -width and width.

    Returns:
        Results by name of the objective.

    Raises:
        RuntimeError: If float64 is not switched on.
        ValueError: If the label is not one of the classes, or there are fewer than 2 of them.
    """
    needs_float64("convexities")
    named = named_objectives(objectives)
    whole_number("convexities", "num_classes", num_classes, low=2)
    one_class("convexities", "label", label, num_classes)
    evaluate = _evaluator(list(named.values()), num_classes, label)
    evaluate_shared = partial(_evaluate_shared, evaluate, len(named))
    random = np.random.default_rng(0)
    z = _scattered(random, num_classes, width)
    scattered = evaluate_shared(z)
    chords = _search_chords(random, evaluate_shared, z, scattered.loss)
    lowest = search_lowest(random, evaluate, z, scattered, width)
    return {
        name: _convexity(row, scattered.loss[row], lowest, chords)
        for row, name in enumerate(named)
    }


def _convexity(
    row: int, loss: NDArray[Any], lowest: Lowest, chords: _Chords
) -> Convexity:
    """The results of the objective in this row, with its losses at the scattered points."""
    curvature = lowest.curvature[row]
    excess = chords.excess[row]
    first = _as_tuple(chords.first[row])
    second = _as_tuple(chords.second[row])
    return Convexity(
        convex=_verdict(loss, curvature, excess),
        curvature=float(curvature),
        settled=bool(lowest.settled[row]),
        witness=_as_tuple(lowest.witness[row]),
        excess=float(excess),
        chord=(first, second),
        infinite=_infinite_share(loss),
    )


def _evaluator(
    objectives: Sequence[Objective], num_classes: int, label: int
) -> Evaluate:
    """Build the function from logits [objective, m, n] to losses and curvatures."""
    target = np.eye(num_classes)[label]
    directions = hessian_directions(num_classes)
    key = key_of_all(objectives, "second derivatives", num_classes, label)
    run = under_jit(key, partial(second_derivatives, objectives, target, directions))

    def evaluate(z: NDArray[Any]) -> Curvatures:
        loss, second = run(jnp.asarray(z))
        eigenvalues = hessian_eigenvalues(np.asarray(second), num_classes)
        return Curvatures(np.asarray(loss), eigenvalues)

    return evaluate


def _evaluate_shared(evaluate: Evaluate, count: int, z: NDArray[Any]) -> Curvatures:
    """Curvatures of all objectives at the same logits [m, n].

    They are evaluated in batches of the size of the population, so that one program serves both.
    """
    batches = []
    for part in np.split(z, len(z) // POPULATION):
        for_all = np.broadcast_to(part, (count, *part.shape))
        batches.append(evaluate(for_all))
    return Curvatures(
        loss=np.concatenate([batch.loss for batch in batches], axis=1),
        eigenvalues=np.concatenate([batch.eigenvalues for batch in batches], axis=1),
    )


def _scattered(random: np.random.Generator, n: int, width: float) -> NDArray[Any]:
    """Points at all orders of distance from 0 alike, half of them with positive logits only."""
    log_size = random.uniform(np.log(NEAREST), np.log(width), (POINTS, 1))
    z = np.exp(log_size) * random.uniform(-1, 1, (POINTS, n))
    # With random signs alone, only one point in 2^n would lie in the domain of
    # normalizers that need positive logits.
    z[::2] = np.abs(z[::2])
    return rounded(z)


def _search_chords(
    random: np.random.Generator,
    evaluate_shared: Callable[[NDArray[Any]], Curvatures],
    z: NDArray[Any],
    loss: NDArray[Any],
) -> _Chords:
    """The chords of largest excess between points, [m, n], and random others of them."""
    other = random.permutation(len(z))
    middle = evaluate_shared((z + z[other]) / 2)
    excess = _excess(loss, loss[:, other], middle.loss)
    worst = np.argmax(excess, axis=1)
    return _Chords(
        excess=np.max(excess, axis=1),
        first=z[worst],
        second=z[other[worst]],
    )


def _excess(
    first: NDArray[Any], second: NDArray[Any], middle: NDArray[Any]
) -> NDArray[Any]:
    """Loss in the middle of chords minus the mean of their ends; -inf where it is unknown."""
    # An infinite middle counts: between finite ends no convex loss has a pole.
    # An infinite end says nothing.
    known = np.isfinite(first) & np.isfinite(second) & ~np.isnan(middle)
    # Halved before they are added, as the sum of two losses may overflow.
    half_first = np.where(known, first, 0) / 2
    half_second = np.where(known, second, 0) / 2
    mean = half_first + half_second
    difference = np.where(known, middle, 0) - mean
    return np.where(known, difference, -np.inf)


def _verdict(loss: NDArray[Any], curvature: float, excess: float) -> bool | None:
    finite = np.isfinite(loss)
    if not finite.any():
        return None
    largest = np.max(np.abs(loss[finite]))
    # Losses are rounded by a share of their size, which the small difference inherits.
    relative_excess = excess / (1 + largest)
    # Eigenvalues that are noise are exactly 0 by now, so that any negative one counts.
    # NaN, where no Hessian is finite, compares as false.
    return not (curvature < 0 or relative_excess > LEAST_EXCESS)


def _infinite_share(loss: NDArray[Any]) -> float:
    infinite = np.isposinf(loss).sum()
    in_domain = (~np.isnan(loss)).sum()
    return float(infinite / max(1, in_domain))


def _as_tuple(vector: NDArray[Any]) -> tuple[float, ...]:
    return tuple(map(float, vector))
