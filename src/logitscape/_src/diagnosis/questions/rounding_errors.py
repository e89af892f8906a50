"""The errors of losses and gradients in one precision, compared with float64."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from ..domain import Domain
from ..evaluation import Rows, Values, evaluate, finite, largest_components, rounded
from ..levels import ordinary
from ..random_logits import make_positive, uniform_logits
from .overflow_causes import float_info
from .reach import RAYS, Measurement, round_positions

Point: TypeAlias = tuple[Rows, int]
"""Logits and label."""

SCATTERED, USUAL_RANGE = 500, 10.0
SIZES = (0.1, 0.3, 1.0, 1.0)
"""Sizes of scattered logits relative to the usual range."""
UNLUCKY_SHARE = 0.01
"""Share of points with unlucky errors, and of components that cancel to 0 by chance."""
TIMES = 4
"""Number of roundings like that of the logits that a computation may make."""
LARGE = 1e-3
"""Share of a gradient's largest component from which another one matters for a step."""

INACCURATE = "inaccurate"
LOST_WRONG = "gradient lost while wrong"
LOST_RIGHT = "gradient lost while right"


class Errors(NamedTuple):
    """How exact loss and gradient are where both are finite.

    Attributes:
        usual: Largest error in the usual range, of every number relative to its own size.
        ends: The same on the rays.
        judged: Error relative to the largest component while the label is wrong; the
            largest one in 99 % of the usual range.
        lost: Numbers of gradient components that are 0 and should be normal numbers, by
            side: "wrong" and "right".
        share: Share of lost components among the normal numbers while wrong, at ordinary
            logits.
        large_share: The same, of those only that are large enough to matter beside the
            largest of their gradient.
        unlike_reference: Number of lost components that the reference keeps.
        points: Points that show an error, by verdict.
    """

    usual: float
    ends: float
    judged: float
    lost: Mapping[str, int]
    share: float
    large_share: float
    unlike_reference: int
    points: Mapping[str, Point]


class _Probes(NamedTuple):
    """Rounded logits [m, n], labels [m], and which of them are in the usual range [m]."""

    z: Rows
    labels: Rows
    usual: Rows

    @property
    def wrong(self) -> Rows:
        """Whether the label is not the top class, [m]."""
        wrong: Rows = self.z.argmax(axis=1) != self.labels
        return wrong


def rounding_errors(measurement: Measurement) -> Errors:
    """Compare losses and gradients with float64 on the rays and at scattered logits."""
    probes = _probes(measurement)
    narrow = measurement.evaluate(probes.z, probes.labels)
    wide = evaluate(measurement.subject, probes.z, probes.labels)
    known = finite(narrow) & finite(wide)
    measured = _numbers(narrow, known)
    true = _numbers(wide, known)
    # Subnormal numbers have few digits: errors below the smallest normal one do not count.
    normal = 4 * float_info(measurement.dtype, "tiny")
    error = np.abs(measured - true)
    size = np.maximum(np.abs(true), normal)
    is_normal = size > normal
    relative = np.where(is_normal, error / size, 0).max(axis=1)
    # A small component that cancels is as good as a large one for training: the error that
    # is judged is relative to the largest.
    own_error = np.maximum(error - _inherited(measurement, probes, true, known), 0)
    relative_to_largest = own_error.max(axis=1) / size.max(axis=1)
    usual_wrong = probes.usual & probes.wrong
    judged = np.where(usual_wrong, relative_to_largest, 0)
    lost = _lost(measured, true, normal)
    wrong = probes.wrong[:, None]
    lost_wrong = lost & wrong
    lost_right = lost & ~wrong
    judged_rows = wrong & _ordinary(probes.z, measurement.subject.domain)
    normal_wrong = max(1, int((is_normal & judged_rows)[:, 1:].sum()))
    largest = size[:, 1:].max(axis=1, keepdims=True)
    # A whole gradient may be what is left of terms that cancel, of the size of other gradients.
    elsewhere = np.max(largest, where=judged_rows, initial=0)
    rounding = 64 * float_info(measurement.dtype, "eps") * elsewhere
    is_large = size >= np.maximum(LARGE * largest, rounding)
    rows = {
        INACCURATE: judged == judged.max(),
        LOST_WRONG: lost_wrong.any(axis=1),
        LOST_RIGHT: lost_right.any(axis=1),
    }
    lost_counts = {
        "wrong": int(lost_wrong.sum()),
        "right": int(lost_right.sum()),
    }
    return Errors(
        usual=float(relative[probes.usual].max()),
        ends=float(relative[~probes.usual].max()),
        judged=float(np.quantile(judged[usual_wrong], 1 - UNLUCKY_SHARE)),
        lost=lost_counts,
        share=float((lost & judged_rows).sum() / normal_wrong),
        large_share=float((lost & judged_rows & is_large).sum() / normal_wrong),
        unlike_reference=_unlike_reference(measurement, probes, lost, normal),
        points=_points(probes, rows),
    )


