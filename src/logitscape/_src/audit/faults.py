"""What is wrong with a model or its dump: verdicts on what was measured."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ..diagnosis.severity import SEVERITIES
from . import logits
from .dump_faults import of_labels, of_logits, of_rows
from .examples import Measured
from .finding import Finding, finding, percent
from .groups import Group
from .measurement import Measurement

MANY_STUCK = 0.01
MANY_COLLAPSED = 0.1
MISCALIBRATED = 0.05
MENDED = 0.5
"""Share of the calibration error of which a temperature must leave less, to be the remedy."""
SHIFTED = 0.05
OF_PADDING = 1e-3
SURPRISING = 0.05
BEHIND = 0.05

Numbers = Mapping[str, Measurement]


def findings(
    measured: Measured,
    numbers: Numbers,
    groups: tuple[Group, ...],
    dtype: np.dtype[Any],
) -> tuple[Finding, ...]:
    """All findings, faults first."""
    found = [
        *of_rows(measured),
        *of_logits(measured, numbers, dtype),
        *of_labels(measured, numbers),
        *_of_gradient(numbers),
        *_of_calibration(measured, numbers),
        *_of_classes(measured),
        *_of_groups(groups),
    ]
    return tuple(sorted(found, key=lambda each: SEVERITIES.index(each.severity)))


def _of_gradient(numbers: Numbers) -> Iterator[Finding]:
    stuck, collapsed = numbers["stuck"], numbers["collapsed"]
    if stuck.estimate.low >= MANY_STUCK:
        text = f"{percent(stuck.estimate.value)} of the examples are {stuck.text}."
        yield finding("stuck", text, stuck.estimate, stuck.examples)
    if collapsed.estimate.low >= MANY_COLLAPSED:
        share = percent(collapsed.estimate.value)
        text = f"{share} of the examples teach nothing more: {collapsed.text}."
        yield finding("collapsed", text, collapsed.estimate, collapsed.examples)


def _of_calibration(measured: Measured, numbers: Numbers) -> Iterator[Finding]:
    if "smooth_ece" not in numbers:
        return
    error, over = numbers["smooth_ece"].estimate, numbers["overconfidence"].estimate
    # With few examples there is no interval, and the error is mostly their noise.
    if not error.low >= MISCALIBRATED:
        return
    name = "overconfident" if over.value > 0 else "underconfident"
    after = numbers.get("smooth_ece_after")
    if after is not None and after.estimate.low >= MENDED * error.value:
        name = "miscalibrated beyond temperature"
    text = (
        f"The mean confidence is {percent(abs(over.value))} "
        f"{'above' if over.value > 0 else 'below'} the accuracy; the smooth calibration error is "
        f"{error.value:.3f}"
    )
    if after is not None:
        text += (
            f", and {after.estimate.value:.3f} at the best temperature, "
            f"{numbers['temperature'].estimate.value:.3g}"
        )
    yield finding(name, text + ".", error, numbers["ece"].examples)


def _of_classes(measured: Measured) -> Iterator[Finding]:
    unused = logits.unused(measured)
    padded = len(unused.padded)
    if padded:
        text = (
            f"{padded:,} classes (the first is {unused.padded[0]:,}) have no example and the same "
            f"logit everywhere; they have {percent(unused.probability)} of the probability."
        )
        takes = unused.probability >= OF_PADDING or unused.fewest > 0
        yield finding("padding takes probability" if takes else "padding", text)
    if len(unused.masked):
        text = f"{len(unused.masked):,} classes are masked, the first is {unused.masked[0]:,}."
        yield finding("masked classes", text)
    if measured.setting.normalizer is None:
        return
    shift = logits.shift(measured)
    if math.isfinite(shift.distance.low) and shift.distance.low >= SHIFTED:
        most = ", ".join(str(place) for place in shift.most[:3])
        text = (
            f"Mean probabilities and labels differ by {percent(shift.distance.value)} (total "
            f"variation), most in the classes {most}."
        )
        yield finding("label shift", text, shift.distance)


def _of_groups(groups: tuple[Group, ...]) -> Iterator[Finding]:
    for group in groups:
        if group.p_accuracy < SURPRISING and group.accuracy.high + BEHIND < _rest(
            group, groups
        ):
            text = (
                f"{group.kind} {group.name} ({group.count:,} examples) has an accuracy of "
                f"{percent(group.accuracy.value)}, the rest {percent(_rest(group, groups))} "
                f"(adjusted p = {group.p_accuracy:.2g})."
            )
            yield finding("a group is behind", text, group.accuracy)


def _rest(group: Group, groups: tuple[Group, ...]) -> float:
    others = [each for each in groups if each.kind == group.kind and each is not group]
    count = sum(each.count for each in others)
    return sum(each.accuracy.value * each.count for each in others) / max(count, 1)
