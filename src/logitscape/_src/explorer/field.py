"""The gradient field of two logits, and the flows from a grid of wrong starts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..dynamics.flow import flow
from ..objectives.objective import Objective
from .parts import Evaluate

AXIS = np.arange(-4.0, 11.0, 2.0)
"""Values of each logit at which an arrow stands, and from which a ball can start."""
POINTS = np.stack(np.meshgrid(AXIS, AXIS), axis=-1).reshape(-1, 2)
"""All starts, [m, 2]: the label's logit and the rival's."""
WRONG = POINTS[:, 1] > POINTS[:, 0]
STEPS = 16
"""Number of points of a path."""
UNIT = 1 / 1000
"""Unit of the whole numbers that keep a path."""
FAINTEST, STRONGEST = -6.0, 2.0
"""Decimal logarithms of the sizes of the faintest and the strongest arrow that are told apart."""
NO_ARROW = 0


def arrows(evaluate: Evaluate) -> NDArray[np.uint8]:
    """Return where the descent goes at each point, [m, 2]: its direction and its size as bytes.

    The direction counts 256 to the circle. The size is 0 where there is none, and otherwise counts
    from 1 to 255 along the logarithm.
    """
    _, gradient = evaluate(POINTS)
    largest = np.abs(gradient).max(axis=1)
    shown = np.isfinite(largest) & (largest > 0)
    unit = np.where(shown[:, None], -gradient / np.where(shown, largest, 1)[:, None], 0)
    angle = np.arctan2(unit[:, 1], unit[:, 0]) / (2 * np.pi)
    size = np.log10(np.where(shown, largest * np.linalg.norm(unit, axis=1), 1))
    share = np.clip((size - FAINTEST) / (STRONGEST - FAINTEST), 0, 1)
    ink = np.where(shown, 1 + np.rint(254 * share), NO_ARROW)
    return np.stack([np.rint(256 * angle) % 256, ink], axis=1).astype(np.uint8)


@dataclass(frozen=True)
class Rolling:
    """Flows of several objectives from all starts at which the label is wrong.

    Attributes:
        paths: Points at equal distances along each path, in `UNIT`, [objective, start, step, 2].
        times: Time until the label is predicted, [objective, start]; infinite for never.
        reasons: Why it never is, [objective][start]; empty where it is.
    """

    paths: NDArray[np.int16]
    times: NDArray[np.float64]
    reasons: list[list[str]]


def rolling(objectives: Sequence[Objective]) -> Rolling:
    """Follow the gradient flow of every objective."""
    flows = flow({each.name: each for each in objectives}, POINTS[WRONG], points=STEPS)
    assert flows.paths is not None
    last = np.iinfo(np.int16).max
    units = np.nan_to_num(flows.paths / UNIT, nan=0.0, posinf=last, neginf=-last)
    return Rolling(
        paths=np.clip(np.rint(units), -last, last).astype(np.int16),
        times=flows.times,
        reasons=[[str(reason) for reason in row] for row in flows.reasons],
    )


def joined(parts: Sequence[Rolling]) -> Rolling:
    """Join flows of several lists of objectives."""
    return Rolling(
        paths=np.concatenate([part.paths for part in parts]),
        times=np.concatenate([part.times for part in parts]),
        reasons=[row for part in parts for row in part.reasons],
    )
