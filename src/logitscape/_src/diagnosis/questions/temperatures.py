"""The temperature at which a loss takes the softmax, and constants that it adds to the logits."""

from typing import NamedTuple

import numpy as np

from ...base.softmax import softmax_rows
from ..evaluation import Rows, finite_rows
from ..formulas.fits import best_fit, losses_to_fit

STARTS = tuple([start] for start in (0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 4.0))
"""Logarithms of the temperatures from which a fit starts."""
MARGINS = (1.0, -1.0, 5.0, -5.0, 12.0)
"""Margins between two classes, in units of the temperature, from which a fit starts."""
EXACT_SHARE = 0.1
"""Near equal logits second differences are small: exactness is held to a part of its bound."""

LOOSE = 1e2
"""Factor by which a gradient may deviate more than a loss."""
LEAST, MOST = 1e-2, 1e3
"""Temperatures beyond which a softmax is a maximum, or linear, to within the exactness."""
ROUGH = 0.1
"""Largest relative deviation of a temperature that is worth starting from."""


class Temperature(NamedTuple):
    """What the gradients of the rivals say about the softmax inside a loss.

    Attributes:
        value: Temperature T by which the logits are divided.
        biases: Constants b that are added to z / T, [n]; 0 for the label.
        is_exact: Whether the gradients follow from it to within rounding.
    """

    value: float
    biases: Rows
    is_exact: bool = True


def of_rivals(z: Rows, gradient: Rows, label: int, exact: float) -> Temperature | None:
    """The temperature of any loss of the label's probability under a softmax.

    The gradients of two rivals are then in the ratio `e^{(z_j - z_k) / T + b_j - b_k}`, whatever
    the loss, its factor or its margin are.

    Args:
        z: Logits that are nearly equal, except the label's, [m, n].
        gradient: Gradients, [m, n].
        label: Label.
        exact: Largest relative deviation that rounding may cause.

    Returns:
        The temperature, which may be a rough one; None if the gradients are not of this kind, or
        there is one rival only.
    """
    rivals = np.delete(np.arange(z.shape[1]), label)
    slopes = gradient[:, rivals]
    usable = np.isfinite(slopes).all(axis=1) & (np.abs(slopes) > 0).all(axis=1)
    usable &= np.abs(np.sign(slopes).sum(axis=1)) == len(rivals)
    if len(rivals) < 2 or usable.sum() < 4:
        return None
    logits = z[usable][:, rivals]
    logarithms = np.log(np.abs(slopes[usable]))
    x, y = _without_means(logits), _without_means(logarithms)
    inverse = float((x * y).sum() / (x * x).sum())
    deviation = np.max(np.abs(y - inverse * x))
    if inverse <= 0 or deviation > ROUGH * np.max(np.abs(y)):
        return None
    biases = np.zeros(z.shape[1])
    constants = (logarithms - inverse * logits).mean(axis=0)
    biases[rivals] = constants - np.median(constants)
    return Temperature(1 / inverse, biases, bool(deviation <= exact * EXACT_SHARE))


def of_target(z: Rows, gradient: Rows, exact: float) -> float | None:
    """The temperature of a cross-entropy towards any target: its gradient is `(W p - w) / T`.

    Of two classes it may have a margin as well.

    Args:
        z: Scattered logits, [m, n].
        gradient: Gradients for one label, [m, n].
        exact: Largest relative deviation that rounding may cause.
    """
    usable = finite_rows(gradient)
    if usable.sum() < 4:
        return None
    z, slopes = z[usable], _without_column_means(gradient[usable])
    if not np.ptp(slopes):
        return None
    losses = losses_to_fit(slopes.ravel(), exact)

    def formula(parameters: Rows) -> Rows:
        scaled = z * np.exp(-parameters[0])
        # Of two classes a margin is a constant of the second one, and of more the rivals tell.
        scaled[:, 1] += parameters[1:].sum()
        flat: Rows = _without_column_means(softmax_rows(scaled)).ravel()
        return flat

    starts = STARTS
    if z.shape[1] == 2:
        starts += tuple([*start, margin] for margin in MARGINS for start in STARTS)
    found = best_fit(formula, starts, losses)
    # What is fitted has a mean of 0: the constant is no part of it.
    temperature = float(np.exp(found.parameters[0]))
    if found.deviation > exact * LOOSE or not LEAST < temperature < MOST:
        return None
    return temperature


def _without_means(rows: Rows) -> Rows:
    centred = rows - rows.mean(axis=1, keepdims=True)
    return _without_column_means(centred)


def _without_column_means(rows: Rows) -> Rows:
    centred: Rows = rows - rows.mean(axis=0)
    return centred
