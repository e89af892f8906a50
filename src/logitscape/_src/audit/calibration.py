"""Whether the model is right as often as it says."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .estimates import NORMAL, NOTHING, Estimate, mean_of_all
from .examples import Measured
from .measurement import Measurement
from .reliability import BINS, brier_parts, equal_bins, has_confidence, within
from .smooth_calibration import smooth_calibration_error

TOPIC = "calibration"
FEWEST = 50
"""Fewest examples of a bin of a predicted class."""

Numbers = NDArray[Any]


def measurements(measured: Measured) -> list[Measurement]:
    """The calibration errors; none without a known normalizer."""
    examples = measured.examples
    if not has_confidence(measured):
        return []
    confidence = within(examples.confidence)
    right = examples.right
    sure = measured.shown("confidence of wrong")
    found = [
        (
            "ece",
            binned_error(confidence, right),
            "calibration error, 15 debiased bins",
            sure,
        ),
        (
            "smooth_ece",
            smooth_calibration_error(confidence, right),
            "smooth calibration error",
            (),
        ),
        (
            "overconfidence",
            _overconfidence(measured),
            "mean confidence minus accuracy",
            (),
        ),
        (
            "top_label_ece",
            top_label(confidence, right, examples.predicted),
            "top-label error",
            (),
        ),
        (
            "classwise_ece",
            classwise(measured),
            "class-wise error, mean over classes",
            (),
        ),
        ("brier", measured.mean("brier"), "squared distance between p and target", ()),
    ]
    found += [
        (name, estimate, text, ())
        for name, (estimate, text) in brier_parts(confidence, right).items()
    ]
    return [
        Measurement(TOPIC, name, estimate, text, shown)
        for name, estimate, text, shown in found
    ]


def binned_error(confidence: Numbers, right: Numbers) -> Estimate:
    """`sum_b w_b |mean confidence - accuracy|` over 15 bins of equal numbers, without its bias.

    With few examples the gap of a bin is larger than the true one, because the accuracy varies.
    From every bin the expected excess `E|N(g, s^2)| - |g|` with `s^2 = a (1 - a) / (n - 1)` is
    subtracted, as Kumar, Liang and Ma do by sampling (Verified uncertainty calibration, NeurIPS
    2019, arXiv 1909.10155). They take for g the gap that was seen, which is too large as well and
    leaves half of the bias where there is no gap; here all gaps are first shrunk by James and
    Stein's factor, `1 - sum s^2 / sum gap^2`, at least 0.
    """
    return _debiased([(confidence[b], right[b]) for b in equal_bins(confidence)])


def top_label(confidence: Numbers, right: Numbers, predicted: Numbers) -> Estimate:
    """The same error with bins within every predicted class.

    Source: Gupta and Ramdas, Top-label calibration and multiclass-to-binary reductions, ICLR 2022,
    arXiv 2107.08353.
    """
    order = np.lexsort((confidence, predicted))
    ends = np.flatnonzero(np.diff(predicted[order])) + 1
    bins = list[tuple[Numbers, Numbers]]()
    for of_class in np.split(order, ends):
        count = int(np.clip(len(of_class) // FEWEST, 1, BINS))
        bins += [(confidence[b], right[b]) for b in np.array_split(of_class, count)]
    return _debiased(bins)


def classwise(measured: Measured) -> Estimate:
    """The mean over classes of the error of every class's own probability, 15 equal bins.

    Up to 100 classes; NaN for more. Source: Kull et al., Beyond temperature scaling, NeurIPS 2019,
    arXiv 1910.12656.
    """
    parts = _parts_of_classes(measured)
    if parts is None:
        return NOTHING
    gap, spread, part = parts
    return _without_bias(gap, spread, part / len(part))


def errors_of_classes(measured: Measured) -> Numbers | None:
    """The error of every class's own probability, [n], likewise; None for many classes."""
    parts = _parts_of_classes(measured)
    if parts is None:
        return None
    return np.array(
        [_without_bias(*of_class).value for of_class in zip(*parts, strict=True)]
    )


def _parts_of_classes(measured: Measured) -> tuple[Numbers, Numbers, Numbers] | None:
    """Gaps, their standard deviations and shares of the bins of all classes, [n, bins] each."""
    bins = measured.part.bins
    if bins is None:
        return None
    count, confident, true = bins
    whole = count.sum(axis=1, keepdims=True)
    n = np.maximum(count, 1)
    part = np.where(count > 0, count / np.maximum(whole, 1), 0)
    accuracy = true / n
    spread = np.sqrt(accuracy * (1 - accuracy).clip(0) / np.maximum(count - 1, 1))
    return confident / n - accuracy, spread, part


def _debiased(bins: list[tuple[Numbers, Numbers]]) -> Estimate:
    count = np.array([len(confidence) for confidence, _ in bins])
    accuracy = np.array([right.mean() for _, right in bins])
    gap = np.array([confidence.mean() for confidence, _ in bins]) - accuracy
    spread = np.sqrt(accuracy * (1 - accuracy) / np.maximum(count - 1, 1))
    return _without_bias(gap, spread, count / count.sum())


def _without_bias(gap: Numbers, spread: Numbers, weight: Numbers) -> Estimate:
    """`sum w |gap|` less its expected excess, and an interval.

    The excess is taken at shrunken gaps. The upper end of the interval takes it at the gaps that
    were seen, which is less: between the two lies what cannot be told from chance.
    """
    size = np.abs(gap)
    seen = float((gap**2).sum())
    shrunk = max(1 - float((spread**2).sum()) / seen, 0.0) if seen else 0.0
    least, most = (
        max(float((weight * (size - _excess(part * size, spread))).sum()), 0.0)
        for part in (shrunk, 1.0)
    )
    half = NORMAL * float(np.sqrt((weight**2 * spread**2).sum()))
    return Estimate(least, max(least - half, 0.0), max(least, most) + half)


def _excess(size: Numbers, spread: Numbers) -> Numbers:
    """`E|N(size, spread^2)| - size`, by the mean of the folded normal distribution."""
    from scipy.stats import norm

    unit = np.where(spread > 0, spread, 1)
    ratio = size / unit
    folded = unit * (2 * norm.pdf(ratio) + ratio * (1 - 2 * norm.cdf(-ratio)))
    excess: Numbers = np.where(spread > 0, folded - size, 0)
    return excess


def _overconfidence(measured: Measured) -> Estimate:
    examples, totals = measured.examples, measured.totals
    gap = within(examples.confidence) - examples.right
    return mean_of_all(totals.confidence - totals.right, measured.count, gap)
