"""Values and gradients of many examples at once, at the speed of the sweep engine."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from ..base.argmax import one_hot
from ..base.arguments import numbers
from ..base.formula import rounded_once
from ..objectives.batched import checked_labels
from ..objectives.objective import Objective, objective
from .batch_last import along_last_axis
from .elements import Elements
from .families import MOST_CLASSES
from .two_pass import in_two_steps
from .unrolled import unrolled, unstack

BLOCK = 2**16
"""So many examples at a time: their intermediate values, kept class by class, stay in the processor's cache."""
SLAB = (64, 256)
"""For some classes more: so many slabs at a time, shared among threads, of so many examples, which processors add at once."""
MOST_IN_SLABS = 16
LARGE_BLOCK = 2**19
"""So many numbers at a time for many classes: enough to share among threads, and memory is touched for the first time once."""

Results = TypeVar("Results")
Outputs: TypeAlias = tuple[Array, Array]
OfOne: TypeAlias = Callable[[Array, Array], Outputs]


def value_and_grad(
    source: str | Objective | Callable[..., Any], *, class_axis: int = -1
) -> Callable[[ArrayLike, ArrayLike], Outputs]:
    """The function (logits, labels [m]) -> (losses [m], gradients, of the logits' shape); to be jitted.

    The same numbers as `jax.vmap(jax.value_and_grad(...))`, on a CPU faster, as the examples are taken in blocks, and as for
    up to 16 classes sums over them are vectorised over examples; for up to 6, which are unrolled, several times.

    Args:
        source: whatever `ls.objective` takes.
        class_axis: -1 for logits [m, n]; 0 for [n, m], which is faster still for few classes.

    Raises:
        ValueError: for another axis, or shapes that do not fit.
        IndexError: for a label out of range; inside traced code the results are NaN.
    """
    of_one = objective(source)
    if class_axis not in (0, -1):
        raise ValueError(
            f"`value_and_grad(class_axis=...)` must be 0 or -1, got {class_axis!r}."
        )

    def run(logits: ArrayLike, labels: ArrayLike) -> Outputs:
        z = numbers("value_and_grad(...)", "logits, ...", logits)
        if z.ndim != 2:
            raise ValueError(
                f"`value_and_grad(...)(logits, ...)` must have two axes, got shape {z.shape}."
            )
        y = checked_labels(z if class_axis == -1 else z.T, labels)
        return _batch(
            partial(_one_example, of_one, z.shape[class_axis]), class_axis, z, y
        )

    return run


def _batch(one: OfOne, class_axis: int, z: Array, y: Array) -> Outputs:
    """In blocks on a CPU. Derivatives are those of the plain form: the rules of the parts are gone from what is in blocks."""
    plain = jax.vmap(one, in_axes=(class_axis + 1, 0), out_axes=(0, class_axis + 1))

    @jax.custom_jvp
    def run(z: Array, y: Array) -> Outputs:
        outputs: Outputs = lax.platform_dependent(
            z, y, cpu=partial(_on_cpu, one, class_axis), default=plain
        )
        return outputs

    @run.defjvp
    def _(
        primals: tuple[Array, Array], tangents: tuple[Array, Array]
    ) -> tuple[Outputs, Outputs]:
        return jax.jvp(lambda z: plain(z, primals[1]), primals[:1], tangents[:1])

    return run(z, y)


def _on_cpu(one: OfOne, class_axis: int, z: Array, y: Array) -> Outputs:
    n, m = z.shape[class_axis], y.shape[0]
    if n <= MOST_CLASSES:
        return _in_blocks(
            partial(_by_class, one, class_axis, z, y), BLOCK, m, _empty(z, y)
        )
    if n <= MOST_IN_SLABS and m >= math.prod(SLAB):
        return _in_blocks(
            partial(_by_slab, one, class_axis, z, y), math.prod(SLAB), m, _empty(z, y)
        )
    losses, gradients = _in_rows(one, z.T if class_axis == 0 else z, y)
    return losses, gradients.T if class_axis == 0 else gradients


def _empty(z: Array, y: Array) -> Outputs:
    return jnp.zeros(y.shape, z.dtype), jnp.zeros_like(z)


