"""Discrete steps: how many steps an optimizer needs to correct a wrong model.

Optimizers that normalize gradients give another answer than gradient flow does.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from numpy.typing import ArrayLike, NDArray

from ..base.messages import quoted
from ..objectives.named import named_objectives
from ..objectives.sources import Sources
from .lanes import (
    Evaluation,
    Evaluator,
    checked_starts,
    evaluator,
    is_right,
    shared_lanes,
    where_lanes,
)

STOPPED = "no step moves it"
DIVERGED = "loss or gradient is not finite"
CAPPED = "still wrong after the most steps"


@dataclass(frozen=True)
class Steps:
    """Steps of an optimizer for many objectives from many starts.

    Attributes:
        objectives: Names of the objectives.
        starts: Logits at the starts, [m, n].
        label: Index of the true class.
        counts: Number of steps until the label is predicted, [objective, m]: 0 for a start that
            is not wrong, -1 where the label is never predicted.
        reached: Whether the label is predicted in the end, [objective, m].
        reasons: Why it is not, [objective, m]: "no step moves it", "loss or gradient is not
            finite", "still wrong after the most steps"; "" where it is.
        ends: Logits after the last step, [objective, m, n].
    """

    objectives: tuple[str, ...]
    starts: NDArray[Any]
    label: int
    counts: NDArray[Any]
    reached: NDArray[Any]
    reasons: NDArray[Any]
    ends: NDArray[Any]


def steps_to_correct(
    objectives: Sources,
    starts: ArrayLike,
    optimizer: optax.GradientTransformation,
    *,
    label: int = 0,
    most: int = 100_000,
) -> Steps:
    """Run an optimizer on the logits themselves until the label is predicted.

    All objectives run together from all starts, in one program, and each lane has an optimizer
    state of its own.

    Args:
        objectives: Objectives, as for `sweep`.
        starts: Starting logits, [m, n], or [n] for a single start.
        optimizer: Optimizer from optax, such as `OPTIMIZERS["sgd"](0.1)`.
        label: Index of the true class.
        most: Maximum number of steps, at least 1.

    Raises:
        RuntimeError: If float64 is not switched on by `jax.config.update("jax_enable_x64", True)`.
        ValueError: If the starts are not finite logits, the label is not one of their classes,
            or `most` is less than 1.
    """
    named = named_objectives(objectives)
    z = checked_starts("steps_to_correct", starts, label)
    if most < 1:
        raise ValueError(
            f"`steps_to_correct(most=...)` must be at least 1, got {quoted(most)}."
        )
    evaluate = evaluator(tuple(named.values()), label)
    run = jax.jit(partial(_run, evaluate, optimizer, most))
    lanes = shared_lanes(z, len(named))
    last: _State = jax.tree.map(np.asarray, run(lanes))
    reached = is_right(last.value)
    return Steps(
        objectives=tuple(named),
        starts=z,
        label=label,
        counts=np.where(reached, last.steps, -1),
        reached=reached,
        reasons=_reasons(last),
        ends=np.asarray(last.z),
    )


class _State(NamedTuple):
    """The state of the optimization in every lane.

    Attributes:
        z: Logits, [objective, m, n].
        value: Evaluation at these logits.
        optimizer_state: State of the optimizer, with the axes [objective, m] in front.
        steps: Number of steps taken, [objective, m].
        done: Whether the lane has ended, [objective, m].
    """

    z: Array
    value: Evaluation
    optimizer_state: Any
    steps: Array
    done: Array


def _run(
    evaluate: Evaluator, optimizer: optax.GradientTransformation, most: int, z: Array
) -> _State:
    """Take steps in all lanes until each has ended, or has taken `most` of them."""
    init = jax.vmap(jax.vmap(optimizer.init))
    update = jax.vmap(jax.vmap(optimizer.update))

    def advance(state: _State) -> _State:
        with jax.numpy_dtype_promotion("standard"):  # optax relies on it
            updates, optimizer_state = update(
                state.value.gradient, state.optimizer_state, state.z
            )
        z = state.z + updates
        value = evaluate(z)
        # An optimizer with memory may pause and go on, unless the gradient is 0 as well.
        unmoved = (z == state.z) & (value.gradient == 0)
        stopped = jnp.all(unmoved, axis=-1)
        new = _State(
            z=z,
            value=value,
            optimizer_state=optimizer_state,
            steps=state.steps + 1,
            done=_at_end(value) | stopped,
        )

        def unless_done(old: Array, new: Array) -> Array:
            kept: Array = where_lanes(state.done, old, new)
            return kept

        advanced: _State = jax.tree.map(unless_done, state, new)
        return advanced

    def unfinished(state: _State) -> Array:
        return ~jnp.all(state.done) & (jnp.max(state.steps) < most)

    value = evaluate(z)
    first = _State(
        z=z,
        value=value,
        optimizer_state=init(z),
        steps=jnp.zeros(z.shape[:2], jnp.int32),
        done=_at_end(value),
    )
    last: _State = jax.lax.while_loop(unfinished, advance, first)
    return last


def _at_end(value: Evaluation) -> Any:
    return is_right(value) | ~_is_finite(value)


def _is_finite(value: Evaluation) -> Any:
    # By operators alone, which JAX's arrays in the program and NumPy's after it both
    # have; NaN compares as false.
    finite_gradient = (abs(value.gradient) < np.inf).all(axis=-1)
    return (abs(value.loss) < np.inf) & finite_gradient


def _reasons(last: _State) -> NDArray[Any]:
    """Why the label is not predicted, "" where it is; the first that applies."""
    cases = {
        "": is_right(last.value),
        DIVERGED: ~_is_finite(last.value),
        STOPPED: last.done,
    }
    reasons = np.select(list(cases.values()), list(cases), CAPPED)
    return reasons.astype(object)
