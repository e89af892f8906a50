"""An ensemble of classifiers trained in one compiled program: learning rates x seeds x initial scales."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..datasets.dataset import SPLITS, Dataset
from ..objectives.objective import Objective
from . import checkpoints, ensemble
from .config import TrainingConfig, checked, fingerprint
from .ensemble import Optimizer
from .metrics import METRICS
from .models import Model
from .progress import Report, shown
from .threads import shards, threads

if TYPE_CHECKING:
    import xarray

CHECKPOINT_SECONDS = 2.0
"""A checkpoint is written when the last one is older, and at the end."""
OF_MEMBERS = ("parameters", "optimizer", "diverged_at")
"""What of a state is told apart by member."""
Records: TypeAlias = list[dict[str, NDArray[Any]]]
"""Metrics by name, each [parts, members]."""


@dataclass(frozen=True)
class Training:
    """What was recorded of every member of an ensemble.

    The metrics are [split, learning rate, seed, initial scale, record], the splits being train, validation and test;
    `dynamics.metrics.summary` says what each one is. Those that were not asked for are all NaN.

    Attributes:
        objective: its name.
        learning_rates: the grid's axes, in order.
        seeds: of initial values and mini-batches.
        init_scales: standard deviations of the last layer's first weights.
        steps: [record], steps taken before each record.
        loss: the mean.
        accuracy: by the argmax of the probabilities.
        nll: mean of -log p_label.
        calibration_error: expected calibration error, 15 bins.
        wrong_gradient_share: what examples that are wrong carry of the norms of all gradients in the logits.
        saturated: share of examples that are wrong and hardly pushed.
        diverged_at: [learning rate, seed, scale], steps taken when a mini-batch's loss or a parameter was not finite for the
            first time; -1 if never. Such a member goes on, and its metrics say what came of it.
        parameters: pytree of the last parameters, leaves [learning rate, seed, scale, ...].
        description: all that decides the result.
    """

    objective: str
    learning_rates: NDArray[Any]
    seeds: NDArray[Any]
    init_scales: NDArray[Any]
    steps: NDArray[Any]
    loss: NDArray[Any]
    accuracy: NDArray[Any]
    nll: NDArray[Any]
    calibration_error: NDArray[Any]
    wrong_gradient_share: NDArray[Any]
    saturated: NDArray[Any]
    diverged_at: NDArray[Any]
    parameters: Any
    description: dict[str, Any]

    def to_xarray(self) -> "xarray.Dataset":
        """The metrics that were asked for, labelled; dimensions split, learning_rate, seed, init_scale, step."""
        import xarray

        member = ("learning_rate", "seed", "init_scale")
        variables: dict[str, Any] = {
            name: (("split", *member, "step"), getattr(self, name))
            for name in self.description["metrics"]
        }
        variables["diverged_at"] = member, self.diverged_at
        axes = dict(
            zip(
                member, (self.learning_rates, self.seeds, self.init_scales), strict=True
            )
        )
        return xarray.Dataset(
            variables,
            {"split": list(SPLITS), **axes, "step": self.steps},
            {
                name: value if isinstance(value, int) else str(value)
                for name, value in self.description.items()
            },
        )


def train(
    objective: str | Objective | Callable[..., Any],
    data: Dataset | Sequence[Dataset],
    *,
    model: Model = "linear",
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    init_scales: Sequence[float] = (0.01,),
    steps: int,
    batch_size: int = 32,
    optimizer: str | Optimizer = "sgd",
    metrics_every: int = 100,
    metrics: Sequence[str] = METRICS,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool | Report = False,
) -> Training:
    """Train a classifier for every learning rate, seed and initial scale, all at once, in the dtype of the data's inputs.

    The same arguments give the same result on the same machine, interrupted or not. A seed draws the initial values and the
    order of the examples, the same for every objective, learning rate and scale; every epoch is shuffled anew, and what does
    not fill a mini-batch is left out of it. No member has an effect on another.

    Args:
        objective: whatever `ls.objective` takes.
        data: a data set, or one for each seed.
        model: "linear", ("mlp", 64) or ("mlp", (64, 32)): hidden layers with ReLU; tokens are embedded by the first layer.
        learning_rates: for the optimizer.
        seeds: whole numbers.
        init_scales: standard deviations of the last layer's initial weights: how confident the start is.
        steps: how many to take.
        batch_size: examples in a step.
        optimizer: "sgd", "momentum", "adam" or a function from a (traced) learning rate to an optax optimizer.
        metrics_every: steps from record to record; there is one at the start and one at the end too.
        metrics: which to record; "accuracy" alone compiles in a fraction of the time. A checkpoint is for the same ones.
        checkpoint: a file to keep the state in every few seconds; if it is there, training goes on from it.
        progress: True for a bar on stderr, or a function that is told (steps done, steps) after every record.

    Raises:
        ValueError: for anything out of range, data that are not finite or do not fit, or another training's checkpoint.
        FileNotFoundError: if the checkpoint's folder is not there.
    """
    config = checked(
        objective,
        data,
        model,
        learning_rates,
        seeds,
        init_scales,
        steps,
        batch_size,
        optimizer,
        metrics_every,
        metrics,
    )
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and not path.parent.is_dir():
        raise FileNotFoundError(
            f"`train(checkpoint=...)`: there is no folder `{path.parent}`."
        )
    if path is not None:
        config.description["losses"] = fingerprint(config.program.objective)
    with shown(progress, config.program.objective.name) as report:
        state, records = _run(config, path, report)
    return _result(config, state, records)


def _run(
    config: TrainingConfig, path: Path | None, report: Report
) -> tuple[ensemble.State, Records]:
    """Go from record to record, from the checkpoint on if there is one."""
    parts = shards(len(config.members.scale))
    state, records = _begun(config, path)
    states, written = _divided(state, parts), time.monotonic()
    with threads(len(parts)) as in_parallel:
        for stop in config.records[len(records) :]:
            # Before any step one shard follows the other: what is compiled for the first serves all.
            call = _in_turn if stop == 0 else in_parallel
            done = call(partial(_advanced, config, stop), parts, states)
            states = [state for state, _ in done]
            records.append(
                {
                    name: np.concatenate([metrics[name] for _, metrics in done]).T
                    for name in config.program.metrics
                }
            )
            due = (
                stop == config.records[-1]
                or time.monotonic() - written >= CHECKPOINT_SECONDS
            )
            if path is not None and due:
                checkpoints.write(path, config.description, _joined(states), records)
                written = time.monotonic()
            report(stop, config.records[-1])
    return _joined(states), records


def _begun(config: TrainingConfig, path: Path | None) -> tuple[ensemble.State, Records]:
    state = ensemble.start(config.program, config.members, config.seeds)
    saved = None if path is None else checkpoints.read(path, config.description)
    return (
        (state, [])
        if saved is None
        else (checkpoints.restored(state, saved.leaves), saved.records)
    )


def _in_turn(function: Callable[..., Any], *each: Sequence[Any]) -> list[Any]:
    return list(map(function, *each))


def _advanced(
    config: TrainingConfig, stop: int, part: slice, state: ensemble.State
) -> tuple[ensemble.State, dict[str, Any]]:
    """The state of some members after `stop` steps, and their metrics, each [members, parts]."""
    members = jax.tree.map(itemgetter(part), config.members)
    state = ensemble.advance(
        config.program, members, config.seeds, config.train, state, stop
    )
    return state, ensemble.measure(
        config.program,
        len(SPLITS),
        members,
        config.everything,
        config.split_index,
        state.parameters,
    )


def _divided(state: ensemble.State, parts: Sequence[slice]) -> list[ensemble.State]:
    """The members' rows in each part; the step is the same for all."""
    whole = jax.tree.map(jnp.asarray, state)
    return [
        whole._replace(
            **{
                name: jax.tree.map(itemgetter(part), getattr(whole, name))
                for name in OF_MEMBERS
            }
        )
        for part in parts
    ]


