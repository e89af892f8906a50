"""Times of the parts of an output layer, and the counts of the compiler."""

import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import jax
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .output_layer import Layer, arguments, layer, programs

Times: TypeAlias = NDArray[np.float64]

COUNTS = {
    "flops": "flops",
    "transcendentals": "transcendentals",
    "bytes": "bytes accessed",
}
"""The compiler's name of each count, by the name of the column."""
LEAST_ROUNDS = 3
QUARTILES = {"": 50, "_low": 25, "_high": 75}
"""Percentiles by the suffix of their columns."""


def measure_layer(hidden: int, classes: int, name: str, seconds: float) -> pd.DataFrame:
    """A row for each program of a layer, for the pass of that name.

    A row has the seconds and shares at the quartiles, and the counts of the compiler.
    """
    size = layer(hidden, classes)
    about = {
        "pass": name,
        "hidden": size.hidden,
        "classes": size.classes,
        "batch": size.batch,
    }
    rows = _measured_programs(size, name == "gradient", seconds)
    return rows.assign(**about)[[*about, *rows.columns]]


def _measured_programs(size: Layer, gradient: bool, seconds: float) -> pd.DataFrame:
    runs: dict[str, Callable[[], Any]] = {}
    counts = []
    by_argument = arguments(size)
    for name, program in programs(gradient, size).items():
        values = [by_argument[argument] for argument in program.arguments]
        compiled = jax.jit(program.function).lower(*values).compile()
        runs[name] = partial(compiled, *values)
        counts.append(_counts(compiled))
    times = interleaved(runs, seconds)
    table = pd.DataFrame({"program": list(runs)})
    table["rounds"] = _rounds(times)
    for quantity, by_program in parts(times).items():
        quartiles = _quartiles(quantity, by_program)
        table = table.merge(quartiles, on="program", how="left")
    return pd.concat([table, pd.DataFrame(counts)], axis=1)


def _counts(compiled: Any) -> dict[str, float]:
    """The compiler's counts; NaN where the backend does not count."""
    analysis = compiled.cost_analysis() or {}
    return {
        column: float(analysis.get(name, np.nan)) for column, name in COUNTS.items()
    }


def interleaved(
    runs: Mapping[str, Callable[[], Any]], seconds: float
) -> dict[str, Times]:
    """The times of each run, called one after the other in rounds.

    A first round does not count.
    """
    for run in runs.values():
        jax.block_until_ready(run())
    times: dict[str, list[float]] = {name: [] for name in runs}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or _rounds(times) < LEAST_ROUNDS:
        for name, run in runs.items():
            started = time.perf_counter()
            jax.block_until_ready(run())
            times[name].append(time.perf_counter() - started)
    return {name: np.array(values) for name, values in times.items()}


def _rounds(times: Mapping[str, Any]) -> int:
    return len(next(iter(times.values())))


def parts(times: Mapping[str, Times]) -> dict[str, dict[str, Times]]:
    """Numbers for each round, by quantity and program.

    * share: Share of the product, of the exponential and of the rest of the loss, in the time of
      product and loss one after the other. The time of the exponential is what the loss takes
      longer than with a square in its place.
    * relative: Time relative to that of the whole.
    """
    total = times["product"] + times["exp"]
    shares = {
        "product": times["product"] / total,
        "exp": (times["exp"] - times["square"]) / total,
        "square": times["square"] / total,
    }
    relative = {name: values / times["whole"] for name, values in times.items()}
    return {"share": shares, "relative": relative}


def _quartiles(quantity: str, by_program: Mapping[str, Times]) -> pd.DataFrame:
    """The quartiles of each program, in columns named after the quantity."""
    table = pd.DataFrame({"program": list(by_program)})
    for suffix, percentile in QUARTILES.items():
        table[f"{quantity}{suffix}"] = [
            np.percentile(values, percentile) for values in by_program.values()
        ]
    return table


def machine() -> pd.DataFrame:
    """A row that describes the machine of the measurement."""
    about = {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "backend": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "dtype": "float32",
    }
    return pd.DataFrame([about])


def _processor() -> str:
    for line in _cpu_lines():
        key, _, value = line.partition(":")
        if key.startswith("model name"):
            return value.strip()
    return platform.processor() or platform.machine()


def _cpu_lines() -> Iterable[str]:
    """Lines that describe the processor, which only Linux offers."""
    file = Path("/proc/cpuinfo")
    if not file.exists():
        return []
    return file.read_text(encoding="utf-8").splitlines()
