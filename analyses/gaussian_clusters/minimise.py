"""Many small minimisations side by side: BFGS, with no step size to tune."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Function: TypeAlias = Callable[[Array], tuple[Array, Array]]
"""Points [lanes, d] -> values [lanes] and gradients [lanes, d]."""

DECREASE, CURVATURE, TRIALS = 1e-4, 0.9, 25
FLAT, GAIN = 1e-10, 1e-11
"""A gradient, and a gain relative to the value, after which there is nothing left to win."""


class Fits(NamedTuple):
    """Where every lane has come to: points and gradients [lanes, d], values and evaluations [lanes]."""

    points: Array
    values: Array
    gradients: Array
    evaluations: Array


class _Search(NamedTuple):
    """A line search in every lane: direction, step, the steps known to be too short and too long, trials."""

    direction: Array
    step: Array
    short: Array
    long: Array
    trials: Array


def minimise(function: Function, start: Array, *, most: int) -> Fits:
    """Minimise in all lanes at once; a lane ends where a step gains nothing, where none is found, or after `most` evaluations.

    A step is taken if it meets the weak conditions of Wolfe, found by bisection (Lewis and Overton, Nonsmooth optimization
    via quasi-Newton methods, 2013), so that kinks do no harm. Where the function is not finite no step leads, and a lane
    that starts there stays.
    """
    x, (f, g) = start, function(start)
    inverse = np.broadcast_to(np.eye(x.shape[1]), (*x.shape, x.shape[1])).copy()
    fresh, search = np.ones(len(x), bool), _begin(-_shortened(g))
    over, evaluations = ~np.isfinite(f) | (_largest(g) <= FLAT), np.ones(len(x), int)
    while not over.all() and evaluations.max() < most:
        there = np.where(over[:, None], x, x + search.step[:, None] * search.direction)
        new_f, new_g = function(there)
        evaluations = evaluations + ~over
        good, search = _judged(search, f, g, new_f, new_g)
        good &= ~over
        inverse[good] = _updated(
            inverse[good], fresh[good], (there - x)[good], (new_g - g)[good]
        )
        gain = np.where(good, f, np.inf) - np.where(good, new_f, 0)
        ended = good & ((_largest(new_g) <= FLAT) | (gain <= GAIN * np.abs(f)))
        x, f, g = (
            np.where(good[:, None], there, x),
            np.where(good, new_f, f),
            np.where(good[:, None], new_g, g),
        )
        stuck = ~good & (search.trials >= TRIALS)
        over |= ended | (stuck & fresh)
        inverse[stuck], fresh = np.eye(x.shape[1]), np.where(good, False, fresh | stuck)
        newton = -np.einsum("lij,lj->li", inverse, g)
        search = _where(
            good | stuck,
            _begin(np.where(fresh[:, None], -_shortened(g), newton)),
            search,
        )
    return Fits(x, f, g, evaluations)


def _judged(
    search: _Search, f: Array, g: Array, new_f: Array, new_g: Array
) -> tuple[Array, _Search]:
    """Which steps are taken, and where to try next in the other lanes."""
    slope, step = np.sum(search.direction * g, axis=1), search.step
    finite = np.isfinite(new_f) & np.isfinite(new_g).all(axis=1)
    low = finite & (np.where(finite, new_f, 0) <= f + DECREASE * step * slope)
    flat = (
        np.sum(search.direction * np.where(finite[:, None], new_g, 0), axis=1)
        >= CURVATURE * slope
    )
    short, long = (
        np.where(low & ~flat, step, search.short),
        np.where(low, search.long, step),
    )
    bracketed = np.isfinite(long)
    following = np.where(
        bracketed, (short + np.where(bracketed, long, 0)) / 2, 2 * step
    )
    return low & flat, search._replace(
        step=following, short=short, long=long, trials=search.trials + 1
    )


def _updated(inverse: Array, fresh: Array, s: Array, y: Array) -> Array:
    """The inverse Hessian after a step; the first one learns its scale before. Kept where numbers overflow or vanish."""
    with np.errstate(all="ignore"):
        product = np.sum(s * y, axis=1)
        scale = np.where(fresh, product / np.sum(y * y, axis=1), 1)[:, None, None]
        rho = 1 / product[:, None, None]
        left = np.eye(s.shape[1]) - rho * s[:, :, None] * y[:, None, :]
        new = (
            left @ (scale * inverse) @ left.transpose(0, 2, 1)
            + rho * s[:, :, None] * s[:, None, :]
        )
    found: Array = np.where(
        np.isfinite(new).all(axis=(1, 2))[:, None, None], new, inverse
    )
    return found


def _begin(direction: Array) -> _Search:
    lanes = len(direction)
    return _Search(
        direction,
        np.ones(lanes),
        np.zeros(lanes),
        np.full(lanes, np.inf),
        np.zeros(lanes, int),
    )


def _where(chosen: Array, new: _Search, old: _Search) -> _Search:
    def pick(a: Array, b: Array) -> Array:
        return np.where(chosen.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    return _Search(*map(pick, new, old))


def _shortened(vectors: Array) -> Array:
    """No longer than 1."""
    shorter = vectors / np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1)
    found: Array = shorter / np.maximum(
        np.linalg.norm(shorter, axis=1, keepdims=True), 1
    )
    return found


def _largest(g: Array) -> Array:
    found: Array = np.abs(g).max(axis=1)
    return found
