"""Whether detached parts of a loss explain that its gradient is not its slope."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...forms.opaque import Attachable
from ..answers import Answer
from ..evaluation import Rows, evaluate
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .edited_programs import Step, gradients_of_edited
from .scattered_points import Points

FEW = 4
"""Number of points at which the loss is computed with nothing detached."""
SAME = 1e-3
"""Largest deviation of its gradient from the slopes of the loss, relative to their size."""
ALONG = 0.95
"""Share of the points at which the gradient must lead along the loss."""


def explained_by_detached_parts(
    subject: Subject,
    points: Points,
    moved: Rows,
    gradient: Rows,
    differences: Rows,
    smooth: Rows,
) -> Answer | None:
    """The answer that parts of a loss are held constant, by which a step still lowers the loss.

    A weight that is detached is a design. A step that does not lower the loss, as of many a
    straight-through estimator, is none.

    Args:
        subject: Loss.
        points: Logits and labels.
        moved: Classes whose logits are moved at every point, [m, ways].
        gradient: Slopes along these by the gradient, [m, ways].
        differences: The same by differences of the loss.
        smooth: Whether differences tell the slope, [m, ways].
    """
    along = np.where(smooth, gradient * differences, 0).sum(axis=1)
    if np.mean(along[smooth.any(axis=1)] > 0) < ALONG:
        return None
    few = np.flatnonzero(smooth.all(axis=1))[:FEW]
    if not len(few):
        return None
    targets = np.eye(points.z.shape[1])[points.labels[few]]
    whole = _attached_gradients(subject, points.z[few], targets)
    if whole is None:
        return None
    error = np.abs(np.take_along_axis(whole, moved[few], axis=1) - differences[few])
    size = np.abs(differences[few]).max(axis=1, keepdims=True)
    # Written so that a NaN explains nothing.
    if not (error <= SAME * size).all() or _loses_its_sum(whole, points.gradient[few]):
        return None
    return _answer(points, gradient, differences, moved)


def _loses_its_sum(whole: Rows, gradient: Rows) -> bool:
    """Whether slopes sum to 0 and the gradient does not: a part of a softmax is detached."""
    sums_to_0 = [
        np.abs(rows.sum(axis=1)) <= SAME * np.abs(rows).max(axis=1)
        for rows in (whole, gradient)
    ]
    return bool((sums_to_0[0] & ~sums_to_0[1]).any())


def _attached_gradients(subject: Subject, z: Rows, targets: Rows) -> Rows | None:
    """The gradients with nothing held constant, [m, n]; None if nothing is, or they are unknown."""
    if isinstance(subject.opaque, Attachable):
        return subject.opaque.attached_gradients(z, targets)
    if subject.opaque is not None or subject.refusal:
        return None
    shape = jax.ShapeDtypeStruct(z.shape[1:], jnp.float64)
    traced = jax.make_jaxpr(subject.function)(shape, shape)
    if "stop_gradient" not in str(traced):
        return None

    # A program that is run step by step has lost its custom rules, which may be what is wrong.
    held = gradients_of_edited(traced, z, targets, lambda: _unchanged)
    given = evaluate(subject, z, targets).gradient
    is_same = (np.abs(held - given) <= SAME * np.abs(given).max()).all()
    if not is_same:
        return None
    return gradients_of_edited(traced, z, targets, lambda: _attached)


def _unchanged(step: Step) -> Any:
    return step.output


def _attached(step: Step) -> Any:
    return step.given if step.name == "stop_gradient" else step.output


def _answer(points: Points, gradient: Rows, differences: Rows, moved: Rows) -> Answer:
    error = np.abs(gradient - differences)
    point, way = np.unravel_index(int(error.argmax()), error.shape)
    shows = (
        f"dL/dz_{moved[point, way]} = {gradient[point, way]:.4g}, "
        f"but the loss changes like {differences[point, way]:.4g}"
    )
    text = (
        "Parts of the loss are detached, such as weights of the examples: the "
        f"gradient is not the slope of the loss ({shows}), and a step along it still lowers the "
        "loss."
    )
    return Answer(
        question=CONSISTENCY,
        verdict="parts held constant",
        severity="trade",
        text=text,
        method=f"differences, and the gradient with nothing detached at {FEW} points, float64",
        number=float(error[point, way]),
        witness=replace(points.witness(int(point), shows), expression="differences"),
    )
