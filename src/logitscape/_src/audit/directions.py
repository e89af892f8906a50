"""The mean gradients of the losses over all examples: how long they are, and how they agree."""

import math

import numpy as np
from numpy.typing import NDArray

from .estimates import NORMAL, NOTHING, Estimate, exactly
from .examples import Measured

Numbers = NDArray[np.float64]

FEWEST = 20
"""Fewest sampled gradients from which an interval is made."""


def norm_of_mean(measured: Measured) -> Estimate:
    """The norm of the mean gradient of the present loss.

    The mean of m gradients is never 0, even if the model is at a minimum: it has the squared
    length `trace(S) / m` by chance alone, where S is the covariance of the gradients. The interval
    is that of the squared norm without this part, whose variance is
    `4 g' S g / m + 2 trace(S)^2 / m^2` at most, and always holds the norm itself. S is that of
    gradients at equal distances.
    """
    mean = _means(measured)[0]
    length = _length(mean)
    gradients = measured.part.gradients[:, 0].astype(np.float64)
    if len(gradients) < FEWEST:
        return Estimate(length, math.nan, math.nan)
    m = measured.count
    unit = mean / length if length > 0 else mean
    # As shares of the length of one gradient, whose square may over- or underflow.
    scale = float(np.abs(gradients).max()) or 1.0
    spread = ((gradients - mean) / scale).var(axis=0, ddof=1).sum() / m
    along = (gradients @ unit / scale).var(ddof=1) / m
    square = (length / scale) ** 2
    half = NORMAL * math.sqrt(4 * square * along + 2 * spread**2)
    low, high = (
        scale * math.sqrt(max(square - spread + sign * half, 0.0)) for sign in (-1, 1)
    )
    return Estimate(length, min(low, length), max(high, length))


def cosine_of_means(measured: Measured, place: int) -> Estimate:
    """The cosine between the mean gradients of the present loss and of another.

    The interval is that of the delta method: what one example adds to the cosine is linear in its
    two gradients, and varies as among gradients at equal distances.
    """
    means = _means(measured)[[0, place]]
    lengths = np.array([_length(mean) for mean in means])
    if not (lengths > 0).all() or not np.isfinite(lengths).all():
        return NOTHING
    units = means / lengths[:, None]
    cosine = float(np.clip(units[0] @ units[1], -1, 1))
    if place == 0:
        return exactly(1.0)
    gradients = measured.part.gradients[:, [0, place]].astype(np.float64)
    gradients = gradients[np.isfinite(gradients).all(axis=(1, 2))]
    if len(gradients) < FEWEST:
        return Estimate(cosine, math.nan, math.nan)
    scaled = gradients / lengths[:, None]
    along, across = (np.einsum("skn,kn->s", scaled, u) for u in (units, units[::-1]))
    half = NORMAL * float((across - cosine * along).std(ddof=1))
    half /= math.sqrt(measured.count)
    return Estimate(cosine, max(cosine - half, -1.0), min(cosine + half, 1.0))


def _means(measured: Measured) -> Numbers:
    """The mean gradient of every loss, [losses, n]."""
    means: Numbers = measured.classes.gradient / measured.count
    return means


def _length(mean: Numbers) -> float:
    size = np.abs(mean).max()
    if not 0 < size < math.inf:
        return float(size)
    return float(size * np.linalg.norm(mean / size))
