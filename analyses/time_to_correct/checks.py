"""What `time_to_correct.py` measures besides: quadratures of the times, paths over the gradient field, discrete steps."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.integrate import quad

import logitscape as ls
from logitscape._src.dynamics.discrete import OPTIMIZERS, steps_to_correct

from .flows import BASE, RAYS

Numbers: TypeAlias = NDArray[Any]
Formula: TypeAlias = Callable[[Any], Any]

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
"""T(M) of two classes, M >= 1."""

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
"""w(p) = -psi'(p) p of losses psi(p_y): two classes are moved together at dm/dt = 2 w (1 - p)."""

SLOPES: dict[str, Formula] = {
    "sum + cross_entropy": lambda a: (
        np.tan(a) + (np.cos(a) - np.sin(a)) / (np.sin(a) + np.cos(a))
    ),
    "sum + mae": lambda a: 2 / (np.sin(a) + np.cos(a)) ** 2,
}
"""dL/da at z = r (cos a, sin a), for normalizers that do not see r: the flow conserves r, and r^2 da/dt = -dL/da."""


def against_quadrature(times: pd.DataFrame, margins: Numbers) -> pd.DataFrame:
    """The times of two classes beside their closed forms and quadratures, as far as both are there."""
    known = times[times["classes"] == 2].set_index(["objective", "ray"])[
        [f"{m:g}" for m in margins]
    ]
    rows = [("closed form", key, formula(margins)) for key, formula in CLOSED.items()]
    rows += [
        ("quadrature", (pair, "R3"), by_margin(pull, margins))
        for pair, pull in PULLS.items()
    ]
    rows += [
        ("quadrature", (pair, "R1"), by_angle(slope, margins))
        for pair, slope in SLOPES.items()
    ]
    return pd.DataFrame(
        _compared(how, key, expected, known)
        for how, key, expected in rows
        if key in known.index
    )


def by_margin(pull: Formula, margins: Numbers) -> Numbers:
    """T = integral of dm / (2 w(p) (1 - p)) from -M to 0, p = sigmoid(m), summed up piece by piece."""

    def slowness(m: float) -> float:
        return float((1 + np.exp(m)) / (2 * pull(1 / (1 + np.exp(-m)))))

    ends = np.concatenate([[0.0], margins])
    return np.cumsum(
        [quad(slowness, -b, -a, epsrel=1e-11)[0] for a, b in pairwise(ends)]
    )


def by_angle(slope: Formula, margins: Numbers) -> Numbers:
    """T = r^2 times the integral of da / (dL/da) from pi/4 to the angle of z = (1, 1 + M)."""
    integrals = [
        quad(lambda a: 1 / slope(a), np.pi / 4, np.arctan(1 + m), epsrel=1e-11)[0]
        for m in margins
    ]
    expected: Numbers = (1 + (1 + margins) ** 2) * np.array(integrals)
    return expected


def _compared(
    how: str, key: tuple[str, str], expected: Numbers, known: pd.DataFrame
) -> dict[str, Any]:
    found = np.exp(known.loc[key].to_numpy(float))
    return {
        "objective": key[0],
        "ray": key[1],
        "by": how,
        "time at the largest margin": found[-1],
        "expected there": expected[-1],
        "largest relative difference": float(np.max(np.abs(found / expected - 1))),
    }


def paths(pairs: Sequence[str], starts: Numbers, points: int) -> pd.DataFrame:
    """Flows of three classes over the plane (z_0 - z_2, z_1 - z_2), which is all that these pairs see: a row a point."""
    found = ls.flow(
        list(pairs), np.column_stack([starts, np.zeros(len(starts))]), points=points
    )
    assert found.paths is not None
    seen = found.paths[..., :2] - found.paths[..., 2:]
    return pd.DataFrame(
        {
            "pair": pair,
            "start": s,
            "time": found.times[i, s],
            "why": found.reasons[i, s],
            "x": x,
            "y": y,
        }
        for i, pair in enumerate(pairs)
        for s in range(len(starts))
        for x, y in np.round(seen[i, s], 3)
    )


def field(pairs: Sequence[str], side: Numbers) -> pd.DataFrame:
    """Length and direction (in degrees) of the gradient's descent over the same plane, a row a place."""
    found = ls.sweep(list(pairs), ls.plane(side, side))
    gradient = np.asarray(found.gradient)[:, 0].swapaxes(1, 2)
    moves = gradient[..., 2:] - gradient[..., :2]
    x, y = np.meshgrid(side, side)
    table = pd.DataFrame({"x": x.ravel(), "y": y.ravel()})
    for pair, g, move in zip(pairs, gradient, moves, strict=True):
        table[f"{pair}: length"] = [
            float(f"{length:.3g}") for length in np.linalg.norm(g, axis=-1).ravel()
        ]
        table[f"{pair}: direction"] = (
            np.round(np.degrees(np.arctan2(move[..., 1], move[..., 0])).ravel(), 1)
            + 0.0
        )
    return table


def steps(
    optimizer: str,
    pairs: Sequence[str],
    margins: Sequence[float],
    rate: float,
    most: int,
) -> pd.DataFrame:
    """How many steps an optimiser takes on R1, three classes: a row for each pair and margin, -1 where it fails."""
    starts = np.array([BASE + m * np.array([*RAYS["R1"], 0.0]) for m in margins])
    found = steps_to_correct(
        list(pairs), starts, OPTIMIZERS[optimizer](rate), most=most
    )
    return pd.DataFrame(
        {
            "optimizer": optimizer,
            "learning_rate": rate,
            "objective": pair,
            "margin": margin,
        }
        | {"steps": found.counts[i, m], "why": found.reasons[i, m]}
        for i, pair in enumerate(pairs)
        for m, margin in enumerate(margins)
    )
