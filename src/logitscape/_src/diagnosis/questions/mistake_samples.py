"""Values of a subject at the logits where common mistakes show."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...base.softmax import log_softmax_rows
from ..answers import Severity, Witness
from ..config import DiagnosisConfig
from ..designs import samples as design_samples
from ..evaluation import Rows, Values, evaluate, one_hot, row
from ..random_logits import scattered_logits
from ..subject import Subject
from .identities import Identity
from .recognition import Recognition, recognition

POINTS = 96
EXACT = 1e-5
"""Largest deviation from a formula that fits, relative to the spread of the loss."""
# Beyond 17 and 37 the larger p rounds to 1 in float32 and in float64; beyond 104 and
# 745 the smaller one underflows to 0.
FAR = np.array([20.0, 60.0, 200.0, 1000.0])
"""Logits of class 1 at which the other logits are 0, in units of the temperature."""


@dataclass(frozen=True)
class Samples:
    """Losses and gradients of a subject at scattered and at special logits.

    A mistake is the same mistake at every temperature T: what is measured here is the function
    of z that the subject is of T z.

    Attributes:
        subject: Subject to be judged.
        recognised: What the subject is.
        temperature: Temperature T.
        z: Scattered logits before they are multiplied by T, [m, n].
        labels: Labels of `values`: the first, the second and the last that are like most.
        values: Losses and gradients at `T z`, for each of the labels.
        every_label: Losses [n, 4] and gradients [n, 4, n] for every label at two scattered
            points, at logits that are all 0 and at logits that are all 1, whatever T is.
        far: Losses and gradients where label 0 is wrong by 20, 60, 200 and 1000.
        right: Losses and gradients where label 1 is right by the same amounts.
        of_designs: What designs are recognised by, at logits of a few classes.
    """

    subject: Subject
    recognised: Recognition
    temperature: float
    z: Rows
    labels: tuple[int, ...]
    values: tuple[Values, ...]
    every_label: Values
    far: Values
    right: Values
    of_designs: design_samples.Samples

    @property
    def num_classes(self) -> int:
        """Number of classes n."""
        return int(self.z.shape[1])

    @property
    def identity(self) -> Identity | None:
        """Formula that the loss equals, also far out; None if none is known."""
        identity = self.recognised.identity
        return None if identity is None or not identity.holds_far_out else identity

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
        logits = row(np.round(self.temperature * self.z[0], 6))
        return Witness(logits, one_hot(label, self.num_classes), shows)

    def far_logits(self, distance: float) -> tuple[float, ...]:
        """Logits whose class 1 is `distance` temperatures above all others, which are 0."""
        return (0.0, self.temperature * distance, *[0.0] * (self.num_classes - 2))


@dataclass(frozen=True)
class Mistake:
    """A mistake that was recognised.

    Attributes:
        verdict: Name of the mistake.
        severity: How much it matters.
        text: The mistake in plain English, with the numbers.
        number: The number that was measured, if there is one.
        witness: Logits that show it, if there are any.
        of_scaled: Whether it is about the logits over their temperature, where they have one.
    """

    verdict: str
    severity: Severity
    text: str
    number: float | None = None
    witness: Witness | None = None
    of_scaled: bool = True


def sample(subject: Subject, config: DiagnosisConfig) -> Samples:
    """Evaluate a subject at the logits that all recognisers share."""
    n = config.num_classes
    recognised = recognition(subject, config)
    temperature = recognised.temperature
    drawn = scattered_logits(config.random(), (POINTS, n))
    z = subject.domain.fit(temperature * drawn) / temperature
    alike = [label for label in range(n) if label not in recognised.outliers]
    labels = tuple(sorted({alike[0], alike[min(1, len(alike) - 1)], alike[-1]}))
    values = tuple(evaluate(subject, temperature * z, label) for label in labels)
    far = np.zeros((len(FAR), n))
    far[:, 1] = temperature * FAR
    far = subject.domain.fit(far)
    same, equal = recognised.labels.at_same, recognised.labels.at_equal
    return Samples(
        subject=subject,
        recognised=recognised,
        temperature=temperature,
        z=z,
        labels=labels,
        values=values,
        every_label=Values(
            np.concatenate([same.loss, equal.loss], axis=1),
            np.concatenate([same.gradient, equal.gradient], axis=1),
        ),
        far=evaluate(subject, far, 0),
        right=evaluate(subject, far, 1),
        of_designs=design_samples.sample(subject, config),
    )


def target_weights_of(samples: Samples) -> Iterator[tuple[int, Rows]]:
    """The labels whose loss is `sum_k w_k (-log p_k)`, with p the softmax, and their w [n].

    The gradient of such a loss is `W p - w`, with W the sum of the weights.
    """
    p = np.exp(samples.log_p)
    centred = p - p.mean(axis=0)
    for label, values in samples.by_label():
        slopes = samples.temperature * values.gradient
        if not np.isfinite(slopes).all() or not np.isfinite(values.loss).all():
            continue
        total = float((centred * slopes).sum() / (centred**2).sum())
        weights: Rows = (total * p - slopes).mean(axis=0)
        remainder = values.loss + samples.log_p @ weights
        spread = max(float(np.ptp(values.loss)), 1e-300)
        if np.ptp(values.loss) and np.max(np.abs(remainder)) <= EXACT * spread:
            # Rounded, as the weights are shown; the sum with 0 turns -0 into 0.
            yield label, np.round(weights, 6) + 0.0
