"""The compiled programs behind `train`: many classifiers take the same steps side by side."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from ..objectives.batched import per_example
from ..objectives.objective import Objective
from . import metrics, models

Optimizer: TypeAlias = Callable[[Any], optax.GradientTransformation]
"""From a learning rate, which is traced."""
MOST_NUMBERS, LEAST_BLOCK, LARGEST_BLOCK = 2**16, 16, 512
"""Metrics take so many examples at a time that their logits, or inputs, are not more numbers than this for each member."""
LARGE = 2**19
"""With so many numbers in a layer of one member's batch members take turns: side by side they would not fit into caches."""


@dataclass(frozen=True)
class Program:
    """What shapes the program, and is the same for every member."""

    objective: Objective
    optimizer: Optimizer
    sizes: tuple[int, ...]
    batch_size: int
    metrics: tuple[str, ...] = metrics.METRICS


class Members(NamedTuple):
    """What tells members apart, each [members]; places count seeds and data sets."""

    learning_rate: Array
    scale: Array
    seed_index: Array
    data_index: Array


class Part(NamedTuple):
    """Examples of one or several data sets."""

    inputs: Array
    """[data sets, m, features], or tokens [data sets, m, context]."""
    labels: Array
    """[data sets, m]."""


class State(NamedTuple):
    """All that a step changes. What is random is drawn anew from seed and epoch, so that `step` stands for it."""

    step: Array
    parameters: Any
    """Leaves [members, ...], like those of the optimizer."""
    optimizer: Any
    diverged_at: Array
    """[members], the steps taken when a loss or a parameter was not finite for the first time; -1 until then."""


def start(program: Program, members: Members, seeds: Array) -> State:
    """The state before the first step; the seeds are [seeds]."""
    state: State = _start(program.optimizer, program.sizes, members, seeds)
    return state


# Not by objective: random numbers take longest to compile, and one program serves all.
@partial(jax.jit, static_argnums=(0, 1))
def _start(
    optimizer: Optimizer, sizes: tuple[int, ...], members: Members, seeds: Array
) -> State:
    def one(scale: Array, rate: Array, seed: Array) -> tuple[Any, Any]:
        parameters = models.initial(_key(seed, 0), sizes, scale)
        return parameters, optimizer(rate).init(parameters)

    parameters, states = jax.vmap(one)(
        members.scale, members.learning_rate, seeds[members.seed_index]
    )
    never = jnp.full(members.scale.shape, -1, jnp.int32)
    return State(jnp.int32(0), parameters, states, never)


def advance(
    program: Program,
    members: Members,
    seeds: Array,
    data: Part,
    state: State,
    stop: int,
) -> State:
    """The state after `stop` steps."""
    examples = data.labels.shape[1]
    per_epoch = examples // program.batch_size
    step = int(state.step)
    while step < stop:
        epoch = step // per_epoch
        step = min(stop, (epoch + 1) * per_epoch)
        state = _advance(
            program,
            members,
            shuffled(seeds, jnp.int32(epoch), examples),
            data,
            state,
            jnp.int32(step),
        )
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
    """The same within an epoch, whose order of the examples is [seeds, m]."""
    return lax.while_loop(
        lambda now: now.step < stop,
        partial(_step, program, members, order, data),
        state,
    )


