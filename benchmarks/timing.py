"""Interleaved timing: all tasks in turn, round by round, so that other load affects all alike."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

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
