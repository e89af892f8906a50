"""Interleaved timing: all tasks in turn, round by round, so that other load affects all alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

PAUSE_SECONDS = 0.02
"""Pause before each task, as the threads of the one before spin for a while, waiting for more."""


def interleaved(
    tasks: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, list[float]]:
    """Seconds of every task in every round."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            time.sleep(PAUSE_SECONDS)
            seconds[name].append(timed(task))
    return seconds


def timed(task: Callable[[], object]) -> float:
    """Seconds of one call, during which no garbage is collected."""
    gc.collect()
    gc.disable()
    try:
        started = time.perf_counter()
        task()
        return time.perf_counter() - started
    finally:
        gc.enable()


def ratio(slower: Sequence[float], faster: Sequence[float]) -> float:
    """The median over rounds of `slower / faster`, as both of a round ran under the same load."""
    return statistics.median(a / b for a, b in zip(slower, faster, strict=True))


def spread(values: Sequence[float]) -> float:
    """Half the distance between the quartiles, relative to the median."""
    if len(values) < 2:
        return 0.0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle


@dataclass(frozen=True)
class Least:
    """The least seconds of several calls.

    Attributes:
        wall: Seconds that passed.
        processor: Seconds that this process's threads computed.
    """

    wall: float
    processor: float


def least(tasks: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Least]:
    """The least seconds of every task, all run in turn.

    No garbage is collected meanwhile, nor before each call, which takes longer than a short task.
    """
    calls: dict[str, list[Least]] = {name: [] for name in tasks}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, task in tasks.items():
                calls[name].append(_one_call(task))
    finally:
        gc.enable()
    return {
        name: Least(min(c.wall for c in found), min(c.processor for c in found))
        for name, found in calls.items()
    }


def _one_call(task: Callable[[], object]) -> Least:
    wall, processor = time.perf_counter(), time.process_time()
    task()
    return Least(time.perf_counter() - wall, time.process_time() - processor)
