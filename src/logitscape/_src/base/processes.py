"""Work shared among the processes of a job that has called `jax.distributed.initialize`."""

import pickle
from collections.abc import Sequence
from itertools import count
from typing import Any, TypeVar

import jax
import numpy as np

from .plain_pickles import PROTOCOL, unpickled

Item = TypeVar("Item")

PATIENCE = 24 * 3600 * 1000
"""Milliseconds that a process waits for the others; those that die end the waiting at once."""

PIECE = 2**20
"""Bytes of one message, for which the service has a limit."""

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
    coordination service does not. So nothing is shared by collectives.
    """
    client = _client()
    meeting = next(_meetings)
    if client is not None and is_shared():
        client.wait_at_barrier(f"logitscape/{meeting}", PATIENCE)


def gathered(found: Any) -> list[Any]:
    """The findings of every process, in the order of the processes.

    They travel as bytes, so that no number is rounded on the way, and through the coordination
    service: a process may be as late as it likes, for one compilation takes longer than another.
    """
    if not is_shared():
        return [found]
    client, meeting = _client(), next(_meetings)
    content = pickle.dumps(jax.tree.map(_in_numpy, found), protocol=PROTOCOL)
    pieces = [content[k : k + PIECE] for k in range(0, len(content), PIECE)]
    own = f"logitscape/{meeting}/{jax.process_index()}"
    for place, piece in enumerate(pieces):
        client.key_value_set_bytes(f"{own}/{place}", piece)
    client.key_value_set_bytes(own, str(len(pieces)).encode())
    wait_for_all()
    everything = [_received(client, meeting, k) for k in range(jax.process_count())]
    wait_for_all()
    # The service keeps what is not deleted, in the memory of the first process.
    for place in range(len(pieces)):
        client.key_value_delete(f"{own}/{place}")
    return everything


def _in_numpy(leaf: Any) -> Any:
    return np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf


def _received(client: Any, meeting: int, process: int) -> Any:
    key = f"logitscape/{meeting}/{process}"
    count = int(client.blocking_key_value_get_bytes(key, PATIENCE))
    pieces = [
        client.blocking_key_value_get_bytes(f"{key}/{place}", PATIENCE)
        for place in range(count)
    ]
    return unpickled(b"".join(pieces))


def _client() -> Any:
    # It has no public interface beyond `jax.distributed`.
    from jax._src import distributed

    return distributed.global_state.client
