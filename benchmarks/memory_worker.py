"""One sweep in a process of its own, with its peak memory."""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import xarray  # noqa: F401 (imported later, it would count as work)
import zarr  # noqa: F401

import logitscape as ls

SPEC = "softmax + cross_entropy"


def run(way: str, shape: Sequence[int], path: str) -> dict[str, Any]:
    """Seconds in all and for compilation, and the peak memory in bytes.

    Args:
        way: "nothing", "sweep", "summarize" or "sweep_to".
        shape: Number of points along each side of the box.
        path: File for "sweep_to".
    """
    box = ls.box([np.linspace(-10, 10, side) for side in shape])
    ways: dict[str, Callable[[], object]] = {
        "nothing": lambda: ls.sweep(SPEC, box),
        "sweep": lambda: ls.sweep(SPEC, box),
        "summarize": lambda: ls.summarize(SPEC, box),
        "sweep_to": lambda: ls.sweep_to(path, SPEC, box),
    }
    compilation: list[float] = []

    def listen(event: str, duration_secs: float, **_: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            compilation.append(duration_secs)

    jax.monitoring.register_event_duration_secs_listener(listen)
    started = time.perf_counter()
    jax.block_until_ready(ways[way]())
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "compilation": sum(compilation), "peak": peak()}


def peak() -> int:
    """The process's peak memory in bytes."""
    # macOS counts in bytes, other systems in KiB.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
