"""Cross-entropy towards another target than the label, or with constants added to the logits."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...base.softmax import log_softmax_rows
from ..answers import Witness
from ..evaluation import Rows, losses, one_hot
from ..formulas.catalogue_rows import SQUASHED
from ..formulas.loss_rows import SIGMOID_OF_TARGET
from ..simplify import format_first
from .mistake_samples import EXACT, Mistake, Samples, target_weights_of

SMALL = 1e-4
"""Largest margin that counts as none."""
LARGEST = 0.45
"""Share of the target beyond which nobody smooths."""


def target_weights(samples: Samples) -> Mistake | None:
    """Cross-entropy towards weights that are not the label's one-hot target."""
    weights = dict(target_weights_of(samples))
    if len(weights) < len(samples.labels):
        return None
    label, target = next(iter(weights.items()))
    others = np.delete(target, label)
    total = float(target.sum())
    target_text = format_first(target)
    effect = f"the target of label {label} is in effect {target_text}"
    witness = samples.witness(
        label, f"loss = sum_k w_k (-log p_k) with w = {target_text}"
    )
    if target[label] < -EXACT:
        text = f"Cross-entropy with the wrong sign: {effect}."
        return Mistake("wrong sign", "fault", text, total, witness)
    top = int(target.argmax())
    if top != label and target.max() > EXACT:
        text = f"Wrong label convention: {effect}, so class {top} is taught instead."
        return Mistake(
            verdict="wrong label convention",
            severity="fault",
            text=text,
            number=float(top - label),
            witness=witness,
        )
    if target[label] - others.max() <= EXACT < target[label]:
        rival = int(np.flatnonzero(np.arange(len(target)) != label)[others.argmax()])
        text = f"Class {rival} is taught as much as the label: {effect}."
        return Mistake(
            "wrong label convention", "fault", text, float(rival - label), witness
        )
    if np.abs(others).max() <= EXACT:
        factors = np.array([target[label] for label, target in weights.items()])
        if np.ptp(factors) > 1e-3:
            return None
        return _mean_inside(samples, factors[0], witness)
    if abs(total - 1) > 1e-3 and _are_missized(weights):
        text = f"The smoothed target does not sum to 1 but to {total:.4g}: {effect}."
        return Mistake("target does not sum to one", "fault", text, total, witness)
    if others.min() < -EXACT:
        return Mistake(
            verdict="negative target weight",
            severity="note",
            text=f"Cross-entropy with negative weights: {effect}.",
            number=float(others.min()),
            witness=witness,
        )
    if samples.identity is not None:
        # What the loss is says already how it smooths.
        return None
    times = "" if abs(total - 1) <= 1e-3 else f" times {total:.4g}"
    text = f"This is label smoothing{times}: {effect}."
    return Mistake("label smoothing", "note", text, float(target[label]))


class _Squashed(NamedTuple):
    """What a target becomes that goes through a function meant for logits.

    Attributes:
        function: Name of the function.
        no: What it makes of 0.
        yes: What it makes of 1.
    """

    function: str
    no: float
    yes: float


def squashed_target(samples: Samples) -> Mistake | None:
    """Cross-entropy towards targets that went through a softmax or a sigmoid, as logits do."""
    squashed = _squashed(samples)
    if squashed is None:
        return None
    n = samples.num_classes
    label = samples.labels[0]
    text = (
        f"The target goes through a {squashed.function} before the cross-entropy: instead of 1 "
        f"and 0 it is {squashed.yes:.3f} for the label and {squashed.no:.3f} for every other "
        "class, and no model that is sure is right. Targets are probabilities already."
    )
    witness = Witness(
        logits=tuple(20.0 * (k == label) for k in range(n)),
        target=one_hot(label, n),
        shows="the label leads by 20, and the gradient pushes it back",
    )
    return Mistake("target squashed", "fault", text, squashed.yes, witness)


