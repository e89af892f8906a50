"""Theorems that prove a loss convex in the logits, once their conditions are measured to hold."""

from collections.abc import Callable, Iterator

import numpy as np

from ...base.softmax import logistic, softmax_rows
from ...base.sparsemax import sparsemax_rows
from ..evaluation import Rows, Values, evaluate, finite, hessians
from ..subject import Subject
from .pull_theorem import is_certified

EXACT = 1e-7
NOISE = 1e-6
MOST_PIECES = 64
"""The largest number of different gradients of a loss that counts as piecewise affine."""


def certificate(subject: Subject, z: Rows, values: Values) -> str | None:
    """The theorem that proves the loss convex.

    Args:
        subject: Subject to prove convex.
        z: Logits, near and far out, where clips have their kinks, [m, n].
        values: Losses and gradients there, with label 0.

    Returns:
        The theorem and the measurement that it needs, or None if no theorem applies.
    """
    n = z.shape[1]
    if is_certified(subject, n):
        return (
            "By the pull theorem: the loss depends on softmax's p of the label only, "
            "and its pull never grows with p."
        )
    if not finite(values).all():
        return None
    reach = f"at {len(z)} logits up to {np.abs(z).max():.0f}"
    for name, known_gradient in _known_gradients(subject, n):
        if _is_multiple(values.gradient, known_gradient(z)):
            return f"The gradient is that of {name}, up to a factor and a constant, {reach}."
    return _largest_affine_function(z, values)


def _known_gradients(
    subject: Subject, n: int
) -> Iterator[tuple[str, Callable[[Rows], Rows]]]:
    """Convex functions by their names, and their gradients."""
    c = _inverse_temperature(subject, n)
    yield "logsumexp", softmax_rows
    yield f"logsumexp at inverse temperature {c:.3g}", lambda z: softmax_rows(c * z)
    yield "a sum of softplus", logistic
    yield "sparsemax's Fenchel-Young loss", sparsemax_rows
    yield "a sum of squares", lambda z: z


def _inverse_temperature(subject: Subject, n: int) -> float:
    """The inverse temperature c of a logsumexp, from `H_11 = c (1 - 1/n) g_1` at z = 0.

    It is 1 where that makes no sense.
    """
    zero = np.zeros((1, n))
    gradient = evaluate(subject, zero).gradient
    hessian = hessians(subject, zero)
    slope = gradient[0, 1]
    curvature = hessian[0, 1, 1]
    if slope > 0 and np.isfinite(curvature):
        return float(curvature / slope / (1 - 1 / n))
    return 1.0


def _is_multiple(gradient: Rows, known: Rows) -> bool:
    """Whether gradient = factor * known + constant with a positive factor, at all points."""
    # Least squares of what is left after the constants; 1e-300 avoids a division by 0.
    centred = gradient - gradient.mean(axis=0)
    centred_known = known - known.mean(axis=0)
    squares = np.sum(centred_known * centred_known)
    products = np.sum(centred * centred_known)
    factor = float(products / max(squares, 1e-300))
    deviation = np.abs(centred - factor * centred_known)
    size = np.abs(centred).max()
    return factor > 0 and bool(deviation.max() <= EXACT * size)


def tangent_excess(z: Rows, values: Values) -> Rows:
    """The height of the tangent plane of one point above the loss of another, beyond rounding.

    Args:
        z: Logits, [m, n].
        values: Losses and gradients there.

    Returns:
        Excess of the plane of row i at row j, [m, m]; -inf where it is unknown.
    """
    known = finite(values)
    # Zeros in place of values that are not finite keep the products below finite.
    loss_there = np.where(known, values.loss, 0)
    gradient = np.where(known[:, None], values.gradient, 0)
    loss_here = loss_there[:, None]
    slope_here = np.sum(gradient * z, axis=1)[:, None]
    slope_there = gradient @ z.T
    # Every term of the difference has rounding errors in proportion to its own size.
    slope_size = np.abs(slope_here) + np.abs(slope_there)
    size = slope_size + np.abs(loss_here) + np.abs(loss_there)
    excess = loss_here + slope_there - slope_here - loss_there - NOISE * size
    return np.where(known[:, None] & known, excess, -np.inf)


def _largest_affine_function(z: Rows, values: Values) -> str | None:
    """The claim that the loss is the largest of a few affine functions; None if it is not."""
    # Rounding merges gradients that differ in their last digits; + 0 merges 0 and -0.
    gradients = np.round(values.gradient, 9) + 0.0
    pieces = len(np.unique(gradients, axis=0))
    if pieces > MOST_PIECES:
        return None
    excess = tangent_excess(z, values)
    if (excess > 0).any():
        return None
    return (
        f"At all {len(z)} points the loss is the largest of {pieces} affine functions."
    )