def _step(
    program: Program, members: Members, order: Array, data: Part, state: State
) -> State:
    batch = state.step % (order.shape[1] // program.batch_size)
    rows = lax.dynamic_slice_in_dim(
        order, batch * program.batch_size, program.batch_size, axis=1
    )[members.seed_index]
    inputs, labels = (part[members.data_index[:, None], rows] for part in data)
    each = members.learning_rate, inputs, labels, state.parameters, state.optimizer
    parameters, optimizer, loss = _of_all_members(
        program, partial(_learn, program), each
    )
    before = jnp.where(jnp.isfinite(loss), -1, state.step)
    after = jnp.where(_all_finite(parameters), -1, state.step + 1)
    found = jnp.where(before >= 0, before, after)
    return State(
        state.step + 1,
        parameters,
        optimizer,
        jnp.where(state.diverged_at >= 0, state.diverged_at, found),
    )


def _of_all_members(
    program: Program, function: Callable[..., Any], each: tuple[Any, ...]
) -> Any:
    """Side by side; large layers in turn on a CPU, whose cache holds those of one member and not of all."""
    if (
        program.batch_size * max(program.sizes) >= LARGE
        and jax.default_backend() == "cpu"
    ):
        return lax.map(lambda one: function(*one), each)
    return jax.vmap(function)(*each)


def _learn(
    program: Program,
    rate: Array,
    inputs: Array,
    labels: Array,
    parameters: Any,
    optimizer: Any,
) -> tuple[Any, Any, Array]:
    loss, gradients = jax.value_and_grad(partial(_mean_loss, program.objective))(
        parameters, inputs, labels
    )
    with jax.numpy_dtype_promotion(
        "standard"
    ):  # optax needs it, whatever the caller has switched on
        updates, optimizer = program.optimizer(rate).update(
            gradients, optimizer, parameters
        )
    return optax.apply_updates(parameters, updates), optimizer, loss


def _mean_loss(
    objective: Objective, parameters: Any, inputs: Array, labels: Array
) -> Array:
    return jnp.mean(per_example(objective)(models.logits(parameters, inputs), labels))


def _all_finite(parameters: Any) -> Array:
    """[members]. The largest magnitude tells, and is found in half the time of a test of every number."""
    largest = [
        jnp.max(jnp.abs(leaf), axis=range(1, leaf.ndim))
        for leaf in jax.tree.leaves(parameters)
    ]
    return jnp.isfinite(jnp.max(jnp.stack(largest), axis=0))


@partial(jax.jit, static_argnums=2)
def shuffled(seeds: Array, epoch: Array, examples: int) -> Array:
    """The epoch's order of the examples, [seeds, m]; like `_start` it is not compiled by objective."""

    def one(seed: Array) -> Array:
        return jax.random.permutation(
            jax.random.fold_in(_key(seed, 1), epoch), examples
        ).astype(jnp.int32)

    return jax.vmap(one)(seeds)


def _key(seed: Array, purpose: int) -> Array:
    return jax.random.fold_in(jax.random.key(seed), purpose)


def measure(
    program: Program,
    sets: int,
    members: Members,
    data: Part,
    split_index: Array,
    parameters: Any,
) -> dict[str, Array]:
    """The plan's metrics, by name, each [members, sets]; example i is in the set `set_of[i]`."""
    found: dict[str, Array] = _measure(
        _that_measures(program), sets, members, data, split_index, parameters
    )
    return found


def _that_measures(program: Program) -> Program:
    """The plan, or where its metrics take no loss one that is the same for all losses, so that one program serves them."""
    normalizer = program.objective.normalizer
    if normalizer is None or not metrics.OF_THE_LOSS.isdisjoint(program.metrics):
        return program
    return replace(program, objective=Objective("prediction", _no_loss, normalizer))


def _no_loss(logits: Array, target: Array) -> Array:
    return jnp.zeros((), logits.dtype)


@partial(jax.jit, static_argnums=(0, 1))
def _measure(
    program: Program,
    sets: int,
    members: Members,
    data: Part,
    split_index: Array,
    parameters: Any,
) -> dict[str, Array]:
    reference = metrics.reference_gradient(program.objective, program.sizes[-1])
    examples = data.labels.shape[1]
    size = min(examples, block_size(program.sizes[-1], data.inputs.shape[2]))
    numbers = jnp.arange(sets, dtype=split_index.dtype)[:, None]

    def of_block(begin: Array) -> metrics.Tally:
        # The last block starts early enough to be whole; what the one before has counted is left out.
        place = jnp.minimum(begin, examples - size)
        fresh = place + jnp.arange(size, dtype=place.dtype) >= begin
        counted = fresh[None] & (
            lax.dynamic_slice_in_dim(split_index, place, size)[None] == numbers
        )
        block = Part(
            *(lax.dynamic_slice_in_dim(part, place, size, axis=1) for part in data)
        )
        return _tallies(
            program, reference, members.data_index, block, counted, parameters
        )

    sums = lax.map(of_block, jnp.arange(0, examples, size, dtype=jnp.int32))
    summary = metrics.summary(jax.tree.map(partial(jnp.sum, axis=0), sums))
    return {name: summary[name] for name in program.metrics}


def _tallies(
    program: Program,
    reference: Array,
    place: Array,
    block: Part,
    counted: Array,
    parameters: Any,
) -> metrics.Tally:
    shared = block.labels.shape[0] == 1

    def one(inputs: Array, labels: Array, of_member: Any) -> metrics.Tally:
        return metrics.tally(
            program.objective,
            reference,
            models.logits(of_member, inputs),
            labels,
            counted,
        )

    each = (
        Part(*(part[0] for part in block))
        if shared
        else Part(*(part[place] for part in block))
    )
    axis = None if shared else 0
    tallies: metrics.Tally = jax.vmap(one, in_axes=(axis, axis, 0))(*each, parameters)
    return tallies


def block_size(classes: int, features: int) -> int:
    """How many examples are measured at a time; it does not depend on the number of members, so that sums do not either."""
    return max(LEAST_BLOCK, min(LARGEST_BLOCK, MOST_NUMBERS // max(classes, features)))
