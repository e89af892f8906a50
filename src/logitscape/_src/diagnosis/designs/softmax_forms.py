"""The logits and the weights of losses that are made of a softmax.

Wherever a loss is a function of the softmax q of the label, of logits `s_k z_k + b_k`, its
slopes in the rivals' logits are in the proportions `s_k q_k`. Their logarithms are then linear in
the logits: least squares give every s and b, whatever the loss does with q.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..evaluation import Rows
from .samples import EXACT, Samples, is_close

SAME = 1e-4
"""Largest difference of scales, constants or weights that are meant to be the same."""


@dataclass(frozen=True)
class SoftmaxForm:
    """The logits and weights of a loss that is made of a softmax.

    Attributes:
        scales: Factor s of every logit, [n].
        constants: Constant b of every logit, [n]; their mean is 0.
        weights: Weight of every label, [n], the first being 1; None if labels differ otherwise.
    """

    scales: Rows
    constants: Rows
    weights: Rows | None

    def scores(self, z: Rows) -> Rows:
        """The logits of the softmax, by which the loss itself predicts."""
        adjusted: Rows = self.scales * z + self.constants
        return adjusted


def softmax_form(samples: Samples) -> SoftmaxForm | None:
    """The scales and constants that the slopes in the rivals' logits have; None if none fit."""
    n = samples.num_classes
    gradients = samples.gradients(samples.at_small)
    if n < 3 or len(samples.labels) < n:
        return None
    pairs = list[tuple[int, int, Rows]]()
    for label, gradient in zip(samples.labels, gradients, strict=True):
        rivals = [k for k in range(n) if k != label]
        if not (gradient[:, rivals] > 0).all():
            return None
        logs = np.log(gradient[:, rivals])
        for i, j in combinations(range(n - 1), 2):
            fitted = _pair(samples.small[:, [rivals[i], rivals[j]]], logs[:, [i, j]])
            if fitted is None:
                return None
            pairs.append((rivals[i], rivals[j], fitted))
    return _combined(samples, pairs)


def _pair(z: Rows, logs: Rows) -> Rows | None:
    """Scales and constant of two classes, [3], by the ratio of their slopes; None if none fit."""
    features = np.stack([z[:, 0], -z[:, 1], np.ones(len(z))], axis=1)
    difference = logs[:, 0] - logs[:, 1]
    solution, *_ = np.linalg.lstsq(features, difference, rcond=None)
    fitted: Rows = solution
    return fitted if is_close(features @ fitted, difference) else None


def _combined(
    samples: Samples, pairs: list[tuple[int, int, Rows]]
) -> SoftmaxForm | None:
    """The scales and constants on which all pairs agree."""
    n = samples.num_classes
    scales = np.zeros(n)
    for i, j, (first, second, _) in pairs:
        scales[i], scales[j] = first, second
    if not (scales > SAME).all():
        return None
    rows = np.zeros((len(pairs), n))
    for row, (i, j, _) in zip(rows, pairs, strict=True):
        row[i], row[j] = 1, -1
    found = np.array([fitted for *_, fitted in pairs])
    # A slope has the factor s_k, the logarithm of which is no constant of the logit.
    differences = found[:, 2] - rows @ np.log(scales)
    solution, *_ = np.linalg.lstsq(rows, differences, rcond=None)
    firsts = scales[[i for i, *_ in pairs]]
    if not is_close(rows @ solution, differences, SAME):
        return None
    if not is_close(firsts, found[:, 0], SAME):
        return None
    constants = np.round(solution - solution.mean(), 9) + 0.0
    return SoftmaxForm(scales, constants, _weights(samples, scales, constants))


def _weights(samples: Samples, scales: Rows, constants: Rows) -> Rows | None:
    """The weight of every label, [n], if labels differ in nothing else; None otherwise.

    With scales and constants taken out, a loss is the same for every label if the logits of two
    classes change places with the labels.
    """
    n = samples.num_classes
    bare = samples.small
    swapped = np.repeat(bare[None], n, axis=0)
    for label in range(n):
        swapped[label][:, [0, label]] = bare[:, [label, 0]]
    losses = samples.evaluate_each((swapped - constants) / scales)
    if not np.isfinite(losses).all() or not losses.any(axis=1).all():
        return None
    ratios: Rows = losses @ losses[0] / (losses[0] @ losses[0])
    fitted = ratios[:, None] * losses[0]
    size = np.abs(losses).max(axis=1, keepdims=True)
    if (np.abs(losses - fitted) > EXACT * size).any() or not (ratios > 0).all():
        return None
    return ratios


def plain_form(samples: Samples) -> SoftmaxForm:
    """The form of a loss that is made of no softmax, or of more than the label's."""
    n = samples.num_classes
    scales, constants = np.ones(n), np.zeros(n)
    if len(samples.labels) < n:
        return SoftmaxForm(scales, constants, None)
    return SoftmaxForm(scales, constants, _weights(samples, scales, constants))
