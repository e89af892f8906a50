"""Paths and the gradient field on the plane (z_0 - z_2, z_1 - z_2) of three classes.

These two differences are all that the pairs drawn there depend on.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import logitscape as ls

Numbers: TypeAlias = NDArray[Any]


def paths(pairs: Sequence[str], starts: Numbers, points: int) -> pd.DataFrame:
    """Flows from the starts; one row for each point of each path.

    Args:
        pairs: Objectives.
        starts: Starts on the plane, [m, 2].
        points: Number of points on a path.
    """
    zeros = np.zeros(len(starts))
    flow = ls.flow(list(pairs), np.column_stack([starts, zeros]), points=points)
    assert flow.paths is not None
    differences = np.round(flow.paths[..., :2] - flow.paths[..., 2:], 3)
    tables = []
    for i, pair in enumerate(pairs):
        for s in range(len(starts)):
            columns = {
                "pair": pair,
                "start": s,
                "time": flow.times[i, s],
                "why": flow.reasons[i, s],
                "x": differences[i, s, :, 0],
                "y": differences[i, s, :, 1],
            }
            tables.append(pd.DataFrame(columns))
    return pd.concat(tables, ignore_index=True)


def field(pairs: Sequence[str], side: Numbers) -> pd.DataFrame:
    """Length and direction (in degrees) of the descent; one row for each place on the plane.

    Args:
        pairs: Objectives.
        side: Coordinates of the places, along both axes.
    """
    sweep = ls.sweep(list(pairs), ls.plane(side, side))
    gradients = np.asarray(sweep.gradient)[:, 0].swapaxes(1, 2)
    x, y = np.meshgrid(side, side)
    table = pd.DataFrame({"x": x.ravel(), "y": y.ravel()})
    for pair, gradient in zip(pairs, gradients, strict=True):
        lengths = np.linalg.norm(gradient, axis=-1).ravel()
        table[f"{pair}: length"] = [float(f"{length:.3g}") for length in lengths]
        table[f"{pair}: direction"] = _directions(gradient)
    return table


def _directions(gradient: Numbers) -> Numbers:
    # Descent changes z_0 - z_2 in proportion to -(g_0 - g_2).
    moves = gradient[..., 2:] - gradient[..., :2]
    radians = np.arctan2(moves[..., 1], moves[..., 0])
    rounded = np.round(np.degrees(radians).ravel(), 1)
    return np.asarray(rounded + 0.0)  # 0 for -0, which would be written as -0
