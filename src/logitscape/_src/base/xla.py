"""How programs are compiled that run once: in a third of the time, to ones that run slower."""

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import jax
import jaxlib.version

LEVEL = "xla_backend_optimization_level"
"""Of LLVM's optimisations: a product and a sum may be rounded once or twice. XLA's own, which may do more, are as always."""
NEWER_EMITTERS = "xla_cpu_use_fusion_emitters"
"""Whether XLA writes its loops by way of MLIR: they run faster, and take longer to compile than everything else together.
From jaxlib 0.11.1 on it knows no other way.
"""
HAS_OLDER_EMITTERS = jaxlib.version.__version_info__ < (0, 11, 1)
MODULES = "xla_cpu_parallel_codegen_split_count"
"""Into so many a program is cut, for threads to compile; each costs something by itself."""
IN_USE = {LEVEL: 3, NEWER_EMITTERS: True, MODULES: 32}
"""XLA's defaults."""
BRIEF = {LEVEL: 0, NEWER_EMITTERS: False, MODULES: 1}


def jit_fast_compile(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit`, without LLVM's optimisations, in one piece and, where XLA still has them, by its older emitters."""
    return jax.jit(
        function,
        compiler_options=known(BRIEF) if jax.default_backend() == "cpu" else None,
    )


def compile_all_fast() -> None:
    """All programs of this process `jit_fast_compile`; it must not have computed anything yet."""
    # XLA ends the process at an option that it has no more.
    _compile_all_with(
        {
            name: value
            for name, value in BRIEF.items()
            if name != NEWER_EMITTERS or HAS_OLDER_EMITTERS
        }
    )


def compile_all_at_level(level: int) -> None:
    """The level of all programs of this process, 0 to 3 (the default); it must not have computed anything yet."""
    _compile_all_with({LEVEL: level})


def _compile_all_with(options: Mapping[str, bool | int]) -> None:
    """What the user has set by himself comes later, and wins."""
    flags = [f"--{name}={str(value).lower()}" for name, value in options.items()]
    os.environ["XLA_FLAGS"] = " ".join(
        [*flags, os.environ.get("XLA_FLAGS", "")]
    ).strip()


def known(options: Mapping[str, bool | int]) -> dict[str, bool | int | str]:
    """Options for `jax.jit`, but for those that XLA has no more."""
    return {name: value for name, value in options.items() if _is_known(name, value)}


@cache
def _is_known(name: str, value: bool | int) -> bool:
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except RuntimeError:
        return False
    return True
