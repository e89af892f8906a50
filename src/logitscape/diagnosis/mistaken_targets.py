"""Mistakes in what is taught: another class, another distribution, the wrong sign, a margin on the wrong side."""

import numpy as np

from .answers import Witness
from .evaluation import evaluate, one_hot
from .samples import EXACT, Found, Samples, fit, short, weighted_surprise


def pushes_another_class(samples: Samples) -> Found | None:
    """At equal logits, a step has to raise the label's logit above the others."""
    n = samples.z.shape[1]
    pushed = -np.concatenate(
        [evaluate(samples.subject, np.full((1, n), base), y).gradient for y in range(n) for base in (1.0,)]
    )
    if not np.isfinite(pushed).all() or not np.any(pushed):
        return None
    size = np.max(np.abs(pushed))
    label_gain = np.diag(pushed) - np.max(np.where(np.eye(n, dtype=bool), -np.inf, pushed), axis=1)
    if (label_gain >= -1e-9 * size).all():
        return None
    y = int(np.argmin(label_gain))
    best = int(np.argmax(pushed[y]))
    witness = Witness((1.0,) * n, one_hot(y, n), f"minus the gradient = {short(pushed[y])}: largest for class {best}")
    if (np.diag(pushed) < np.min(np.where(np.eye(n, dtype=bool), np.inf, pushed), axis=1)).all():
        text = "A step lowers the label's logit below the others: wrong sign, the loss rises when the model is more right."
        return Found("wrong sign", "serious", text, float(label_gain[y]), witness)
    text = f"From equal logits a step for label {y} raises class {best} most: wrong labels, or a margin on the wrong class."
    return Found("wrong label convention", "serious", text, float(best - y), witness)


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
        return Found("wrong sign", "serious", f"Cross-entropy with the wrong sign: {gets}.", total, witness)
    if w.argmax() != label and w.max() > EXACT:
        text = f"Wrong label convention: {gets}, so class {int(w.argmax())} is taught instead."
        return Found("wrong label convention", "serious", text, float(w.argmax() - label), witness)
    if np.abs(others).max() <= EXACT:
        return _scaled(samples, w[label], witness)
    if abs(total - 1) > 1e-3:
        text = f"The smoothed target does not sum to 1 but to {total:.4g}: {gets}."
        return Found("target does not sum to one", "warning", text, total, witness)
    if others.min() < -EXACT:
        return Found(
            "negative target weight", "note", f"Cross-entropy with negative weights: {gets}.", float(others.min()), witness
        )
    return Found("label smoothing", "note", f"This is label smoothing: {gets}.", float(w[label]), None)


def _scaled(samples: Samples, factor: float, witness: Witness) -> Found | None:
    if abs(factor - 1) <= 1e-3:
        return None
    n = samples.z.shape[1]
    if abs(factor * n - 1) <= 1e-3:
        text = f"Cross-entropy divided by the number of classes, {n}: a mean is taken inside. The step is {n} times too small."
        return Found("mean taken inside", "warning", text, factor, witness)
    return Found("scaled", "note", f"This is cross-entropy times {factor:.4g}.", factor, None)


def margin(samples: Samples) -> Found | None:
    """Cross-entropy with constants added to the logits: e^L is then linear in the odds e^{z_k - z_y}."""
    label, values = samples.labels[0], samples.values[0]
    odds = np.exp(np.clip(samples.z - samples.z[:, [label]], -50, 50))
    if not np.isfinite(values.loss).all() or np.max(np.abs(values.loss)) > 50:
        return None
    weights = fit(odds, np.exp(values.loss))
    if weights is None or weights.min() <= 1e-6 or abs(weights[label] - 1) > 1e-3:
        return None
    shift = np.log(weights)
    if np.max(np.abs(shift)) <= 1e-4:
        return None
    others = np.delete(shift, label)
    witness = samples.witness(label, f"exp(loss) = sum_k e^(m_k) e^(z_k - z_y) with m = {short(shift)}")
    if others.max() < 0:
        text = f"A margin on the wrong side: the label's logit is raised by {-float(others.mean()):.4g}, so errors cost less."
        return Found("margin on the wrong side", "serious", text, float(others.mean()), witness)
    return Found(
        "margin added", "note", f"Cross-entropy with constants added to the logits: {short(shift)}.", float(others.max())
    )


def one_class_only(samples: Samples) -> Found | None:
    """A loss of the label's logit alone, which never lowers another."""
    for label, values in zip(samples.labels, samples.values, strict=True):
        others = np.delete(values.gradient, label, axis=1)
        if not np.isfinite(values.gradient).all() or np.any(others) or not np.any(values.gradient):
            return None
    text = "Only the label's own logit matters: no other is ever lowered, and raising all logits alike satisfies every label."
    label = samples.labels[0]
    gradient = samples.values[0].gradient[0]
    witness = samples.witness(label, f"gradient = {short(gradient)}: 0 for every class but the label")
    return Found("one class only", "serious", text, None, witness)
