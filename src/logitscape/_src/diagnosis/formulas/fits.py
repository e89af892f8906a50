"""Fits of losses by a formula times a factor plus a constant, with the formula's parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..deadline import check_time
from ..evaluation import Rows

Formula = Callable[[Rows], Rows]
"""Function from parameters [k] to losses [m]."""

STEPS = 40
SMALLEST_STEP = 1e-7
"""Change of a parameter by which its slope is measured."""
SMALLEST_GAIN = 1e-3
"""Share of the squared deviations that a step must take away for another one to follow.

Near an exact fit each step takes nearly all of them away.
"""
FIRST_DAMPING, LARGEST_DAMPING = 1e-3, 1e8
SMALL = 1e-3
"""Share of the largest distance from the median that is typical at least."""
ENOUGH = 1e-14
"""Mean squared deviation below which a fit is as good as rounding allows."""


@dataclass(frozen=True)
class Losses:
    """Losses to be fitted.

    Attributes:
        values: Losses, [m], all finite.
        sizes: What is a large deviation of each, [m].
        exact: Largest relative deviation that rounding may cause.
    """

    values: Rows
    sizes: Rows
    exact: float

    @cached_property
    def weights(self) -> Rows:
        """The weight of every squared deviation, [m]; all together 1."""
        weights = self.sizes**-2
        shares: Rows = weights / weights.sum()
        return shares

    @cached_property
    def middle(self) -> float:
        """The weighted mean of the losses."""
        return float(self.weights @ self.values)

    @cached_property
    def weighted(self) -> Rows:
        """The weighted distances of the losses from their mean, [m]."""
        weighted: Rows = self.weights * (self.values - self.middle)
        return weighted


@dataclass(frozen=True)
class Fit:
    """A fit `loss = factor * formula(parameters) + constant`.

    Attributes:
        parameters: Parameters of the formula, [k].
        factor: Factor of the formula.
        constant: Constant that is added.
        deviation: Largest deviation relative to the sizes; infinite where the formula is
            not finite.
    """

    parameters: Rows
    factor: float
    constant: float
    deviation: float


def losses_to_fit(values: Rows, exact: float) -> Losses:
    """Losses whose deviations count relative to their own size and to what is typical.

    Half of the losses are no further from the median than the typical size: far out, where
    a loss grows exponentially, others are not drowned by it.
    """
    distance = np.abs(values - np.median(values))
    # More than half may be equal, as where a loss is 0 once the label is right.
    typical = max(float(np.median(distance)), SMALL * float(distance.max()), 1e-100)
    return Losses(values, distance + typical, exact)


def linear_fit(feature: Rows, losses: Losses) -> Fit:
    """The factor and the constant that fit best for one feature, [m]."""
    none = np.zeros(0)
    if not np.isfinite(feature).all() or np.ptp(feature) == 0:
        return Fit(none, 0.0, 0.0, np.inf)
    factor, constant = _factor_and_constant(feature, losses)
    remainder = losses.values - factor * feature - constant
    deviation = float(np.max(np.abs(remainder) / losses.sizes))
    return Fit(none, factor, constant, deviation)


def fit(formula: Formula, start: Sequence[float], losses: Losses) -> Fit:
    """Fit the parameters as well, from a start, by Levenberg and Marquardt's method."""
    parameters = np.asarray(start, np.float64)
    # A long step may lead to where the formula overflows; such a step is not taken.
    with np.errstate(all="ignore"):
        if parameters.size:
            parameters = _minimised(formula, parameters, losses)
        found = linear_fit(formula(parameters), losses)
    return Fit(parameters, found.factor, found.constant, found.deviation)


def best_fit(
    formula: Formula, starts: Sequence[Sequence[float]], losses: Losses
) -> Fit:
    """The first fit that is exact, or the best one; without a start nothing fits."""
    fits = [Fit(np.zeros(0), 0.0, 0.0, np.inf)]
    for start in starts:
        found = fit(formula, start, losses)
        fits.append(found)
        if found.deviation <= losses.exact:
            break
    return min(fits, key=lambda found: found.deviation)


def _factor_and_constant(feature: Rows, losses: Losses) -> tuple[float, float]:
    centre = losses.weights @ feature
    moved = feature - centre
    # Divided first: the squares of large losses may overflow.
    largest = float(np.max(np.abs(moved)))
    unit = moved / largest
    factor = (losses.weighted @ unit) / (losses.weights @ unit**2)
    factor = float(factor / largest)
    return factor, float(losses.middle - factor * centre)


def _residual(formula: Formula, parameters: Rows, losses: Losses) -> Rows | None:
    check_time()
    feature = formula(parameters)
    if not np.isfinite(feature).all() or np.ptp(feature) == 0:
        return None
    factor, constant = _factor_and_constant(feature, losses)
    residual: Rows = (losses.values - factor * feature - constant) / losses.sizes
    return residual if np.isfinite(residual).all() else None


def _minimised(formula: Formula, parameters: Rows, losses: Losses) -> Rows:
    residual = _residual(formula, parameters, losses)
    if residual is None:
        return parameters
    damping = FIRST_DAMPING
    for _ in range(STEPS):
        if np.mean(residual**2) < ENOUGH**2 or damping > LARGEST_DAMPING:
            break
        slopes = _slopes(formula, parameters, residual, losses)
        if slopes is None:
            break
        step = _damped_step(slopes, residual, damping)
        trial = _residual(formula, parameters + step, losses)
        if trial is not None and trial @ trial < residual @ residual:
            gained = 1 - float(trial @ trial) / float(residual @ residual)
            parameters, residual = parameters + step, trial
            damping /= 10
            if gained < SMALLEST_GAIN:
                break
        else:
            damping *= 10
    return parameters


def _slopes(
    formula: Formula, parameters: Rows, residual: Rows, losses: Losses
) -> Rows | None:
    columns = []
    for place in range(parameters.size):
        moved = parameters.copy()
        moved[place] += SMALLEST_STEP
        changed = _residual(formula, moved, losses)
        if changed is None:
            return None
        columns.append((changed - residual) / SMALLEST_STEP)
    return np.stack(columns, axis=1)


def _damped_step(slopes: Rows, residual: Rows, damping: float) -> Rows:
    products = slopes.T @ slopes
    diagonal = np.maximum(np.diag(products), 1e-300)
    damped = products + np.diag(damping * diagonal)
    # Parameters may have no effect at all, and the matrix no inverse.
    step, *_ = np.linalg.lstsq(damped, slopes.T @ residual, rcond=None)
    towards: Rows = -step
    return towards
