"""Mistakes with labels: another class is taught, or some label is not taught at all."""

import numpy as np

from ..answers import Severity, Witness
from ..evaluation import Rows, evaluate, one_hot
from ..simplify import format_first
from .label_patterns import is_ordinal, labels_are_numbers, scale_has_no_effect
from .mistake_samples import Mistake, Samples

ZERO, EQUAL = 2, 3
"""Indices of the points in `Samples.every_label` whose logits are all 0, and all 1."""
LEVELS = np.array([0.0, 5.0, 20.0, 40.0])
"""Common levels of all logits."""
AT_REST = 1e-3
"""Share of what a label costs at equal logits, below which it costs as little as it can."""


def pushes_another_class(samples: Samples) -> Mistake | None:
    """A step from equal logits that does not raise the label's logit above the others."""
    n = samples.num_classes
    # At 1 and not at 0, where normalizers such as the sum are undefined.
    steps = -samples.every_label.gradient[:, EQUAL]
    if not np.isfinite(steps).all() or not np.any(steps):
        return None
    rows = samples.recognised.labels
    if is_ordinal(rows) or labels_are_numbers(rows):
        return None
    size = np.max(np.abs(steps))
    is_label = np.eye(n, dtype=bool)
    largest_other = np.max(np.where(is_label, -np.inf, steps), axis=1)
    gain = np.diag(steps) - largest_other
    if (gain >= -1e-9 * size).all():
        return None
    label = int(np.argmin(gain))
    best = int(np.argmax(steps[label]))
    shows = (
        f"minus the gradient = {format_first(steps[label])}: largest for class {best}"
    )
    witness = Witness((1.0,) * n, one_hot(label, n), shows)
    smallest_other = np.min(np.where(is_label, np.inf, steps), axis=1)
    if (np.diag(steps) < smallest_other).all():
        text = (
            "A step lowers the label's logit below the others: wrong sign, the loss rises "
            "when the model is more right."
        )
        return Mistake("wrong sign", "fault", text, float(gain[label]), witness)
    text = (
        f"From equal logits a step for label {label} raises class {best} most: "
        "wrong labels, or a margin on the wrong class."
    )
    return Mistake(
        verdict="wrong label convention",
        severity="fault",
        text=text,
        number=float(best - label),
        witness=witness,
    )


def not_finite_when_equal(samples: Samples) -> Mistake | None:
    """A gradient that is NaN where all logits are equal, as when a last layer starts from zeros."""
    finite: Rows = np.all(np.isfinite(samples.every_label.gradient), axis=2)
    not_finite = ~finite
    at_zero = not_finite[:, ZERO]
    if not at_zero.any():
        return None
    everywhere = bool(not_finite[:, EQUAL].any())
    n = samples.num_classes
    label = int(np.argmax(at_zero))
    loss = samples.every_label.loss[label, ZERO]
    gradient = samples.every_label.gradient[label, ZERO]
    shows = f"loss = {loss:.4g}, gradient = {format_first(gradient)}"
    others = ", and wherever all logits are equal" if everywhere else ""
    text = (
        f"The gradient is not finite at zero logits{others}: "
        "a last layer that starts from zeros begins there."
    )
    severity: Severity = "fault"
    if scale_has_no_effect(samples.recognised.labels):
        severity = "trade"
        text += " The scale of the logits has no effect, so that 0 has no direction."
    return Mistake(
        verdict="not finite at equal logits",
        severity=severity,
        text=text,
        witness=Witness((0.0,) * n, one_hot(label, n), shows),
    )


def label_not_taught(samples: Samples) -> Mistake | None:
    """A label whose loss is not finite or has no gradient, although that of others is as usual.

    Logits that are not all equal may be the reason for one label and not for another, such as a
    negative logit under a normalizer of positive ones. What is wrong with a label itself shows at
    equal logits too; where all labels have a pole there, it is told by standing out from most.
    """
    loss, gradient = samples.every_label
    finite: Rows = np.isfinite(loss) & np.isfinite(gradient).all(axis=2)
    good: Rows = np.all(finite[:, :ZERO], axis=1)
    bad = ~good
    at_equal: Rows = ~finite[:, EQUAL]
    stands_out = not at_equal.all() or 2 * bad.sum() < len(bad)
    if _is_partial(bad) and _is_partial(bad & at_equal) and stands_out:
        return _bad_label(samples, bad, "not finite for a label", "is not finite")
    taught: Rows = np.any(np.nan_to_num(gradient), axis=(1, 2))
    idle = ~taught
    if _is_partial(idle):
        return _bad_label(samples, idle, "label not taught", "has no gradient")
    return None


