"""Class weights, priors, margins and temperatures of losses that are made of a softmax."""

from dataclasses import replace

import numpy as np

from ..answers import Answer
from ..evaluation import Rows
from ..simplify import format_first
from .design import Design, predicts
from .samples import Samples
from .softmax_forms import SAME, SoftmaxForm, plain_form, softmax_form

LEAST_LOSS = 1e-3
FEWEST = 8
"""Number of losses that are large enough to tell a margin from."""
BISECTIONS = 60


def softmax_designs(samples: Samples) -> list[Design]:
    """Temperature, prior, class weights and margins."""
    form = softmax_form(samples)
    if form is None:
        return _weights(plain_form(samples))
    weights = _weights(form)
    designs = [*_temperature(form), *_prior(form), *weights]
    return designs if weights else designs + _margins(samples, form)


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
    found = prior(form.constants)
    text = found.text
    if scaled:
        text = (
            "The softmax is that of adjusted logits, the same for every label: "
            f"s_k z_k + b_k with s = {format_first(form.scales)} and "
            f"b = {format_first(form.constants)}."
        )
    weights = np.ones(len(form.scales)) if form.weights is None else form.weights
    explains = predicts(lambda eta: eta * weights, form.scores)
    return [replace(found, text=text, explains=explains)]


def prior(constants: Rows) -> Design:
    """Constants that are added to the logits, [n]: known up to a common one."""
    return Design(
        name="prior",
        severity="trade",
        text=(
            "The softmax is that of adjusted logits, the same for every label: "
            f"z_k + b_k with b = {format_first(constants - constants.mean())}."
        ),
        price=(
            "Its own prediction is the argmax of the adjusted logits; "
            "the largest logit is another class where the prior says so."
        ),
        number=float(np.ptp(constants)),
    )


def _weights(form: SoftmaxForm) -> list[Design]:
    weights = form.weights
    if weights is None or np.ptp(weights) <= SAME * weights.max():
        return []
    explains = predicts(lambda eta: eta * weights, form.scores)
    return [replace(class_weights(weights), explains=explains)]


def class_weights(weights: Rows) -> Design:
    """Weights of the labels, [n], known up to a common factor."""
    ratio = float(weights.max() / weights.min())
    return Design(
        name="class weights",
        severity="trade",
        text=(
            "The loss of every label has a weight of its own, "
            f"{format_first(weights / weights[0])} relative to that of label 0."
        ),
        price=(
            "Class weights move the prediction to the class of the largest share times weight: "
            f"a class is preferred to another that is up to {ratio:.3g} times as frequent."
        ),
        number=ratio,
    )


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


def _weight_of_label(label: int, loss: Rows, gradient: Rows) -> float | None:
    """The weight w of a cross-entropy `-w log q`, of which the rivals' slopes sum to `w (1 - q)`.

    Slope and loss have the ratio `(1 - e^-x) / x`, with x = -log q, whatever the weight is.

    Args:
        label: Label.
        loss: Losses, [m].
        gradient: Gradients in the scores, [m, n].

    Returns:
        The weight; None if there is none that fits.
    """
    pull = np.delete(gradient, label, axis=1).sum(axis=1)
    ratio = pull / np.where(loss > LEAST_LOSS, loss, np.inf)
    usable = (ratio > 0.01) & (ratio < 0.99)
    if usable.sum() < FEWEST:
        return None
    low, high = np.full(len(loss), -20.0), np.full(len(loss), 10.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        x = np.exp(middle)
        is_below = -np.expm1(-x) / x > ratio
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    weights = (loss / np.exp(low))[usable]
    mean = float(weights.mean())
    return mean if np.ptp(weights) <= SAME * mean else None


def _margins_and_weights(
    samples: Samples, form: SoftmaxForm
) -> tuple[Rows, Rows] | None:
    """The margin and the weight of every label, [n] each; None if it is no cross-entropy."""
    margins = np.zeros(samples.num_classes)
    weights = np.ones(samples.num_classes)
    losses = samples.losses(samples.at_small)
    gradients = samples.gradients(samples.at_small)
    for label, loss, gradient in zip(samples.labels, losses, gradients, strict=True):
        weight = _weight_of_label(label, loss, gradient / form.scales)
        if weight is None:
            return None
        raised = label_scores(form.scores(samples.small), label, loss / weight)
        tolerance = SAME * (1 + form.scales[label])
        if len(raised) < FEWEST or not np.ptp(raised) <= tolerance:
            return None
        margins[label] = -raised.mean() / form.scales[label]
        weights[label] = weight
    return margins, weights


def _margins(samples: Samples, form: SoftmaxForm) -> list[Design]:
    """Margins of the labels: cross-entropy in which the label's logit is lowered."""
    fitted = _margins_and_weights(samples, form)
    if fitted is None:
        return []
    found, weights = fitted
    if (found < -SAME).any() or found.max() <= SAME:
        return []
    design = margin(found)
    text = design.text
    if np.ptp(weights) > SAME * weights.max():
        text += f" Labels have the weights {format_first(weights)}."
    explains = _misses_top_label
    return [replace(design, text=text, explains=explains)]


def margin(margins: Rows) -> Design:
    """Margins that are taken from the label's logit, [n], one for each label."""
    return Design(
        name="margin",
        severity="trade",
        text=f"The label's logit is lowered by a margin of {format_first(margins)}.",
        price=(
            "A margin asks the label to lead by more than a probability needs, "
            "so that p is not the true distribution; margins that differ move the argmax."
        ),
        number=float(margins.max()),
    )


def _misses_top_label(answer: Answer) -> bool:
    return answer.verdict == "top label missed"
