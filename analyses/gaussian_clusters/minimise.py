"""Many small minimisations side by side: BFGS, which has no step size to tune."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[[Array], tuple[Array, Array]]
"""Takes points [lanes, d] and returns values [lanes] and gradients [lanes, d]."""

DECREASE = 1e-4
"""Fraction of the slope's predicted decrease that a step must achieve (first Wolfe condition)."""
CURVATURE = 0.9
"""Fraction of the initial slope that may remain at its end (second Wolfe condition)."""
TRIALS = 25
"""Maximum number of steps tried along one direction."""
FLAT = 1e-10
"""A lane ends where no component of its gradient is larger."""
GAIN = 1e-11
"""A lane ends where a step gains no more than this, relative to the value."""


class Evaluated(NamedTuple):
    """Points of all lanes, and the function there.

    Attributes:
        points: Points, [lanes, d].
        values: Values of the function there, [lanes].
        gradients: Gradients there, [lanes, d].
        evaluations: Number of evaluations of the function, [lanes].
    """

    points: Array
    values: Array
    gradients: Array
    evaluations: Array


class _Search(NamedTuple):
    """A line search in every lane; `short` and `long` are steps too short and too long."""

    direction: Array
    step: Array
    short: Array
    long: Array
    trials: Array


class _State(NamedTuple):
    """What all lanes know between two evaluations.

    Attributes:
        fits: The best points so far.
        inverse: Approximate inverse Hessians, [lanes, d, d].
        fresh: Whether `inverse` is still the identity, [lanes].
        search: The line searches.
        over: Whether the lane has ended, [lanes].
    """

    fits: Evaluated
    inverse: Array
    fresh: Array
    search: _Search
    over: Array


def minimise(function: Function, start: Array, *, most: int) -> Evaluated:
    """Minimise a function in all lanes at once.

    A step is taken if it meets the weak Wolfe conditions. It is found by bisection, so that kinks
    do no harm (Lewis and Overton, Nonsmooth optimization via quasi-Newton methods, 2013). No step
    leads to where the function is not finite, and a lane that starts at such a point stays there.

    Args:
        function: Function to minimise.
        start: Starting points, [lanes, d].
        most: Maximum number of evaluations. A lane ends earlier where a step gains nothing, or
            where no step can be found along the gradient.
    """
    state = _started(function, start)
    while not state.over.all() and state.fits.evaluations.max() < most:
        state = _advanced(function, state)
    return state.fits


def _started(function: Function, start: Array) -> _State:
    lanes, d = start.shape
    values, gradients = function(start)
    return _State(
        fits=Evaluated(start, values, gradients, np.ones(lanes, int)),
        inverse=np.broadcast_to(np.eye(d), (lanes, d, d)).copy(),
        fresh=np.ones(lanes, bool),
        search=_new_search(-_shortened(gradients)),
        over=~np.isfinite(values) | (_largest(gradients) <= FLAT),
    )


def _advanced(function: Function, state: _State) -> _State:
    """The state after one more evaluation in every lane that has not ended."""
    trial = _evaluated(function, state)
    good, search = _judged(state.search, state.fits, trial)
    good &= ~state.over
    stuck = ~good & (search.trials >= TRIALS)
    ended = good & _finished(state.fits, trial, good)
    # A lane that is stuck along the plain gradient cannot do better; any other one restarts
    # from there along the plain gradient.
    over = state.over | ended | (stuck & state.fresh)
    inverse = _updated_where(good, state, trial)
    inverse[stuck] = np.eye(trial.points.shape[1])
    fits = Evaluated(
        points=np.where(good[:, None], trial.points, state.fits.points),
        values=np.where(good, trial.values, state.fits.values),
        gradients=np.where(good[:, None], trial.gradients, state.fits.gradients),
        evaluations=trial.evaluations,
    )
    fresh = np.where(good, False, state.fresh | stuck)
    newton = -np.einsum("lij,lj->li", inverse, fits.gradients)
    directions = np.where(fresh[:, None], -_shortened(fits.gradients), newton)
    search = _where(good | stuck, _new_search(directions), search)
    return _State(fits, inverse, fresh, search, over)


