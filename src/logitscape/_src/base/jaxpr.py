"""An interpreter of jaxprs, the programs that JAX traces functions into.

`interpret` runs over a program with values and rules of the caller's choice. The engine
uses it on arrays taken apart into elements (unrolled.py).
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from jax.extend.core import ClosedJaxpr, Literal, Primitive
from jax.extend.core import primitives as prim

Value = TypeVar("Value")

Function: TypeAlias = Callable[..., Any]
"""Function of arrays, or of pytrees of arrays."""

CALLS = frozenset(
    {
        "jit",
        "pjit",
        "closed_call",
        "core_call",
        "custom_jvp_call",
        "custom_vmap_call",
        "custom_vjp_call",
        "custom_vjp_call_jaxpr",
        "checkpoint",
        "remat2",
    }
)
"""Primitives that only run another program; the names differ between versions of JAX."""


def interpret(
    program: ClosedJaxpr,
    arguments: Sequence[Value],
    constant: Callable[[Any, Any], Value],
    apply: Callable[[Any, list[Value]], list[Value]],
) -> list[Value]:
    """Run a program, equation by equation, with calls such as `jit` inlined.

    Args:
        program: Traced function.
        arguments: Its inputs, in the caller's representation.
        constant: Function (number or array, dtype) -> the constant in that representation.
        apply: Function (equation, values of its inputs) -> values of its outputs.

    Returns:
        Outputs of the program, in the caller's representation.
    """
    jaxpr: Any = program.jaxpr
    values = dict[Any, Value]()
    for variable, value in zip(jaxpr.constvars, program.consts, strict=True):
        values[variable] = constant(value, variable.aval.dtype)
    values.update(zip(jaxpr.invars, arguments, strict=True))

    def read(atom: Any) -> Value:
        if not isinstance(atom, Literal):
            return values[atom]
        literal: Any = atom
        return constant(literal.val, literal.aval.dtype)

    for equation in jaxpr.eqns:
        inputs = [read(atom) for atom in equation.invars]
        callee = called_program(equation)
        if callee is None:
            outputs = apply(equation, inputs)
        else:
            # Inlining loses a custom derivative rule: differentiate first, then trace.
            outputs = interpret(callee, inputs, constant, apply)
        values.update(zip(equation.outvars, outputs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def called_program(equation: Any) -> ClosedJaxpr | None:
    """Program that a call runs; None for any other primitive."""
    if equation.primitive.name not in CALLS:
        return None
    parameters = equation.params
    # jit names its program `jaxpr`, the calls with custom derivatives `call_jaxpr`, and that
    # with a custom rule for batches `call`.
    names = [name for name in ("call_jaxpr", "jaxpr", "call") if name in parameters]
    program = parameters[names[0]] if names else None
    if program is None or isinstance(program, ClosedJaxpr):
        return program
    # That of `jax.checkpoint` is open, with what it closes over among its inputs.
    return ClosedJaxpr(program, ())


ELEMENTWISE = frozenset(
    {
        "abs",
        "acos",
        "acosh",
        "add",
        "add_any",
        "and",
        "asin",
        "asinh",
        "atan",
        "atan2",
        "atanh",
        "cbrt",
        "ceil",
        "clamp",
        "convert_element_type",
        "copy",
        "copy_p",
        "cos",
        "cosh",
        "digamma",
        "div",
        "eq",
        "erf",
        "erf_inv",
        "erfc",
        "exp",
        "exp2",
        "expm1",
        "floor",
        "ge",
        "gt",
        "integer_pow",
        "is_finite",
        "le",
        "lgamma",
        "log",
        "log1p",
        "logistic",
        "lt",
        "max",
        "min",
        "mul",
        "ne",
        "neg",
        "nextafter",
        "not",
        "or",
        "pow",
        "rem",
        "round",
        "rsqrt",
        "select_n",
        "sign",
        "sin",
        "sinh",
        "sqrt",
        "square",
        "stop_gradient",
        "sub",
        "tan",
        "tanh",
        "xor",
    }
)
"""Primitives whose outputs have at every place what the inputs at that place give."""

REDUCTIONS: dict[str, Primitive] = {
    "reduce_sum": prim.add_p,
    "reduce_prod": prim.mul_p,
    "reduce_max": prim.max_p,
    "reduce_min": prim.min_p,
    "reduce_and": prim.and_p,
    "reduce_or": prim.or_p,
}
"""Reductions over axes, each with the primitive that combines two elements."""
