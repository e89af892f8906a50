"""Gradient flows followed to their end, with steps of another length in every lane."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .lanes import (
    Evaluation,
    Evaluator,
    Numbers,
    is_alive,
    is_right,
    namespace,
    norm,
    where_lanes,
)
from .path import Path, Stepper, Trial

END_TOLERANCE = 1e-12
"""Length to which the end of a path is located."""
SHORTEST = 1e-3
"""Shortest step that errors can enforce.

At a kink the gradient jumps from one side to the other, and no step is accurate: the flow
then zigzags along the kink in steps of this length.
"""
PATIENCE = 256
"""Number of inaccurate steps of the shortest length after which that length has doubled.

After twice as many it has tripled, and so on, as a kink may have to be followed far.
"""
LONGEST = 1e4
"""Length of a path after which a flow counts as leading nowhere."""
TURNED = 0.03
"""Ratio of the smallest mean of two gradients to either of them below which they are opposed."""

State: TypeAlias = tuple[Path, Array]
"""The paths and the number of steps that were tried."""


def integrate(
    evaluate: Evaluator,
    stepper: Stepper,
    most: ArrayLike,
    value: Evaluation,
    z: Array,
    skip: Array,
) -> Path:
    """Follow every flow until the label is predicted or the flow ends.

    Args:
        evaluate: Function that evaluates all lanes.
        stepper: Method that takes the steps.
        most: Maximum number of steps to try.
        value: Evaluation at the starting logits. It is an argument because evaluating here
            would compile the objectives once more than the steps need.
        z: Starting logits, [objective, m, n].
        skip: Lanes that are not followed, [objective, m].
    """

    def unfinished(state: State) -> Array:
        path, count = state
        return ~jnp.all(path.done) & (count < most)

    def advance(state: State) -> State:
        path, count = state
        return accepted(path, stepper(evaluate, path)), count + 1

    first = first_path(value, z, skip)
    path, _ = jax.lax.while_loop(unfinished, advance, (first, jnp.array(0)))
    return path


def first_path(value: Evaluation, z: Numbers, skip: Numbers) -> Path:
    """All paths at their starts."""
    xp = namespace(z)
    zero = xp.zeros_like(value.loss)
    never = xp.zeros_like(zero, bool)
    return Path(
        start=value,
        z=z,
        value=value,
        log_time=zero,
        length=zero,
        step=zero + SHORTEST,
        min_step=zero + SHORTEST,
        upper_bound=zero + np.inf,
        stuck=never,
        done=skip | _at_end(value),
    )


def _at_end(value: Evaluation) -> Numbers:
    at_end: Numbers = ~is_alive(value) | is_right(value)
    return at_end


def accepted(path: Path, trial: Trial) -> Path:
    """The paths after a step that was tried, which is accepted where it is accurate.

    A step that goes beyond the end is halved until the end is located. A step that is too
    inaccurate is shortened.
    """
    xp = namespace(path.z)
    shortest = path.step <= path.min_step
    accurate = (trial.error <= 1) | shortest
    beyond = accurate & _at_end(trial.value)
    taken = accurate & (~beyond | (path.step <= END_TOLERANCE))
    stuck = taken & ~beyond & _comes_to_rest(path, trial, shortest)
    upper_bound = _upper_bound(path, taken, beyond)
    length = path.length + xp.where(taken, trial.length, 0)
    step = _next_step(path, trial.error, accurate)
    inaccurate = taken & (trial.error > 1)

    def if_taken(new: Numbers, old: Numbers) -> Numbers:
        return where_lanes(taken, new, old)

    def unless_done(old: Numbers, new: Numbers) -> Numbers:
        return where_lanes(path.done, old, new)

    new = Path(
        start=path.start,
        z=if_taken(trial.z, path.z),
        value=jax.tree.map(if_taken, trial.value, path.value),
        log_time=if_taken(trial.log_time, path.log_time),
        length=length,
        # Half of a length that is known to go too far: the end is located by bisection.
        step=xp.maximum(xp.minimum(step, upper_bound / 2), END_TOLERANCE),
        min_step=path.min_step + xp.where(inaccurate, SHORTEST / PATIENCE, 0),
        upper_bound=upper_bound,
        stuck=stuck,
        done=(taken & beyond) | stuck | (taken & (length > LONGEST)),
    )
    advanced: Path = jax.tree.map(unless_done, path, new)
    return advanced


def _comes_to_rest(path: Path, trial: Trial, shortest: Numbers) -> Numbers:
    """Whether the gradient turns round within the shortest step, or a long step leads nowhere."""
    # Only implicit steps do so: at a minimum a step of any duration ends close by,
    # while an explicit step always moves by its length.
    at_rest = (path.step > LONGEST) & (trial.length < SHORTEST)
    return (shortest & _turned(path.value, trial.value)) | at_rest


def _upper_bound(path: Path, taken: Numbers, beyond: Numbers) -> Numbers:
    """Upper bound of the length that is left after the step."""
    xp = namespace(path.z)
    left = path.upper_bound - xp.where(taken, path.step, 0)
    # Nothing left without having reached the end: a step across a kink was misleading.
    trusted = xp.where(left > END_TOLERANCE, left, np.inf)
    return xp.where(beyond, path.step, trusted)


def _next_step(path: Path, error: Numbers, accurate: Numbers) -> Numbers:
    """Length of the next step, by the usual control for a method of order 5."""
    xp = namespace(path.z)
    # A step that was refused must become shorter, or it would be tried for ever.
    largest_factor = xp.where(accurate, 5.0, 0.9)
    # The estimated error goes like h^5, hence the power -1/5. On straight paths it is
    # 0, of which the power would be infinite.
    best_factor = 0.9 * xp.maximum(error, 1e-9) ** -0.2
    factor = xp.clip(best_factor, 0.2, largest_factor)
    return xp.maximum(factor * path.step, path.min_step)


def _turned(before: Evaluation, after: Evaluation) -> Numbers:
    """Whether the gradient turned round, so that some mean of both gradients is almost 0.

    Such a flow leads nowhere from there. Where the gradient only changes its direction, as
    along a kink, the flow follows that mean.
    """
    xp = namespace(before.gradient)
    largest = xp.maximum(norm(before.gradient), norm(after.gradient))
    # Scaled before anything is squared: gradients of 1e-200 have squares of 0.
    a = before.gradient / largest[..., None]
    b = after.gradient / largest[..., None]
    squared_distance = xp.sum((b - a) ** 2, axis=-1)
    # The point a + weight (b - a) of the segment from a to b that is closest to 0.
    projection = -xp.sum(a * (b - a), axis=-1)
    divisor = xp.where(squared_distance > 0, squared_distance, 1)
    weight = xp.clip(projection / divisor, 0, 1)
    mean = a + weight[..., None] * (b - a)
    smaller = xp.minimum(norm(a), norm(b))
    turned: Numbers = norm(mean) <= TURNED * smaller
    return turned
