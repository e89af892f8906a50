"""Values of a subject at the logits at which designs show, for many labels."""

from dataclasses import dataclass

import numpy as np

from ...base.memory import kept
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate
from ..random_logits import uniform_logits
from ..simplify import few_classes
from ..subject import Subject

POINTS = 48
SMALL, WIDE = 0.9, 6.0
"""Largest logits of the two sets; cosines are among the small ones."""
MOST_LABELS = 20
EXACT = 1e-6
"""Largest relative deviation from a formula that holds."""


@dataclass(frozen=True)
class Samples:
    """Losses and gradients of a subject at small and at wide logits.

    Attributes:
        subject: Subject to be recognised.
        labels: Labels, k of them.
        small: Logits between -0.9 and 0.9, [m, n].
        wide: Logits between -6 and 6, [m, n].
        at_small: Losses [k m] and gradients [k m, n] for every label, one after the other.
        at_wide: The same at the wide logits.
        all_classes: Number of classes of the diagnosis, of which the logits may have a few only.
    """

    subject: Subject
    labels: tuple[int, ...]
    small: Rows
    wide: Rows
    at_small: Values
    at_wide: Values
    all_classes: int

    @property
    def num_classes(self) -> int:
        """Number of classes n."""
        return int(self.small.shape[1])

    def losses(self, values: Values) -> Rows:
        """The losses by label, [k, m]."""
        return values.loss.reshape(len(self.labels), -1)

    def gradients(self, values: Values) -> Rows:
        """The gradients by label, [k, m, n]."""
        return values.gradient.reshape(len(self.labels), -1, self.num_classes)

    def evaluate(self, z: Rows) -> Rows:
        """The losses at other logits [m, n] by label, [k, m]."""
        return self.losses(evaluate_labels(self.subject, z, self.labels))

    def evaluate_each(self, z: Rows) -> Rows:
        """The losses at other logits for every label, [k, m, n], by label, [k, m]."""
        k, m, n = z.shape
        labels = np.repeat(self.labels, m)
        return evaluate(self.subject, z.reshape(-1, n), labels).loss.reshape(k, m)


# Kept, as mistakes are told from designs by the same values.
@kept(maxsize=4)
def sample(subject: Subject, config: DiagnosisConfig) -> Samples:
    """Evaluate a subject at the logits that all recognisers share."""
    n = few_classes(subject, config)
    spread = np.linspace(0, n - 1, min(n, MOST_LABELS)).astype(int)
    labels = tuple(sorted(set(spread.tolist())))
    random = config.random()
    small = uniform_logits(random, (POINTS, n), SMALL)
    wide = uniform_logits(random, (POINTS, n), WIDE)
    return Samples(
        subject=subject,
        labels=labels,
        small=small,
        wide=wide,
        at_small=evaluate_labels(subject, small, labels),
        at_wide=evaluate_labels(subject, wide, labels),
        all_classes=config.num_classes,
    )


def evaluate_labels(subject: Subject, z: Rows, labels: tuple[int, ...]) -> Values:
    """Losses and gradients at logits [m, n] for every label in turn, [k m] and [k m, n]."""
    repeated = np.tile(z, (len(labels), 1))
    return evaluate(subject, repeated, np.repeat(labels, len(z)))


def is_close(a: Rows, b: Rows, tolerance: float = EXACT) -> bool:
    """Whether numbers are equal, relative to 1 or to their size, and finite."""
    size = 1 + np.maximum(np.abs(a), np.abs(b))
    # Written so that a NaN is not close.
    return bool(np.all(np.abs(a - b) <= tolerance * size))
