"""The compiled program that measures all members of an ensemble on all examples."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..objectives.objective import Objective
from . import metrics, models
from .ensemble import Members, Part, Program

MOST_NUMBERS = 2**16
"""Largest number of logits, and of inputs, of one member in a block of examples."""
SMALLEST_BLOCK = 16
LARGEST_BLOCK = 512
"""Largest number of examples in a block."""


def measure(
    program: Program,
    sets: int,
    members: Members,
    data: Part,
    split_index: Array,
    parameters: Any,
) -> dict[str, Array]:
    """The metrics that the program names, each [members, sets].

    Args:
        program: Program that trains.
        sets: Number of sets that the examples are divided into.
        members: Members of the ensemble.
        data: Examples of all sets.
        split_index: Set that each example is in, [m].
        parameters: Parameters of the members.
    """
    measuring = _measuring_program(program)
    results: dict[str, Array] = _measure(
        measuring, sets, members, data, split_index, parameters
    )
    return results


def _measuring_program(program: Program) -> Program:
    """The program with which the metrics are computed.

    Metrics such as the accuracy depend on the normalizer, but not on the loss. If only such
    metrics are wanted, the loss is replaced by 0. Then all objectives with one normalizer
    have the same measuring program, and it is compiled only once.
    """
    normalizer = program.objective.normalizer
    takes_loss = not metrics.METRICS_OF_LOSS.isdisjoint(program.metrics)
    if normalizer is None or takes_loss:
        return program
    objective = Objective("prediction", _zero_loss, normalizer)
    return replace(program, objective=objective)


def _zero_loss(logits: Array, target: Array) -> Array:
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
    classes = program.sizes[-1]
    examples = data.labels.shape[1]
    size = min(examples, block_size(classes, data.inputs.shape[2]))
    set_numbers = jnp.arange(sets, dtype=split_index.dtype)[:, None]

    def tally_of_block(begin: Array) -> metrics.Tally:
        # The last block starts early enough to be whole. Examples that the block before it
        # has counted already are not counted again.
        place = jnp.minimum(begin, examples - size)
        is_new = place + jnp.arange(size, dtype=place.dtype) >= begin
        block_index = lax.dynamic_slice_in_dim(split_index, place, size)
        counted = is_new[None] & (block_index[None] == set_numbers)
        block = Part(
            inputs=lax.dynamic_slice_in_dim(data.inputs, place, size, axis=1),
            labels=lax.dynamic_slice_in_dim(data.labels, place, size, axis=1),
        )
        return _tallies(program, members.data_index, block, counted, parameters)

    begins = jnp.arange(0, examples, size, dtype=jnp.int32)
    # One block after the other, as the logits of all members at all
    # examples may not fit into memory.
    tallies = lax.map(tally_of_block, begins)
    sums = jax.tree.map(partial(jnp.sum, axis=0), tallies)
    values = metrics.summary(sums)
    return {name: values[name] for name in program.metrics}


def _tallies(
    program: Program,
    data_index: Array,
    block: Part,
    counted: Array,
    parameters: Any,
) -> metrics.Tally:
    """Tally of every member on a block of examples, each [members, sets]."""

    def tally_of_member(inputs: Array, labels: Array, of_member: Any) -> metrics.Tally:
        logits = models.logits(of_member, inputs)
        return metrics.tally(program.objective, logits, labels, counted)

    # A single data set is shared by all members instead of copied for each.
    is_shared = block.labels.shape[0] == 1
    place = 0 if is_shared else data_index
    axis = None if is_shared else 0
    over_members = jax.vmap(tally_of_member, in_axes=(axis, axis, 0))
    tallies: metrics.Tally = over_members(
        block.inputs[place], block.labels[place], parameters
    )
    return tallies


def block_size(classes: int, features: int) -> int:
    """Number of examples that are measured at a time.

    It does not depend on the number of members, so that the order in which a member's sums
    are taken does not either.
    """
    fitting = MOST_NUMBERS // max(classes, features)
    return max(SMALLEST_BLOCK, min(LARGEST_BLOCK, fitting))
