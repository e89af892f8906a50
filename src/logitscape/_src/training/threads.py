"""An ensemble's members shared among the cores of a CPU: the program for a few of them keeps one core busy."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from itertools import pairwise
from typing import Any, TypeAlias

import jax
import numpy as np

InParallel: TypeAlias = Callable[..., list[Any]]
"""`(function, shards, ...)`: what the function gives for each."""


def shards(members: int) -> list[slice]:
    """Ranges of members, one for each core; on an accelerator a single one."""
    count = max(1, min(_cores(), members)) if jax.default_backend() == "cpu" else 1
    ends = np.linspace(0, members, count + 1).round().astype(int)
    return [slice(int(begin), int(end)) for begin, end in pairwise(ends)]


def _cores() -> int:
    return (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


@contextmanager
def threads(count: int) -> Iterator[InParallel]:
    """Calls of a compiled function, each in a thread of its own, with the caller's choice of 32 or 64 bits."""
    wide = _are_wide()

    def one(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        with _bits(wide):
            return jax.block_until_ready(function(*arguments))

    with ThreadPoolExecutor(count) as pool:
        yield lambda function, *each: list(
            pool.map(one, [function] * count, zip(*each, strict=True))
        )


def _bits(wide: bool) -> AbstractContextManager[Any]:
    """That choice belongs to a thread."""
    if _are_wide() == wide:
        return nullcontext()
    older = "jax.experimental"  # than JAX 0.8
    module = jax if hasattr(jax, "enable_x64") else import_module(older)
    context: AbstractContextManager[Any] = module.enable_x64(wide)  # type: ignore[attr-defined, unused-ignore]
    return context


def _are_wide() -> bool:
    return bool(jax.dtypes.canonicalize_dtype(np.float64) == np.float64)
