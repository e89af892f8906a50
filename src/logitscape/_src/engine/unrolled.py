"""A function of one example on a whole batch, with the class axis unrolled.

XLA reduces slowly over a short leading axis, such as the class axis of logits
[n, batch]. But it turns element-wise operations on arrays [batch] into a single
vectorised loop. So the function of one example is traced, after it has been
differentiated, and its program is run on object arrays (see elements.py): an array of
shape S becomes an object array of shape S, whose elements are batches.

* Element-wise operations are applied to every element.
* Reductions become chains of operations on two elements.
* Operations that move elements are done by NumPy while tracing (see moves.py).
* Anything else goes through `jax.vmap`.

The unrolled code grows with the number of classes, so this pays off for few classes only.
"""

from collections.abc import Iterator, Sequence
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.extend.core import ClosedJaxpr

from ..base.jaxpr import ELEMENTWISE, REDUCTIONS, Function, interpret
from .elements import (
    Elements,
    as_batches,
    batch_size,
    constant,
    map_elements,
    stack,
    to_common_shape,
    unstack,
)
from .moves import MOVES


def unrolled(function: Function) -> Function:
    """Map a function of one example over a batch, with all other axes unrolled.

    Args:
        function: Function of arrays, or of pytrees of arrays, of one example.

    Returns:
        Function like `jax.vmap(function, in_axes=-1, out_axes=-1)`, but of `Elements` in
        place of arrays. `unstack` and `stack` convert arrays [..., batch] to and fro.
    """

    def run(*arguments: Any) -> Any:
        leaves, structure = jax.tree.flatten(arguments)
        shapes = [
            jax.ShapeDtypeStruct(leaf.shape, leaf.flat[0].dtype) for leaf in leaves
        ]
        example = jax.tree.unflatten(structure, shapes)
        trace = jax.make_jaxpr(function, return_shape=True)
        program, out_shapes = trace(*example)
        size = batch_size(leaves)
        outputs = _evaluate(program, leaves)
        results = [as_batches(output, size) for output in outputs]
        out_structure = jax.tree.structure(out_shapes)
        return jax.tree.unflatten(out_structure, results)

    return run


def _evaluate(program: ClosedJaxpr, arguments: Sequence[Elements]) -> list[Elements]:
    return interpret(program, arguments, constant, _apply)


def _apply(equation: Any, arguments: list[Elements]) -> list[Elements]:
    name = equation.primitive.name
    parameters = equation.params
    if name in ELEMENTWISE:
        bind = partial(equation.primitive.bind, **parameters)
        return [_apply_elementwise(bind, arguments)]
    if name in REDUCTIONS:
        combine = REDUCTIONS[name].bind
        axes = parameters["axes"]
        return [_reduce(combine, arguments[0], axes)]
    if name == "reduce":
        return _reduce_together(arguments, **parameters)
    if name == "argmax":
        return [_argmax(arguments[0], **parameters)]
    if name == "dynamic_slice" and arguments[0].ndim == 1:
        return [_look_up(*arguments, **parameters)]
    if name in MOVES:
        return [MOVES[name](*arguments, **parameters)]
    if name == "while":
        return _while(arguments, **parameters)
    return _apply_by_vmap(equation, arguments)


def _apply_elementwise(bind: Function, arguments: list[Elements]) -> Elements:
    def apply_to_elements(*values: Any) -> Any:
        # Primitives take no scalar beside a batch.
        return bind(*to_common_shape(values))

    aligned = np.broadcast_arrays(*arguments)
    return map_elements(apply_to_elements, *aligned)


def _reduce(combine: Function, elements: Elements, axes: Sequence[Any]) -> Elements:
    remaining = [axis for axis in range(elements.ndim) if axis not in axes]
    shape = [elements.shape[axis] for axis in remaining]
    reduced_last = np.transpose(elements, [*remaining, *axes])
    rows = reduced_last.reshape([*shape, -1])

    def combine_two(first: Any, second: Any) -> Any:
        return combine(*to_common_shape([first, second]))

    result = np.empty(shape, object)
    for index in np.ndindex(result.shape):
        result[index] = reduce(combine_two, rows[index])
    return result


def _reduce_together(
    arguments: list[Elements],
    *,
    jaxpr: ClosedJaxpr,
    dimensions: Sequence[int],
    **_: Any,
) -> list[Elements]:
    """`lax.reduce` of one or several arrays along one axis, by a program that joins two of each."""
    count = len(arguments) // 2
    arrays, initial = arguments[:count], arguments[count:]
    rows = [np.moveaxis(array, dimensions[0], -1) for array in arrays]
    results = [np.empty(row.shape[:-1], object) for row in rows]
    for index in np.ndindex(results[0].shape):
        found = initial
        for place in range(rows[0].shape[-1]):
            # Indexed by an ellipsis, a single element is an array without axes.
            next_ones = [row[(*index, place, ...)] for row in rows]
            found = _evaluate(jaxpr, [*found, *next_ones])
        for result, element in zip(results, found, strict=True):
            result[index] = element[()]
    return results


