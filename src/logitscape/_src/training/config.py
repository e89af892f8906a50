"""The door of `train`: what is asked for, checked, in the form that the compiled programs take."""

import hashlib
import math
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from ..base.arguments import is_whole
from ..base.xla import jit_fast_compile
from ..datasets.dataset import SPLITS, Dataset, Examples, check
from ..objectives.batched import per_example
from ..objectives.objective import Objective, objective
from .ensemble import Members, Optimizer, Part, Program
from .metrics import METRICS
from .models import Model, layer_sizes

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": optax.sgd,
    "momentum": partial(optax.sgd, momentum=0.9),
    "adam": optax.adam,
}
PROBES = np.linspace(-3, 3, 12)


@dataclass(frozen=True)
class TrainingConfig:
    """A training as it was asked for.

    Attributes:
        plan: what shapes the program.
        members: learning rates x seeds x scales, the last running fastest.
        seeds: [seeds].
        train: to draw mini-batches from.
        everything: all parts, one after the other.
        set_of: [m], which part that is.
        records: numbers of steps after which metrics are taken.
        shape: numbers of learning rates, seeds and scales.
        description: all that decides the result, as JSON.
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


def checked(
    source: str | Objective | Callable[..., Any],
    data: Dataset | Sequence[Dataset],
    model: Model,
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    init_scales: Sequence[float],
    steps: int,
    batch_size: int,
    optimizer: str | Optimizer,
    metrics_every: int,
    metrics: Sequence[str],
) -> TrainingConfig:
    """Everything that `train` takes, checked."""
    of_one = objective(source)
    datasets = _datasets(data, len(seeds))
    train, everything, split_index = _parts(datasets)
    rates = _numbers("learning_rates", learning_rates, positive=True)
    deviations = _numbers("init_scales", init_scales, positive=False)
    numbers = _seeds(seeds)
    _whole("steps", steps, 1)
    _whole("metrics_every", metrics_every, 1)
    _whole("batch_size", batch_size, 1, train.labels.shape[1])
    sizes = layer_sizes(model, datasets[0].features, datasets[0].classes)
    program = Program(
        of_one, _optimizer(optimizer), sizes, batch_size, _metrics(metrics)
    )
    records = (*range(0, steps, metrics_every), steps)
    description = {
        "objective": of_one.name,
        "data": [each.name for each in datasets],
        "contents": _digest(everything),
        "model": list(sizes),
        "learning_rates": rates,
        "seeds": numbers,
        "init_scales": deviations,
        "steps": steps,
        "batch_size": batch_size,
        "optimizer": _name_of(optimizer),
        "metrics_every": metrics_every,
        "metrics": list(program.metrics),
        "dtype": str(_dtype(train)),
        "jax": jax.__version__,
        "machine": f"{jax.default_backend()} {platform.machine()}",
    }
    members = _members(rates, numbers, deviations, len(datasets), _dtype(train))
    shape = len(rates), len(numbers), len(deviations)
    return TrainingConfig(
        program,
        members,
        jnp.array(numbers, jnp.uint32),
        train,
        everything,
        split_index,
        records,
        shape,
        description,
    )


def _datasets(data: Dataset | Sequence[Dataset], seeds: int) -> list[Dataset]:
    """One for all seeds, or one for each."""
    datasets = [data] if isinstance(data, Dataset) else list(data)
    if not all(isinstance(each, Dataset) for each in datasets):
        raise TypeError(
            f"`train(data=...)` must be a Dataset or several, got {data!r}."
        )
    if len(datasets) != seeds and not isinstance(data, Dataset):
        raise ValueError(
            f"`train(data=...)` must be one data set for each of the {seeds} seeds, got {len(datasets)}."
        )
    for each in datasets:
        check(each)
    shapes = [
        [getattr(each, part).inputs.shape for part in SPLITS] for each in datasets
    ]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            f"`train(data=...)`: data sets must be of the same sizes, got {shapes}."
        )
    return datasets


def _parts(datasets: Sequence[Dataset]) -> tuple[Part, Part, Array]:
    stacked = [
        [
            np.stack(
                [np.asarray(getattr(getattr(each, part), name)) for each in datasets]
            )
            for part in SPLITS
        ]
        for name in Examples._fields
    ]
    inputs, labels = stacked
    labels = [each.astype(np.int32) for each in labels]
    everything = Part(
        jnp.asarray(np.concatenate(inputs, axis=1)),
        jnp.asarray(np.concatenate(labels, axis=1)),
    )
    split_index = np.repeat(
        np.arange(len(SPLITS), dtype=np.int32), [each.shape[1] for each in labels]
    )
    train = Part(jnp.asarray(inputs[0]), jnp.asarray(labels[0]))
    return train, everything, jnp.asarray(split_index)


def _members(
    rates: list[float],
    seeds: list[int],
    init_scales: list[float],
    datasets: int,
    dtype: Any,
) -> Members:
    grid = list(product(rates, range(len(seeds)), init_scales))
    rate, seed, scale = (np.array(column) for column in zip(*grid, strict=True))
    place = jnp.asarray(seed, jnp.int32)
    return Members(
        jnp.asarray(rate, dtype),
        jnp.asarray(scale, dtype),
        place,
        place if datasets > 1 else place * 0,
    )


def _dtype(train: Part) -> Any:
    """Of the parameters: that of the inputs, float32 for tokens."""
    dtype = train.inputs.dtype
    return dtype if jnp.issubdtype(dtype, jnp.floating) else jnp.dtype(jnp.float32)


def _numbers(name: str, values: Sequence[float], *, positive: bool) -> list[float]:
    numbers = [float(value) for value in values]
    good = all(
        math.isfinite(each) and (each > 0 if positive else each >= 0)
        for each in numbers
    )
    if not numbers or not good or len(set(numbers)) < len(numbers):
        bound = "greater than 0" if positive else "at least 0"
        raise ValueError(
            f"`train({name}=...)` must be different numbers, {bound}, got {values!r}."
        )
    return numbers


def _seeds(values: Sequence[int]) -> list[int]:
    good = all(
        isinstance(each, int | np.integer) and 0 <= each < 2**31 for each in values
    )
    if not len(values) or not good or len(set(values)) < len(values):
        raise ValueError(
            f"`train(seeds=...)` must be different whole numbers from 0 to 2147483647, got {values!r}."
        )
    return [int(each) for each in values]


def _whole(name: str, value: int, low: int, high: int | None = None) -> None:
    if not is_whole(value) or value < low or (high is not None and value > high):
        bound = (
            f"at least {low}"
            if high is None
            else f"from {low} to {high}, the training examples"
        )
        raise ValueError(
            f"`train({name}=...)` must be a whole number, {bound}, got {value!r}."
        )


def _metrics(names: Sequence[str]) -> tuple[str, ...]:
    """In the usual order, so that the same ones in another do not make another program."""
    if isinstance(names, str) or not len(names) or set(names) - set(METRICS):
        raise ValueError(
            f"`train(metrics=...)` must be some of {', '.join(METRICS)}, got {names!r}."
        )
    return tuple(name for name in METRICS if name in names)


def _optimizer(source: str | Optimizer) -> Optimizer:
    if callable(source):
        return source
    if source not in OPTIMIZERS:
        raise ValueError(
            f"`train(optimizer=...)` must be one of {', '.join(OPTIMIZERS)}, or a function from a learning rate to an optax "
            f"optimizer, got {source!r}."
        )
    return OPTIMIZERS[source]


def _name_of(source: Any) -> str:
    if isinstance(source, partial):
        bound = [
            *map(repr, source.args),
            *(f"{key}={value!r}" for key, value in sorted(source.keywords.items())),
        ]
        return f"{_name_of(source.func)}({', '.join(bound)})"
    return (
        source
        if isinstance(source, str)
        else str(getattr(source, "__qualname__", type(source).__name__))
    )


@cache
def fingerprint(of_one: Objective) -> list[str]:
    """Losses at a few logits: what two functions of the same name differ in."""
    logits, labels = (
        jnp.asarray(PROBES.reshape(4, 3), jnp.float32),
        jnp.arange(4, dtype=jnp.int32) % 3,
    )
    return [
        f"{value:.4g}"
        for value in np.asarray(jit_fast_compile(per_example(of_one))(logits, labels))
    ]


def _digest(data: Part) -> str:
    digest = hashlib.sha256()
    for array in data:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
