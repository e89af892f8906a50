"""Mistakes in what is taught: another class, another distribution, the wrong sign, a margin on the wrong side."""

import numpy as np

from ..answers import Severity, Witness
from ..evaluation import Rows, one_hot
from .mistake_samples import EXACT, Found, Samples, fit, short, weighted_surprise

ZERO, EQUAL = 2, 3
"""Where `every_label` has the logits that are all 0, and all 1."""


def pushes_another_class(samples: Samples) -> Found | None:
    """At equal logits, a step has to raise the label's logit above the others."""
    n = samples.z.shape[1]
    pushed = -samples.every_label.gradient[:, EQUAL]
    if not np.isfinite(pushed).all() or not np.any(pushed):
        return None
    size = np.max(np.abs(pushed))
    label_gain = np.diag(pushed) - np.max(
        np.where(np.eye(n, dtype=bool), -np.inf, pushed), axis=1
    )
    if (label_gain >= -1e-9 * size).all():
        return None
    y = int(np.argmin(label_gain))
    best = int(np.argmax(pushed[y]))
    witness = Witness(
        (1.0,) * n,
        one_hot(y, n),
        f"minus the gradient = {short(pushed[y])}: largest for class {best}",
    )
    if (
        np.diag(pushed)
        < np.min(np.where(np.eye(n, dtype=bool), np.inf, pushed), axis=1)
    ).all():
        text = "A step lowers the label's logit below the others: wrong sign, the loss rises when the model is more right."
        return Found("wrong sign", "serious", text, float(label_gain[y]), witness)
    text = f"From equal logits a step for label {y} raises class {best} most: wrong labels, or a margin on the wrong class."
    return Found("wrong label convention", "serious", text, float(best - y), witness)


def not_finite_when_equal(samples: Samples) -> Found | None:
    """A gradient that is NaN where all logits are equal, as where a last layer starts from zeros."""
    zero, one = (
        ~np.isfinite(samples.every_label.gradient[:, at]).all(axis=1)
        for at in (ZERO, EQUAL)
    )
    if not zero.any():
        return None
    n, label = samples.z.shape[1], int(np.argmax(zero))
    shows = f"loss = {samples.every_label.loss[label, ZERO]:.4g}, gradient = {short(samples.every_label.gradient[label, ZERO])}"
    witness = Witness((0.0,) * n, one_hot(label, n), shows)
    severity: Severity = "serious" if one.any() else "warning"
    everywhere = ", and wherever all logits are equal" if one.any() else ""
    text = f"The gradient is not finite at zero logits{everywhere}: a last layer that starts from zeros begins there."
    return Found("not finite at equal logits", severity, text, None, witness)


def label_not_taught(samples: Samples) -> Found | None:
    """A class whose own label gives no finite loss, or no gradient, though others do."""
    gradient, loss = (
        samples.every_label.gradient[:, :2],
        samples.every_label.loss[:, :2],
    )
    broken = ~np.isfinite(loss).all(axis=1) | ~np.isfinite(gradient).all(axis=(1, 2))
    idle = ~np.any(gradient, axis=(1, 2))
    for wrong, verdict, how in (
        (broken, "not finite for a label", "is not finite"),
        (idle, "label not taught", "has no gradient"),
    ):
        if wrong.any() and not wrong.all():
            label = int(np.argmax(wrong))
            witness = samples.witness(
                label,
                f"loss = {loss[label, 0]:.4g}, gradient = {short(gradient[label, 0])}",
            )
            text = f"The loss of label {label} {how}, while that of others is as it should be."
            return Found(verdict, "serious", text, float(label), witness)
    return None


