"""Traced programs as text: two programs that have the same text compute the same.

By it the compiled program of a user's own function is found again, without lowering it. The text
has every step, parameter and constant. What cannot be told by a text, as a callback of Python,
leaves a program without one.
"""

import hashlib
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal
from jax.sharding import Mesh

RULES = ("custom_jvp_call", "custom_vjp_call")
"""Primitives whose rules of differentiation no longer matter once all is differentiated."""

OWN_RULES = "custom_"
"""How the names begin of primitives whose rules are functions, which no text tells."""


class _NoTextError(Exception):
    """A part of a program that no text tells."""


def fingerprint(program: ClosedJaxpr) -> str | None:
    """A digest of all that a traced program computes; None if no text tells it.

    It says nothing about derivatives of the program, which may have rules of their own.
    """
    try:
        text = "\n".join(_of_program(program.jaxpr, program.consts))
    except _NoTextError:
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def has_own_rules(program: Any) -> bool:
    """Whether a part of a traced program says itself how it is differentiated or mapped."""
    jaxpr = getattr(program, "jaxpr", program)
    return any(
        equation.primitive.name.startswith(OWN_RULES)
        or any(map(has_own_rules, _parts_of(list(equation.params.values()))))
        for equation in jaxpr.eqns
    )


def _parts_of(values: Any) -> Iterator[Any]:
    """The programs among the parameters of a step, such as the branches of a condition."""
    for value in values:
        if isinstance(value, ClosedJaxpr | Jaxpr):
            yield value
        elif isinstance(value, tuple | list):
            yield from _parts_of(value)


def _of_program(jaxpr: Any, constants: Any) -> Iterator[str]:
    names = dict[Any, int]()

    def declared(variables: Any) -> str:
        parts = []
        for variable in variables:
            names[variable] = len(names)
            parts.append(f"{names[variable]}:{_of_type(variable.aval)}")
        return " ".join(parts)

    def read(atom: Any) -> str:
        if isinstance(atom, Literal):
            return f"{_of_array(atom.val)}:{_of_type(atom.aval)}"
        return str(names[atom])

    yield declared(jaxpr.constvars)
    yield " ".join(map(_of_array, constants))
    yield declared(jaxpr.invars)
    for equation in jaxpr.eqns:
        inputs = " ".join(map(read, equation.invars))
        name = equation.primitive.name
        parameters = _of_parameters(name, equation.params)
        yield f"{declared(equation.outvars)} = {name} {inputs} [{parameters}]"
    yield " ".join(map(read, jaxpr.outvars))


def _of_parameters(primitive: str, parameters: Mapping[str, Any]) -> str:
    has_rules = primitive.startswith(RULES)
    return ", ".join(
        f"{name}={_of_value(value)}"
        for name, value in sorted(parameters.items())
        if not (has_rules and _is_rule(value))
    )


def _is_rule(value: Any) -> bool:
    return callable(value) and not isinstance(value, ClosedJaxpr | Jaxpr)


def _of_value(value: Any) -> str:
    """One parameter, which may hold others."""
    if isinstance(value, ClosedJaxpr):
        return "{" + "\n".join(_of_program(value.jaxpr, value.consts)) + "}"
    if isinstance(value, Jaxpr):
        return "{" + "\n".join(_of_program(value, ())) + "}"
    if isinstance(value, tuple | list):
        return f"{type(value).__name__}({', '.join(map(_of_value, value))})"
    if isinstance(value, dict):
        return str([(str(key), _of_value(item)) for key, item in value.items()])
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return _of_array(value)
    if isinstance(value, Enum | type | np.dtype):
        return str(value)
    text = repr(value)
    # What has an address in the place of a text is another thing in the next process.
    is_function = callable(value) and not isinstance(value, Mesh)
    if is_function or " at 0x" in text:
        raise _NoTextError
    return text


def _of_type(aval: Any) -> str:
    dtype = getattr(aval, "dtype", None)
    return f"{aval}{dtype}" + ("~" if getattr(aval, "weak_type", False) else "")


def _of_array(value: Any) -> str:
    try:
        array = np.asarray(value)
        content = array.tobytes() if array.dtype != object else None
    except Exception:
        content = None
    # Such as the keys of random numbers, or references to memory.
    if content is None:
        raise _NoTextError
    return f"{array.dtype}{array.shape}{hashlib.sha256(content).hexdigest()}"
