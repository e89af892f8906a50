"""An audit's pass over all examples: in blocks, on all cores and devices, shared among processes.

The examples are cut into at most `CHUNKS` chunks of whole blocks, whoever evaluates them. Sums over
a chunk are taken block by block in float64, and the chunks are added in their order, so that the
results are the same to the bit for any number of processes, devices and threads.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import jax

from ..base.cores import usable_cores
from ..base.processes import gathered
from .block_results import Distances, Part, added, evaluate
from .blocks import read_block
from .config import Setting
from .files.opening import stamp
from .files.rows import Rows
from .kept import distance_of
from .labels import Labels
from .program import block_rows

CHUNKS = 64
"""Largest number of chunks, of each of which the sums of all classes are kept."""
SAMPLE_NUMBERS = 2**21
"""Largest number of logits that are kept, of examples at equal distances, and of gradients."""
FEWEST_GRADIENTS = 32
"""Examples whose gradients are kept in any case."""


def stream(
    setting: Setting,
    logits: Rows,
    labels: Labels,
    on_progress: Callable[[int, int], None] | None = None,
) -> Part:
    """Evaluate all examples, in memory that does not grow with their number.

    Args:
        setting: What is asked.
        logits: Logits, [m, n].
        labels: Labels or targets.
        on_progress: Called with the number of examples that are done, and of all of them.

    Raises:
        RuntimeError: If the file changes while it is read.
        ValueError: If it ends too early.
    """
    m, n = logits.shape
    size = block_rows(n)
    blocks = -(-m // size)
    chunks = min(CHUNKS, blocks)
    distances = _distances(m, n, len(setting.losses))
    parts = list[Part]()
    done = 0
    for chunk in _share_of(chunks):
        span = range(chunk * blocks // chunks, (chunk + 1) * blocks // chunks)
        total: Part | None = None
        for part in _evaluated(setting, logits, labels, span, distances):
            total = part if total is None else added(setting, [total, part])
            done = min(done + size, m)
            if on_progress is not None:
                on_progress(done, m)
        if total is not None:
            parts.append(total)
    _check_unchanged(logits, labels.rows)
    return added(setting, [part for share in gathered(parts) for part in share])


def _distances(m: int, n: int, losses: int) -> Distances:
    # Some gradients are needed, however many classes they have.
    of_gradients = min(-(-m * n * losses // SAMPLE_NUMBERS), m // FEWEST_GRADIENTS)
    return Distances(
        kept=distance_of(m),
        sampled=max(1, -(-m * n // SAMPLE_NUMBERS)),
        gradients=max(1, of_gradients),
    )


def _share_of(chunks: int) -> range:
    """The chunks that this process evaluates."""
    process, processes = jax.process_index(), jax.process_count()
    return range(process * chunks // processes, (process + 1) * chunks // processes)


def _evaluated(
    setting: Setting, logits: Rows, labels: Labels, span: range, distances: Distances
) -> Iterator[Part]:
    """The results of consecutive blocks, in their order; some are computed side by side."""
    devices = jax.local_devices()
    workers = max(len(devices), usable_cores())
    waiting = deque[Future[Part]]()
    with ThreadPoolExecutor(workers) as pool:
        for index in span:
            # Files are read from front to back by this thread alone.
            try:
                given = read_block(setting, logits, labels, index)
            except (TypeError, ValueError):
                # What was written to it says more than what was found there.
                _check_unchanged(logits, labels.rows)
                raise
            device = devices[index % len(devices)]
            waiting.append(pool.submit(evaluate, setting, device, given, distances))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _check_unchanged(*files: Rows) -> None:
    for rows in files:
        if stamp(rows.path) != rows.state:
            raise RuntimeError(
                f"`audit(logits=...)`: {rows.name} changed while it was read, so that no number "
                "would be of one model; nothing is kept. Audit a copy, or wait for the writer."
            )
