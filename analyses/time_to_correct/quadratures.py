"""Times to correct from closed forms and quadratures, where two classes leave one unknown."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.integrate import quad

Numbers: TypeAlias = NDArray[Any]
Formula: TypeAlias = Callable[[Any], Any]

# Well below the errors of the flows, which are near 1e-9.
PRECISION = 1e-11

CLOSED: dict[tuple[str, str], Formula] = {
    ("softmax + cross_entropy", "R3"): lambda m: (m + 1 - np.exp(-m)) / 2,
    ("softmax + exponential", "R3"): lambda m: -np.expm1(-m) / 2,
    ("crammer_singer", "R3"): lambda m: m / 2,
    ("sparsemax_loss", "R3"): lambda m: (m - 1) / 2 + np.log(2),
    ("squared_logits", "R3"): lambda m: np.log1p(m) / 2,
    ("square + cross_entropy", "R1"): lambda m: (
        (1 + (1 + m) ** 2) * (np.log(2) - np.log1p((1 + m) ** -2.0)) / 4
    ),
}
"""T(M) of two classes, for M >= 1, by objective and ray."""

PULLS: dict[str, Formula] = {
    "softmax + mae": lambda p: 2 * p,
    "softmax + hellinger": lambda p: np.sqrt(p) / 2,
    "softmax + generalized_cross_entropy": lambda p: p**0.7,
    "softmax + brier": lambda p: 4 * p * (1 - p),
    "softmax + focal": lambda p: (1 - p) ** 2 - 2 * p * (1 - p) * np.log(p),
    "softmax + poly1": lambda p: 1 + p,
    "softmax + symmetric_cross_entropy": lambda p: 1 + 4 * p,
    "softmax + clipped_cross_entropy": lambda p: p / (p + 1e-7),
}
"""w(p) = -psi'(p) p of losses psi(p_y).

With two classes, the difference of the logits changes as dm/dt = 2 w(p) (1 - p).
"""

SLOPES: dict[str, Formula] = {
    "sum + cross_entropy": lambda a: (
        np.tan(a) + (np.cos(a) - np.sin(a)) / (np.sin(a) + np.cos(a))
    ),
    "sum + mae": lambda a: 2 / (np.sin(a) + np.cos(a)) ** 2,
}
"""dL/da at z = r (cos a, sin a), for normalizers that do not depend on r.

The flow conserves r, and r^2 da/dt = -dL/da.
"""


def compare_times(times: pd.DataFrame, margins: Numbers) -> pd.DataFrame:
    """The measured times of two classes beside their closed forms and quadratures."""
    names = [f"{margin:g}" for margin in margins]
    measured = times[times["classes"] == 2].set_index(["objective", "ray"])[names]
    expected = [
        ("closed form", key, formula(margins)) for key, formula in CLOSED.items()
    ]
    for pair, pull in PULLS.items():
        expected.append(("quadrature", (pair, "R3"), by_margin(pull, margins)))
    for pair, slope in SLOPES.items():
        expected.append(("quadrature", (pair, "R1"), by_angle(slope, margins)))
    rows = []
    for method, key, values in expected:
        if key in measured.index:
            log_times = measured.loc[key].to_numpy(float)
            row = {"objective": key[0], "ray": key[1], "by": method}
            rows.append(row | _compared(np.exp(log_times), values))
    return pd.DataFrame(rows)


def _compared(values: Numbers, expected: Numbers) -> dict[str, float]:
    return {
        "time at the largest margin": values[-1],
        "expected there": expected[-1],
        "largest relative difference": float(np.max(np.abs(values / expected - 1))),
    }


def by_margin(pull: Formula, margins: Numbers) -> Numbers:
    """T = integral of dm / (2 w(p) (1 - p)) from -M to 0, p = sigmoid(m).

    Args:
        pull: The function w(p).
        margins: Values of M, in increasing order; the integral is summed piece by piece.
    """

    def slowness(m: float) -> float:
        return float((1 + np.exp(m)) / (2 * pull(1 / (1 + np.exp(-m)))))

    pieces = []
    for a, b in pairwise([0.0, *margins]):
        integral, _ = quad(slowness, -b, -a, epsrel=PRECISION)
        pieces.append(integral)
    return np.cumsum(pieces)


def by_angle(slope: Formula, margins: Numbers) -> Numbers:
    """T = r^2 times the integral of da / (dL/da) from pi/4 to the angle of z = (1, 1 + M).

    Args:
        slope: The function dL/da.
        margins: Values of M.
    """

    def slowness(a: float) -> Any:
        return 1 / slope(a)

    integrals = []
    for m in margins:
        integral, _ = quad(slowness, np.pi / 4, np.arctan(1 + m), epsrel=PRECISION)
        integrals.append(integral)
    return np.asarray((1 + (1 + margins) ** 2) * np.array(integrals))