def target_weights(samples: Samples) -> Found | None:
    """Cross-entropy towards something that is not the label's distribution."""
    fitted = list(weighted_surprise(samples))
    if len(fitted) < len(samples.labels):
        return None
    label, w = fitted[0]
    others = np.delete(w, label)
    total = float(w.sum())
    gets = f"the target of label {label} is in effect {short(w)}"
    witness = samples.witness(label, f"loss = sum_k w_k (-log p_k) with w = {short(w)}")
    if w[label] < -EXACT:
        return Found(
            "wrong sign",
            "serious",
            f"Cross-entropy with the wrong sign: {gets}.",
            total,
            witness,
        )
    if w.argmax() != label and w.max() > EXACT:
        text = f"Wrong label convention: {gets}, so class {int(w.argmax())} is taught instead."
        return Found(
            "wrong label convention",
            "serious",
            text,
            float(w.argmax() - label),
            witness,
        )
    if np.abs(others).max() <= EXACT:
        own = np.array([weights[each] for each, weights in fitted])
        return (
            _weighted(own)
            if np.ptp(own) > 1e-3
            else _scaled(samples, w[label], witness)
        )
    if abs(total - 1) > 1e-3:
        text = f"The smoothed target does not sum to 1 but to {total:.4g}: {gets}."
        return Found("target does not sum to one", "warning", text, total, witness)
    if others.min() < -EXACT:
        return Found(
            "negative target weight",
            "note",
            f"Cross-entropy with negative weights: {gets}.",
            float(others.min()),
            witness,
        )
    return Found(
        "label smoothing",
        "note",
        f"This is label smoothing: {gets}.",
        float(w[label]),
        None,
    )


def _weighted(own: Rows) -> Found:
    text = f"Cross-entropy with class weights: {short(own)} for labels 0, 1 and the last. By design it treats classes differently."
    return Found("class weights", "note", text, float(own.max() / own.min()))


def _scaled(samples: Samples, factor: float, witness: Witness) -> Found | None:
    if abs(factor - 1) <= 1e-3:
        return None
    n = samples.z.shape[1]
    if abs(factor * n - 1) <= 1e-3:
        text = f"Cross-entropy divided by the number of classes, {n}: a mean is taken inside. The step is {n} times too small."
        return Found("mean taken inside", "warning", text, factor, witness)
    return Found(
        "scaled", "note", f"This is cross-entropy times {factor:.4g}.", factor, None
    )


def margin(samples: Samples) -> Found | None:
    """Cross-entropy with constants added to the logits: e^L is then linear in the odds e^{z_k - z_y}."""
    shifts = [
        _shift(samples, label, values.loss)
        for label, values in zip(samples.labels, samples.values, strict=True)
    ]
    known = [each for each in shifts if each is not None]
    if len(known) < len(shifts) or max(np.max(np.abs(each)) for each in known) <= 1e-4:
        return None
    label, shift = samples.labels[0], known[0]
    witness = samples.witness(
        label, f"exp(loss) = sum_k e^(m_k) e^(z_k - z_y) with m = {short(shift)}"
    )
    if all(
        np.allclose(each, shift - shift[y], atol=1e-4)
        for y, each in zip(samples.labels, known, strict=True)
    ):
        text = f"Constants are added to the logits, the same for every label (logit adjustment): {short(shift)}, up to a constant."
        return Found("logits adjusted", "note", text, float(np.ptp(shift)))
    wrong = [
        float(np.delete(each, y).max())
        for y, each in zip(samples.labels, known, strict=True)
    ]
    if max(wrong) < 0:
        text = f"A margin on the wrong side: the label's logit is raised by {-wrong[0]:.4g}, so errors cost less."
        return Found("margin on the wrong side", "serious", text, wrong[0], witness)
    return Found(
        "margin added",
        "note",
        f"Constants are added to the logits, by label: {short(shift)}.",
        max(wrong),
    )


def _shift(samples: Samples, label: int, loss: Rows) -> Rows | None:
    """The constants m_k - m_y, [n]; None if the loss is none of this kind."""
    if not np.isfinite(loss).all() or np.max(np.abs(loss)) > 50:
        return None
    odds = np.exp(np.clip(samples.z - samples.z[:, [label]], -50, 50))
    weights = fit(odds, np.exp(loss))
    if weights is None or weights.min() <= 1e-6 or abs(weights[label] - 1) > 1e-3:
        return None
    found: Rows = np.log(weights)
    return found


def one_class_only(samples: Samples) -> Found | None:
    """A loss of the label's logit alone, which never lowers another."""
    for label, values in zip(samples.labels, samples.values, strict=True):
        others = np.delete(values.gradient, label, axis=1)
        if (
            not np.isfinite(values.gradient).all()
            or np.any(others)
            or not np.any(values.gradient)
        ):
            return None
    text = "Only the label's own logit matters: no other is ever lowered, and raising all logits alike satisfies every label."
    label = samples.labels[0]
    gradient = samples.values[0].gradient[0]
    witness = samples.witness(
        label, f"gradient = {short(gradient)}: 0 for every class but the label"
    )
    return Found("one class only", "serious", text, None, witness)
