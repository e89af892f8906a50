"""The form in which a function was given, and what a loss of one logit cannot be."""

from contextlib import suppress
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from ...forms.adapt import in_form
from ...forms.call import TEACHER_LOGITS, second_name
from ..answers import Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import evaluate, finite, one_hot, row
from ..random_logits import normal_logits
from ..subject import Subject

QUESTION = "form"
METHOD = "called on shapes, and on values where shapes are not enough"
POINTS = 64
FAR = 1000.0
"""Size of logits at which a cross-entropy with negative weights is far below 0."""
LEAST_SHARE = 0.4
"""Share of the points at which the loss is finite."""


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """How the function is called; a spec needs no such answer."""
    if not subject.description:
        return []
    if subject.one_logit:
        unit = _one_unit(subject, config)
        if unit is not None:
            return [unit]
    recognised = Answer(
        question=QUESTION,
        verdict="recognised",
        severity="fine",
        text=subject.description,
        method=METHOD,
    )
    return [
        recognised,
        *_about_signs(subject, config),
        *_about_teacher(subject, config),
    ]


def _about_signs(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """A note if targets of -1 and 1 are meant, and 0 in place of -1 would teach nothing."""
    given = subject.recognised
    if given is None or given.targets != "signs" or subject.opaque is not None:
        return []
    n = config.num_classes
    with_zeros = in_form(subject.given, replace(given, targets="as given"))
    z = jnp.asarray(normal_logits(config.random(), (POINTS, n), 3.0))
    # The class of a single logit is absent where the label is 0.
    t = jnp.zeros_like(z).at[:, 0].set(1)
    with suppress(Exception):
        gradient = np.asarray(jax.vmap(jax.grad(with_zeros))(z, t))
        if np.abs(gradient[:, 1:]).max() == 0:
            text = (
                "The targets must be -1 and 1. With 0 and 1, the usual labels, a class that is "
                "absent has no gradient: its logit is never lowered."
            )
            method = f"gradients at {POINTS} scattered logits with targets of 0 and 1"
            return [Answer(QUESTION, "targets of -1 and 1", "note", text, method)]
    return []


def _about_teacher(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """A fault if a teacher's logits, as the argument's name says, are used as a distribution."""
    given = subject.recognised
    if given is None or given.targets != "as given" or subject.opaque is not None:
        return []
    name = given.call.target or second_name(subject.given)
    if name.lower() not in TEACHER_LOGITS:
        return []
    random, shape = config.random(), (POINTS, config.num_classes)
    z = jnp.asarray(normal_logits(random, shape, FAR))
    t = jnp.asarray(normal_logits(random, shape, 3.0))
    with suppress(Exception):
        least = float(jnp.min(jax.vmap(in_form(subject.given, given))(z, t)))
        if least < -FAR:
            text = (
                f"The argument `{name}` is used as a distribution: with a teacher's logits, some "
                f"of which are negative, the loss falls without bound, to {least:.3g} at student "
                f"logits of size {FAR:g}. Take the softmax of the teacher's logits first."
            )
            method = f"losses at {POINTS} scattered logits of student and teacher"
            return [Answer(QUESTION, "teacher without softmax", "fault", text, method)]
    return []


def _one_unit(subject: Subject, config: DiagnosisConfig) -> Answer | None:
    """A fault if a loss of one logit does not depend on it."""
    z = normal_logits(config.random(), (POINTS, 2), 3.0)
    labels = np.arange(POINTS) % 2
    values = evaluate(subject, z, labels)
    # A label beyond the only class may well be refused with NaN.
    known = finite(values)
    if known.mean() < LEAST_SHARE or np.abs(values.gradient[known]).max() > 0:
        return None
    return Answer(
        question=QUESTION,
        verdict="softmax over one unit",
        severity="fault",
        text=(
            "The loss of one logit does not depend on it, as the softmax over one class is "
            "always 1: nothing is learnt."
        ),
        method=f"gradients at {POINTS} scattered logits, float64",
        number=0.0,
        witness=Witness(row([0.0, 1.0]), one_hot(0, 2), "gradient = (0, 0)"),
    )
