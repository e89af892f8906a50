"""How programs are compiled that run once: in a third of the time, to ones that run slower."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import jax

LEVEL = "xla_backend_optimization_level"
"""Of LLVM's optimisations: a product and a sum may be rounded once or twice. XLA's own, which may do more, are as always."""
NEWER_EMITTERS = "xla_cpu_use_fusion_emitters"
"""Whether XLA writes its loops by way of MLIR: they run faster, and take longer to compile than everything else together."""


def briefly(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit`, without LLVM's optimisations and, where XLA still has them, by its older emitters."""
    return jax.jit(function, compiler_options=_brief_options() if jax.default_backend() == "cpu" else None)


def compile_all_at(level: int) -> None:
    """The level of all programs of this process, 0 to 3 (the default); it must not have computed anything yet."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --{LEVEL}={level}".strip()


@cache
def _brief_options() -> dict[str, bool | int | str]:
    options: dict[str, bool | int | str] = {LEVEL: 0, NEWER_EMITTERS: False}
    try:
        jax.jit(lambda: 0, compiler_options=options).lower().compile()
    except RuntimeError:  # no such option
        return {LEVEL: 0}
    return options
