"""How programs are compiled that run once: in half the time, to ones that run slower."""

import os
from collections.abc import Callable
from typing import Any

import jax

LEVEL = "xla_backend_optimization_level"
"""Of LLVM's optimisations: a product and a sum may be rounded once or twice. XLA's own, which may do more, are as always."""


def briefly(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit`, at level 0."""
    return jax.jit(function, compiler_options={LEVEL: 0} if jax.default_backend() == "cpu" else None)


def compile_all_at(level: int) -> None:
    """The level of all programs of this process, 0 to 3 (the default); it must not have computed anything yet."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --{LEVEL}={level}".strip()
