"""A subject along the probe rays: slope, gradient norm and loss as functions of s.

The label is wrong by s on a probe ray, and right by s on the opposite half line.
"""

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from ..base.memory import kept
from ..landscapes.probe_rays import PROBE_RAYS, RIVAL_UP
from .evaluation import Rows, Values, evaluate, finite_rows, norms, probabilities
from .programs import Precision
from .subject import Subject

Side: TypeAlias = Literal["wrong", "right"]

ORIGINS = (0.0, 1.0)
"""Values of all logits at s = 0; the second is for normalizers that need positive logits."""
WORKING_SHARE = 0.1
"""Share of the largest slope from which a slope belongs to the working range."""
# As many points as the evaluation takes in one chunk.
GRID = np.geomspace(1e-2, 1e4, 512)


@dataclass(frozen=True, eq=False)
class Ray:
    """A half line of logits with label 0 and rival 1.

    Attributes:
        subject: Subject to evaluate along the ray.
        name: Name of the probe ray: "R1", "R2" or "R3".
        side: Whether the label becomes wrong or right as s grows.
        origin: Logits at s = 0, [n].
        towards: Change of the logits per unit of s, [n].
        target: Target, [n]: label 0, and for multi-label losses perhaps others.
    """

    subject: Subject
    name: str
    side: Side
    origin: Rows
    towards: Rows
    target: Rows
    _measured: dict[bytes, Rows] = field(default_factory=dict, repr=False)

    def logits(self, s: Rows) -> Rows:
        """The logits at every s, [m, n]."""
        column = np.reshape(s, (-1, 1))
        points: Rows = self.origin + column * self.towards
        return points

    def values(self, s: Rows, dtype: Precision = "float64") -> Values:
        """Loss [m] and gradient [m, n] at every s."""
        z = self.logits(s)
        targets = np.broadcast_to(self.target, z.shape)
        return evaluate(self.subject, z, targets, dtype=dtype)

    def measure(self, s: Rows, dtype: Precision = "float64") -> Rows:
        """Slope dL/ds, gradient norm and loss, [3, m]; NaN where the loss is not finite."""
        # Questions and figures ask for the same positions again and again.
        key = dtype.encode() + np.asarray(s).tobytes()
        if key not in self._measured:
            self._measured[key] = self._measure(s, dtype)
        return self._measured[key]

    @np.errstate(over="ignore", invalid="ignore")
    def _measure(self, s: Rows, dtype: Precision) -> Rows:
        values = self.values(s, dtype)
        slope = values.gradient @ self.towards
        measured = np.stack([slope, norms(values.gradient), values.loss])
        return np.where(np.isfinite(values.loss), measured, np.nan)

    def signal(self, s: Rows) -> Rows:
        """Slope dL/ds if the side is wrong, gradient norm if it is right, [m]."""
        slope, gradient_norm, _ = self.measure(s)
        signal: Rows = slope if self.side == "wrong" else gradient_norm
        return signal

    def loss(self, s: Rows) -> Rows:
        """The loss, [m]."""
        loss: Rows = self.measure(s)[2]
        return loss

    def right(self, s: Rows) -> Rows | None:
        """Whether the label is predicted, [m]; None if the subject has no normalizer."""
        if self.subject.normalizer is None:
            return None
        p = probabilities(self.subject, self.logits(s))
        predicted = np.argmax(p, axis=1)
        # The argmax of a row with NaN is the first NaN, which may be the label's.
        right: Rows = (predicted == 0) & finite_rows(p)
        return right


def ray(subject: Subject, name: str, side: Side, num_classes: int) -> Ray:
    """Place a subject on a probe ray.

    Args:
        subject: Subject to evaluate along the ray.
        name: Name of the probe ray.
        side: Whether the label becomes wrong or right as s grows.
        num_classes: Number of classes n.

    Returns:
        The ray from logits of 0; from 1 where only that is inside the loss's domain.
    """
    direction = PROBE_RAYS[name].direction(num_classes)
    return Ray(
        subject=subject,
        name=name,
        side=side,
        origin=np.full(num_classes, origin_of(subject, num_classes)),
        # 0 - x instead of -x: logits that do not move shall not become -0.
        towards=direction if side == "wrong" else 0.0 - direction,
        target=np.eye(num_classes)[0],
    )


def origin_of(subject: Subject, num_classes: int) -> float:
    """The value of all logits at s = 0: 0, or 1 where only that is inside the loss's domain."""
    if subject.domain.is_bounded:
        return subject.domain.centre
    for origin in ORIGINS:
        if _is_ordinary(subject, origin, num_classes):
            return origin
    return ORIGINS[0]


@kept(maxsize=4)
def _is_ordinary(subject: Subject, origin: float, num_classes: int) -> bool:
    """Whether the loss is finite on both sides on every ray, and changes as a rival rises."""
    steps = np.array([-0.5, -0.1, 0.1, 0.5])
    slopes = {}
    for name, probe in PROBE_RAYS.items():
        through_origin = Ray(
            subject=subject,
            name=name,
            side="wrong",
            origin=np.full(num_classes, origin),
            towards=probe.direction(num_classes),
            target=np.eye(num_classes)[0],
        )
        slopes[name], _, loss = through_origin.measure(steps)
        if not np.isfinite(loss).all():
            return False
    return bool(slopes[RIVAL_UP.name][-1] != 0)


def working_range(s: Rows, signal: Rows) -> tuple[float, float]:
    """The first and last s with at least a tenth of the largest signal.

    Both are NaN if the signal is 0 everywhere.
    """
    size = np.abs(signal)
    if not np.any(size > 0):
        return math.nan, math.nan
    least = WORKING_SHARE * np.nanmax(size)
    inside = s[size >= least]
    return float(inside[0]), float(inside[-1])
