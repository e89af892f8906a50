"""How programs are compiled that run once: in half the time, to ones that run slower."""

import os
from collections.abc import Callable
from typing import Any

import jax

LEVEL = "xla_backend_optimization_level"
"""Of LLVM's optimisations. XLA's own, which decide what is computed, are as always."""


def briefly(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit`, compiled so."""
    return jax.jit(function, compiler_options={LEVEL: 0} if jax.default_backend() == "cpu" else None)


def all_briefly() -> None:
    """Compile all programs of this process so; it must not have computed anything yet."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --{LEVEL}=0".strip()
