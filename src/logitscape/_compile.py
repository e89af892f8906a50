"""How a program is compiled that runs once: in half the time, to one that runs slower."""

from collections.abc import Callable
from typing import Any

import jax


def briefly(function: Callable[..., Any]) -> Callable[..., Any]:
    """`jax.jit` without LLVM's optimisations; XLA's own, which decide what is computed, are as always."""
    options = {"xla_backend_optimization_level": 0} if jax.default_backend() == "cpu" else None
    return jax.jit(function, compiler_options=options)