def _lost(measured: Rows, true: Rows, normal: float) -> Rows:
    """Whether a component of the gradient is 0 and should be a normal number, [m, 1 + n]."""
    size = np.abs(true)
    # A component that is nothing but rounding in float64 may well be 0.
    noise = 4 * float_info("float64", "eps") * size.max(axis=1, keepdims=True)
    should_be_normal = np.maximum(size, normal) > np.maximum(normal, noise)
    lost: Rows = (measured == 0) & should_be_normal
    lost[:, 0] = False  # The first number is the loss, which may be 0.
    return lost


def _inherited(
    measurement: Measurement, probes: _Probes, true: Rows, known: Rows
) -> Rows:
    """The errors that rounding of the logits alone makes, [m, 1 + n].

    A first product with a scale rounds as the logits themselves do: a loss of 30 z has errors
    that are 30 times as large as that of z, however it is computed.
    """
    eps = float_info(measurement.dtype, "eps")
    signs = measurement.config.random().choice((-1.0, 1.0), probes.z.shape)
    moved = evaluate(measurement.subject, probes.z * (1 + eps * signs), probes.labels)
    change = np.abs(_numbers(moved, known & finite(moved)) - true)
    # Kept to the row's largest, as signs by chance may leave a component where it was.
    largest: Rows = change.max(axis=1, keepdims=True)
    return TIMES * np.where(finite(moved)[:, None], largest, 0)


def _ordinary(z: Rows, domain: Domain) -> Rows:
    """Whether all logits are ordinary, [m, 1]."""
    chosen: Rows = largest_components(z)[:, None] <= ordinary(domain)
    return chosen


def _points(probes: _Probes, rows: Mapping[str, Rows]) -> dict[str, Point]:
    """The simplest of the rows of every verdict, without verdicts that have none."""
    points = {}
    for verdict, chosen in rows.items():
        if chosen.any():
            points[verdict] = _smallest(probes, chosen)
    return points


def _numbers(values: Values, known: Rows) -> Rows:
    """Loss and gradient side by side, [m, 1 + n]; 0 where one is not known."""
    numbers = np.c_[values.loss, values.gradient]
    return np.where(known[:, None], numbers, 0)


def _unlike_reference(
    measurement: Measurement, probes: _Probes, lost: Rows, normal: float
) -> int:
    """The number of lost components, of [m, 1 + n], that the reference keeps."""
    # The reference need not be compiled if nothing is lost.
    if not lost.any():
        return 0
    reference = measurement.config.reference
    narrow = evaluate(reference, probes.z, probes.labels, dtype=measurement.dtype)
    wide = evaluate(reference, probes.z, probes.labels)
    keeps = (narrow.gradient != 0) & (np.abs(wide.gradient) > normal)
    lost_components = lost[:, 1:]
    return int((lost_components & keeps).sum())


def _smallest(probes: _Probes, chosen: Rows) -> Point:
    """The smallest of the chosen logits; those on a ray, which are round, come first."""
    size = np.where(chosen, largest_components(probes.z), np.inf)
    # The last logit of points on a ray is 0 or 1, and that of scattered ones hardly ever.
    on_a_ray = np.isin(probes.z[:, -1], (0.0, 1.0))
    size_on_a_ray = np.where(on_a_ray, size, np.inf)
    if np.isfinite(size_on_a_ray).any():
        size = size_on_a_ray
    index = int(np.argmin(size))
    return probes.z[index], int(probes.labels[index])


def _probes(measurement: Measurement) -> _Probes:
    """Points on the rays, with label 0, and scattered ones, half of them with their top class."""
    random = measurement.config.random()
    n = measurement.config.num_classes
    uniform = uniform_logits(random, (SCATTERED, n), USUAL_RANGE)
    scattered = uniform * random.choice(SIZES, (SCATTERED, 1))
    make_positive(scattered, slice(1, None, 4), slice(2, None, 4))
    scattered = measurement.subject.domain.fit(scattered)
    is_odd = np.arange(SCATTERED) % 2
    random_labels = random.integers(n, size=SCATTERED)
    labels = np.where(is_odd, scattered.argmax(axis=1), random_labels)
    positions = round_positions(measurement.dtype)
    on_rays = np.concatenate([measurement.logits(ray, positions) for ray in RAYS])
    z = rounded(np.concatenate([on_rays, scattered]), measurement.dtype)
    return _Probes(
        z=z,
        labels=np.concatenate([np.zeros(len(on_rays), int), labels]),
        usual=np.arange(len(z)) >= len(on_rays),
    )
