"""A function of one example on a batch along the *last* axis, with the class axis unrolled.

XLA reduces badly over a short leading axis, but turns element-wise code on class slices into one vectorised loop. So the
program of one example is traced (after differentiation), and evaluated with every array of shape S replaced by an object array
of that shape, whose elements are batches: element-wise operations map over elements, reductions become chains of
element-wise operations, and what moves elements about is done by NumPy while tracing. Worth it for few classes.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr

from .elements import MOVES, Elements, constant
from .jaxpr import ELEMENTWISE, REDUCTIONS, walk


def unrolled(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.vmap(function, in_axes=-1, out_axes=-1)` on object arrays of batches, everything but the batch axis unrolled.

    Takes and returns pytrees of `Elements`; `unstack` and `stack` turn arrays [..., batch] into them and back.
    """

    def run(*arguments: Any) -> Any:
        leaves, tree = jax.tree.flatten(arguments)
        shapes = [
            jax.ShapeDtypeStruct(leaf.shape, leaf.flat[0].dtype) for leaf in leaves
        ]
        closed, out = jax.make_jaxpr(function, return_shape=True)(
            *jax.tree.unflatten(tree, shapes)
        )
        size = _batch_size(leaves)
        results = [_batched(result, size) for result in _evaluate(closed, leaves)]
        return jax.tree.unflatten(jax.tree.structure(out), results)

    return run


def unstack(array: Any) -> Elements:
    """An array [..., batch] as an object array [...] of batches."""
    elements = np.empty(array.shape[:-1], object)
    for index in np.ndindex(elements.shape):
        elements[index] = array[index]
    return elements


def stack(elements: Elements) -> Any:
    """An object array [...] of batches as an array [..., batch]."""
    flat = list(elements.ravel())
    return jnp.stack(flat).reshape(*elements.shape, -1) if elements.ndim else flat[0]


def _batched(elements: Elements, size: int) -> Elements:
    """What turned out the same for every example, as a batch like the rest."""
    return _map(lambda value: jnp.broadcast_to(value, (size,)), elements)


def _map(function: Callable[[Any], Any], elements: Elements) -> Elements:
    result = np.empty(elements.shape, object)
    for index in np.ndindex(result.shape):
        result[index] = function(elements[index])
    return result


def _evaluate(closed: ClosedJaxpr, arguments: Sequence[Elements]) -> list[Elements]:
    return walk(closed, arguments, constant, _apply)


def _apply(equation: Any, arguments: list[Elements]) -> list[Elements]:
    name, parameters = equation.primitive.name, equation.params
    if name in ELEMENTWISE:
        return [_elementwise(partial(equation.primitive.bind, **parameters), arguments)]
    if name in REDUCTIONS:
        return [_reduce(REDUCTIONS[name].bind, arguments[0], parameters["axes"])]
    if name == "argmax":
        return [_argmax(arguments[0], **parameters)]
    if name in MOVES:
        return [MOVES[name](*arguments, **parameters)]
    if name == "while":
        return _while(arguments, **parameters)
    return _vectorised(equation, arguments)


def _elementwise(function: Callable[..., Any], arguments: list[Elements]) -> Elements:
    aligned = np.broadcast_arrays(*arguments)
    result = np.empty(aligned[0].shape, object)
    for index in np.ndindex(result.shape):
        result[index] = function(*_same_size([each[index] for each in aligned]))
    return result


def _batch_size(arguments: list[Elements]) -> int:
    return max(
        (value.shape[0] for each in arguments for value in each.ravel() if value.ndim),
        default=1,
    )


def _same_size(values: list[Any]) -> list[Any]:
    """A number that is the same for the whole batch beside one that is not becomes a batch."""
    shape = max((value.shape for value in values), default=())
    return [
        value if value.shape == shape else jnp.broadcast_to(value, shape)
        for value in values
    ]


def _reduce(
    combine: Callable[[Any, Any], Any], elements: Elements, axes: Sequence[Any]
) -> Elements:
    kept = [axis for axis in range(elements.ndim) if axis not in axes]
    front = np.transpose(elements, [*kept, *axes]).reshape(
        [elements.shape[axis] for axis in kept] + [-1]
    )
    result = np.empty(front.shape[:-1], object)
    for index in np.ndindex(result.shape):
        result[index] = reduce(lambda a, b: combine(*_same_size([a, b])), front[index])
    return result


def _argmax(elements: Elements, *, axes: Sequence[int], index_dtype: Any) -> Elements:
    """The first of the largest; where there is a NaN, any."""
    front = np.moveaxis(elements, axes[0], -1)
    result = np.empty(front.shape[:-1], object)
    for index in np.ndindex(result.shape):
        largest, place = front[index][0], jnp.zeros((), index_dtype)
        for k, value in enumerate(front[index][1:], start=1):
            largest, value, place, here = _same_size(
                [largest, value, place, jnp.asarray(k, index_dtype)]
            )
            greater = value > largest
            largest, place = (
                jnp.where(greater, value, largest),
                jnp.where(greater, here, place),
            )
        result[index] = place
    return result


def _vectorised(equation: Any, arguments: list[Elements]) -> list[Elements]:
    """Whatever has no rule here: the operation itself, vectorised over the batch."""
    bind = partial(equation.primitive.bind, **equation.params)
    size = _batch_size(arguments)
    results = jax.vmap(bind, in_axes=-1, out_axes=-1)(
        *[stack(_batched(each, size)) for each in arguments]
    )
    return [
        unstack(result)
        for result in (results if equation.primitive.multiple_results else [results])
    ]


def _while(
    arguments: list[Elements],
    *,
    cond_jaxpr: ClosedJaxpr,
    cond_nconsts: int,
    body_jaxpr: ClosedJaxpr,
    body_nconsts: int,
    **_: Any,
) -> list[Elements]:
    """A loop that runs until every example is done; those that are stay as they are."""
    cond_constants, body_constants = (
        arguments[:cond_nconsts],
        arguments[cond_nconsts:][:body_nconsts],
    )
    first = arguments[cond_nconsts + body_nconsts :]
    size = _batch_size(arguments)
    shapes = [each.shape for each in first]

    def rebuild(flat: list[Any]) -> list[Elements]:
        rest: Iterator[Any] = iter(flat)
        return [_filled(shape, rest) for shape in shapes]

    def going_on(flat: list[Any]) -> Any:
        return jnp.broadcast_to(
            _evaluate(cond_jaxpr, [*cond_constants, *rebuild(flat)])[0][()], (size,)
        )

    def step(flat: list[Any]) -> list[Any]:
        keep = going_on(flat)
        new = _evaluate(body_jaxpr, [*body_constants, *rebuild(flat)])
        values = [value for each in new for value in each.ravel()]
        return [
            lax.select(keep, jnp.broadcast_to(a, (size,)), b)
            for a, b in zip(values, flat, strict=True)
        ]

    start = [
        jnp.broadcast_to(value, (size,)) for each in first for value in each.ravel()
    ]
    return rebuild(lax.while_loop(lambda flat: jnp.any(going_on(flat)), step, start))


def _filled(shape: tuple[int, ...], values: Iterator[Any]) -> Elements:
    elements = np.empty(shape, object)
    for index in np.ndindex(shape):
        elements[index] = next(values)
    return elements