def _is_partial(bad: Rows) -> bool:
    return bool(bad.any() and not bad.all())


def _bad_label(samples: Samples, bad: Rows, verdict: str, fault: str) -> Mistake:
    label = int(np.argmax(bad))
    loss = samples.every_label.loss[label, 0]
    gradient = format_first(samples.every_label.gradient[label, 0])
    return Mistake(
        verdict=verdict,
        severity="fault",
        text=(
            f"The loss of label {label} {fault}, while that of others is as it should be."
        ),
        number=float(label),
        witness=samples.witness(label, f"loss = {loss:.4g}, gradient = {gradient}"),
    )


def one_class_only(samples: Samples) -> Mistake | None:
    """A loss that depends on the label's logit only, and never lowers another."""
    for label, values in samples.by_label():
        if not _moves_label_only(values.gradient, label):
            return None
    label = samples.labels[0]
    gradient = format_first(samples.values[0].gradient[0])
    return Mistake(
        verdict="one class only",
        severity="fault",
        text=(
            "Only the label's own logit matters: no other is ever lowered, "
            "and raising all logits alike satisfies every label."
        ),
        witness=samples.witness(
            label, f"gradient = {gradient}: 0 for every class but the label"
        ),
    )


def _moves_label_only(gradient: Rows, label: int) -> bool:
    others = np.delete(gradient, label, axis=1)
    finite = np.isfinite(gradient).all()
    return bool(finite and np.any(gradient) and not np.any(others))


def same_logits_for_all(samples: Samples) -> Mistake | None:
    """Equal logits whose loss falls to its least value for every label as they rise, or fall."""
    subject, designs = samples.subject, samples.of_designs
    n, labels = designs.num_classes, designs.labels
    if len(labels) < 2 or subject.one_logit:
        return None
    best = _least_losses(samples)
    for sign in (-1.0, 1.0):
        levels = _levels(samples, sign)
        z = np.tile(np.repeat(levels[:, None], n, axis=1), (len(labels), 1))
        loss = evaluate(subject, z, np.repeat(labels, len(levels))).loss
        excess = loss.reshape(len(labels), -1) - best[:, None]
        start, end = excess[:, 0], excess[:, -1]
        falls = np.isfinite(excess).all() and (np.diff(excess, axis=1) <= 0).all()
        if falls and (start > 0).all() and (end <= AT_REST * start).all():
            return _solved_by_level(samples, sign, levels[2], float(loss[2]))
    return None


def _levels(samples: Samples, sign: float) -> Rows:
    """Common levels of all logits from 0 on to one side, inside the domain."""
    domain = samples.subject.domain
    end = min(
        samples.temperature * LEVELS[-1], domain.high if sign > 0 else -domain.low
    )
    levels: Rows = sign * end / LEVELS[-1] * LEVELS
    return levels


def _least_losses(samples: Samples) -> Rows:
    """The least loss that any scattered logits have, for every label of the designs, [k]."""
    designs = samples.of_designs
    at_small, at_wide = map(designs.losses, (designs.at_small, designs.at_wide))
    least: Rows = np.concatenate([at_small, at_wide], axis=1).min(axis=1)
    return least


def _solved_by_level(
    samples: Samples, sign: float, level: float, loss: float
) -> Mistake:
    moves = "rise" if sign > 0 else "fall"
    text = (
        f"The losses of all labels fall to their least value as all logits {moves} alike: the "
        "same logits suit every label, and nothing need be learnt."
    )
    n, label = samples.of_designs.num_classes, samples.of_designs.labels[0]
    shows = f"loss = {loss:.4g}, as for every other label, although no class is ahead"
    witness = Witness((level,) * n, one_hot(label, n), shows, "loss")
    return Mistake("same logits for every label", "fault", text, level, witness)
