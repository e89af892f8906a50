"""Values of one label's loss at the logits by which it is compared with known formulas."""

from dataclasses import dataclass

import numpy as np

from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate
from ..random_logits import make_positive, normal_logits, scattered_logits
from ..subject import Subject
from .label_rows import exactness
from .temperatures import Temperature, of_rivals, of_target

MANY_CLASSES = 200
SCATTERED, FEWER_SCATTERED = 64, 24
LOCAL_ROWS, LOCAL_WIDTH = 8, 0.05
LEADS = (0.0, 3.0, -3.0)
"""Logit of the label above the others, where the temperature is measured."""
FAR = np.array([2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0])
"""Distances by which the label is wrong, and right, in units of the temperature."""


@dataclass(frozen=True)
class ReferenceRows:
    """Losses of one label.

    Attributes:
        label: The label.
        logits: Scattered logits and then those far out, all times the temperature, [m, n].
        loss: Losses, [m].
        scattered: Number of rows that are scattered.
        temperature: Temperature that was found, with biases; None if none was.
        rough: Temperature from which a search starts.
        exact: Largest relative deviation of equal losses.
    """

    label: int
    logits: Rows
    loss: Rows
    scattered: int
    temperature: Temperature | None
    rough: float
    exact: float

    @property
    def labels(self) -> Rows:
        """The label of every row, [m]."""
        return np.full(len(self.loss), self.label)

    @property
    def near(self) -> Rows:
        """The rows that are scattered and have finite losses, [m]."""
        near = np.isfinite(self.loss)
        near[self.scattered :] = False
        return near


def reference_rows(
    subject: Subject, config: DiagnosisConfig, label: int
) -> ReferenceRows:
    """Evaluate one label at logits of the size that belongs to its temperature."""
    exact = exactness(subject)
    fit = subject.domain.fit
    local = fit(_local_logits(config, label))
    unit = _logits(config, label)
    z = fit(unit)
    values = evaluate(subject, np.concatenate([local, z]), label)
    gradients = np.split(values.gradient, [len(local)])
    rough = of_rivals(local, gradients[0], label, exact)
    loss = values.loss[len(local) :]
    scattered = _count(config)
    found = rough if rough is not None and rough.is_exact else None
    if found is None:
        near = slice(scattered)
        target = of_target(z[near], gradients[1][near], exact)
        if target is not None:
            found = Temperature(target, np.zeros(config.num_classes))
    if found is not None and abs(found.value - 1) > 1e-6:
        z = fit(unit * found.value)
        loss = evaluate(subject, z, label).loss
    start = 1.0 if rough is None else rough.value
    return ReferenceRows(label, z, loss, scattered, found, start, exact)


def _count(config: DiagnosisConfig) -> int:
    return SCATTERED if config.num_classes <= MANY_CLASSES else FEWER_SCATTERED


def _logits(config: DiagnosisConfig, label: int) -> Rows:
    n = config.num_classes
    z = scattered_logits(config.random(), (_count(config), n))
    make_positive(z, slice(1, None, 2))
    rival = (label + 1) % n
    far = np.zeros((4 * len(FAR), n))
    wrong, right, low, high = np.split(np.arange(4 * len(FAR)), 4)
    far[wrong, rival] = FAR
    far[right, label] = FAR
    far[low, label] = -FAR
    far[high, rival] = -FAR
    return np.concatenate([z, far])


def _local_logits(config: DiagnosisConfig, label: int) -> Rows:
    shape = (LOCAL_ROWS, config.num_classes)
    z = normal_logits(config.random(), shape, LOCAL_WIDTH)
    blocks = []
    for lead in LEADS:
        block = z.copy()
        block[:, label] += lead
        blocks.append(block)
    return np.concatenate(blocks)
