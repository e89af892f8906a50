"""An audit's pass over all examples: in blocks, on all cores and devices, shared among processes.

The examples are cut into at most `CHUNKS` chunks of whole blocks, whoever evaluates them. Sums over
a chunk are taken block by block in float64, and the chunks are added in their order, so that the
results are the same to the bit for any number of processes, devices and threads.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from ..base.cores import usable_cores
from ..base.processes import gathered
from ..base.x64 import enable_x64
from .blocks import Given, read_block
from .config import Setting
from .example_numbers import Examples
from .files.opening import stamp
from .files.rows import Rows
from .labels import Labels
from .program import Classes, block_rows, compiled

CHUNKS = 64
"""Largest number of chunks, of each of which the sums of all classes are kept."""
SAMPLE_NUMBERS = 2**21
"""Largest number of logits that are kept, of examples at equal distances."""
BINS = 15
"""Bins of the probabilities of every class."""


@dataclass(frozen=True)
class Stream:
    """What one pass over the logits leaves.

    Attributes:
        examples: Numbers about every example, in NumPy.
        classes: Sums for every class, in float64.
        bins: Numbers of examples, sums of probabilities and of targets by class and bin of the
            probability, [3, n, bins]; None for many classes.
        sample: Logits of some examples, [s, n].
        sampled: Places of these examples, [s].
    """

    examples: Examples
    classes: Classes
    bins: NDArray[np.float64] | None
    sample: NDArray[Any]
    sampled: NDArray[np.int64]


class Sums(NamedTuple):
    """Sums over the blocks of a chunk."""

    classes: Classes
    bins: NDArray[np.float64] | None


@dataclass(frozen=True)
class Block:
    """The results of one block, and the logits of its examples that are in the sample."""

    examples: Examples
    sums: Sums
    sample: NDArray[Any]


def stream(
    setting: Setting,
    logits: Rows,
    labels: Labels,
    on_progress: Callable[[int, int], None] | None = None,
) -> Stream:
    """Evaluate all examples.

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
    stride = max(1, -(-m * n // SAMPLE_NUMBERS))
    before = stamp(logits)
    share = _share_of(chunks)
    examples, samples, sums = list[Examples](), list[NDArray[Any]](), list[Sums]()
    done = 0
    for chunk in share:
        span = range(chunk * blocks // chunks, (chunk + 1) * blocks // chunks)
        total: Sums | None = None
        for block in _evaluated(setting, logits, labels, span, stride):
            examples.append(block.examples)
            samples.append(block.sample)
            total = block.sums if total is None else _added(total, block.sums)
            done += len(block.examples.loss)
            if on_progress is not None:
                on_progress(done, m)
        if total is not None:
            sums.append(total)
    _check_unchanged(logits, before)
    return _joined(examples, samples, sums, stride, m, n)


def _share_of(chunks: int) -> range:
    """The chunks that this process evaluates."""
    process, processes = jax.process_index(), jax.process_count()
    return range(process * chunks // processes, (process + 1) * chunks // processes)


def _evaluated(
    setting: Setting, logits: Rows, labels: Labels, span: range, stride: int
) -> Iterator[Block]:
    """The results of consecutive blocks, in their order; some are computed side by side."""
    devices = jax.local_devices()
    workers = max(len(devices), usable_cores())
    waiting = deque[Future[Block]]()
    with ThreadPoolExecutor(workers) as pool:
        for index in span:
            # Files are read from front to back by this thread alone.
            given = read_block(setting, logits, labels, index)
            device = devices[index % len(devices)]
            waiting.append(
                pool.submit(_evaluate, setting, device, given, index, stride)
            )
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _evaluate(
    setting: Setting, device: Any, given: Given, index: int, stride: int
) -> Block:
    with enable_x64(given.logits.dtype == np.float64):
        placed = jax.device_put((given.logits, given.target, given.counts), device)
        results = jax.tree.map(np.asarray, compiled(setting)(*placed))
    examples, classes, p = results
    length, size = given.length, len(given.counts)
    kept = Examples(*[values[..., :length] for values in examples])
    wide = Classes(*[values.astype(np.float64) for values in classes])
    bins = None
    if p is not None:
        measured = given.counts & examples.finite & examples.has_loss
        bins = _binned(p[measured], given.target[measured])
    first = -(index * size) % stride
    return Block(kept, Sums(wide, bins), given.logits[first:length:stride].copy())


def _binned(p: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers of examples, sums of probabilities and of targets by class and bin, [3, n, bins]."""
    n = p.shape[1]
    place = np.clip(np.ceil(p * BINS) - 1, 0, BINS - 1).astype(np.int64)
    flat = (place + BINS * np.arange(n)).ravel()
    t = target if target.ndim == 2 else np.arange(n) == target[:, None]
    parts = [
        np.bincount(flat, weights, n * BINS) for weights in (None, p.ravel(), t.ravel())
    ]
    return np.stack(parts).astype(np.float64).reshape(3, n, BINS)


def _added(total: Sums, other: Sums) -> Sums:
    extremes = {"largest": np.maximum, "least": np.minimum}
    classes = Classes(
        *[
            extremes.get(name, np.add)(
                getattr(total.classes, name), getattr(other.classes, name)
            )
            for name in Classes._fields
        ]
    )
    bins = None
    if total.bins is not None and other.bins is not None:
        bins = total.bins + other.bins
    return Sums(classes, bins)


def _check_unchanged(logits: Rows, before: tuple[Any, ...]) -> None:
    if stamp(logits) != before:
        raise RuntimeError(
            f"`audit(logits=...)`: {logits.name} changed while it was read, so that no number "
            "would be of one model; nothing is kept. Audit a copy, or wait for the writer."
        )


def _joined(
    examples: list[Examples],
    samples: list[NDArray[Any]],
    sums: list[Sums],
    stride: int,
    m: int,
    n: int,
) -> Stream:
    """What all processes have found, in the order of the examples."""
    if jax.process_count() > 1:
        parts = gathered((examples, samples, sums))
        examples, samples, sums = (
            [each for part in parts for each in part[k]] for k in range(3)
        )
    total = sums[0]
    for other in sums[1:]:
        total = _added(total, other)
    joined = Examples(
        *[np.concatenate(values, axis=-1) for values in zip(*examples, strict=True)]
    )
    return Stream(
        examples=joined,
        classes=total.classes,
        bins=total.bins,
        sample=np.concatenate(samples),
        sampled=np.arange(0, m, stride),
    )
