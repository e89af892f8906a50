"""The loss of every label at the same logits, with the classes permuted so that they match."""

from dataclasses import dataclass, replace

import numpy as np

from ...base.memory import kept
from ..config import DiagnosisConfig
from ..evaluation import Rows, Values, evaluate
from ..random_logits import make_positive, scattered_logits
from ..subject import Subject

MANY_CLASSES = 128
ROWS, FEWER_ROWS = 10, 5
"""Number of logits for every label; fewer where there are many labels."""
SAME_SIZE = 0.7
"""Logarithm of a temperature at which the logits still have a fitting size."""
MOST_OUTLIERS = 0.34
"""Largest share of labels that differ from the others and do not make up a design."""
EXACT, EXACT_OF_TEACHER, EXACT_IN_FLOAT32 = 1e-7, 1e-5, 2e-4
"""Largest relative deviation of equal losses; a teacher at a high temperature is never one-hot."""
ROUNDING = 1e-13
"""Relative spread of losses that is no more than rounding."""


@dataclass(frozen=True)
class LabelRows:
    """Losses and gradients of every label.

    For label y the exchanged logits are those of label 0 with the classes 0 and y exchanged, so
    that a loss that treats the classes alike is the same for all labels.

    Attributes:
        logits: Exchanged logits, [n, rows, n].
        loss: Losses there, [n, rows].
        gradient: Gradients there, [n, rows, n].
        same: Scattered logits that are the same for all labels, [2, n].
        at_same: Losses [n, 2] and gradients [n, 2, n] there.
        at_equal: Losses [n, 2] and gradients [n, 2, n] where all logits are 0, and all 1.
        exact: Largest relative deviation of equal losses.
    """

    logits: Rows
    loss: Rows
    gradient: Rows
    same: Rows
    at_same: Values
    at_equal: Values
    exact: float

    @property
    def labels(self) -> Rows:
        """All labels, [n]."""
        labels: Rows = np.arange(len(self.loss))
        return labels

    def all_losses(self) -> tuple[Rows, Rows, Rows]:
        """All losses that there are, of whichever logits."""
        return self.loss, self.at_same.loss, self.at_equal.loss

    def distances(self) -> Rows:
        """How far every label's losses are from those of most labels, [n].

        A factor and a constant of each label's own do not count; infinite where a loss is not
        finite.
        """
        if not np.isfinite(self.loss).any():
            return np.full(len(self.loss), np.inf)
        loss = self.loss - self.loss.mean(axis=1, keepdims=True)
        size: Rows = np.linalg.norm(loss, axis=1, keepdims=True)
        # What is constant but for rounding, as where a predicted class counts, has no direction.
        rounding = ROUNDING * (1 + np.abs(self.loss).max(axis=1, keepdims=True))
        # Written so that a NaN stays one.
        varies = ~(size <= rounding)
        unit: Rows = np.where(varies, loss, 0) / np.where(varies, size, 1)
        finite: Rows = np.all(np.isfinite(unit), axis=1)
        if not finite.any():
            return np.full(len(unit), np.inf)
        typical = np.median(unit[finite], axis=0)
        distances = np.max(np.abs(unit - typical), axis=1)
        return np.where(finite, distances, np.inf)

    def outliers(self) -> list[int]:
        """Labels whose loss is another function than that of most labels.

        There are none if all labels differ from each other, which is a design.
        """
        distances = self.distances()
        differs = distances > 1e2 * self.exact
        if differs.mean() > MOST_OUTLIERS:
            return []
        return [int(label) for label in np.flatnonzero(differs)]


# Kept, as several questions ask.
@kept(maxsize=4)
def label_rows(subject: Subject, config: DiagnosisConfig) -> LabelRows:
    """Evaluate the subject for every label."""
    n = config.num_classes
    rows = ROWS if n <= MANY_CLASSES else FEWER_ROWS
    z = scattered_logits(config.random(), (rows + 2, n))
    make_positive(z, slice(1, None, 2))
    z = subject.domain.fit(z)
    exchanged = _exchanged(z[:rows])
    same = z[rows:]
    equal = subject.domain.fit(np.stack([np.zeros(n), np.ones(n)]))
    shared = np.concatenate([same, equal])
    logits = np.concatenate([exchanged, np.repeat(shared[None], n, axis=0)], axis=1)
    per_label = logits.shape[1]
    labels = np.repeat(np.arange(n), per_label)
    values = evaluate(subject, logits.reshape(-1, n), labels)
    loss = values.loss.reshape(n, per_label)
    gradient = values.gradient.reshape(n, per_label, n)
    return LabelRows(
        logits=exchanged,
        loss=loss[:, :rows],
        gradient=gradient[:, :rows],
        same=same,
        at_same=Values(loss[:, rows:-2], gradient[:, rows:-2]),
        at_equal=Values(loss[:, -2:], gradient[:, -2:]),
        exact=exactness(subject),
    )


def at_temperature(rows: LabelRows, subject: Subject, temperature: float) -> LabelRows:
    """The same at exchanged logits times a temperature, where that differs from 1."""
    if abs(np.log(temperature)) < SAME_SIZE:
        return rows
    n = len(rows.loss)
    logits = subject.domain.fit(temperature * rows.logits)
    values = evaluate(
        subject, logits.reshape(-1, n), np.repeat(rows.labels, rows.loss.shape[1])
    )
    return replace(
        rows,
        logits=logits,
        loss=values.loss.reshape(rows.loss.shape),
        gradient=values.gradient.reshape(rows.gradient.shape),
    )


def _exchanged(z: Rows) -> Rows:
    """The logits with class 0 and every other class exchanged, [n, rows, n]."""
    n = z.shape[1]
    labels = np.arange(n)
    logits = np.repeat(z[None], n, axis=0)
    logits[labels, :, 0] = z[:, labels].T
    logits[labels, :, labels] = z[:, 0]
    return logits


def exactness(subject: Subject) -> float:
    """The largest relative deviation that rounding inside the subject may cause."""
    if subject.refusal:
        return EXACT_IN_FLOAT32
    given = subject.recognised
    of_teacher = given is not None and given.targets == "teacher logits"
    return EXACT_OF_TEACHER if of_teacher else EXACT
