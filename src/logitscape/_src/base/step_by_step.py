"""A function run operation by operation, as it is without `jax.jit`, but compiled in one piece.

Called without `jax.jit`, a function becomes dozens of small programs, each of which takes longer to
compile than to run. Here they are one program in which XLA may not join them: a barrier after every
operation holds them apart.
"""

from collections.abc import Callable
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Literal

from .jaxpr import called_program
from .xla import jit_fast_compile

COMPILED = frozenset({"jit", "pjit"})
"""Calls that are one program also without an outer `jax.jit`; the name depends on the version."""


def step_by_step(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return `function(*arguments)` as it is without `jax.jit`, apart from the last bits.

    Args:
        function: Function of arrays.
        *arguments: Its arguments.

    Raises:
        Exception: What the function raises when it is traced.
    """
    traced, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)

    def run(*leaves: Any) -> list[Any]:
        return _held_apart(traced, leaves)

    outputs = jit_fast_compile(run)(*jax.tree.leaves(arguments))
    return jax.tree.unflatten(jax.tree.structure(shapes), outputs)


def _held_apart(program: ClosedJaxpr, arguments: Any) -> list[Any]:
    """Run a program with a barrier after every operation."""
    jaxpr: Any = program.jaxpr
    values = dict(zip(jaxpr.constvars, program.consts, strict=True))
    values.update(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else values[atom]

    for equation in jaxpr.eqns:
        inputs = [read(atom) for atom in equation.invars]
        values.update(zip(equation.outvars, _outputs(equation, inputs), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _outputs(equation: Any, inputs: list[Any]) -> list[Any]:
    primitive = equation.primitive
    callee = called_program(equation)
    if callee is not None and primitive.name not in COMPILED:
        return _held_apart(callee, inputs)
    outputs = primitive.bind(*inputs, **equation.params)
    outputs = outputs if primitive.multiple_results else [outputs]
    return [jax.lax.optimization_barrier(output) for output in outputs]
