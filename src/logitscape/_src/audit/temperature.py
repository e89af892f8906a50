"""The temperature that would mend the calibration, and what it would not mend."""

import numpy as np
from numpy.typing import NDArray

from .estimates import NORMAL, Estimate
from .examples import Measured
from .measurement import Measurement
from .smooth_calibration import smooth_calibration_error

FOLDS = 5
STEPS = 100
LARGEST = 100.0
"""Largest inverse temperature."""
LEAST = 1e-3
"""Inverse temperature below which probabilities are even, so far as anyone can tell."""

Numbers = NDArray[np.float64]


def measurements(measured: Measured) -> list[Measurement]:
    """Temperature and what is left, of the sample; none if the model predicts otherwise."""
    given = _sample(measured)
    if given is None:
        return []
    z, y = given
    inverse = fitted(z, y, 1.0)
    fold = np.arange(len(y)) % FOLDS
    before, after = np.zeros(len(y)), np.zeros(len(y))
    sure = np.zeros(len(y))
    for k in range(FOLDS):
        held = fold == k
        of_others = fitted(z[~held], y[~held], inverse)
        before[held] = surprisal(z[held], y[held], 1.0)[0]
        after[held] = surprisal(z[held], y[held], of_others)[0]
        sure[held] = _confidence(z[held], of_others)
    right = z.argmax(axis=1) == y
    gain = before - after
    half = NORMAL * gain.std(ddof=1) / np.sqrt(len(gain))
    left = smooth_calibration_error(sure, right)
    about = f"of {len(y):,} examples, {FOLDS} folds"
    return [
        Measurement(
            "calibration",
            "temperature",
            interval(z, y, inverse),
            f"temperature that the likelihood prefers, {about}",
        ),
        Measurement(
            "calibration",
            "temperature_gain",
            Estimate(gain.mean(), gain.mean() - half, gain.mean() + half),
            "nats of loss that it would save on examples it was not fitted to",
        ),
        Measurement(
            "calibration",
            "smooth_ece_after",
            left,
            "smooth calibration error that it would not mend",
        ),
    ]


def fitted(z: Numbers, y: NDArray[np.int64], start: float) -> float:
    """The inverse temperature of the largest likelihood, by Newton's method.

    The loss is convex in it. It is `LARGEST` where every example is right, as the likelihood then
    grows without end.
    """
    low, high, inverse = 0.0, LARGEST, start
    for _ in range(STEPS):
        _, slope, curvature = surprisal(z, y, inverse)
        first = slope.mean()
        low, high = (inverse, high) if first < 0 else (low, inverse)
        step = inverse - first / curvature.mean() if curvature.any() else np.inf
        following = step if low < step < high else (low + high) / 2
        if abs(following - inverse) <= 1e-8 * inverse:
            break
        inverse = following
    return float(inverse)


def interval(z: Numbers, y: NDArray[np.int64], inverse: float) -> Estimate:
    """The temperature with the interval of a maximum likelihood, by the sandwich formula."""
    _, slope, curvature = surprisal(z, y, inverse)
    spread = slope.std() / max(curvature.mean(), 1e-300) / np.sqrt(len(y))
    half = NORMAL * spread
    return Estimate(
        *(_temperature(each) for each in (inverse, inverse + half, inverse - half))
    )


def _temperature(inverse: float) -> float:
    """The temperature; infinite where no confidence at all would be best."""
    return 1 / inverse if inverse > LEAST else np.inf


def surprisal(
    z: Numbers, y: NDArray[np.int64], inverse: float
) -> tuple[Numbers, Numbers, Numbers]:
    """-log p of the labels at an inverse temperature, and its two derivatives in that."""
    shifted = z - z.max(axis=1, keepdims=True)
    weights = np.exp(inverse * shifted)
    total = weights.sum(axis=1)
    # A masked class has a weight of 0, and a logit of -inf that must not meet it.
    finite = np.where(weights > 0, shifted, 0)
    first = (weights * finite).sum(axis=1) / total
    second = (weights * finite * finite).sum(axis=1) / total
    of_label = shifted[np.arange(len(y)), y]
    return np.log(total) - inverse * of_label, first - of_label, second - first**2


def _confidence(z: Numbers, inverse: float) -> Numbers:
    shifted = z - z.max(axis=1, keepdims=True)
    confidence: Numbers = 1 / np.exp(inverse * shifted).sum(axis=1)
    return confidence


def _sample(measured: Measured) -> tuple[Numbers, NDArray[np.int64]] | None:
    """Logits and labels of the sampled examples that are measured, if softmax predicts."""
    if not measured.setting.predicts_by_softmax:
        return None
    logits, labels = measured.part.sample, measured.part.sample_labels
    if len(labels) < 10 * FOLDS:
        return None
    return logits.astype(np.float64), labels
