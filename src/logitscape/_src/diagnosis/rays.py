"""A subject on the probe rays: slope, gradient norm and loss as functions of how wrong the label is.

R1 rival up, R2 label down, R3 both by half: the label is wrong by s, or right by s for the opposite direction.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np

from .evaluation import Precision, Rows, evaluate, norms, probabilities
from .subject import Subject

Side: TypeAlias = Literal["wrong", "right"]

NAMES = ("R1", "R2", "R3")
BASES = (0.0, 1.0)
SHARE = 0.1
"""The working range: where the slope is at least this share of its largest."""
GRID = np.geomspace(1e-2, 1e4, 512)


@dataclass(frozen=True, eq=False)
class Ray:
    """A half line of logits, label 0 and rival 1.

    Attributes:
        subject: whose values are read there.
        name: "R1", "R2" or "R3".
        side: whether the label becomes wrong or right along it.
        origin: the logits at s = 0, [n].
        towards: the change of the logits with s, [n].
    """

    subject: Subject
    name: str
    side: Side
    origin: Rows
    towards: Rows
    _known: dict[bytes, Rows] = field(default_factory=dict, repr=False)

    def logits(self, s: Rows) -> Rows:
        """The points, [m, n]."""
        points: Rows = self.origin + np.reshape(s, (-1, 1)) * self.towards
        return points

    def measure(self, s: Rows, dtype: Precision = "float64") -> Rows:
        """Slope dL/ds, gradient norm and loss, [3, m]; NaN where the loss is not finite."""
        key = dtype.encode() + np.asarray(s).tobytes()
        if key not in self._known:
            self._known[key] = self._measure(s, dtype)
        return self._known[key]

    @np.errstate(over="ignore", invalid="ignore")
    def _measure(self, s: Rows, dtype: Precision) -> Rows:
        values = evaluate(self.subject, self.logits(s), 0, dtype=dtype)
        rows = np.stack(
            [values.gradient @ self.towards, norms(values.gradient), values.loss]
        )
        return np.where(np.isfinite(values.loss), rows, np.nan)

    def signal(self, s: Rows) -> Rows:
        """What moves the logits, [m]: the slope dL/ds when wrong, the gradient's norm when right."""
        found: Rows = self.measure(s)[0 if self.side == "wrong" else 1]
        return found

    def loss(self, s: Rows) -> Rows:
        """The loss, [m]."""
        found: Rows = self.measure(s)[2]
        return found

    def right(self, s: Rows) -> Rows | None:
        """Where the label is predicted, [m]; None if it is not known how the subject predicts."""
        if self.subject.normalizer is None:
            return None
        p = probabilities(self.subject, self.logits(s))
        told: Rows = (np.argmax(p, axis=1) == 0) & np.isfinite(p).all(axis=1)
        return told


def ray(subject: Subject, name: str, side: Side, num_classes: int) -> Ray:
    """A probe ray, from logits of 0; from 1 where 0 is no ordinary point, as for what needs positive logits."""
    base = next(
        (each for each in BASES if _ordinary(subject, each, num_classes)), BASES[0]
    )
    towards = _direction(name, num_classes)
    return Ray(
        subject,
        name,
        side,
        np.full(num_classes, base),
        towards if side == "wrong" else 0.0 - towards,
    )


def _direction(name: str, num_classes: int) -> Rows:
    towards = np.zeros(num_classes)
    towards[:2] = {"R1": (0.0, 1.0), "R2": (-1.0, 0.0), "R3": (-0.5, 0.5)}[name]
    return towards


@lru_cache(maxsize=256)
def _ordinary(subject: Subject, base: float, num_classes: int) -> bool:
    """Whether the loss is finite to both sides on every ray, and changes as a rival rises."""
    steps = np.array([-0.5, -0.1, 0.1, 0.5])
    rays = [
        Ray(
            subject,
            name,
            "wrong",
            np.full(num_classes, base),
            _direction(name, num_classes),
        )
        for name in NAMES
    ]
    finite = all(np.isfinite(each.measure(steps)[2]).all() for each in rays)
    return finite and bool(rays[0].measure(steps)[0, -1] != 0)


def working_range(s: Rows, signal: Rows) -> tuple[float, float]:
    """The first and last s where the signal is at least a tenth of its largest; NaN if it is 0 everywhere."""
    size = np.abs(signal)
    if not np.any(size > 0):
        return math.nan, math.nan
    inside = s[size >= SHARE * np.nanmax(size)]
    return float(inside[0]), float(inside[-1])