def _joined(states: Sequence[ensemble.State]) -> ensemble.State:
    def join(name: str) -> Any:
        return jax.tree.map(
            lambda *leaves: np.concatenate(leaves),
            *[getattr(state, name) for state in states],
        )

    return states[0]._replace(**{name: join(name) for name in OF_MEMBERS})


def _result(
    config: TrainingConfig, state: ensemble.State, records: Records
) -> Training:
    grid, asked = config.shape, config.description
    shape = len(SPLITS), *grid, len(records)
    found = {
        name: np.stack([record[name] for record in records], axis=-1)
        for name in config.program.metrics
    }
    unasked = np.full(shape, np.nan, next(iter(found.values())).dtype)
    metrics = {name: found.get(name, unasked).reshape(shape) for name in METRICS}
    return Training(
        objective=config.program.objective.name,
        learning_rates=np.array(asked["learning_rates"]),
        seeds=np.array(asked["seeds"]),
        init_scales=np.array(asked["init_scales"]),
        steps=np.array(config.records),
        **metrics,
        diverged_at=np.asarray(state.diverged_at).reshape(grid),
        parameters=jax.tree.map(
            lambda leaf: np.asarray(leaf).reshape(*grid, *leaf.shape[1:]),
            state.parameters,
        ),
        description=asked,
    )