def _squashed(samples: Samples) -> _Squashed | None:
    sigmoid = _Squashed("sigmoid", *SIGMOID_OF_TARGET)
    if samples.identity is not None and samples.identity.spec == SQUASHED:
        return sigmoid
    weights = dict(target_weights_of(samples))
    if len(weights) < len(samples.labels):
        return None
    ratios = []
    for label, target in weights.items():
        others = np.delete(target, label)
        if others.min() <= 0 or np.ptp(others) > EXACT * others.max():
            return None
        ratios.append(target[label] / others.mean())
    total = np.e + samples.num_classes - 1
    softmax = _Squashed("softmax", 1 / total, np.e / total)
    for squashed in (softmax, sigmoid):
        if np.allclose(ratios, squashed.yes / squashed.no, rtol=1e-4):
            return squashed
    return None


def _are_missized(weights: Mapping[int, Rows]) -> bool:
    """Whether all labels have the same smoothing, and that has the wrong size.

    Where every label has a total of its own, classes are weighted by design.
    """
    totals = [target.sum() for target in weights.values()]
    same = np.ptp(totals) <= 1e-4
    return bool(same and all(_is_missized(weights[label], label) for label in weights))


def _is_missized(target: Rows, label: int) -> bool:
    """Whether a smoothing e has been added with the wrong size, and not multiplied by a constant.

    The label's weight is then 1, more or less a whole number of times the others', or it is the
    others' and 1 - e more, where a constant times a smoothing would have less simple numbers.
    """
    others = np.delete(target, label)
    if np.ptp(others) > EXACT:
        return False
    n = len(target)
    counts = np.array([0, 1, -1, 1 - n, 2 - n, -n])
    if np.min(np.abs(target[label] - (1 + counts * others[0]))) <= 1e-4:
        return True
    left_for_others = 1 - (target[label] - others[0])
    total = target.sum()
    smoothing = n * others[0] / total
    is_factor = _is_simple(total) and _is_simple(smoothing) and smoothing <= LARGEST
    is_smoothing = 0 < left_for_others <= LARGEST and _is_simple(left_for_others)
    return bool(is_smoothing and not is_factor)


def _is_simple(number: float) -> bool:
    """Whether a number has two digits, as those that people choose have."""
    return bool(abs(number - float(f"{number:.2g}")) <= 1e-4 * abs(number))


def _mean_inside(samples: Samples, factor: float, witness: Witness) -> Mistake | None:
    n = samples.num_classes
    if abs(factor * n - 1) > 1e-3 or not _shrinks_with_classes(samples):
        return None
    text = (
        f"Cross-entropy divided by the number of classes, {n}: a mean is taken inside. "
        f"The step is {n} times too small."
    )
    return Mistake("mean taken inside", "fault", text, factor, witness)


def _shrinks_with_classes(samples: Samples) -> bool:
    """Whether the loss with fewer classes is divided by their number, or cannot be had."""
    few = max(2, samples.num_classes // 2)
    z = samples.z[:, :few]
    try:
        loss = losses(samples.subject, samples.temperature * z, 0)
    except Exception:
        return True
    expected = -log_softmax_rows(z)[:, 0] / few
    return bool(np.allclose(loss, expected, rtol=1e-3))


def margin_on_the_wrong_side(samples: Samples) -> Mistake | None:
    """A margin that raises the label's logit; one that lowers it is a design."""
    each, identity = samples.recognised.each, samples.identity
    if each is None or identity is None or not each.follows.all():
        return None
    biases = np.zeros(samples.num_classes)
    if identity.biases is not None:
        biases = identity.temperature * identity.biases
    margins = each.margins + biases
    if margins.max() >= -SMALL:
        return None
    label = samples.labels[0]
    number = float(margins.max())
    text = (
        "A margin on the wrong side: the label's logit is raised by "
        f"{_range(-margins)}, so errors cost less."
    )
    equal = (0.0,) * samples.num_classes
    witness = Witness(
        logits=equal,
        target=one_hot(label, samples.num_classes),
        shows="a smaller loss than without the margin, whose sign is wrong",
        expression="loss",
    )
    return Mistake("margin on the wrong side", "fault", text, number, witness)


def _range(values: Rows) -> str:
    low, high = float(values.min()), float(values.max())
    if high - low <= SMALL:
        return f"{high:.4g}"
    return f"{low:.4g} to {high:.4g}"
