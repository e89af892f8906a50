"""What is wrong with a dump itself: its rows, the size of its logits, and its labels."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from . import logits
from .estimates import share
from .examples import Measured
from .finding import Finding, finding, percent
from .measurement import SHOWN, Measurement
from .prediction import is_suspicious, misplaced

OF_LIMIT = 0.5
COARSE = 0.1
BETTER = 0.2
MANY_SUSPICIOUS = 0.05
SURE = 0.5
"""Confidence from which a class has more than all others together."""
OF_MISTAKES = 0.4
"""Share of the mistakes from which confident ones are the rule."""

Numbers = Mapping[str, Measurement]


def of_rows(measured: Measured) -> Iterator[Finding]:
    for places, name, what in (
        (
            measured.part.not_finite,
            "logits that are not finite",
            "have a logit that is no number",
        ),
        (
            measured.part.without_loss,
            "loss that is not finite",
            "have no finite loss or gradient",
        ),
    ):
        if places.count:
            text = (
                f"{places.count:,} of {measured.whole:,} examples {what} and are left out, "
                f"the first at index {places.first[0]:,}."
            )
            yield finding(
                name, text, None, tuple(int(place) for place in places.first[:SHOWN])
            )


def of_logits(
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


def of_labels(measured: Measured, numbers: Numbers) -> Iterator[Finding]:
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
    about = "about " if measured.distance > 1 else ""
    text = (
        f"{about}{count:,} of {measured.count:,} examples ({percent(suspicious.estimate.value)}) "
        "are wrong with a confidence that is usual for being right"
    )
    if _are_many(measured) and count > OF_MISTAKES * wrong:
        text += f", {percent(count / wrong)} of all mistakes."
        yield finding(
            "confidently wrong", text, suspicious.estimate, suspicious.examples
        )
    else:
        yield finding(
            "labels to check", text + ".", suspicious.estimate, suspicious.examples
        )


def _are_many(measured: Measured) -> bool:
    """Whether many labels are suspicious at which the model is sure, and not only usually so.

    Where a task is hard, half of the probability is much, and mistakes below that are its own.
    """
    kept = measured.part.kept
    sure = is_suspicious(measured, kept) & (kept.examples.confidence >= SURE)
    return share(int(sure.sum()), len(sure)).low >= MANY_SUSPICIOUS


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
