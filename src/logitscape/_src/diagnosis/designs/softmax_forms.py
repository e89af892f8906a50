"""Class weights, priors, margins and temperatures of losses that are made of a softmax.

Wherever a loss is a function of the softmax q of the label, of logits `s_k z_k + b_k`, its
slopes in the rivals' logits are in the proportions `s_k q_k`. Their logarithms are then linear in
the logits: least squares give every s and b, whatever the loss does with q.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..evaluation import Rows
from ..simplify import format_first
from .design import Design, predicts
from .samples import EXACT, Samples, is_close

SAME = 1e-4
"""Largest difference of scales, constants or weights that are meant to be the same."""

LEAST_LOSS = 1e-3
FEWEST = 8
"""Number of losses that are large enough to tell a margin from."""


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


def softmax_designs(samples: Samples) -> list[Design]:
    """Temperature, prior, class weights and margins."""
    form = softmax_form(samples)
    if form is None:
        return _class_weights(_plain_form(samples))
    weights = _class_weights(form)
    designs = [*_temperature(form), *_prior(form), *weights]
    return designs if weights else designs + _margins(samples, form)


def _plain_form(samples: Samples) -> SoftmaxForm:
    """The form of a loss that is made of no softmax, or of more than the label's."""
    n = samples.num_classes
    scales, constants = np.ones(n), np.zeros(n)
    if len(samples.labels) < n:
        return SoftmaxForm(scales, constants, None)
    return SoftmaxForm(scales, constants, _weights(samples, scales, constants))


def _temperature(form: SoftmaxForm) -> list[Design]:
    scale = float(form.scales.mean())
    if np.ptp(form.scales) > SAME * scale or abs(scale - 1) <= SAME:
        return []
    text = (
        f"The logits are multiplied by {scale:.4g} before the softmax "
        f"(a temperature of {1 / scale:.4g})."
    )
    price = (
        f"The temperature multiplies gradients and rounding errors by {scale:.4g}, "
        "and p is that of the scaled logits."
    )
    return [Design("temperature", "note", text, price, number=1 / scale)]


def _prior(form: SoftmaxForm) -> list[Design]:
    spread = float(np.ptp(form.constants))
    scaled = np.ptp(form.scales) > SAME * form.scales.mean()
    if spread <= SAME and not scaled:
        return []
    text = (
        "The softmax is that of adjusted logits, the same for every label: "
        f"z_k + b_k with b = {format_first(form.constants)}."
    )
    if scaled:
        text = (
            "The softmax is that of adjusted logits, the same for every label: "
            f"s_k z_k + b_k with s = {format_first(form.scales)} and "
            f"b = {format_first(form.constants)}."
        )
    price = (
        "Its own prediction is the argmax of the adjusted logits; "
        "the largest logit is another class where the prior says so."
    )
    weights = np.ones(len(form.scales)) if form.weights is None else form.weights
    return [
        Design(
            name="prior",
            severity="trade",
            text=text,
            price=price,
            explains=predicts(lambda eta: eta * weights, form.scores),
            costs=frozenset({"logits adjusted"}),
            number=spread,
        )
    ]


def _class_weights(form: SoftmaxForm) -> list[Design]:
    weights = form.weights
    if weights is None or np.ptp(weights) <= SAME * weights.max():
        return []
    ratio = float(weights.max() / weights.min())
    text = (
        "The loss of every label has a weight of its own, "
        f"{format_first(weights)} relative to that of label 0."
    )
    price = (
        "Class weights move the prediction to the class of the largest share times weight: "
        f"a class is preferred to another that is up to {ratio:.3g} times as frequent."
    )
    return [
        Design(
            name="class weights",
            severity="trade",
            text=text,
            price=price,
            explains=predicts(lambda eta: eta * weights, form.scores),
            costs=frozenset({"class weights"}),
            number=ratio,
        )
    ]


def label_scores(scores: Rows, label: int, loss: Rows) -> Rows:
    """How much a cross-entropy raises the label's score, wherever its loss is large enough to tell.

    Args:
        scores: Scores of all classes, [m, n].
        label: Label, whose own score is subtracted.
        loss: Losses, [m].

    Returns:
        The changes of the label's score that give the losses, [k] with k at most m.
    """
    tells = loss > LEAST_LOSS
    rivals = np.logaddexp.reduce(np.delete(scores, label, axis=1), axis=1)
    # The odds of the rivals: log(e^L - 1) without overflow.
    log_odds = loss[tells] + np.log(-np.expm1(-loss[tells]))
    raised: Rows = rivals[tells] - scores[tells, label] - log_odds
    return raised


def _margins(samples: Samples, form: SoftmaxForm) -> list[Design]:
    """Margins of the labels: cross-entropy in which the label's logit is lowered."""
    found = np.zeros(samples.num_classes)
    for label, loss in zip(
        samples.labels, samples.losses(samples.at_small), strict=True
    ):
        lowered = label_scores(form.scores(samples.small), label, loss)
        if len(lowered) < FEWEST or not np.ptp(lowered) <= SAME * (
            1 + form.scales[label]
        ):
            return []
        found[label] = -lowered.mean() / form.scales[label]
    if (found < -SAME).any() or found.max() <= SAME:
        return []
    text = f"Cross-entropy with a margin: the label's logit is lowered by {format_first(found)}."
    price = (
        "A margin asks the label to lead by more than a probability needs, "
        "so that p is not the true distribution; margins that differ move the argmax."
    )
    return [
        Design(
            name="margin",
            severity="trade",
            text=text,
            price=price,
            explains=lambda answer: answer.verdict == "top label missed",
            costs=frozenset({"margin added"}),
            number=float(found.max()),
        )
    ]
