"""Checks of the arguments of `train`."""

from collections.abc import Sequence
from typing import Any

from ..base.conversion import entries
from ..base.messages import quoted
from ..base.optimizers import OPTIMIZERS, Optimizer
from ..base.settings import is_sequence, real_numbers
from ..base.users_code import calling, name_of
from ..base.whole_numbers import is_whole, whole_number
from ..datasets.checks import check
from ..datasets.dataset import SPLITS, Dataset
from .metrics import METRICS

MOST_STEPS = 2**31 - 1
"""Largest number of steps: they are counted in 32 bits."""
MOST_RECORDS = 2**20
"""Largest number of records, all of which are kept in memory."""


def checked_datasets(
    data: Dataset | Sequence[Dataset], seed_count: int
) -> list[Dataset]:
    """A single data set for all seeds, or one for each seed; all of the same sizes."""
    several = [data] if isinstance(data, Dataset) else data
    datasets = list(several) if is_sequence(several) else []
    are_datasets = all(isinstance(dataset, Dataset) for dataset in datasets)
    if not datasets or not are_datasets:
        raise TypeError(
            f"`train(data=...)` must be a Dataset or several, got {quoted(data)}."
        )
    is_single = isinstance(data, Dataset)
    if len(datasets) != seed_count and not is_single:
        raise ValueError(
            "`train(data=...)` must be one data set for each of the "
            f"{seed_count} seeds, got {len(datasets)}."
        )
    for dataset in datasets:
        check(dataset)
    shapes = [_input_shapes(dataset) for dataset in datasets]
    if any(shape != shapes[0] for shape in shapes):
        raise ValueError(
            f"`train(data=...)`: data sets must be of the same sizes, got {shapes}."
        )
    return datasets


def _input_shapes(dataset: Dataset) -> list[Any]:
    return [getattr(dataset, part).inputs.shape for part in SPLITS]


def positive_numbers(name: str, values: Sequence[float]) -> list[float]:
    """Different finite numbers greater than 0."""
    numbers = real_numbers("train", name, values, low=0, open=True)
    _refuse_duplicates(name, numbers, values)
    return numbers


def nonnegative_numbers(name: str, values: Sequence[float]) -> list[float]:
    """Different finite numbers of at least 0."""
    numbers = real_numbers("train", name, values, low=0)
    _refuse_duplicates(name, numbers, values)
    return numbers


def _refuse_duplicates(name: str, numbers: list[float], values: Any) -> None:
    if len(set(numbers)) < len(numbers):
        raise ValueError(
            f"`train({name}=...)` must be different numbers, got {quoted(values)}."
        )


def checked_seeds(values: Sequence[int]) -> list[int]:
    """Different seeds from 0 to 2147483647."""
    seeds = list(values) if is_sequence(values) else []
    valid = bool(seeds) and all(_is_seed(value) for value in seeds)
    if not valid or len(set(seeds)) < len(seeds):
        raise ValueError(
            "`train(seeds=...)` must be different whole numbers from 0 to 2147483647, "
            f"got {quoted(values)}."
        )
    return [int(value) for value in seeds]


def _is_seed(value: Any) -> bool:
    return is_whole(value) and bool(0 <= value < 2**31)


def check_records(steps: int, metrics_every: int) -> None:
    """Raise `ValueError` unless the steps, and those between two records, can be counted."""
    whole_number("train", "steps", steps, low=1, high=MOST_STEPS)
    whole_number("train", "metrics_every", metrics_every, low=1)
    count = -(-steps // metrics_every) + 1
    if count > MOST_RECORDS:
        raise ValueError(
            f"`train(metrics_every=...)` must leave at most {MOST_RECORDS:,} records of "
            f"{steps:,} steps, got {metrics_every:,}, which makes {count:,}."
        )


def check_batch_size(value: int, examples: int) -> None:
    """Raise `ValueError` unless this many of the training examples can form a batch."""
    if not is_whole(value) or value < 1 or value > examples:
        raise ValueError(
            "`train(batch_size=...)` must be a whole number, "
            f"from 1 to {examples}, the training examples, got {quoted(value)}."
        )


def checked_metrics(names: Sequence[str]) -> tuple[str, ...]:
    """Names of metrics in the usual order.

    Their order shapes the program, and must not make another one of the same metrics.
    """
    several = entries(names) or []
    known = all(isinstance(name, str) and name in METRICS for name in several)
    if isinstance(names, str) or not several or not known:
        raise ValueError(
            f"`train(metrics=...)` must be some of {', '.join(METRICS)}, got {quoted(names)}."
        )
    return tuple(name for name in METRICS if name in several)


def checked_optimizer(source: str | Optimizer, rate: float) -> Optimizer:
    """The optimizer of this name, or the user's own function, tried with one learning rate."""
    if not callable(source):
        if not isinstance(source, str) or source not in OPTIMIZERS:
            raise ValueError(
                f"`train(optimizer=...)` must be one of {', '.join(OPTIMIZERS)}, or a "
                f"function from a learning rate to an optax optimizer, got {quoted(source)}."
            )
        return OPTIMIZERS[source]
    with calling(name_of(source), "a learning rate"):
        made = source(rate)
    if not hasattr(made, "init") or not hasattr(made, "update"):
        raise TypeError(
            f"`train(optimizer=...)`: `{name_of(source)}` must return an optax optimizer for a "
            f"learning rate, got {quoted(made)}."
        )
    return source
