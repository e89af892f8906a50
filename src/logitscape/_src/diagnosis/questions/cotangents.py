"""Whether custom rules of differentiation heed what a loss is multiplied by."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ...base.fingerprint import has_own_rules
from ...base.xla import jit_fast_compile
from ..answers import Answer
from ..evaluation import Rows
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .scattered_points import Points

FACTOR = 3.0
FEW = 8
"""Number of points: a rule that does not heed its factor fails at nearly all."""
TOLERANCE = 1e-6


def ignores_its_factor(subject: Subject, points: Points) -> Answer | None:
    """A rule without its cotangent, by which a weighted or averaged loss has a wrong gradient.

    The gradient of the loss itself, whose cotangent is 1, is right. Only programs with rules of
    their own can have this fault.
    """
    n = points.z.shape[1]
    shape = jax.ShapeDtypeStruct((n,), jnp.float64)
    if subject.refusal or not has_own_rules(
        jax.make_jaxpr(subject.function)(shape, shape)
    ):
        return None
    z, labels = points.z[:FEW], points.labels[:FEW]
    alone = points.gradient[:FEW]
    multiplied = _gradients(subject.function, z, np.eye(n)[labels])
    error = np.abs(multiplied - FACTOR * alone).max(axis=1)
    wrong = error > TOLERANCE * (np.abs(alone).max(axis=1) + TOLERANCE)
    if not wrong.any():
        return None
    place = int(np.argmax(error))
    label = int(labels[place])
    shows = (
        f"dL/dz_{label} = {alone[place, label]:.4g}; of {FACTOR:g} L it is "
        f"{multiplied[place, label]:.4g}"
    )
    text = (
        f"{FACTOR:g} times the loss has another gradient than {FACTOR:g} times that of the loss: "
        f"{shows}. A custom rule ignores the cotangent, which is what the loss is multiplied by, "
        "as in a mean, with weights, or beside another loss."
    )
    return Answer(
        question=CONSISTENCY,
        verdict="gradient is not that of the loss",
        severity="fault",
        text=text,
        method=f"gradients of the loss and of {FACTOR:g} times it at {len(z)} points, float64",
        number=float(error[place]),
        witness=replace(points.witness(place, shows), expression="factor"),
    )


def _gradients(function: Callable[[Array, Array], Array], z: Rows, t: Rows) -> Rows:
    def multiplied(z: Array, t: Array) -> Any:
        return FACTOR * function(z, t)

    run = jit_fast_compile(jax.vmap(jax.grad(multiplied)))
    gradients: Rows = np.asarray(run(z, t), np.float64)
    return gradients
