"""The compiled programs by which a subject is evaluated, one per quantity, shape and precision."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.memory import kept
from ..base.program_keys import program_key
from ..base.stored import stored_program
from ..base.xla import jit_as_trained, jit_fast_compile, jit_in_use
from ..forms.opaque import Opaque
from ..objectives.at_label import loss_at_label
from .precisions import Precision as Precision
from .subject import Subject, value_and_grad

Quantity: TypeAlias = Literal[
    "gradient", "gradient at labels", "hessian", "probabilities"
]
Program: TypeAlias = Callable[[Any, Any], Any]

FEW_CLASSES = 100
"""Largest number of classes for which compiling a program takes longer than running it."""


# A diagnosis needs about twelve, and six of the reference.
@kept(maxsize=32)
def program_of(
    subject: Subject, quantity: Quantity, shape: tuple[int, int], dtype: Precision
) -> Program:
    """The program for one shape, loaded where it is stored."""
    if subject.opaque is not None and quantity != "probabilities":
        return _of_opaque(subject.opaque, quantity)
    function = _of_one(subject, quantity)
    jit = _jit(shape[1], dtype)
    asked = subject.normalizer if quantity == "probabilities" else subject.function
    about = (quantity, shape, dtype, jit.__name__)
    example = _arguments(quantity, shape[1:], dtype)
    key = program_key(asked, about, function, *example)
    mapped = jax.vmap(function)
    if key is None:
        return jit(mapped)
    arguments = _arguments(quantity, shape, dtype)
    return stored_program(key, mapped, *arguments, jit=jit).program


def _jit(n: int, dtype: Precision) -> Callable[..., jax.stages.Wrapped]:
    """How a program of n classes is compiled: quickly where that takes longer than running it."""
    if n > FEW_CLASSES:
        return jit_in_use
    # float32 computes bit by bit what it computes in training.
    return jit_as_trained if dtype == "float32" else jit_fast_compile


def _arguments(
    quantity: Quantity, shape: tuple[int, ...], dtype: Precision
) -> tuple[jax.ShapeDtypeStruct, jax.ShapeDtypeStruct]:
    """Shapes and dtypes of logits and targets."""
    points = jax.ShapeDtypeStruct(shape, jnp.dtype(dtype))
    if quantity == "gradient at labels":
        return points, jax.ShapeDtypeStruct(shape[:-1], jnp.int32)
    return points, points


def _of_opaque(opaque: Opaque, quantity: Quantity) -> Program:
    """The rows as they are computed, without a program of JAX around them.

    A callback from a compiled program with large arrays may wait for ever on one processor:
    https://github.com/jax-ml/jax/issues/24255.
    """
    if quantity == "hessian":
        return lambda z, t: (opaque.hessians(z, t),)
    return opaque.values


def _of_one(subject: Subject, quantity: Quantity) -> Program:
    """The quantity of one example."""

    def gradient(z: Array, t: Array) -> Any:
        return value_and_grad(subject.function)(z, t)

    def gradient_at_label(z: Array, label: Array) -> Any:
        assert subject.objective is not None
        loss = partial(loss_at_label, subject.objective)
        return jax.value_and_grad(loss)(z, label)

    def hessian(z: Array, t: Array) -> Any:
        return (jax.hessian(subject.function)(z, t),)

    def probability(z: Array, t: Array) -> Any:
        assert subject.normalizer is not None
        return (subject.normalizer(z).p,)

    functions: dict[Quantity, Program] = {
        "gradient": gradient,
        "gradient at labels": gradient_at_label,
        "hessian": hessian,
        "probabilities": probability,
    }
    return functions[quantity]
