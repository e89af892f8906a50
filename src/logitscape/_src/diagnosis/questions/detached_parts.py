"""Whether `stop_gradient` alone explains that a gradient is not that of the loss."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..answers import Answer
from ..evaluation import Rows
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .edited_programs import Step, gradient_of_edited, run_edited
from .scattered_points import Points

FEW = 4
"""Number of points at which the program is run without `stop_gradient`."""
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
        subject: Loss, of which JAX has a program.
        points: Logits and labels.
        moved: Classes whose logits are moved at every point, [m, ways].
        gradient: Slopes along these by the gradient, [m, ways].
        differences: The same by differences of the loss.
        smooth: Whether differences tell the slope, [m, ways].
    """
    if subject.opaque is not None or subject.refusal:
        return None
    along = np.where(smooth, gradient * differences, 0).sum(axis=1)
    if np.mean(along[smooth.any(axis=1)] > 0) < ALONG:
        return None
    n = points.z.shape[1]
    shape = jax.ShapeDtypeStruct((n,), jnp.float64)
    traced = jax.make_jaxpr(subject.function)(shape, shape)
    if "stop_gradient" not in str(traced):
        return None
    for k in np.flatnonzero(smooth.all(axis=1))[:FEW]:
        run = partial(run_edited, traced)
        target = np.eye(n)[points.labels[k]]

        def loss(z: Any, target: Rows = target, run: Any = run) -> Any:
            return run(z, target, _attached)

        whole = gradient_of_edited(loss, points.z[k])[moved[k]]
        size = np.abs(differences[k]).max()
        # Written so that a NaN explains nothing.
        if not np.abs(whole - differences[k]).max() <= SAME * size:
            return None
    return _answer(points, gradient, differences, moved)


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
        "stop_gradient holds parts of the loss constant, such as weights of the examples: the "
        f"gradient is not the slope of the loss ({shows}), and a step along it still lowers the "
        "loss."
    )
    return Answer(
        question=CONSISTENCY,
        verdict="parts held constant",
        severity="trade",
        text=text,
        method=f"differences, and the gradient without stop_gradient at {FEW} points, float64",
        number=float(error[point, way]),
        witness=replace(points.witness(int(point), shows), expression="differences"),
    )
