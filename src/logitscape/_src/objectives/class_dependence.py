"""How the results of a traced function depend on the classes of its inputs.

The programs that JAX traces functions into are read operation by operation. What is not known to
be computed class by class counts as depending on all classes.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import ClosedJaxpr

from ..base.jaxpr import ELEMENTWISE, interpret

FIXED, PER_CLASS, TARGET, WEIGHTED, SUMMED = range(5)
"""What a value depends on: on neither probabilities nor target; on a class's own probability; it
is the target; it is a product with the target; it is made of sums of such products."""

Kind: TypeAlias = tuple[int, bool]
"""One of these, and whether it has an axis of classes."""


def traced_for_any_number(
    function: Callable[..., Array], count: int, n: int, dtype: Any
) -> ClosedJaxpr | None:
    """The function traced for n classes; None unless it does the same for one class.

    Nor may it close over arrays: those of known numbers may differ between the classes, and a
    derivative rule may not close over traced ones.

    Args:
        function: Function of vectors [n].
        count: Number of its arguments.
        n: Number of classes.
        dtype: Dtype of the arguments.
    """
    programs = []
    for size in (n, 1):
        vectors = [jax.ShapeDtypeStruct((size,), dtype)] * count
        program = _traced(function, vectors)
        if program is None or any(map(_is_array, program.consts)):
            return None
        programs.append(program)
    of_many, of_one = programs
    return of_many if _steps(of_many) == _steps(of_one) else None


def _is_array(constant: Any) -> bool:
    return isinstance(constant, jax.core.Tracer) or jnp.ndim(constant) > 0


def _traced(function: Callable[..., Array], inputs: Sequence[Any]) -> Any:
    """The traced function; None if it cannot be traced for this number of classes."""
    try:
        return _without_dead_code(jax.make_jaxpr(function)(*inputs))
    except Exception:
        # Whatever a user's function raises, it raises again where it is called.
        return None


def _without_dead_code(program: ClosedJaxpr) -> ClosedJaxpr:
    """The program without the operations that its results do not need.

    `ls.normalize` leaves some behind, which differ between few classes and many.
    """
    needed = set(map(id, program.jaxpr.outvars))
    equations = []
    for equation in reversed(program.jaxpr.eqns):
        if needed.isdisjoint(map(id, equation.outvars)):
            continue
        needed.update(map(id, equation.invars))
        equations.append(equation)
    needed_only = program.jaxpr.replace(eqns=equations[::-1])
    result: ClosedJaxpr = program.replace(jaxpr=needed_only)
    return result


def _steps(program: ClosedJaxpr) -> list[str]:
    """The operations of a program with their numbers, but without shapes."""
    steps = list[str]()

    def apply(equation: Any, inputs: list[str]) -> list[str]:
        numbers = [x for x in equation.params.values() if isinstance(x, int | float)]
        steps.append(f"{equation.primitive.name}({', '.join(inputs)}; {numbers})")
        return [""] * len(equation.outvars)

    def constant(value: Any, dtype: Any) -> str:
        return str(value)

    interpret(program, [""] * len(program.jaxpr.invars), constant, apply)
    return steps


def is_per_class(program: ClosedJaxpr) -> bool:
    """Whether the result at every class depends on the input at this class only."""
    (result,) = _kinds(program, [(PER_CLASS, True)])
    is_per_class: bool = result == (PER_CLASS, True)
    return is_per_class


def is_of_label(program: ClosedJaxpr) -> bool:
    """Whether the result depends on the label's class only, for a one-hot target."""
    per_class = (PER_CLASS, True)
    (result,) = _kinds(program, [per_class, per_class, per_class, (TARGET, True)])
    is_of_label: bool = result == (SUMMED, False)
    return is_of_label


def _kinds(program: ClosedJaxpr, inputs: list[Kind]) -> list[Any]:
    """What the results of a program depend on; None where it cannot be said."""

    def constant(value: Any, dtype: Any) -> Any:
        return (FIXED, False) if jnp.ndim(value) == 0 else None

    return interpret(program, inputs, constant, _kinds_of_equation)


def _kinds_of_equation(equation: Any, inputs: list[Any]) -> list[Any]:
    unknown = [None] * len(equation.outvars)
    if any(kind is None for kind in inputs):
        return unknown
    name = equation.primitive.name
    if name == "broadcast_in_dim" and inputs[0] == (FIXED, False):
        return [(FIXED, True)]
    if name == "reduce_sum" and inputs[0][0] == WEIGHTED:
        return [(SUMMED, False)]
    if name == "dot_general" and _is_product_with_target(inputs):
        return [(SUMMED, False)]
    if name not in ELEMENTWISE:
        return unknown
    kind = _kind_of_elementwise(name, {kind for kind, _ in inputs})
    has_classes = any(has_classes for _, has_classes in inputs)
    return unknown if kind is None else [(kind, has_classes)]


def _is_product_with_target(inputs: list[Any]) -> bool:
    kinds = {kind for kind, _ in inputs}
    return bool(kinds & {TARGET, WEIGHTED}) and SUMMED not in kinds


def _kind_of_elementwise(name: str, kinds: set[int]) -> int | None:
    """What the result of an elementwise operation depends on; None where it cannot be said."""
    if kinds <= {FIXED}:
        return FIXED
    if kinds <= {FIXED, PER_CLASS}:
        return PER_CLASS
    if kinds <= {FIXED, SUMMED}:
        return SUMMED
    if SUMMED in kinds:
        return None
    # What is left has the target in it. Where that is 0, the result has to be 0 as well.
    if name == "mul":
        return WEIGHTED
    if name == "convert_element_type" and kinds == {TARGET}:
        return TARGET
    if name in ("neg", "convert_element_type") and kinds == {WEIGHTED}:
        return WEIGHTED
    if name in ("add", "sub", "add_any") and kinds == {WEIGHTED}:
        return WEIGHTED
    return None
