"""Losses and gradients of a large batch on a CPU, block by block.

Evaluated all at once, every intermediate result of a large batch would be written to
memory and read back. A block is small enough for its intermediate results to stay in
the processor's cache. Few classes are unrolled, class by class (see unrolled.py); many
are evaluated row by row with `jax.vmap`.

Batches have their class axis first or last, as the caller has them: no copy is made to
transpose them, except for many classes.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from .batching import MAX_UNROLLED_CLASSES
from .elements import Elements, unstack
from .unrolled import unrolled

UNROLLED_BLOCK = 2**16
"""Number of examples in a block of few classes."""

ROW_BLOCK = 2**19
"""Number of logits in a block of many classes.

It is large enough to be shared among threads, and small enough for the same memory to be
used again by the next block: the first use of memory is slow.
"""

LossAndGradient: TypeAlias = tuple[Array, Array]
OfExample: TypeAlias = Callable[[Array, Array], LossAndGradient]
"""Function (logits [n], label) -> loss and gradient of one example."""

Start: TypeAlias = Array | int
"""Number of a block's first example."""

Outputs = TypeVar("Outputs")


def evaluate_in_blocks(
    of_example: OfExample, class_axis: int, logits: Array, labels: Array
) -> LossAndGradient:
    """Losses [m] and gradients, of the logits' shape, of a batch.

    Args:
        of_example: Function (logits [n], label) -> loss and gradient.
        class_axis: -1 for logits [m, n], 0 for [n, m].
        logits: Logits of m examples.
        labels: Labels, [m].
    """
    num_classes = logits.shape[class_axis]
    num_examples = len(labels)
    if num_classes <= MAX_UNROLLED_CLASSES:
        update = partial(_update_unrolled, of_example, class_axis, logits, labels)
        empty = _empty(logits, labels)
        return _fill(update, UNROLLED_BLOCK, num_examples, empty)
    if class_axis == -1:
        return _evaluate_rows(of_example, logits, labels)
    losses, gradients = _evaluate_rows(of_example, logits.T, labels)
    return losses, gradients.T


def _empty(logits: Array, labels: Array) -> LossAndGradient:
    return jnp.zeros(labels.shape, logits.dtype), jnp.zeros_like(logits)


def _fill(
    update: Callable[[Start, int, Outputs], Outputs],
    size: int,
    num_examples: int,
    empty: Outputs,
) -> Outputs:
    """Fill the outputs block by block.

    The last block is moved back so that it is full: `lax.dynamic_slice` and
    `lax.dynamic_update_slice` clamp the start of a slice that would reach beyond the end.
    The examples that the last two blocks share are computed twice.

    Args:
        update: Function (start of a block, its size, outputs) -> the outputs with the
            results of this block written into them.
        size: Number of examples in a block.
        num_examples: Number of examples of the batch.
        empty: Outputs to begin with.
    """
    size = min(size, num_examples)
    if num_examples <= size:
        return update(0, size, empty)

    def step(index: Array, outputs: Outputs) -> Outputs:
        return update(index * size, size, outputs)

    num_blocks = math.ceil(num_examples / size)
    filled: Outputs = lax.fori_loop(0, num_blocks, step, empty)
    return filled


def _evaluate_rows(
    of_example: OfExample, logits: Array, labels: Array
) -> LossAndGradient:
    num_examples, num_classes = logits.shape
    size = max(1, ROW_BLOCK // num_classes)
    update = partial(_update_rows, of_example, logits, labels)
    return _fill(update, size, num_examples, _empty(logits, labels))


def _update_rows(
    of_example: Callable[[Array, Array], Any],
    logits: Array,
    labels: Array,
    start: Start,
    size: int,
    outputs: Any,
) -> Any:
    """Write the results of a block, examples in the first axis, into the outputs."""
    block_logits = lax.dynamic_slice_in_dim(logits, start, size)
    block_labels = lax.dynamic_slice_in_dim(labels, start, size)
    results = jax.vmap(of_example)(block_logits, block_labels)

    def write(output: Array, result: Array) -> Array:
        return lax.dynamic_update_slice_in_dim(output, result, start, axis=0)

    return jax.tree.map(write, outputs, results)


def _update_unrolled(
    of_example: OfExample,
    class_axis: int,
    logits: Array,
    labels: Array,
    start: Start,
    size: int,
    outputs: LossAndGradient,
) -> LossAndGradient:
    """Write the results of a block, evaluated class by class, into the outputs."""
    block_labels = lax.dynamic_slice_in_dim(labels, start, size)
    block_logits = _read_classes(logits, start, size, class_axis)
    loss, gradient = unrolled(of_example)(block_logits, unstack(block_labels))
    losses, gradients = outputs
    losses = lax.dynamic_update_slice_in_dim(losses, loss[()], start, axis=0)
    return losses, _write_classes(gradients, gradient, start, class_axis)


def _read_classes(logits: Array, start: Start, size: int, class_axis: int) -> Elements:
    """Block of logits, as one array [size] for each class.

    Each is read from the whole batch: XLA is several times slower where a block is read
    first and then taken apart.
    """
    shape = (1, size) if class_axis == 0 else (size, 1)
    classes = np.empty(logits.shape[class_axis], object)
    for index in range(len(classes)):
        corner = _corner(index, start, class_axis)
        classes[index] = lax.dynamic_slice(logits, corner, shape).reshape(size)
    return classes


def _write_classes(
    gradients: Array, gradient: Elements, start: Start, class_axis: int
) -> Array:
    for index, row in enumerate(gradient):
        update = row[None] if class_axis == 0 else row[:, None]
        corner = _corner(index, start, class_axis)
        gradients = lax.dynamic_update_slice(gradients, update, corner)
    return gradients


def _corner(index: int, start: Start, class_axis: int) -> tuple[Start, Start]:
    return (index, start) if class_axis == 0 else (start, index)
