"""The smooth calibration error, which has no bins that a result could depend on."""

import numpy as np
from numpy.typing import NDArray

from .estimates import Estimate, jackknife

CELLS = 2**12
"""Cells into which the interval from 0 to 1 is cut; they are far narrower than any kernel."""
NARROWEST = 1e-3
HALVINGS = 14


def smooth_calibration_error(
    confidence: NDArray[np.floating], right: NDArray[np.bool_]
) -> Estimate:
    """`smECE = max sigma with smECE_sigma >= sigma`, of confidences from 0 to 1.

    `smECE_sigma = integral over t of |mean_i (f_i - y_i) K_sigma(t, f_i)|` with the Gaussian
    kernel reflected at 0 and 1, so that it has mass 1. It is within a constant factor of the
    distance to the nearest calibrated predictor, and continuous in the predictions.

    Source: Blasiok and Nakkiran, Smooth ECE: principled reliability diagrams via kernel smoothing,
    ICLR 2024, arXiv 2309.12236, definition 3 and section 3.2.
    """
    cell = np.minimum((confidence * CELLS).astype(np.int64), CELLS - 1)
    residual = confidence.astype(np.float64) - right

    def statistic(kept: NDArray[np.bool_]) -> float:
        sums = np.bincount(cell[kept], residual[kept], CELLS)
        return _fixed_point(sums / max(int(kept.sum()), 1))

    return jackknife(statistic, len(cell), 0.0)


def smoothed(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Values of cells from 0 to 1, convolved with the reflected Gaussian kernel."""
    from scipy.fft import dct, idct

    # Even reflection at both ends is what the cosine transform extends its values by.
    frequency = np.pi * np.arange(len(values))
    spectrum = dct(values, norm="ortho") * np.exp(-0.5 * (sigma * frequency) ** 2)
    return np.asarray(idct(spectrum, norm="ortho"))


def _fixed_point(mean_residual: NDArray[np.float64]) -> float:
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        sigma = (low + high) / 2
        error = np.abs(smoothed(mean_residual, max(sigma, NARROWEST))).sum()
        low, high = (sigma, high) if error >= sigma else (low, sigma)
    return (low + high) / 2
