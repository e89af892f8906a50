"""Explicit Runge-Kutta steps along the path of a flow, for flows that are not stiff.

A solver library under `vmap` would compute every objective for every lane, and takes five
times as long to compile. Even a single step of such a library takes twice as long as the
tableau in a loop.
"""

from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .lanes import Evaluation, Evaluator, Numbers, is_alive, namespace, norm
from .path import Path, Trial, relative_error
from .tsitouras import ERROR, STAGES


class Point(NamedTuple):
    """A point on the path of every lane, or a slope or an error of both its parts.

    Attributes:
        z: Logits, [objective, m, n].
        log_time: Logarithmic time, [objective, m].
    """

    z: Array
    log_time: Array


Stage: TypeAlias = tuple[Point, Point, Evaluation]
"""Slopes of all stages, with the stages in front, the latest point and the evaluation there."""
Reached: TypeAlias = tuple[Point, Evaluation]
"""A point and the evaluation there."""


def runge_kutta(evaluate: Evaluator, path: Path) -> Trial:
    """Try one explicit step of length `path.step` in every lane."""
    point = Point(path.z, path.log_time)
    new, error, value = _explicit_step(
        evaluate, path.start, point, path.value, path.step
    )
    return Trial(new.z, new.log_time, path.step, error, value)


def trace(
    evaluate: Evaluator, points: int, start: Evaluation, z: Array, length: Array
) -> Array:
    """Points at equal distances along paths of known lengths.

    Args:
        evaluate: Function that evaluates all lanes.
        points: Number of points on every path, at least 2.
        start: Evaluation at the starting logits.
        z: Starting logits, [objective, m, n].
        length: Lengths of the paths, [objective, m].

    Returns:
        Logits, [objective, m, points, n].
    """
    # At least 256 steps in all: they have no control of their error.
    substeps = -(-256 // (points - 1))
    step = length / (substeps * (points - 1))

    def substep(_: Any, state: Reached) -> Reached:
        point, value = state
        new, _, new_value = _explicit_step(evaluate, start, point, value, step)
        return new, new_value

    def advance(state: Reached, _: None) -> tuple[Reached, Array]:
        new = jax.lax.fori_loop(0, substeps, substep, state)
        return new, new[0].z

    first = Point(z, jnp.zeros_like(length)), start
    _, followed = jax.lax.scan(advance, first, length=points - 1)
    traced = jnp.concatenate([z[None], followed])
    return jnp.moveaxis(traced, 0, -2)


def _explicit_step(
    evaluate: Evaluator, start: Evaluation, point: Point, value: Evaluation, step: Array
) -> tuple[Point, Array, Evaluation]:
    """The point after one step, its error relative to the allowed one, and its evaluation.

    The last stage of Tsitouras' method is the next point, so the evaluation at a point is
    known from the step that led there.
    """

    def stage(i: Any, state: Stage) -> Stage:
        slopes = state[0]
        here = _stage_point(i, point, slopes)
        value_here = evaluate(here.z)
        slopes = _with_slope(i, start, step, slopes, here, value_here)
        return slopes, here, value_here

    first_slopes = _first_slopes(start, step, point, value)
    # A loop, as stages that are written out would compile all objectives six times.
    slopes, new, new_value = jax.lax.fori_loop(
        1, len(STAGES), stage, (first_slopes, point, value)
    )
    return new, _step_error(slopes, point, new), new_value


def begin_step(path: Path) -> tuple[Point, Point]:
    """The slopes of the first stage, and the point of the second one."""
    point = Point(path.z, path.log_time)
    slopes = _first_slopes(path.start, path.step, point, path.value)
    return slopes, _stage_point(1, point, slopes)


def next_stage(
    i: Numbers, path: Path, slopes: Point, here: Point, value: Evaluation
) -> tuple[Point, Point]:
    """The slopes up to stage i, which has been evaluated, and the point of the stage after it."""
    slopes = _with_slope(i, path.start, path.step, slopes, here, value)
    return slopes, _stage_point(i + 1, Point(path.z, path.log_time), slopes)


def end_step(path: Path, slopes: Point, here: Point, value: Evaluation) -> Trial:
    """Where the step leads whose last stage has been evaluated."""
    last = len(STAGES) - 1
    slopes = _with_slope(last, path.start, path.step, slopes, here, value)
    error = _step_error(slopes, Point(path.z, path.log_time), here)
    return Trial(here.z, here.log_time, path.step, error, value)


def _first_slopes(
    start: Evaluation, step: Numbers, point: Point, value: Evaluation
) -> Point:
    slopes: Point = jax.tree.map(
        _first_of_all_stages, _slope(step, start, point, value)
    )
    return slopes


def _stage_point(i: Any, point: Point, slopes: Point) -> Point:
    """The point of stage i, to which the slopes of all stages before it lead."""

    def moved(origin: Numbers, part: Numbers) -> Numbers:
        # Over all stages, as i is known only in the loop; those to come have the
        # weight 0.
        xp = namespace(part)
        return origin + xp.tensordot(xp.asarray(STAGES)[i], part, 1)

    here: Point = jax.tree.map(moved, point, slopes)
    return here


def _with_slope(
    i: Any,
    start: Evaluation,
    step: Numbers,
    slopes: Point,
    here: Point,
    value: Evaluation,
) -> Point:
    """All slopes, with that of stage i."""

    def inserted(part: Numbers, new: Numbers) -> Numbers:
        xp = namespace(part)
        stages = xp.arange(len(STAGES)).reshape(-1, *[1] * new.ndim)
        return xp.where(stages == i, new, part)

    known: Point = jax.tree.map(inserted, slopes, _slope(step, start, here, value))
    return known


def _slope(step: Numbers, start: Evaluation, point: Point, value: Evaluation) -> Point:
    """Change of z and u over a whole step at the speed of one point; 0 where a flow has ended."""
    xp = namespace(step)
    start_norm = xp.where(is_alive(start), norm(start.gradient), 1)
    alive = is_alive(value)
    size = xp.where(alive, norm(value.gradient), 1)
    downhill = -value.gradient / size[..., None]
    direction = xp.where(alive[..., None], downhill, 0)
    # |g_0| / |g| e^-u in one exponential, as the ratio alone may overflow.
    slowness = xp.exp(xp.log(start_norm) - xp.log(size) - point.log_time)
    return Point(
        z=step[..., None] * direction,
        log_time=xp.where(alive, step * slowness, 0),
    )


def _first_of_all_stages(slope: Numbers) -> Numbers:
    xp = namespace(slope)
    others = xp.zeros((len(STAGES) - 1, *slope.shape), slope.dtype)
    return xp.concat([slope[None], others])


def _step_error(slopes: Point, before: Point, after: Point) -> Numbers:
    """Largest error in z and u, relative to the allowed one; infinite where it is not known."""
    xp = namespace(before.z)

    def combined(part: Numbers) -> Numbers:
        return xp.tensordot(xp.asarray(ERROR), part, 1)

    error = jax.tree.map(combined, slopes)
    relative = jax.tree.map(relative_error, error, before, after)
    worst_in_z = xp.max(relative.z, axis=-1)
    worst = xp.maximum(worst_in_z, relative.log_time)
    # NaN would become the length of the next step and of all
    # after it; infinity shortens it.
    return xp.where(xp.isnan(worst), np.inf, worst)
