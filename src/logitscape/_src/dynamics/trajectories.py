"""Gradient flows followed along their paths; every lane takes steps of its own size, explicit or, where the flow is stiff, implicit ones.

By the length of the path, dz/dl = -g / |g|, as steps in time would be hopeless where gradients are e^-30 or e^30. Time is
kept as u = log(1 + |g_0| t), du/dl = |g_0| / |g| e^-u, which neither overflows nor loses its beginning.

Not `diffeqsolve` under `vmap`: that would compute every objective for every lane, and takes five times as long to compile;
its `Tsit5.step` takes twice as long as the tableau in a loop.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from .lanes import Evaluation, norm
from .tsitouras import ERROR, STAGES

TOLERANCE = 1e-9
END = 1e-12
"""How closely the end of a path is located, and how little the label may be behind there: a loss may stop at a tie."""
SHORTEST = 1e-3
"""The least step that errors can ask for: so finely is a gradient followed that jumps to and fro across a kink."""
PATIENCE = 256
"""After so many steps at the least size that size has doubled, after twice as many tripled: a kink may be followed far."""
LONGEST = 1e4
"""The length of path after which a flow is taken to lead nowhere."""
FEW_STEPS = 2**8
"""What explicit steps do not finish in so many is stiff, or full of kinks."""
STIFF_STEPS = 2**11
"""What implicit steps do not finish in so many is not stiff, but full of kinks."""
MOST_STEPS = 2**13

Evaluator: TypeAlias = Callable[[Array], Evaluation]
Step: TypeAlias = Callable[
    [Evaluator, Any], tuple[Array, Array, Array, Array, Evaluation]
]
"""(viewer, path) -> the next z and u, the length of the way there, the error relative to what is allowed, and what is seen."""


class Path(NamedTuple):
    """How far the flow of every lane has come; [objective, m] each, logits [objective, m, n].

    Attributes:
        start: what is seen at the start.
        z: the logits.
        seen: what is seen there.
        log_time: u = log(1 + |g_0| t).
        length: of the path.
        step: the next one to try.
        least: its least size.
        room: an upper bound of what is left of the path, infinite until a step has gone too far.
        stuck: whether the gradient has turned round within the least step.
        over: whether it has come to its end.
    """

    start: Evaluation
    z: Array
    value: Evaluation
    log_time: Array
    length: Array
    step: Array
    min_step: Array
    upper_bound: Array
    stuck: Array
    done: Array


def integrate(
    evaluate: Evaluator,
    step: Step,
    most: ArrayLike,
    value: Evaluation,
    z: Array,
    skip: Array,
) -> Path:
    """Follow every flow, but those to skip, until the label leads or the flow ends, for `most` steps at most.

    What is seen at the start is given: in here, it would be compiled once more than the steps need.
    """
    zero = jnp.zeros_like(value.loss)
    never = jnp.zeros_like(zero, bool)
    first = Path(
        value,
        z,
        value,
        zero,
        zero,
        zero + SHORTEST,
        zero + SHORTEST,
        zero + jnp.inf,
        never,
        skip | _at_end(value),
    )

    def going_on(state: tuple[Path, Array]) -> Array:
        return ~jnp.all(state[0].done) & (state[1] < most)

    def advance(state: tuple[Path, Array]) -> tuple[Path, Array]:
        return _advance(evaluate, step, state[0]), state[1] + 1

    path: Path = jax.lax.while_loop(going_on, advance, (first, jnp.array(0)))[0]
    return path


def trace(
    evaluate: Evaluator, points: int, start: Evaluation, z: Array, length: Array
) -> Array:
    """Points at equal distances along paths of known lengths, [objective, m, points, n]."""
    substeps = -(-256 // (points - 1))
    step = length / (substeps * (points - 1))

    def substep(
        _: Any, state: tuple[Array, Array, Evaluation]
    ) -> tuple[Array, Array, Evaluation]:
        new, _, value = _explicit(evaluate, start, state[:2], state[2], step)
        return *new, value

    def advance(
        state: tuple[Array, Array, Evaluation], _: None
    ) -> tuple[tuple[Array, Array, Evaluation], Array]:
        new = jax.lax.fori_loop(0, substeps, substep, state)
        return new, new[0]

    _, after = jax.lax.scan(
        advance, (z, jnp.zeros_like(length), start), length=points - 1
    )
    return jnp.moveaxis(jnp.concatenate([z[None], after]), 0, -2)


def runge_kutta(
    evaluate: Evaluator, path: Path
) -> tuple[Array, Array, Array, Array, Evaluation]:
    """A step by the length of the path: the `Step` for all flows that are not stiff."""
    new, error, value = _explicit(
        evaluate, path.start, (path.z, path.log_time), path.value, path.step
    )
    return *new, path.step, error, value


def relative(error: Array, before: Array, after: Array) -> Array:
    """An error relative to what is allowed."""
    return jnp.abs(error) / (
        TOLERANCE * (1 + jnp.maximum(jnp.abs(before), jnp.abs(after)))
    )


def is_alive(value: Evaluation) -> Array:
    """Whether the flow goes on there."""
    size = norm(value.gradient)
    return (
        jnp.isfinite(value.loss)
        & jnp.isfinite(size)
        & (size > 0)
        & ~jnp.isnan(value.lead)
    )


def is_right(value: Evaluation) -> Any:
    """Whether the label leads, or shares the lead."""
    return value.lead >= -END


def _at_end(value: Evaluation) -> Array:
    at_end: Array = ~is_alive(value) | is_right(value)
    return at_end


def _advance(evaluate: Evaluator, step_of: Step, path: Path) -> Path:
    """Try one step in every lane.

    A step that goes beyond the end is halved until the end is located; a step that is too inaccurate is made shorter.
    """
    z, log_time, moved, error, value = step_of(evaluate, path)
    small = path.step <= path.min_step
    exact = (error <= 1) | small
    beyond = exact & _at_end(value)
    taken = exact & (~beyond | (path.step <= END))
    at_rest = (path.step > LONGEST) & (moved < SHORTEST)
    stuck = taken & ~beyond & ((small & _turned(path.value, value)) | at_rest)
    left = path.upper_bound - jnp.where(taken, path.step, 0)
    upper_bound = jnp.where(
        beyond, path.step, jnp.where(left > END, left, jnp.inf)
    )  # a step across a kink may have misled
    length = path.length + jnp.where(taken, moved, 0)
    factor = jnp.clip(
        0.9 * jnp.maximum(error, 1e-9) ** -0.2, 0.2, jnp.where(exact, 5.0, 0.9)
    )
    step = jnp.maximum(factor * path.step, path.min_step)
    new = Path(
        start=path.start,
        z=_where(taken, z, path.z),
        value=jax.tree.map(lambda new, old: _where(taken, new, old), value, path.value),
        log_time=_where(taken, log_time, path.log_time),
        length=length,
        step=jnp.maximum(jnp.minimum(step, upper_bound / 2), END),
        min_step=path.min_step + jnp.where(taken & (error > 1), SHORTEST / PATIENCE, 0),
        upper_bound=upper_bound,
        stuck=stuck,
        done=(taken & beyond) | stuck | (taken & (length > LONGEST)),
    )
    kept: Path = jax.tree.map(lambda new, old: _where(path.done, old, new), new, path)
    return kept


def _explicit(
    evaluate: Evaluator,
    start: Evaluation,
    y: tuple[Array, Array],
    value: Evaluation,
    step: Array,
) -> tuple[tuple[Array, Array], Array, Evaluation]:
    """The next z and u after a step of its own length in every lane, the error relative to what is allowed, what is seen there.

    Tsitouras' method, whose last stage is the next point: what is seen at y is known from the step before.
    """
    origin = jnp.log(jnp.where(is_alive(start), norm(start.gradient), 1))

    def slope(y: tuple[Array, Array], value: Evaluation) -> tuple[Array, Array]:
        alive = is_alive(value)
        size = jnp.where(alive, norm(value.gradient), 1)
        direction = jnp.where(alive[..., None], -value.gradient / size[..., None], 0)
        return step[..., None] * direction, jnp.where(
            alive, step * jnp.exp(origin - jnp.log(size) - y[1]), 0
        )

    def stage(
        i: Any, state: tuple[Any, Any, Evaluation]
    ) -> tuple[Any, Any, Evaluation]:
        at = jax.tree.map(
            lambda y, slopes: y + jnp.tensordot(jnp.asarray(STAGES)[i], slopes, 1),
            y,
            state[0],
        )
        value = evaluate(at[0])
        return (
            jax.tree.map(
                lambda slopes, new: slopes.at[i].set(new), state[0], slope(at, value)
            ),
            at,
            value,
        )

    first = jax.tree.map(
        lambda slope: (
            jnp.zeros((len(STAGES), *slope.shape), slope.dtype).at[0].set(slope)
        ),
        slope(y, value),
    )
    slopes, new, value = jax.lax.fori_loop(1, len(STAGES), stage, (first, y, value))
    error = jax.tree.map(
        lambda slopes: jnp.tensordot(jnp.asarray(ERROR), slopes, 1), slopes
    )
    parts = jax.tree.map(relative, error, y, new)
    worst = jnp.maximum(jnp.max(parts[0], axis=-1), parts[1])
    return new, jnp.where(jnp.isnan(worst), jnp.inf, worst), value


def _turned(before: Evaluation, after: Evaluation) -> Array:
    """Whether the gradient turned round, so that some mean of the two is hardly anything: it leads nowhere from there.

    Where it only changes its direction, as along a kink, that mean is what the flow follows.
    """
    largest = jnp.maximum(norm(before.gradient), norm(after.gradient))[..., None]
    a, b = before.gradient / largest, after.gradient / largest
    turn = jnp.sum((b - a) ** 2, axis=-1)
    weight = jnp.clip(
        -jnp.sum(a * (b - a), axis=-1) / jnp.where(turn > 0, turn, 1), 0, 1
    )
    return norm(a + weight[..., None] * (b - a)) <= 0.03 * jnp.minimum(norm(a), norm(b))


def _where(condition: Array, new: Array, old: Array) -> Array:
    return jnp.where(
        jnp.expand_dims(condition, tuple(range(condition.ndim, new.ndim))), new, old
    )