def _in_rows(one: OfOne, z: Array, y: Array) -> Outputs:
    m, size = y.shape[0], max(1, LARGE_BLOCK // z.shape[1])
    shapes = [jax.ShapeDtypeStruct(each.shape[1:], each.dtype) for each in (z, y)]
    steps = in_two_steps(one, *shapes)
    if steps is None:
        return _in_blocks(partial(_by_row, one, z, y), size, m, _empty(z, y))
    empty = jax.tree.map(
        lambda each: jnp.zeros((m, *each.shape), each.dtype),
        jax.eval_shape(steps.first, *shapes),
    )
    (losses,), joined = _in_blocks(partial(_by_row, steps.first, z, y), size, m, empty)
    return losses, jax.vmap(steps.second)(joined, z, y)


def _one_example(of_one: Objective, n: int, logits: Array, label: Array) -> Outputs:
    valid = (label >= 0) & (label < n)
    target = one_hot(label, n).astype(logits.dtype)
    value = partial(rounded_once, of_one.function, logits.dtype)
    loss, gradient = jax.value_and_grad(value)(logits, target)
    poison = jnp.where(valid, 1, jnp.nan).astype(logits.dtype)
    return loss * poison, gradient * poison


def _in_blocks(
    of_block: Callable[[Array | int, int, Results], Results],
    size: int,
    m: int,
    empty: Results,
) -> Results:
    """Block by block: of_block(its start, its size, all results) writes its own.

    The last one begins early enough to be whole, as slices are moved inside the array by themselves.
    """
    size = min(size, m)

    def step(index: Array | int, outputs: Results) -> Results:
        return of_block(index * size, size, outputs)

    results: Results = (
        step(0, empty) if m <= size else lax.fori_loop(0, -(-m // size), step, empty)
    )
    return results


def _by_row(
    one: Callable[[Array, Array], Any],
    z: Array,
    y: Array,
    start: Array | int,
    size: int,
    outputs: Any,
) -> Any:
    results = jax.vmap(one)(
        *(lax.dynamic_slice_in_dim(each, start, size) for each in (z, y))
    )
    return jax.tree.map(
        lambda all, own: lax.dynamic_update_slice_in_dim(all, own, start, axis=0),
        outputs,
        results,
    )


def _by_slab(
    one: OfOne,
    class_axis: int,
    z: Array,
    y: Array,
    start: Array | int,
    size: int,
    outputs: Outputs,
) -> Outputs:
    examples = lax.dynamic_slice_in_dim(z, start, size, 1 + class_axis)
    slabs = jnp.moveaxis(examples, class_axis, 0).reshape(-1, *SLAB).swapaxes(0, 1)
    labels = lax.dynamic_slice_in_dim(y, start, size).reshape(SLAB)
    loss, gradient = jax.vmap(along_last_axis(one))(slabs, labels)
    update = jnp.moveaxis(gradient.swapaxes(0, 1).reshape(-1, size), 0, class_axis)
    losses = lax.dynamic_update_slice_in_dim(
        outputs[0], loss.reshape(size), start, axis=0
    )
    return losses, lax.dynamic_update_slice_in_dim(
        outputs[1], update, start, 1 + class_axis
    )


def _by_class(
    one: OfOne,
    class_axis: int,
    z: Array,
    y: Array,
    start: Array | int,
    size: int,
    outputs: Outputs,
) -> Outputs:
    labels = lax.dynamic_slice_in_dim(y, start, size)
    loss, gradient = unrolled(one)(_read(z, start, size, class_axis), unstack(labels))
    losses = lax.dynamic_update_slice_in_dim(outputs[0], loss[()], start, axis=0)
    return losses, _write(outputs[1], gradient, start, class_axis)


def _read(z: Array, start: Array | int, size: int, class_axis: int) -> Elements:
    """A block, class by class: XLA is several times slower if the block is cut into classes only afterwards."""
    rows = np.empty(z.shape[class_axis], object)
    for k in range(len(rows)):
        place, shape = (
            ((k, start), (1, size)) if class_axis == 0 else ((start, k), (size, 1))
        )
        rows[k] = lax.dynamic_slice(z, place, shape).reshape(size)
    return rows


def _write(
    gradients: Array, gradient: Elements, start: Array | int, class_axis: int
) -> Array:
    for k, row in enumerate(gradient):
        update, place = (
            (row[None], (k, start)) if class_axis == 0 else (row[:, None], (start, k))
        )
        gradients = lax.dynamic_update_slice(gradients, update, place)
    return gradients
