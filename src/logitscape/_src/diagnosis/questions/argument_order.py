"""A loss whose arguments are in the order (target, logits)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from jax import Array

from ..config import DiagnosisConfig
from ..deadline import OutOfTimeError
from ..evaluation import Rows, Values, evaluate
from ..random_logits import normal_logits
from ..subject import Subject
from .identities import Identity
from .identity_search import find_identity
from .reference_rows import reference_rows

FORMS = ("one example", "batch, one-hot")
"""Forms in which both arguments have the same shape."""
LINES = 8
STEPS = 5
WIDTH = 1.5
AHEAD = 30.0
"""How far a label is ahead that is the largest wherever the lines lead."""
FLAT = 1e-9
"""Largest relative difference that counts as none."""


def reversed_loss(
    subject: Subject, config: DiagnosisConfig
) -> tuple[Subject, Identity | None] | None:
    """The loss with its arguments exchanged, if only that makes a loss of it.

    In its logits a loss is no polynomial. In its target it mostly is one: linear, or quadratic.

    Returns:
        The loss with its arguments exchanged, and the formula that it equals if one is known;
        None if the arguments are in order.
    """
    if subject.form not in FORMS or subject.objective is not None:
        return None
    # Exchanged, the loss is given targets in place of logits.
    if not subject.domain.contains(np.eye(config.num_classes)).all():
        return None
    # Where the label has to be the largest, most lines at random are outside of the domain.
    for ahead in (0.0, AHEAD):
        if not _is_a_polynomial(_on_lines(subject, config, ahead)):
            return None
    exchanged = replace(subject, function=partial(_exchanged, subject.function))
    values = _on_lines(exchanged, config)
    if _is_a_polynomial(values):
        return None
    teaches = _teaches_its_label(exchanged, config)
    try:
        identity = find_identity(reference_rows(exchanged, config, 0))
    except OutOfTimeError:
        # Which formula it is may stay open, as the order is known without it.
        if not teaches:
            raise
        identity = None
    return (exchanged, identity) if teaches or identity else None


def _exchanged(function: Callable[[Array, Array], Array], z: Array, t: Array) -> Array:
    return function(t, z)


def _on_lines(subject: Subject, config: DiagnosisConfig, ahead: float = 0.0) -> Values:
    """Losses [lines, steps] and gradients [lines, steps, n] at even steps on random lines.

    The label's logit is larger than at random by `ahead`.
    """
    n = config.num_classes
    random = config.random()
    start, step = normal_logits(random, (2, LINES, n), WIDTH)
    z = start[:, None] + np.arange(STEPS)[:, None] * step[:, None]
    labels = np.repeat(np.arange(LINES) % n, STEPS)
    z += ahead * np.eye(n)[labels].reshape(z.shape)
    values = evaluate(subject, z.reshape(-1, n), labels)
    return Values(
        values.loss.reshape(LINES, STEPS), values.gradient.reshape(LINES, STEPS, n)
    )


def _is_a_polynomial(values: Values) -> bool:
    """Whether the loss is of degree 2 at most, has no gradient anywhere, or is not finite."""
    finite = np.isfinite(values.loss).all(axis=1)
    if finite.sum() < LINES / 2 or not np.any(values.gradient[finite]):
        return True
    loss = values.loss[finite]
    bends: Rows = np.abs(np.diff(loss, 3, axis=1)).max(axis=1)
    return bool((bends <= FLAT * (1 + np.abs(loss).max(axis=1))).all())


def _teaches_its_label(subject: Subject, config: DiagnosisConfig) -> bool:
    """Whether a step from equal logits raises the label's logit above the others."""
    n = config.num_classes
    labels = np.array(sorted({0, 1, n - 1}))
    steps = -evaluate(subject, np.ones((len(labels), n)), labels).gradient
    if not np.isfinite(steps).all():
        return False
    of_label = steps[np.arange(len(labels)), labels]
    others = np.where(np.eye(n, dtype=bool)[labels], -np.inf, steps).max(axis=1)
    return bool((of_label > others).all())
