"""Which function a program is of: by words of the package, or else by the text of its trace.

A key says which function of the package it is, such as the spec of an objective. A function of the
user's own has no key. It is traced for one example, and the text of this trace is its key.

There are no keys before `store` is called, as nothing is stored then (see stored.py).
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import jax
import numpy as np

from .fingerprint import fingerprint, has_own_rules
from .memory import kept

Function: TypeAlias = Callable[..., Any]

_KEYS: dict[int, tuple[Function, str]] = {}
_SWITCH = {"on": False}


def store() -> None:
    """Store from now on, and use what is stored."""
    _SWITCH["on"] = True


def is_storing() -> bool:
    """Whether things are stored."""
    return _SWITCH["on"]


def set_key(function: Function, key: str) -> None:
    """Say which function of the package it is, in words that leave nothing open."""
    if is_storing():
        _KEYS[id(function)] = (function, key)


def key_of(function: Function | None, *about: object) -> str | None:
    """The key of a function together with all else that the result depends on.

    It is None for a function that has none.
    """
    if id(function) not in _KEYS:
        return None
    return " | ".join([_KEYS[id(function)][1], *map(str, about)])


def traced_key(function: Function, *arguments: Any, about: object = "") -> str | None:
    """The key of a program that maps a function of the user's own, found by tracing the function.

    It is None for a function that raises an error, or of which no text tells all, and where
    nothing is stored.

    Args:
        function: Function of one example, with all derivatives that the program takes.
        *arguments: Its arguments, or their shapes and dtypes.
        about: All else that the program depends on.
    """
    if not is_storing():
        return None
    with suppress(Exception):
        traced = fingerprint(jax.make_jaxpr(function)(*arguments))
        return None if traced is None else f"traced {traced} | {about}"
    return None


def loss_key(function: Function, *arguments: Any, about: object = "") -> str | None:
    """The key of something that follows from a function and its derivatives.

    All of these follow from the function's own trace, unless a part of it has rules of its own.
    That trace is made once for all that is asked about the function.

    Args:
        function: Function of one example.
        *arguments: Its arguments, or their shapes and dtypes.
        about: All else that the result depends on.
    """
    if not is_storing():
        return None
    x64 = bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]
    points = tuple(jax.ShapeDtypeStruct(np.shape(x), x.dtype) for x in arguments)
    # What cannot be hashed is traced for every program.
    with suppress(TypeError):
        traced = _own_fingerprint(function, points, x64)
        return None if traced is None else f"loss {traced} | {about}"
    return None


@kept(maxsize=32)
def _own_fingerprint(
    function: Function, points: tuple[jax.ShapeDtypeStruct, ...], x64: bool
) -> str | None:
    with suppress(Exception):
        program = jax.make_jaxpr(function)(*points)
        return None if has_own_rules(program) else fingerprint(program)
    return None


def program_key(
    asked: Function | None, about: Sequence[object], function: Function, *arguments: Any
) -> str | None:
    """The key of a program: by the function that it is about, or else by a trace.

    Args:
        asked: Function that the program is about, which may have a key.
        about: All else that the program depends on.
        function: What the program maps, of one example.
        *arguments: Arguments of this function, or their shapes and dtypes.
    """
    key = key_of(asked, *about)
    if key is None and asked is not None:
        key = loss_key(asked, *arguments, about=about)
    return key or traced_key(function, *arguments, about=about)


def key_of_all(functions: Sequence[Function], *about: object) -> str | None:
    """The key of several functions together; None if one of them has none."""
    keys = [key_of(function) for function in functions]
    known = [key for key in keys if key is not None]
    return " | ".join([*known, *map(str, about)]) if len(known) == len(keys) else None
