"""The one loop of all that evaluate a traced function in their own way."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from jax.extend.core import ClosedJaxpr, Literal, Primitive
from jax.extend.core import primitives as prim

Value = TypeVar("Value")

CALLS = {
    "jit",
    "pjit",
    "closed_call",
    "core_call",
    "custom_jvp_call",
    "custom_vjp_call",
    "custom_vjp_call_jaxpr",
}
CALLS |= {"checkpoint", "remat2"}


def walk(
    closed: ClosedJaxpr,
    arguments: Sequence[Value],
    constant: Callable[[Any, Any], Value],
    apply: Callable[[Any, list[Value]], list[Value]],
) -> list[Value]:
    """What a program computes, operation by operation, calls looked into.

    Args:
        closed: the program.
        arguments: its inputs.
        constant: (number or array, dtype) -> the same as an input would be given.
        apply: (equation, its inputs) -> its outputs.
    """
    jaxpr: Any = closed.jaxpr
    constants = [
        constant(value, var.aval.dtype)
        for var, value in zip(jaxpr.constvars, closed.consts, strict=True)
    ]
    known: dict[Any, Value] = dict(
        zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *arguments], strict=True)
    )

    def read(atom: Any) -> Value:
        literal = isinstance(atom, Literal)
        return constant(atom.val, atom.aval.dtype) if literal else known[atom]

    for equation in jaxpr.eqns:
        inputs, inner = [read(atom) for atom in equation.invars], _called(equation)
        results = (
            apply(equation, inputs)
            if inner is None
            else walk(inner, inputs, constant, apply)
        )
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _called(equation: Any) -> ClosedJaxpr | None:
    if equation.primitive.name not in CALLS:
        return None
    inner = equation.params.get("call_jaxpr", equation.params.get("jaxpr"))
    return (
        inner
        if inner is None or isinstance(inner, ClosedJaxpr)
        else ClosedJaxpr(inner, ())
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTWISE = _names(
    """
    abs acos acosh add add_any and asin asinh atan atan2 atanh cbrt ceil clamp convert_element_type copy copy_p cos cosh
    digamma div eq erf erf_inv erfc exp exp2 expm1 floor ge gt integer_pow is_finite le lgamma log log1p logistic lt max min
    mul ne neg nextafter not or pow rem round rsqrt select_n sign sin sinh sqrt square stop_gradient sub tan tanh xor
    """
)


REDUCTIONS: dict[str, Primitive] = {
    "reduce_sum": prim.add_p,
    "reduce_prod": prim.mul_p,
    "reduce_max": prim.max_p,
    "reduce_min": prim.min_p,
    "reduce_and": prim.and_p,
    "reduce_or": prim.or_p,
}
