"""What the recognisers of common mistakes look at, and the fits that give exact weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import log_softmax

from ..answers import Severity, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate, one_hot, row
from ..subject import Subject

FEWEST_POINTS = 96
EXACT = 1e-5
"""A formula fits if it leaves so little of the loss, relative to its spread."""
FAR = np.array([20.0, 60.0, 200.0, 1000.0])


@dataclass(frozen=True)
class Samples:
    """What the recognisers look at.

    Attributes:
        subject: whose.
        z: scattered logits, [m, n].
        labels: those asked about.
        values: loss and gradient at `z`, for each of the labels.
        every_label: the same at the first two points, and at logits that are all 0 and all 1, for every label: [n, 4, ...].
        far: the same where label 0 is wrong by 20, 60, 200 and 1000.
        right: the same where it is right by as much.
    """

    subject: Subject
    z: Rows
    labels: tuple[int, ...]
    values: tuple[Values, ...]
    every_label: Values
    far: Values
    right: Values

    @cached_property
    def log_p(self) -> Rows:
        """Logarithms of the softmax, [m, n]."""
        logs: Rows = log_softmax(self.z, axis=1)
        return logs

    def witness(self, label: int, shows: str) -> Witness:
        """The first scattered point."""
        return Witness(
            row(np.round(self.z[0], 6)), one_hot(label, self.z.shape[1]), shows
        )


@dataclass(frozen=True)
class Found:
    """A mistake that was recognised."""

    verdict: str
    severity: Severity
    text: str
    number: float | None = None
    witness: Witness | None = None


def sample(subject: Subject, config: DiagnosisConfig) -> Samples:
    """Evaluate what all recognisers share."""
    n = config.num_classes
    z = np.round(
        config.random().normal(size=(max(FEWEST_POINTS, 2 * n + 64), n)) * 1.5, 3
    )
    labels = tuple(sorted({0, 1, n - 1}))
    wrong = np.zeros((len(FAR), n))
    wrong[:, 1] = FAR
    return Samples(
        subject,
        z,
        labels,
        tuple(evaluate(subject, z, label) for label in labels),
        _at_every_label(
            subject, np.concatenate([z[:2], np.zeros((1, n)), np.ones((1, n))])
        ),
        evaluate(subject, wrong, 0),
        evaluate(subject, wrong, 1),
    )


def _at_every_label(subject: Subject, z: Rows) -> Values:
    n = z.shape[1]
    found = evaluate(subject, np.tile(z, (n, 1)), np.repeat(np.arange(n), len(z)))
    return Values(found.loss.reshape(n, len(z)), found.gradient.reshape(n, len(z), n))


def fit(features: Rows, loss: Rows) -> Rows | None:
    """The weights of a linear fit that is exact, also at the points kept out of it; None otherwise, or for a constant."""
    if not np.isfinite(loss).all() or np.ptp(loss) == 0:
        return None
    fitted = slice(features.shape[1] + 32)
    weights, *_ = np.linalg.lstsq(features[fitted], loss[fitted], rcond=None)
    left = np.max(np.abs(features @ weights - loss))
    found: Rows = weights
    return found if left <= EXACT * max(float(np.ptp(loss)), 1e-300) else None


def factor_of(samples: Samples, formula: Callable[[Rows, int], Rows]) -> float | None:
    """The factor, if the loss is the formula times one, for every label."""
    factors = []
    for label, values in zip(samples.labels, samples.values, strict=True):
        weights = fit(formula(samples.z, label)[:, None], values.loss)
        if weights is None:
            return None
        factors.append(float(weights[0]))
    return factors[0] if np.ptp(factors) <= 1e-6 * abs(factors[0]) else None


def weighted_surprise(samples: Samples) -> Iterator[tuple[int, Rows]]:
    """The target weights w of losses that are `sum_k w_k (-log p_k)`, p the softmax, by label."""
    for label, values in zip(samples.labels, samples.values, strict=True):
        weights = fit(-samples.log_p, values.loss)
        if weights is not None:
            yield label, np.round(weights, 6) + 0.0


def short(values: Rows) -> str:
    """The first few numbers of a vector."""
    shown = ", ".join(f"{each:.3g}" for each in np.asarray(values)[:4] + 0.0)
    return f"({shown}, ...)" if len(values) > 4 else f"({shown})"
