"""Values of a subject at the logits where common mistakes show, and exact linear fits of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...base.softmax import log_softmax_rows
from ..answers import Severity, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, one_hot, row
from ..random_logits import normal_logits
from ..subject import Subject

FEWEST_POINTS = 96
SPARE_POINTS = 32
"""Number of points in a fit beyond its number of weights."""
WIDTH = 1.5
EXACT = 1e-5
"""Largest deviation from a formula that fits, relative to the spread of the loss."""
# Beyond 17 and 37 the larger p rounds to 1 in float32 and in float64; beyond 104 and
# 745 the smaller one underflows to 0.
FAR = np.array([20.0, 60.0, 200.0, 1000.0])
"""Logits of class 1 at which the other logits are 0."""


@dataclass(frozen=True)
class Samples:
    """Losses and gradients of a subject at scattered and at special logits.

    Attributes:
        subject: Subject to be judged.
        z: Scattered logits, [m, n].
        labels: Labels of `values`: the first, the second and the last class.
        values: Losses and gradients at `z`, for each of the labels.
        every_label: Losses [n, 4] and gradients [n, 4, n] for every label at two scattered
            points, at logits that are all 0 and at logits that are all 1.
        far: Losses and gradients where label 0 is wrong by 20, 60, 200 and 1000.
        right: Losses and gradients where label 1 is right by the same amounts.
    """

    subject: Subject
    z: Rows
    labels: tuple[int, ...]
    values: tuple[Values, ...]
    every_label: Values
    far: Values
    right: Values

    @property
    def num_classes(self) -> int:
        """Number of classes n."""
        return int(self.z.shape[1])

    @cached_property
    def log_p(self) -> Rows:
        """Logarithms of the softmax, [m, n]."""
        logs: Rows = log_softmax_rows(self.z)
        return logs

    def by_label(self) -> Iterator[tuple[int, Values]]:
        """The labels with their losses and gradients at the scattered logits."""
        return zip(self.labels, self.values, strict=True)

    def witness(self, label: int, shows: str) -> Witness:
        """A witness at the first scattered point."""
        logits = row(np.round(self.z[0], 6))
        return Witness(logits, one_hot(label, self.num_classes), shows)

    def far_logits(self, distance: float) -> tuple[float, ...]:
        """Logits whose class 1 is `distance` above all others, which are 0."""
        return (0.0, distance, *[0.0] * (self.num_classes - 2))


@dataclass(frozen=True)
class Mistake:
    """A mistake that was recognised.

    Attributes:
        verdict: Name of the mistake.
        severity: How much it matters.
        text: The mistake in plain English, with the numbers.
        number: The number that was measured, if there is one.
        witness: Logits that show it, if there are any.
    """

    verdict: str
    severity: Severity
    text: str
    number: float | None = None
    witness: Witness | None = None


def sample(subject: Subject, config: DiagnosisConfig) -> Samples:
    """Evaluate a subject at the logits that all recognisers share."""
    n = config.num_classes
    m = max(FEWEST_POINTS, 2 * n + 2 * SPARE_POINTS)
    z = np.round(normal_logits(config.random(), (m, n), WIDTH), 3)
    labels = tuple(sorted({0, 1, n - 1}))
    z = subject.domain.fit(z)
    values = tuple(evaluate(subject, z, label) for label in labels)
    special = np.concatenate([z[:2], np.zeros((1, n)), np.ones((1, n))])
    far = np.zeros((len(FAR), n))
    far[:, 1] = FAR
    special, far = subject.domain.fit(special), subject.domain.fit(far)
    return Samples(
        subject=subject,
        z=z,
        labels=labels,
        values=values,
        every_label=_at_every_label(subject, special),
        far=evaluate(subject, far, 0),
        right=evaluate(subject, far, 1),
    )


def _at_every_label(subject: Subject, z: Rows) -> Values:
    m, n = z.shape
    labels = np.repeat(np.arange(n), m)
    values = evaluate(subject, np.tile(z, (n, 1)), labels)
    return Values(values.loss.reshape(n, m), values.gradient.reshape(n, m, n))


def fit(features: Rows, loss: Rows) -> Rows | None:
    """Fit the loss as a linear function of features.

    Args:
        features: Features, [m, k].
        loss: Losses, [m].

    Returns:
        The weights, [k], if the fit is exact, also at the points that it does not use; None
        otherwise, or if the loss is constant or not finite.
    """
    if not np.isfinite(loss).all() or np.ptp(loss) == 0:
        return None
    # The points that are left out show whether an exact fit is more than too many weights.
    fitted = slice(features.shape[1] + SPARE_POINTS)
    solution, *_ = np.linalg.lstsq(features[fitted], loss[fitted], rcond=None)
    weights: Rows = solution
    deviation = np.abs(features @ weights - loss)
    spread = max(float(np.ptp(loss)), 1e-300)
    return weights if np.max(deviation) <= EXACT * spread else None


def factor_of(samples: Samples, formula: Callable[[Rows, int], Rows]) -> float | None:
    """The constant c, if the loss is c times a formula for every label; None otherwise.

    Args:
        samples: Values of the subject.
        formula: Function from logits [m, n] and a label to losses [m].
    """
    factors = []
    for label, values in samples.by_label():
        feature = formula(samples.z, label)[:, None]
        weights = fit(feature, values.loss)
        if weights is None:
            return None
        factors.append(float(weights[0]))
    if np.ptp(factors) > 1e-6 * abs(factors[0]):
        return None
    return factors[0]


def target_weights_of(samples: Samples) -> Iterator[tuple[int, Rows]]:
    """The labels whose loss is `sum_k w_k (-log p_k)`, with p the softmax, and their w [n]."""
    for label, values in samples.by_label():
        weights = fit(-samples.log_p, values.loss)
        if weights is not None:
            # Rounded, as the weights are shown; the sum with 0 turns -0 into 0.
            yield label, np.round(weights, 6) + 0.0
