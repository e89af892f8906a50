"""Programs for the parts of an output layer, counted and timed: the measuring half of cost_of_the_exponential.py."""

import os
import platform
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

MOST_LOGITS, LEAST_BATCH, LARGEST_BATCH = 2**20, 16, 4096
SAMPLED = 512
COUNTS = {
    "flops": "flops",
    "transcendentals": "transcendentals",
    "bytes": "bytes accessed",
}


class Layer(NamedTuple):
    """An output layer of so many hidden units and classes, and how many examples go through it."""

    hidden: int
    classes: int
    batch: int


def layer(hidden: int, classes: int) -> Layer:
    """So many examples that there is work to do for few classes, and memory for many."""
    return Layer(
        hidden, classes, max(LEAST_BATCH, min(LARGEST_BATCH, MOST_LOGITS // classes))
    )


def loss_from(g: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    """The mean of `log sum_k g(z_k - max z) - (z_y - max z)`: cross-entropy with softmax if g is the exponential."""

    def loss(z: Array, labels: Array) -> Array:
        shifted = z - jax.lax.stop_gradient(jnp.max(z, axis=1, keepdims=True))
        label = jnp.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
        return jnp.mean(jnp.log(jnp.sum(g(shifted), axis=1)) - label)

    return loss


with_exp, with_square = loss_from(jnp.exp), loss_from(lambda x: x * x + 1)


def programs(
    gradient: bool, of: Layer
) -> dict[str, tuple[Callable[..., Any], tuple[str, ...]]]:
    """What is timed, by name, with the names of its arguments.

    * product: logits from hidden units; for the gradient also the two products back, from a gradient in the logits.
    * exp: the loss from the logits, for the gradient with that in the logits.
    * square: the same with a square in place of the exponential.
    * whole: product and loss in one program; whole, square: with the square.
    * whole, sampled: over few classes, where there are many.
    """
    parts: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
        "product": (
            _products if gradient else jnp.matmul,
            ("h", "w", "z") if gradient else ("h", "w"),
        ),
        "exp": (_or_gradient(with_exp, gradient, 0), ("z", "y")),
        "square": (_or_gradient(with_square, gradient, 0), ("z", "y")),
        "whole": (_or_gradient(_whole(with_exp), gradient, (0, 1)), ("h", "w", "y")),
        "whole, square": (
            _or_gradient(_whole(with_square), gradient, (0, 1)),
            ("h", "w", "y"),
        ),
    }
    if of.classes > SAMPLED:
        parts["whole, sampled"] = (
            _or_gradient(_whole(with_exp), gradient, (0, 1)),
            ("h", "few", "few_y"),
        )
    return parts


def _whole(
    loss: Callable[[Array, Array], Array],
) -> Callable[[Array, Array, Array], Array]:
    return lambda h, w, y: loss(h @ w, y)


def _or_gradient(
    function: Callable[..., Any], gradient: bool, of: int | tuple[int, ...]
) -> Callable[..., Any]:
    return jax.value_and_grad(function, of) if gradient else function


def _products(h: Array, w: Array, slope: Array) -> Any:
    return h @ w, slope @ w.T, h.T @ slope


def arguments(of: Layer) -> dict[str, Array]:
    """Logits of standard deviation about 1."""
    random = np.random.default_rng(0)
    h = random.standard_normal((of.batch, of.hidden), np.float32)
    w = random.standard_normal((of.hidden, of.classes), np.float32) / np.float32(
        of.hidden**0.5
    )
    few = min(of.classes, SAMPLED)
    y = random.integers(0, of.classes, of.batch).astype(np.int32)
    numpy = {
        "h": h,
        "w": w,
        "z": h @ w,
        "y": y,
        "few": np.ascontiguousarray(w[:, :few]),
        "few_y": y % few,
    }
    return {name: jnp.asarray(values) for name, values in numpy.items()}


def measured(of: Layer, gradient: bool, seconds: float) -> pd.DataFrame:
    """A row for each program: seconds at the quartiles, shares at the quartiles, and what the compiler counted."""
    given = arguments(of)
    runs, counts = dict[str, Callable[[], Any]](), dict[str, Mapping[str, float]]()
    for name, (function, names) in programs(gradient, of).items():
        values = [given[each] for each in names]
        compiled = jax.jit(function).lower(*values).compile()
        runs[name] = partial(compiled, *values)
        counted = compiled.cost_analysis() or {}
        counts[name] = {
            short: float(counted.get(long, np.nan)) for short, long in COUNTS.items()
        }
    times = interleaved(runs, seconds)
    table = pd.DataFrame({"program": list(runs)}).assign(
        rounds=len(next(iter(times.values())))
    )
    for told, by_program in parts(times).items():
        table = table.merge(_quartiles(told, by_program), on="program", how="left")
    return table.assign(
        **{short: [counts[name][short] for name in runs] for short in COUNTS}
    )


def interleaved(
    runs: Mapping[str, Callable[[], Any]], seconds: float
) -> dict[str, np.ndarray[Any, Any]]:
    """Times of one run after the other, in rounds, after a first round that does not count."""
    for run in runs.values():
        jax.block_until_ready(run())
    times: dict[str, list[float]] = {name: [] for name in runs}
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(times[next(iter(runs))]) < 3:
        for name, run in runs.items():
            begun = time.perf_counter()
            jax.block_until_ready(run())
            times[name].append(time.perf_counter() - begun)
    return {name: np.array(each) for name, each in times.items()}


def parts(times: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By what is told, and by program, a number for each round.

    * share: of product, exponential and all else of the loss, in the time of product and loss one after the other. The
      exponential is what the loss takes longer than with a square in its place.
    * relative: time in that of the whole.
    """
    total = times["product"] + times["exp"]
    shares = {
        "product": times["product"] / total,
        "exp": (times["exp"] - times["square"]) / total,
        "square": times["square"] / total,
    }
    return {
        "share": shares,
        "relative": {name: each / times["whole"] for name, each in times.items()},
    }


def _quartiles(name: str, values: Mapping[str, Any]) -> pd.DataFrame:
    columns = {"": 50, "_low": 25, "_high": 75}
    found = {
        f"{name}{end}": [np.percentile(each, q) for each in values.values()]
        for end, q in columns.items()
    }
    return pd.DataFrame({"program": list(values), **found})


def machine() -> pd.DataFrame:
    """Where it was measured."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith("model name")
    ]
    about = {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "backend": jax.default_backend(),
        "device": jax.devices()[0].device_kind,
        "dtype": "float32",
    }
    return pd.DataFrame([about])
