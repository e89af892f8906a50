"""Cross-entropy towards another target than the label, or with constants added to the logits."""

import numpy as np

from ...base.softmax import log_softmax_rows
from ..answers import Witness
from ..evaluation import Rows, losses
from ..simplify import format_first
from .mistake_samples import EXACT, Mistake, Samples, fit, target_weights_of

LARGEST_EXPONENT = 50.0


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
    if np.abs(others).max() <= EXACT:
        factors = np.array([target[label] for label, target in weights.items()])
        if np.ptp(factors) > 1e-3:
            return _class_weights(factors)
        return _scaled(samples, factors[0], witness)
    if abs(total - 1) > 1e-3 and _is_missized(target, label):
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
    times = "" if abs(total - 1) <= 1e-3 else f" times {total:.4g}"
    text = f"This is label smoothing{times}: {effect}."
    return Mistake("label smoothing", "note", text, float(target[label]))


def _is_missized(target: Rows, label: int) -> bool:
    """Whether a smoothing e has been added with the wrong size, and not multiplied by a constant.

    The label's weight is then 1, more or less a whole number of times the others'.
    """
    others = np.delete(target, label)
    if np.ptp(others) > EXACT:
        return False
    n = len(target)
    counts = np.array([0, 1, -1, 1 - n, 2 - n, -n])
    return bool(np.min(np.abs(target[label] - (1 + counts * others[0]))) <= 1e-4)


def _class_weights(factors: Rows) -> Mistake:
    text = (
        f"Cross-entropy with class weights: {format_first(factors)} for labels 0, 1 and "
        "the last. By design it treats classes differently."
    )
    ratio = float(factors.max() / factors.min())
    return Mistake("class weights", "trade", text, ratio)


def _scaled(samples: Samples, factor: float, witness: Witness) -> Mistake | None:
    if abs(factor - 1) <= 1e-3:
        return None
    n = samples.num_classes
    if abs(factor * n - 1) <= 1e-3 and _shrinks_with_classes(samples):
        text = (
            f"Cross-entropy divided by the number of classes, {n}: a mean is taken inside. "
            f"The step is {n} times too small."
        )
        return Mistake("mean taken inside", "fault", text, factor, witness)
    text = f"This is cross-entropy times {factor:.4g}."
    return Mistake("scaled", "note", text, factor)


def _shrinks_with_classes(samples: Samples) -> bool:
    """Whether the loss with fewer classes is divided by their number, or cannot be had."""
    few = max(2, samples.num_classes // 2)
    z = samples.z[:, :few]
    try:
        loss = losses(samples.subject, z, 0)
    except Exception:
        return True
    expected = -log_softmax_rows(z)[:, 0] / few
    return bool(np.allclose(loss, expected, rtol=1e-3))


def margin(samples: Samples) -> Mistake | None:
    """Cross-entropy with constants m_k added to the logits.

    The exponential e^L is then linear in the odds e^{z_k - z_y}.
    """
    shifts = dict[int, Rows]()
    for label, values in samples.by_label():
        shift = _shift(samples, label, values.loss)
        if shift is not None:
            shifts[label] = shift
    if len(shifts) < len(samples.labels):
        return None
    if max(np.max(np.abs(shift)) for shift in shifts.values()) <= 1e-4:
        return None
    first_label = samples.labels[0]
    first = shifts[first_label]
    first_text = format_first(first)
    if _is_same_for_every_label(shifts, first):
        text = (
            "Constants are added to the logits, the same for every label "
            f"(logit adjustment): {first_text}, up to a constant."
        )
        return Mistake("logits adjusted", "trade", text, float(np.ptp(first)))
    largest_others = []
    for label, shift in shifts.items():
        largest_others.append(float(np.delete(shift, label).max()))
    if max(largest_others) < 0:
        shows = f"exp(loss) = sum_k e^(m_k) e^(z_k - z_y) with m = {first_text}"
        return Mistake(
            verdict="margin on the wrong side",
            severity="fault",
            text=(
                "A margin on the wrong side: the label's logit is raised by "
                f"{-largest_others[0]:.4g}, so errors cost less."
            ),
            number=largest_others[0],
            witness=samples.witness(first_label, shows),
        )
    text = f"Constants are added to the logits, by label: {first_text}."
    return Mistake("margin added", "trade", text, max(largest_others))


def _is_same_for_every_label(shifts: dict[int, Rows], first: Rows) -> bool:
    for label, shift in shifts.items():
        if not np.allclose(shift, first - first[label], atol=1e-4):
            return False
    return True


def _shift(samples: Samples, label: int, loss: Rows) -> Rows | None:
    """The constants m_k - m_y, [n]; None if the loss is not of this kind."""
    if not np.isfinite(loss).all() or np.max(np.abs(loss)) > LARGEST_EXPONENT:
        return None
    margins = samples.z - samples.z[:, [label]]
    odds = np.exp(np.clip(margins, -LARGEST_EXPONENT, LARGEST_EXPONENT))
    weights = fit(odds, np.exp(loss))
    if weights is None or weights.min() <= 1e-6 or abs(weights[label] - 1) > 1e-3:
        return None
    shift: Rows = np.log(weights)
    return shift
