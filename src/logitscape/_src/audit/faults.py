"""What is wrong with a model or its dump: verdicts on what was measured."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..diagnosis.severity import SEVERITIES, Severity
from . import logits
from .estimates import Estimate
from .examples import Measured
from .groups import Group
from .measurement import SHOWN, Measurement
from .prediction import misplaced
from .verdicts import VERDICTS

OF_LIMIT = 0.5
COARSE = 0.1
BETTER = 0.2
MANY_SUSPICIOUS = 0.05
OF_MISTAKES = 0.4
"""Share of the mistakes from which confident ones are the rule."""
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


@dataclass(frozen=True)
class Finding:
    """One verdict.

    Attributes:
        verdict: Its name, such as "stuck".
        severity: How much it matters: a fault, a trade or a note.
        text: One or two sentences with the numbers.
        remedy: What to do.
        estimate: The number that decides it.
        examples: Indices of examples that show it.
    """

    verdict: str
    severity: Severity
    text: str
    remedy: str
    estimate: Estimate | None = None
    examples: tuple[int, ...] = ()


def findings(
    measured: Measured,
    numbers: Numbers,
    groups: tuple[Group, ...],
    dtype: np.dtype[Any],
) -> tuple[Finding, ...]:
    """All findings, faults first."""
    found = [
        *_of_rows(measured),
        *_of_logits(measured, numbers, dtype),
        *_of_labels(measured, numbers),
        *_of_gradient(numbers),
        *_of_calibration(measured, numbers),
        *_of_classes(measured),
        *_of_groups(groups),
    ]
    return tuple(sorted(found, key=lambda each: SEVERITIES.index(each.severity)))


def finding(
    name: str,
    text: str,
    estimate: Estimate | None = None,
    examples: tuple[int, ...] = (),
) -> Finding:
    """A finding by the record of its verdict."""
    verdict = VERDICTS[name]
    return Finding(name, verdict.severity, text, verdict.remedy, estimate, examples)


def percent(value: float) -> str:
    """A share as people write it."""
    return f"{100 * value:.3g} %"


def _of_rows(measured: Measured) -> Iterator[Finding]:
    whole = len(measured.stream.examples.loss)
    for places, name, what in (
        (
            measured.not_finite,
            "logits that are not finite",
            "have a logit that is no number",
        ),
        (
            measured.without_loss,
            "loss that is not finite",
            "have no finite loss or gradient",
        ),
    ):
        if len(places):
            text = (
                f"{len(places):,} of {whole:,} examples {what} and are left out, "
                f"the first at index {places[0]:,}."
            )
            yield finding(
                name, text, None, tuple(int(place) for place in places[:SHOWN])
            )


def _of_logits(
    measured: Measured, numbers: Numbers, dtype: np.dtype[Any]
) -> Iterator[Finding]:
    if logits.looks_like_probabilities(measured):
        yield finding(
            "probabilities given for logits", "Every row is from 0 to 1 and sums to 1."
        )
    elif logits.looks_like_log_probabilities(measured):
        yield finding(
            "log-probabilities given for logits",
            "The exponentials of every row sum to 1.",
        )
    used, rounding = numbers["of_limit"], numbers["rounding"]
    if used.estimate.value >= OF_LIMIT:
        text = (
            f"The largest logit is {numbers['largest'].estimate.value:.4g}, "
            f"{percent(used.estimate.value)} of what {dtype.name} holds."
        )
        yield finding(
            "close to the limit of the dtype",
            text,
            used.estimate,
            numbers["largest"].examples,
        )
    if rounding.estimate.value >= COARSE:
        text = (
            f"At an example's largest logit, numbers of {dtype.name} are "
            f"{rounding.estimate.value:.3g} apart."
        )
        yield finding("logits rounded coarsely", text, rounding.estimate)


def _of_labels(measured: Measured, numbers: Numbers) -> Iterator[Finding]:
    accuracy = numbers["accuracy"].estimate
    better = misplaced(measured)
    if better.text and better.accuracy.low > accuracy.high + BETTER:
        text = (
            f"The accuracy is {percent(accuracy.value)}, and would be "
            f"{percent(better.accuracy.value)}: {better.text}."
        )
        yield finding("labels misplaced", text, better.accuracy)
        return
    yield from _of_guessing(measured, numbers)
    if "suspicious" not in numbers:
        return
    suspicious = numbers["suspicious"]
    count = round(suspicious.estimate.value * measured.count)
    wrong = measured.count - round(accuracy.value * measured.count)
    if not count:
        return
    text = (
        f"{count:,} of {measured.count:,} examples ({percent(suspicious.estimate.value)}) are "
        "wrong with a confidence that is usual for being right"
    )
    if suspicious.estimate.low >= MANY_SUSPICIOUS and count > OF_MISTAKES * wrong:
        text += f", {percent(count / wrong)} of all mistakes."
        yield finding(
            "confidently wrong", text, suspicious.estimate, suspicious.examples
        )
    else:
        yield finding(
            "labels to check", text + ".", suspicious.estimate, suspicious.examples
        )


def _of_guessing(measured: Measured, numbers: Numbers) -> Iterator[Finding]:
    """Compare the mean surprisal with that of the frequencies, which needs no inputs."""
    if measured.setting.normalizer is None:
        return
    count = np.bincount(measured.labels, minlength=measured.num_classes)
    shares = count[count > 0] / count.sum()
    entropy = float(-(shares * np.log(shares)).sum())
    with np.errstate(divide="ignore"):
        surprisal = -np.log(measured.examples.p_label.astype(np.float64))
    most = float(shares.max())
    accuracy = numbers["accuracy"].estimate
    if accuracy.low <= most and surprisal.mean() >= entropy and len(shares) > 1:
        text = (
            f"Of the labels {percent(most)} are of one class, and {percent(accuracy.value)} are "
            f"predicted. -log p is {surprisal.mean():.3g} on average, and {entropy:.3g} if nothing "
            "but the frequencies of the classes is known."
        )
        yield finding("no better than guessing", text, accuracy)


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
