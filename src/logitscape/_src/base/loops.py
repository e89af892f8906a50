"""Functions with a loop, which are fast outside of programs too.

JAX finds a compiled loop by the functions that it repeats. Those that are defined where a loop is
called are new in every call: outside of a program the loop would be compiled again each time, which
takes a hundred times as long as to run it, and every program would be kept.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import jax

P = ParamSpec("P")
R = TypeVar("R")


def with_loop(*static: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator for a function with a loop, which is compiled once for all calls.

    Within a program the function is a part of that program.

    Args:
        *static: Names of its arguments that are no arrays, and can be hashed.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        program: Callable[P, R] = jax.jit(function, static_argnames=static, inline=True)
        return program

    return decorate
