"""The compiled programs that train: many classifiers take the same steps side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from ..base.optimizers import Optimizer
from ..objectives.batched import per_example
from ..objectives.objective import Objective
from . import metrics, models
from .random_draws import PARAMETERS, derived_key, shuffled

LARGE_LAYER = 2**19
"""Number of activations from which on members take turns.

It is counted in the widest layer, for the mini-batch of one member.
"""


@dataclass(frozen=True)
class Program:
    """Everything that shapes the compiled program; it is the same for all members.

    Attributes:
        objective: Objective to minimize.
        optimizer: Function from a learning rate to an optimizer.
        sizes: Widths of the model's layers, from the inputs to the logits.
        batch_size: Number of examples in a mini-batch.
        metrics: Names of the metrics to record.
    """

    objective: Objective
    optimizer: Optimizer
    sizes: tuple[int, ...]
    batch_size: int
    metrics: tuple[str, ...] = metrics.METRICS


class Members(NamedTuple):
    """Everything in which the members of an ensemble differ, each [members].

    Attributes:
        learning_rate: Learning rate.
        scale: Standard deviation of the last layer's initial weights.
        seed_index: Position of the member's seed among all seeds.
        data_index: Position of the member's data set among all data sets.
    """

    learning_rate: Array
    scale: Array
    seed_index: Array
    data_index: Array


class Part(NamedTuple):
    """Examples of one or several data sets.

    Attributes:
        inputs: Inputs [data sets, m, features], or tokens [data sets, m, context].
        labels: Labels [data sets, m].
    """

    inputs: Array
    labels: Array


class State(NamedTuple):
    """Everything that a step changes.

    There is no random state: the order of the examples is drawn anew from seed and epoch.

    Attributes:
        step: Number of steps taken.
        parameters: Parameters of the models; leaves lead with [members].
        optimizer: State of the optimizers; leaves lead with [members].
        diverged_at: Number of steps taken when a loss or a parameter was not finite for the
            first time, [members]; -1 until then.
    """

    step: Array
    parameters: Any
    optimizer: Any
    diverged_at: Array


def start(program: Program, members: Members, seeds: Array) -> State:
    """The state before the first step, from all seeds, [seeds]."""
    state: State = _start(program.optimizer, program.sizes, members, seeds)
    return state


# Like `shuffled` this program does not depend on the objective, as random numbers take
# longest to compile.
@partial(jax.jit, static_argnums=(0, 1))
def _start(
    optimizer: Optimizer, sizes: tuple[int, ...], members: Members, seeds: Array
) -> State:
    def start_member(scale: Array, rate: Array, seed: Array) -> tuple[Any, Any]:
        parameters = models.initial(derived_key(seed, PARAMETERS), sizes, scale)
        return parameters, optimizer(rate).init(parameters)

    parameters, optimizer_states = jax.vmap(start_member)(
        members.scale, members.learning_rate, seeds[members.seed_index]
    )
    never = jnp.full(members.scale.shape, -1, jnp.int32)
    return State(jnp.int32(0), parameters, optimizer_states, never)


def advance(
    program: Program,
    members: Members,
    seeds: Array,
    data: Part,
    state: State,
    stop: int,
) -> State:
    """The state after `stop` steps.

    Args:
        program: Program that trains.
        members: Members of the ensemble.
        seeds: All seeds, [seeds].
        data: Examples to draw mini-batches from.
        state: State to go on from.
        stop: Number of steps that the returned state has taken.
    """
    examples = data.labels.shape[1]
    # Examples that do not fill a mini-batch are left out of an epoch.
    steps_per_epoch = examples // program.batch_size
    step = int(state.step)
    while step < stop:
        epoch = step // steps_per_epoch
        step = min(stop, (epoch + 1) * steps_per_epoch)
        # For every seed and not for every member: members of one
        # seed see the same mini-batches.
        order = shuffled(seeds, jnp.int32(epoch), examples)
        state = _advance(program, members, order, data, state, jnp.int32(step))
    return state


@partial(jax.jit, static_argnums=0)
def _advance(
    program: Program,
    members: Members,
    order: Array,
    data: Part,
    state: State,
    stop: Array,
) -> State:
    """The state after `stop` steps, which lie in one epoch with this order, [seeds, m]."""
    return lax.while_loop(
        lambda state: state.step < stop,
        partial(_step, program, members, order, data),
        state,
    )


def _step(
    program: Program, members: Members, order: Array, data: Part, state: State
) -> State:
    inputs, labels = _mini_batches(program, members, order, data, state.step)
    parameters, optimizer, loss = _map_members(
        program,
        partial(_learn, program),
        (members.learning_rate, inputs, labels, state.parameters, state.optimizer),
    )
    return State(
        step=state.step + 1,
        parameters=parameters,
        optimizer=optimizer,
        diverged_at=_diverged_at(state, parameters, loss),
    )


def _mini_batches(
    program: Program, members: Members, order: Array, data: Part, step: Array
) -> tuple[Array, Array]:
    """Inputs and labels of the step, each [members, batch, ...]."""
    size = program.batch_size
    batch = step % (order.shape[1] // size)
    rows = lax.dynamic_slice_in_dim(order, batch * size, size, axis=1)
    rows = rows[members.seed_index]
    data_sets = members.data_index[:, None]
    return data.inputs[data_sets, rows], data.labels[data_sets, rows]


def _map_members(
    program: Program, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> Any:
    """Results of a function of one member for all members, whose axis is the first."""
    activations = program.batch_size * max(program.sizes)
    # A CPU's caches hold the large layers of one member, but not those of all.
    if activations >= LARGE_LAYER and jax.default_backend() == "cpu":
        return lax.map(lambda of_member: function(*of_member), arguments)
    return jax.vmap(function)(*arguments)


def _learn(
    program: Program,
    rate: Array,
    inputs: Array,
    labels: Array,
    parameters: Any,
    optimizer: Any,
) -> tuple[Any, Any, Array]:
    """Parameters and optimizer state of a member after one step, and the loss before it."""
    loss_and_gradients = jax.value_and_grad(partial(_mean_loss, program.objective))
    loss, gradients = loss_and_gradients(parameters, inputs, labels)
    # Optax mixes types, which callers may have forbidden for their own code.
    with jax.numpy_dtype_promotion("standard"):
        updates, optimizer = program.optimizer(rate).update(
            gradients, optimizer, parameters
        )
    return optax.apply_updates(parameters, updates), optimizer, loss


def _mean_loss(
    objective: Objective, parameters: Any, inputs: Array, labels: Array
) -> Array:
    logits = models.logits(parameters, inputs)
    return jnp.mean(per_example(objective)(logits, labels))


def _diverged_at(state: State, parameters: Any, loss: Array) -> Array:
    """The attribute `diverged_at` after a step from `state`."""
    # The loss is that of the parameters before the step.
    by_loss = jnp.where(jnp.isfinite(loss), -1, state.step)
    by_parameters = jnp.where(_all_finite(parameters), -1, state.step + 1)
    now = jnp.where(by_loss >= 0, by_loss, by_parameters)
    return jnp.where(state.diverged_at >= 0, state.diverged_at, now)


def _all_finite(parameters: Any) -> Array:
    """Whether all parameters of a member are finite, [members]."""
    # The largest magnitude is infinite or NaN if any number is, and it is found in half the
    # time that a test of every number takes.
    largest = [
        jnp.max(jnp.abs(leaf), axis=range(1, leaf.ndim))
        for leaf in jax.tree.leaves(parameters)
    ]
    return jnp.isfinite(jnp.max(jnp.stack(largest), axis=0))
