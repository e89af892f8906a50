"""The least expected losses of two classes: among all logits, and among those that predict wrongly.

All cases share one evaluation on a grid, and each then closes in on its own minimum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from .by_label import ByLabel, Rows

UNIT, LARGEST = 1e-3, 1e6
"""Size up to which the grid has equal steps, beyond which it has equal factors; its end."""
POINTS = 41
"""Number of values of each logit on the grid; odd, so that 0 is one of them."""
WINDOW, ROUNDS, NARROWER = 7, 14, 0.4
"""Points of a closer grid along each logit, and how often it closes in, by which factor."""
CREEPS = 1e-3
"""Fall of the expected loss over the last factor of 1,000, relative to its size, without bound."""


class Case(NamedTuple):
    """True shares of two classes.

    Attributes:
        gap: Difference of the shares.
        majority: The more probable class.
    """

    gap: float
    majority: int

    @property
    def shares(self) -> tuple[float, float]:
        """The true shares of class 0 and class 1."""
        both = (1 + self.gap) / 2, (1 - self.gap) / 2
        return both if self.majority == 0 else both[::-1]


@dataclass(frozen=True)
class LeastRisks:
    """Least expected losses of all cases.

    Attributes:
        least: Among all logits, [case].
        wrong: Among those that predict the less probable class, or both alike, [case].
    """

    least: Rows
    wrong: Rows


def least_risks(loss: ByLabel, cases: Sequence[Case]) -> LeastRisks | str:
    """Minimise the expected losses over the logits, or say why they have no minimum."""
    grid = np.linspace(-1, 1, POINTS) * np.arcsinh(LARGEST / UNIT)
    places = np.array(list(product(grid, grid)))
    # Among equals the smallest logits win.
    places = places[np.argsort(np.abs(places).max(axis=1), kind="stable")]
    by_label, scores = _evaluated(loss, places)
    if not np.isfinite(by_label).all(axis=1).any():
        return "the loss is nowhere finite for both labels"
    searches = [(case, only_wrong) for only_wrong in (False, True) for case in cases]
    risks = np.array(
        [_risks(case, wrong, by_label, scores) for case, wrong in searches]
    )
    best = risks.argmin(axis=1)
    value = risks[np.arange(len(searches)), best]
    if _falls_without_bound(risks[: len(cases)], places):
        return "the expected loss falls without bound"
    place = places[best]
    offsets = np.array(list(product(np.linspace(-1, 1, WINDOW), repeat=2)))
    width = float(grid[1] - grid[0])
    for _ in range(ROUNDS):
        near = place[:, None] + width * offsets
        by_label, scores = _evaluated(loss, near.reshape(-1, 2))
        of_search = (len(searches), len(offsets), 2)
        parts = zip(by_label.reshape(of_search), scores.reshape(of_search), strict=True)
        for i, ((case, wrong), part) in enumerate(zip(searches, parts, strict=True)):
            found = _risks(case, wrong, *part)
            k = int(found.argmin())
            if found[k] < value[i]:
                value[i], place[i] = found[k], near[i, k]
        width *= NARROWER
    return LeastRisks(value[: len(cases)], value[len(cases) :])


def _evaluated(loss: ByLabel, places: Rows) -> tuple[Rows, Rows]:
    """Losses of both labels, and scores of both classes, [m, 2] each."""
    z = UNIT * np.sinh(places)
    m = len(z)
    labels = np.repeat([0, 1], m)
    by_label = loss.losses(np.concatenate([z, z]), labels).reshape(2, m).T
    return by_label, loss.scores(z)


def _risks(case: Case, only_wrong: bool, by_label: Rows, scores: Rows) -> Rows:
    """The expected losses, [m]; infinite where undefined, or where the prediction is right."""
    with np.errstate(invalid="ignore"):
        risks = by_label @ np.array(case.shares)
        right = scores[:, case.majority] > scores[:, 1 - case.majority]
    is_out = np.isnan(risks) | (right & only_wrong)
    masked: Rows = np.where(is_out, np.inf, risks)
    return masked


def _falls_without_bound(risks: Rows, places: Rows) -> bool:
    """Whether an expected loss, [case, m], is lower at the largest logits than before."""
    size = UNIT * np.sinh(np.abs(places).max(axis=1))
    before = risks[:, size <= LARGEST / 1e3].min(axis=1)
    least = risks.min(axis=1)
    with np.errstate(invalid="ignore"):
        falls = before - least > CREEPS * (1 + np.abs(before))
    return bool(falls.any())
