"""The measurements of `training`, in a process of their own."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .process import progress, stay_on_one_core
from .timing import Least, least
from .training_rows import (
    CLASSES,
    COMPILED,
    NUMBERS,
    Batch,
    Row,
    batch,
    batch_of_marks,
    rows,
)
from .training_rows_wider import wider_rows

DTYPES = ("float32", "bfloat16")
STATES = ("early", "late")
TOLERANCE = {"float32": 2e-3, "bfloat16": 0.1}
"""By how much values may differ, relative to themselves and to the typical one."""
EXCEPTIONS = {"float32": 0.01, "bfloat16": 0.02}
"""Share of the values that may differ more, as the textbook's form rounds in between."""

QUICK_ROWS = ("softmax + cross_entropy", "sum + brier", "z_loss")
ROWS_ON_ALL_CORES = (
    "softmax + cross_entropy",
    "softmax + brier",
    "taylor + cross_entropy",
    "spherical + brier",
)


def run(quick: bool, one_core: bool) -> dict[str, Any]:
    """Measure every row in every size on one core, or some rows on all cores.

    Args:
        quick: Whether to measure few rows in small sizes.
        one_core: Whether to use one core only. Then processor time is reproducible: no other
            threads of ours wait for work meanwhile.
    """
    if one_core:
        stay_on_one_core()
    if quick:
        few = [row for row in all_rows() if row.name in QUICK_ROWS]
        return measured(few, (3, 1000), numbers=10**5, rounds=2, with_torch=one_core)
    if one_core:
        return measured(all_rows(), CLASSES, numbers=NUMBERS, rounds=9)
    some = [row for row in rows() if row.name in ROWS_ON_ALL_CORES]
    return measured(some, CLASSES, numbers=NUMBERS, rounds=9, with_torch=False)


def all_rows() -> list[Row]:
    """Every loss that is measured."""
    return [*rows(), *wider_rows()]


def measured(
    rows: Sequence[Row],
    classes: Sequence[int],
    numbers: int,
    rounds: int,
    dtypes: Sequence[str] = DTYPES,
    with_torch: bool = True,
) -> dict[str, Any]:
    """Times and memory of some rows.

    Args:
        rows: What is measured.
        classes: Numbers of classes.
        numbers: Number of logits of a batch, about.
        rounds: Number of rounds, of which the least time counts.
        dtypes: Names of the logits' types.
        with_torch: Whether PyTorch is measured, if it is there.
    """
    cases = []
    missing = _why_torch_is_missing() if with_torch else "not asked for"
    for row in rows:
        for dtype in dtypes:
            for n in classes:
                progress(f"training: {row.name}, {dtype}, n = {n}")
                case = _case(row, dtype, n, numbers, rounds)
                if missing is None:
                    case["torch"] = _torch(row, dtype, n, numbers)
                cases.append(case)
    return {
        "numbers": numbers,
        "rounds": rounds,
        "cases": cases,
        "no_torch": missing,
        "compiled": ", ".join(COMPILED),
    }


def _case(row: Row, dtype: str, n: int, numbers: int, rounds: int) -> dict[str, Any]:
    inputs = {
        state: _arrays(_batch(row, n, numbers, state == "late"), dtype)
        for state in STATES
    }
    ways = {"ours": row.ours, "textbook": row.textbook}
    programs = {
        name: jax.jit(way).lower(*inputs["early"]).compile()
        for name, way in ways.items()
    }
    _check_close(programs, inputs["early"], dtype, row.name)
    size = inputs["early"][0].nbytes
    memory = {name: _temporary(program) / size for name, program in programs.items()}
    seconds = {}
    for state in STATES:
        tasks = {
            name: _task(program, inputs[state]) for name, program in programs.items()
        }
        seconds[state] = _as_lists(least(tasks, rounds))
    return {
        "row": row.name,
        "group": row.group,
        "dtype": dtype,
        "n": n,
        "seconds": seconds,
        "memory": memory,
        "torch": None,
    }


def _batch(row: Row, n: int, numbers: int, is_late: bool) -> Batch:
    if row.takes_marks:
        return batch_of_marks(n, numbers, is_late)
    return batch(n, numbers, is_late, row.is_positive)


def _temporary(program: jax.stages.Compiled) -> int:
    """Bytes that a compiled program allocates beside its inputs and outputs."""
    analysis = program.memory_analysis()
    if analysis is None:
        raise RuntimeError("JAX says nothing of the program's memory.")
    return int(analysis.temp_size_in_bytes)


def _arrays(of: Batch, dtype: str) -> tuple[jax.Array, jax.Array]:
    logits, labels = jnp.asarray(of.logits, dtype), jnp.asarray(of.labels)
    is_mark = jnp.issubdtype(labels.dtype, jnp.floating)
    return logits, labels.astype(dtype) if is_mark else labels


def _task(program: Callable[..., Any], inputs: Sequence[Any]) -> Callable[[], object]:
    return lambda: jax.block_until_ready(program(*inputs))


def _as_lists(times: dict[str, Least]) -> dict[str, list[float]]:
    return {name: [time.wall, time.processor] for name, time in times.items()}


def _check_close(
    programs: Mapping[str, Callable[..., Any]],
    inputs: Sequence[Any],
    dtype: str,
    name: str,
) -> None:
    """Ours and the textbook's form compute the same values.

    Raises:
        AssertionError: If a value differs by more than the tolerance.
    """
    results = {name: program(*inputs) for name, program in programs.items()}
    for ours, textbook in zip(results["ours"], results["textbook"], strict=True):
        values = np.asarray(ours, np.float64)
        expected = np.asarray(textbook, np.float64)
        size = np.abs(expected) + np.median(np.abs(expected))
        agrees = np.abs(values - expected) <= TOLERANCE[dtype] * size
        if np.mean(~agrees) > EXCEPTIONS[dtype]:
            raise AssertionError(f"{name}, {dtype}: {values} is not {expected}.")


def _why_torch_is_missing() -> str | None:
    try:
        import_module("torch")
    except ImportError as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None


def _torch(row: Row, dtype: str, n: int, numbers: int) -> dict[str, float] | None:
    """Wall seconds of PyTorch's ways, early in training; None for a row without such a way."""
    from .training_torch import ways

    if row.takes_marks or row.name.startswith("value_and_grad"):
        return None
    example = batch(n, numbers, is_late=False, is_positive=row.is_positive)
    half = dtype == "bfloat16"
    seconds = {}
    for name, way in ways(row.name, example.logits, example.labels, half).items():
        try:
            way()
        except Exception as error:
            if name != "torch.compile":
                raise
            progress(f"torch.compile: {error}".splitlines()[0])
        else:
            seconds[name] = least({name: way}, rounds=3)[name].wall
    return seconds