def _evaluated(function: Function, state: _State) -> Evaluated:
    """The function at the points that the searches try; lanes that have ended stay."""
    search = state.search
    moved = state.fits.points + search.step[:, None] * search.direction
    points = np.where(state.over[:, None], state.fits.points, moved)
    values, gradients = function(points)
    return Evaluated(points, values, gradients, state.fits.evaluations + ~state.over)


def _finished(fits: Evaluated, trial: Evaluated, good: Array) -> Array:
    """Whether a step led to a flat place, or gained nothing."""
    # Elsewhere both values may be infinite, and their difference NaN.
    gain = np.where(good, fits.values, np.inf) - np.where(good, trial.values, 0)
    flat = _largest(trial.gradients) <= FLAT
    return np.asarray(flat | (gain <= GAIN * np.abs(fits.values)))


def _judged(
    search: _Search, fits: Evaluated, trial: Evaluated
) -> tuple[Array, _Search]:
    """Which steps meet the conditions, and what to try next in the other lanes."""
    step = search.step
    slope = np.sum(search.direction * fits.gradients, axis=1)
    finite = np.isfinite(trial.values) & np.isfinite(trial.gradients).all(axis=1)
    bound = fits.values + DECREASE * step * slope
    low = finite & (np.where(finite, trial.values, 0) <= bound)
    new_gradients = np.where(finite[:, None], trial.gradients, 0)
    meets_curvature = (
        np.sum(search.direction * new_gradients, axis=1) >= CURVATURE * slope
    )
    short = np.where(low & ~meets_curvature, step, search.short)
    long = np.where(low, search.long, step)
    bracketed = np.isfinite(long)
    middle = (short + np.where(bracketed, long, 0)) / 2
    search = search._replace(
        step=np.where(bracketed, middle, 2 * step),
        short=short,
        long=long,
        trials=search.trials + 1,
    )
    return low & meets_curvature, search


def _updated_where(good: Array, state: _State, trial: Evaluated) -> Array:
    """The inverse Hessians, updated in the lanes that have taken a step."""
    moves = trial.points - state.fits.points
    changes = trial.gradients - state.fits.gradients
    inverse = state.inverse.copy()
    inverse[good] = _updated(
        inverse[good], state.fresh[good], moves[good], changes[good]
    )
    return inverse


def _updated(inverse: Array, fresh: Array, s: Array, y: Array) -> Array:
    """The inverse Hessian after a step s that changed the gradient by y.

    The identity is first scaled to the curvature of that step. An update that overflows, or divides
    by 0, is left out.
    """
    with np.errstate(all="ignore"):
        product = np.sum(s * y, axis=1)
        curvature = product / np.sum(y * y, axis=1)
        scale = np.where(fresh, curvature, 1)[:, None, None]
        rho = 1 / product[:, None, None]
        column = s[:, :, None]
        left = np.eye(s.shape[1]) - rho * column * y[:, None, :]
        carried = left @ (scale * inverse) @ left.transpose(0, 2, 1)
        new = carried + rho * column * s[:, None, :]
    finite = np.isfinite(new).all(axis=(1, 2))
    return np.where(finite[:, None, None], new, inverse)


def _new_search(direction: Array) -> _Search:
    lanes = len(direction)
    return _Search(
        direction=direction,
        step=np.ones(lanes),
        short=np.zeros(lanes),
        long=np.full(lanes, np.inf),
        trials=np.zeros(lanes, int),
    )


def _where(chosen: Array, new: _Search, old: _Search) -> _Search:
    def pick(a: Array, b: Array) -> Array:
        return np.where(chosen.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    return _Search(*map(pick, new, old))


def _shortened(vectors: Array) -> Array:
    """The vectors, those longer than 1 scaled to length 1."""
    # The largest component goes first: the square of a large one would overflow.
    scaled = vectors / np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1)
    norms = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / np.maximum(norms, 1))


def _largest(gradients: Array) -> Array:
    return np.asarray(np.abs(gradients).max(axis=1))
