"""How programs are compiled that run once: in a third of the time, to ones that run slower."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

import jax

LEVEL = "xla_backend_optimization_level"
"""Of LLVM's optimisations: a product and a sum may be rounded once or twice. XLA's own, which may do more, are as always."""
NEWER_EMITTERS = "xla_cpu_use_fusion_emitters"
"""Whether XLA writes its loops by way of MLIR: they run faster, and take longer to compile than everything else together.
From jaxlib 0.11.1 on it knows no other way.
"""


def briefly(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit`, without LLVM's optimisations and, where XLA still has them, by its older emitters."""
    return jax.jit(function, compiler_options=options(0, newer_emitters=False) if jax.default_backend() == "cpu" else None)


def compile_all_at(level: int) -> None:
    """The level of all programs of this process, 0 to 3 (the default); it must not have computed anything yet."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --{LEVEL}={level}".strip()


@cache
def options(level: int, *, newer_emitters: bool) -> dict[str, bool | int | str]:
    """Options for `jax.jit`, but for those that XLA has no more."""
    wanted: dict[str, bool | int | str] = {LEVEL: level, NEWER_EMITTERS: newer_emitters}
    try:
        jax.jit(lambda: 0, compiler_options=wanted).lower().compile()
    except RuntimeError:  # no such option
        return {LEVEL: level}
    return wanted
