"""Work shared among the processes of a job that has called `jax.distributed.initialize`."""

import pickle
from collections.abc import Sequence
from itertools import count
from typing import Any, TypeVar

import jax
import numpy as np

Item = TypeVar("Item")

PATIENCE = 24 * 3600 * 1000
"""Milliseconds that a process waits for the others; those that die end the waiting at once."""

_meetings = count()


def is_shared() -> bool:
    """Whether there are several processes."""
    return int(jax.process_count()) > 1


def is_first() -> bool:
    """Whether this process does what only one of them does."""
    return int(jax.process_index()) == 0


def share_of(items: Sequence[Item]) -> Sequence[Item]:
    """The items of this process: every k-th one of k processes."""
    return items[jax.process_index() :: jax.process_count()]


def wait_for_all() -> None:
    """Wait until all processes have come here.

    A collective of JAX on CPUs gives up after half a minute if a process is late, which the
    coordination service does not. It has no public interface beyond `jax.distributed`.
    """
    from jax._src import distributed

    client: Any = distributed.global_state.client
    meeting = next(_meetings)
    if client is not None and is_shared():
        client.wait_at_barrier(f"logitscape/{meeting}", PATIENCE)


def gathered(found: Any) -> list[Any]:
    """The findings of every process, in the order of the processes.

    They travel as bytes, so that no number is rounded on the way.
    """
    if not is_shared():
        return [found]
    from jax.experimental import multihost_utils

    content = np.frombuffer(pickle.dumps(found), np.uint8)
    wait_for_all()
    lengths = multihost_utils.process_allgather(np.int32(len(content)))
    padded = np.zeros(int(lengths.max()), np.uint8)
    padded[: len(content)] = content
    wait_for_all()
    everything = multihost_utils.process_allgather(padded)
    return [
        pickle.loads(row[:length].tobytes())
        for row, length in zip(np.asarray(everything), lengths, strict=True)
    ]