def _argmax(elements: Elements, *, axes: Sequence[Any], index_dtype: Any) -> Elements:
    """Index of the first of the largest elements; any index where there is a NaN."""
    rows = np.moveaxis(elements, axes[0], -1)
    result = np.empty(rows.shape[:-1], object)
    for index in np.ndindex(result.shape):
        result[index] = _index_of_largest(rows[index], index_dtype)
    return result


def _index_of_largest(row: Elements, index_dtype: Any) -> Array:
    largest = row[0]
    position = jnp.zeros((), index_dtype)
    for index, candidate in enumerate(row[1:], start=1):
        here = jnp.asarray(index, index_dtype)
        largest, value, position, here = to_common_shape(
            [largest, candidate, position, here]
        )
        # Not `>=`: the first of several equal elements wins, as in `jnp.argmax`.
        is_larger = value > largest
        largest = jnp.where(is_larger, value, largest)
        position = jnp.where(is_larger, here, position)
    return position


def _look_up(elements: Elements, start: Elements, *, slice_sizes: Any) -> Elements:
    """Slice of a vector from a place that is another for every example."""
    (size,) = slice_sizes
    last = len(elements) - size
    result = np.empty(size, object)
    for offset in range(size):
        chosen = elements[offset]
        # As `lax.dynamic_slice` does: a place beyond the end counts as the last one.
        for place in range(1, last + 1):
            at_least, candidate, chosen = to_common_shape(
                [start[()] >= place, elements[place + offset], chosen]
            )
            chosen = jnp.where(at_least, candidate, chosen)
        result[offset] = chosen
    return result


def _apply_by_vmap(equation: Any, arguments: list[Elements]) -> list[Elements]:
    """Apply a primitive that has no rule here to arrays [..., batch]."""
    bind = partial(equation.primitive.bind, **equation.params)
    size = batch_size(arguments)
    arrays = [stack(as_batches(argument, size)) for argument in arguments]
    mapped = jax.vmap(bind, in_axes=-1, out_axes=-1)
    results = mapped(*arrays)
    if not equation.primitive.multiple_results:
        results = [results]
    return [unstack(result) for result in results]


def _while(
    arguments: list[Elements],
    *,
    cond_jaxpr: ClosedJaxpr,
    cond_nconsts: int,
    body_jaxpr: ClosedJaxpr,
    body_nconsts: int,
    **_: Any,
) -> list[Elements]:
    """Loop until every example is done; the values of those that are done stay.

    The state of the loop is a flat list of batches, as `lax.while_loop` takes no object
    arrays.
    """
    first_state = cond_nconsts + body_nconsts
    cond_constants = arguments[:cond_nconsts]
    body_constants = arguments[cond_nconsts:first_state]
    initial = arguments[first_state:]
    # Of the constants too: a state that is the same for all at first need not stay so.
    size = batch_size(arguments)
    shapes = [array.shape for array in initial]

    def is_running(state: list[Array]) -> Array:
        inputs = [*cond_constants, *_unflatten(shapes, state)]
        condition = _evaluate(cond_jaxpr, inputs)[0][()]
        return jnp.broadcast_to(condition, (size,))

    def any_is_running(state: list[Array]) -> Array:
        return jnp.any(is_running(state))

    def step(state: list[Array]) -> list[Array]:
        running = is_running(state)
        inputs = [*body_constants, *_unflatten(shapes, state)]
        results = _flatten(_evaluate(body_jaxpr, inputs))
        return [
            lax.select(running, jnp.broadcast_to(new, (size,)), old)
            for new, old in zip(results, state, strict=True)
        ]

    start = [jnp.broadcast_to(value, (size,)) for value in _flatten(initial)]
    end = lax.while_loop(any_is_running, step, start)
    return _unflatten(shapes, end)


def _flatten(arrays: Sequence[Elements]) -> list[Any]:
    return [element for array in arrays for element in array.ravel()]


def _unflatten(
    shapes: Sequence[tuple[int, ...]], elements: Sequence[Any]
) -> list[Elements]:
    remaining = iter(elements)
    return [_next_elements(shape, remaining) for shape in shapes]


def _next_elements(shape: tuple[int, ...], remaining: Iterator[Any]) -> Elements:
    elements = np.empty(shape, object)
    for index in np.ndindex(shape):
        elements[index] = next(remaining)
    return elements
