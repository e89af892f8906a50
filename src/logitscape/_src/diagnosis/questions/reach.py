"""The reach of a subject in one precision: how far out it is finite, and why no further."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...landscapes.probe_rays import LABEL_DOWN, MARGIN, RIVAL_UP
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, finite, largest_components, rounded
from ..programs import Precision
from ..subject import Subject
from .overflow_causes import TOO_LARGE, UNKNOWN, explain_failure

OFFSET_UP, OFFSET_DOWN = "offset up", "offset down"
OFFSETS = (OFFSET_UP, OFFSET_DOWN)

RAYS = {
    "wrong on R1": (RIVAL_UP.label_change, RIVAL_UP.rival_change, 0.0),
    "wrong on R2": (LABEL_DOWN.label_change, LABEL_DOWN.rival_change, 0.0),
    "wrong on R3": (MARGIN.label_change, MARGIN.rival_change, 0.0),
    "right on R1": (1.0, 0.0, 0.0),
    "right on R3": (0.5, -0.5, 0.0),
    OFFSET_UP: (1.0, 1.0, 1.0),
    OFFSET_DOWN: (-1.0, -1.0, -1.0),
}
"""Changes of the logits of the label, of its rival and of the others per unit of s."""

LARGEST: Mapping[Precision, float] = {
    "float64": 1e30,
    "float32": 1e30,
    "bfloat16": 1e30,
    "float16": 2e4,
}
"""The largest s that is tried."""
STEPS = 64
REFINEMENTS = 3


class Measurement(NamedTuple):
    """What is measured in which precision.

    Attributes:
        subject: Subject to measure.
        config: Configuration of the diagnosis.
        dtype: Precision of the computation.
        base: Value of the logits that do not move.
    """

    subject: Subject
    config: DiagnosisConfig
    dtype: Precision
    base: float

    def logits(self, ray: str, s: Rows) -> Rows:
        """The logits on a ray, [m, n]."""
        return ray_logits(ray, s, self.base, self.config.num_classes)

    def evaluate(self, z: Rows, labels: int | Rows = 0) -> Values:
        """Losses and gradients in the precision that is measured."""
        return evaluate(self.subject, z, labels, dtype=self.dtype)


class Failure(NamedTuple):
    """A failure on one ray.

    Attributes:
        ray: Name of the ray.
        last: Last s that is finite.
        begins: First s that is not.
        cause: Cause of the failure, in words.
    """

    ray: str
    last: float
    begins: float
    cause: str

    @property
    def is_too_large(self) -> bool:
        """Whether the value itself is too large for the precision."""
        return self.cause == TOO_LARGE


def ray_logits(ray: str, s: Rows, base: float, n: int) -> Rows:
    """The logits on a ray, [m, n].

    With a common offset the rival is 1 above the rest, so that not all logits are equal.
    """
    label, rival, others = RAYS[ray]
    changes = np.array([label, rival, *[others] * (n - 2)])
    z: Rows = base + s[:, None] * changes
    if ray in OFFSETS:
        z[:, 1] += 1
    return z


def round_positions(dtype: Precision) -> Rows:
    """The s that are tried first: 1, 2, 5, 10, ... to the largest."""
    positions = []
    for exponent in range(31):
        for digit in (1.0, 2.0, 5.0):
            positions.append(digit * 10.0**exponent)
    s = np.array(positions)
    tried: Rows = s[s <= LARGEST[dtype]]
    return tried


def find_failures(measurement: Measurement) -> list[Failure]:
    """The first failure on every ray.

    A loss that stops being finite at the same place in every precision has left its domain,
    which is no failure.
    """
    last, begins = _last_and_first(measurement)
    at_failure = np.where(np.isfinite(begins), begins, last)
    z = _on_all_rays(measurement, at_failure[:, None])
    true = evaluate(measurement.subject, rounded(z, measurement.dtype))
    finite_in_float64 = finite(true) & (measurement.dtype != "float64")
    before = _on_all_rays(measurement, last[:, None])
    sizes = _sizes(measurement.evaluate(before))
    offset_up = z[list(RAYS).index(OFFSET_UP)]
    failures = list[Failure]()
    for i, ray in enumerate(RAYS):
        # The place of failure tells causes apart: exp overflows and p rounds to 0 or 1 at
        # different logits.
        cause = explain_failure(
            z=z[i],
            offset_up=offset_up,
            is_offset_down=ray == OFFSET_DOWN,
            size=float(sizes[i]),
            dtype=measurement.dtype,
            finite_in_float64=bool(finite_in_float64[i]),
        )
        # Where logits have bounds, a place where float64 fails too is an end of the formula.
        is_end = measurement.subject.domain.is_bounded or cause == UNKNOWN
        known = finite_in_float64[i] or not is_end
        if np.isfinite(begins[i]) and known:
            failure = Failure(
                ray=ray,
                last=float(last[i]),
                begins=float(begins[i]),
                cause=cause,
            )
            failures.append(failure)
    return failures


def _sizes(values: Values) -> Rows:
    """The largest of the loss and the gradient's components in absolute value, [m]."""
    largest_slope = largest_components(values.gradient)
    sizes: Rows = np.maximum(np.abs(values.loss), largest_slope)
    return sizes


def _on_all_rays(measurement: Measurement, s: Rows) -> Rows:
    """The logits at s [rays, m], one ray after the other, [rays * m, n]."""
    blocks = []
    for ray, positions in zip(RAYS, s, strict=True):
        blocks.append(measurement.logits(ray, positions))
    return np.concatenate(blocks)


def _last_and_first(measurement: Measurement) -> tuple[Rows, Rows]:
    """The last s that is finite, and the first that is not, inf if there is none, [rays] each."""
    s = np.tile(round_positions(measurement.dtype), (len(RAYS), 1))
    last = np.zeros(len(RAYS))
    begins = np.full(len(RAYS), np.inf)
    every = np.arange(len(RAYS))
    shares = np.linspace(0, 1, STEPS)
    for _ in range(REFINEMENTS):
        bad = _fails(measurement, s)
        fails = bad.any(axis=1)
        first = bad.argmax(axis=1)
        begins = np.where(fails, s[every, first], begins)
        # Where the first position fails already, its index
        # minus 1 would mean the last one.
        before = np.where(first > 0, s[every, first - 1], last)
        last = np.where(fails, before, s[:, -1])
        # A ray without a failure is evaluated at its end again: all rays have one shape.
        gap = np.where(fails, begins - last, 0)[:, None]
        s = last[:, None] + gap * shares
    return last, begins


def _fails(measurement: Measurement, s: Rows) -> Rows:
    """Whether the subject is not finite where the reference is, [rays, m]."""
    z = _on_all_rays(measurement, s)
    bad = ~finite(measurement.evaluate(z))
    # The reference need not be compiled for a subject that never fails.
    if bad.any():
        reference = measurement.config.reference
        bad &= finite(evaluate(reference, z, dtype=measurement.dtype))
    return bad.reshape(s.shape)
