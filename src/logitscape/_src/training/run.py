"""The loop of a training, from record to record and from checkpoint to checkpoint."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..datasets.dataset import SPLITS
from . import checkpoints, ensemble
from .config import TrainingConfig
from .ensemble import State
from .measurement import measure
from .progress import Report
from .result import Records
from .threads import shards, threads

CHECKPOINT_SECONDS = 2.0
"""Age of the last checkpoint from which on a new one is written at the next record."""
MEMBER_FIELDS = ("parameters", "optimizer", "diverged_at")
"""Fields of a state whose leaves lead with [members]."""


def run(
    config: TrainingConfig, checkpoint: Path | None, report: Report
) -> tuple[State, Records]:
    """Train to the last step, from the checkpoint on if there is one.

    Args:
        config: Training to run.
        checkpoint: File to keep the state in; None for no checkpoints.
        report: Function that is called with (steps done, all steps) after every record.

    Returns:
        The last state and all records.
    """
    parts = shards(len(config.members.scale))
    state, records = _start_or_resume(config, checkpoint)
    states = _divided(state, parts)
    written = time.monotonic()
    last = config.records[-1]
    with threads(len(parts)) as in_parallel:
        for stop in config.records[len(records) :]:
            # Before the first step the shards follow each other: the programs that are
            # compiled for the first one serve the others.
            call = _in_turn if stop == 0 else in_parallel
            results = call(partial(_advance_and_measure, config, stop), parts, states)
            states = [state for state, _ in results]
            shard_metrics = [metrics for _, metrics in results]
            records.append(_joined_metrics(config, shard_metrics))
            is_due = time.monotonic() - written >= CHECKPOINT_SECONDS
            if checkpoint is not None and (is_due or stop == last):
                state = joined(states)
                checkpoints.write(checkpoint, config.description, state, records)
                written = time.monotonic()
            report(stop, last)
    return joined(states), records


def _start_or_resume(
    config: TrainingConfig, checkpoint: Path | None
) -> tuple[State, Records]:
    state = ensemble.start(config.program, config.members, config.seeds)
    if checkpoint is None:
        return state, []
    saved = checkpoints.read(checkpoint, config.description, state)
    if saved is None:
        return state, []
    return checkpoints.restored(state, saved.leaves), saved.records


def _in_turn(function: Callable[..., Any], *columns: Sequence[Any]) -> list[Any]:
    return list(map(function, *columns))


def _advance_and_measure(
    config: TrainingConfig, stop: int, shard: slice, state: State
) -> tuple[State, dict[str, Any]]:
    """The state of a shard after `stop` steps and its metrics, each [members, splits]."""
    members = jax.tree.map(itemgetter(shard), config.members)
    state = ensemble.advance(
        config.program, members, config.seeds, config.train, state, stop
    )
    metrics = measure(
        config.program,
        len(SPLITS),
        members,
        config.everything,
        config.split_index,
        state.parameters,
    )
    return state, metrics


def _joined_metrics(
    config: TrainingConfig, shard_metrics: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Metrics of all members by name, each [splits, members]."""
    joined = {}
    for name in config.program.metrics:
        values = [metrics[name] for metrics in shard_metrics]
        joined[name] = np.concatenate(values).T
    return joined


def _divided(state: State, parts: Sequence[slice]) -> list[State]:
    """The states of the shards; the number of steps is the same for all."""
    whole = jax.tree.map(jnp.asarray, state)
    states = []
    for part in parts:
        fields = {
            name: jax.tree.map(itemgetter(part), getattr(whole, name))
            for name in MEMBER_FIELDS
        }
        states.append(whole._replace(**fields))
    return states


def joined(states: Sequence[State]) -> State:
    """The state of all members."""
    fields = {}
    for name in MEMBER_FIELDS:
        pytrees = [getattr(state, name) for state in states]
        fields[name] = jax.tree.map(_concatenated, *pytrees)
    return states[0]._replace(**fields)


def _concatenated(*leaves: Any) -> Any:
    return np.concatenate(leaves)
