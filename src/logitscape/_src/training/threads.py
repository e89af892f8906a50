"""Members of an ensemble shared among the cores of a CPU.

The compiled program for a few members keeps only one core busy, so that a thread per core
runs one for its share of them.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from typing import Any, TypeAlias

import jax
import numpy as np

from ..base.cores import usable_cores
from ..base.x64 import enable_x64, is_x64_enabled

ParallelMap: TypeAlias = Callable[..., list[Any]]
"""Like `list(map(function, *columns))`, with all calls at the same time."""


def shards(members: int) -> list[slice]:
    """Ranges of members, one for each core; a single range on an accelerator."""
    count = 1
    if jax.default_backend() == "cpu":
        count = max(1, min(usable_cores(), members))
    # The sizes differ by one at most, so that at most two programs are compiled.
    ends = np.linspace(0, members, count + 1).round().astype(int)
    return [slice(begin, end) for begin, end in pairwise(ends.tolist())]


@contextmanager
def threads(count: int) -> Iterator[ParallelMap]:
    """A parallel map of compiled functions over `count` rows of arguments."""
    x64 = is_x64_enabled()

    def call(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        with _x64_set_to(x64):
            return jax.block_until_ready(function(*arguments))

    with ThreadPoolExecutor(count) as pool:

        def parallel_map(
            function: Callable[..., Any], *columns: Sequence[Any]
        ) -> list[Any]:
            rows = zip(*columns, strict=True)
            return list(pool.map(call, [function] * count, rows))

        yield parallel_map


def _x64_set_to(x64: bool) -> AbstractContextManager[Any]:
    """Context in which the current thread has JAX's 64-bit switch on or off."""
    # A caller may have set the switch for its own thread only, and a new thread does not
    # inherit that.
    if is_x64_enabled() == x64:
        return nullcontext()
    return enable_x64(x64)
