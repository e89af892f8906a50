"""The arguments of `train`, checked and in the form that the compiled programs take."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.optimizers import Optimizer
from ..datasets.dataset import SPLITS, Dataset
from ..objectives.objective import Objective
from ..objectives.sources import objective as objective_from
from . import config_checks as checks
from .ensemble import Members, Part, Program
from .identity import digest, name_of
from .models import Model, layer_sizes

Arrays: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and labels of one part of all data sets, each [data sets, m, ...]."""


@dataclass(frozen=True)
class TrainingConfig:
    """A training whose arguments are checked.

    Attributes:
        program: Everything that shapes the compiled program.
        members: All combinations of learning rate, seed and scale; the scale varies fastest.
        seeds: All seeds, [seeds].
        train: Examples to draw mini-batches from.
        everything: Examples of all parts, one part after the other.
        split_index: Position in `SPLITS` of the part that each example is in, [m].
        records: Numbers of steps after which metrics are recorded.
        shape: Numbers of learning rates, seeds and scales.
        description: Everything that decides the result, as JSON values.
    """

    program: Program
    members: Members
    seeds: Array
    train: Part
    everything: Part
    split_index: Array
    records: tuple[int, ...]
    shape: tuple[int, int, int]
    description: dict[str, Any]


def make_config(
    source: str | Objective | Callable[..., Any],
    data: Dataset | Sequence[Dataset],
    model: Model,
    *,
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    init_scales: Sequence[float],
    steps: int,
    batch_size: int,
    optimizer: str | Optimizer,
    metrics_every: int,
    metrics: Sequence[str],
) -> TrainingConfig:
    """Check the arguments of `train`, of which `source` is the objective."""
    objective = objective_from(source)
    seed_numbers = checks.checked_seeds(seeds)
    datasets = checks.checked_datasets(data, len(seed_numbers))
    arrays = [_stacked(datasets, part) for part in SPLITS]
    train = _on_device(*arrays[0])
    rates = checks.positive_numbers("learning_rates", learning_rates)
    scales = checks.nonnegative_numbers("init_scales", init_scales)
    checks.check_records(steps, metrics_every)
    checks.check_batch_size(batch_size, train.labels.shape[1])
    sizes = layer_sizes(model, datasets[0].features, datasets[0].classes)
    program = Program(
        objective=objective,
        optimizer=checks.checked_optimizer(optimizer, rates[0]),
        sizes=sizes,
        batch_size=batch_size,
        metrics=checks.checked_metrics(metrics),
    )
    everything = _concatenated(arrays)
    dtype = _parameter_dtype(train)
    description = {
        "objective": objective.name,
        "data": [dataset.name for dataset in datasets],
        # Data sets of the same name may hold other examples.
        "contents": digest(everything),
        "model": list(sizes),
        "learning_rates": rates,
        "seeds": seed_numbers,
        "init_scales": scales,
        "steps": steps,
        "batch_size": batch_size,
        "optimizer": name_of(optimizer),
        "metrics_every": metrics_every,
        "metrics": list(program.metrics),
        "dtype": str(dtype),
        # Another version or machine rounds otherwise: a training that went on there
        # would be a mixture that no uninterrupted one gives.
        "jax": jax.__version__,
        "machine": f"{jax.default_backend()} {platform.machine()}",
    }
    return TrainingConfig(
        program=program,
        members=_members(rates, len(seed_numbers), scales, len(datasets), dtype),
        seeds=jnp.array(seed_numbers, jnp.uint32),
        train=train,
        everything=everything,
        split_index=_split_index(arrays),
        records=(*range(0, steps, metrics_every), steps),
        shape=(len(rates), len(seed_numbers), len(scales)),
        description=description,
    )


def _stacked(datasets: Sequence[Dataset], part: str) -> Arrays:
    """One part of all data sets, each array [data sets, m, ...]."""
    examples = [getattr(dataset, part) for dataset in datasets]
    inputs = [np.asarray(of_dataset.inputs) for of_dataset in examples]
    labels = [np.asarray(of_dataset.labels) for of_dataset in examples]
    return np.stack(inputs), np.stack(labels).astype(np.int32)


def _on_device(inputs: NDArray[Any], labels: NDArray[Any]) -> Part:
    return Part(inputs=jnp.asarray(inputs), labels=jnp.asarray(labels))


def _concatenated(arrays: Sequence[Arrays]) -> Part:
    """The examples of all parts, one part after the other."""
    inputs = np.concatenate([part for part, _ in arrays], axis=1)
    labels = np.concatenate([part for _, part in arrays], axis=1)
    return _on_device(inputs, labels)


def _split_index(arrays: Sequence[Arrays]) -> Array:
    sizes = [labels.shape[1] for _, labels in arrays]
    numbers = np.arange(len(arrays), dtype=np.int32)
    return jnp.asarray(np.repeat(numbers, sizes))


def _members(
    rates: list[float],
    seed_count: int,
    scales: list[float],
    dataset_count: int,
    dtype: Any,
) -> Members:
    """All combinations of learning rate, seed and scale; the scale varies fastest."""
    combinations = list(product(rates, range(seed_count), scales))
    rate, seed, scale = (np.array(column) for column in zip(*combinations, strict=True))
    seed_index = jnp.asarray(seed, jnp.int32)
    # Several data sets belong to the seeds in order; a single one belongs to all.
    data_index = seed_index if dataset_count > 1 else seed_index * 0
    return Members(
        learning_rate=jnp.asarray(rate, dtype),
        scale=jnp.asarray(scale, dtype),
        seed_index=seed_index,
        data_index=data_index,
    )


def _parameter_dtype(train: Part) -> Any:
    """The floating-point type of the inputs, or float32 where the inputs are tokens."""
    dtype = train.inputs.dtype
    if jnp.issubdtype(dtype, jnp.floating):
        return dtype
    return jnp.dtype(jnp.float32)
