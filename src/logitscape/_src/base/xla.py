"""Settings of XLA for programs that run once or twice: quick to compile, slower to run.

On CPUs such a program takes longer to compile than to run. There are two such settings. The brief
one compiles in about a tenth of the time. Its results may differ in the last bit: without LLVM's
optimisations a product and a sum are rounded separately, not once as one fused operation. The other
one takes under half of the time, and computes what XLA's own settings do, bit by bit.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.monitoring
import jaxlib.version

Options: TypeAlias = Mapping[str, bool | int]

LEVEL = "xla_backend_optimization_level"
"""Level of LLVM's optimisations, 0 to 3. XLA's own optimisations do not depend on it."""
NEWER_EMITTERS = "xla_cpu_use_fusion_emitters"
"""Whether XLA generates its loops through MLIR.

Such loops run faster, but take longer to compile than all the rest of a program. From jaxlib 0.11.1
on XLA has no other way, and no such option.
"""
HAS_OLDER_EMITTERS = jaxlib.version.__version_info__ < (0, 11, 1)
MODULES = "xla_cpu_parallel_codegen_split_count"
"""Number of pieces into which a program is cut, so that threads can compile them in parallel."""
IN_USE = {LEVEL: 3, NEWER_EMITTERS: True, MODULES: 32}
"""XLA's defaults."""
BRIEF = {LEVEL: 0, NEWER_EMITTERS: False, MODULES: 1}
"""The settings that compile quickly; each piece of a program has a fixed cost, so one is best."""
ROUNDS_ALIKE = jaxlib.version.__version_info__ >= (0, 10)
"""Whether the older emitters and the newer ones are known to round alike.

With jaxlib 0.7.2 some last bits differ.
"""
AS_TRAINED = BRIEF | {LEVEL: 1} if ROUNDS_ALIKE else IN_USE
"""The settings that round as XLA's own do, as LLVM fuses products and sums; where it is known that
they do so, those that compile quickly.
"""


def jit_fast_compile(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit` with settings that compile quickly; they are set on CPUs only."""
    return _jit_on_cpu(function, BRIEF)


def jit_in_use(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit` with XLA's own settings, also in a process that compiles all else quickly."""
    return _jit_on_cpu(function, IN_USE)


def jit_as_trained(function: Callable[..., Any]) -> jax.stages.Wrapped:
    """`jax.jit`, with the same results bit by bit, that compiles more quickly on CPUs."""
    return _jit_on_cpu(function, AS_TRAINED)


def _jit_on_cpu(function: Callable[..., Any], options: Options) -> jax.stages.Wrapped:
    is_cpu = jax.default_backend() == "cpu"
    return jax.jit(function, compiler_options=known(options) if is_cpu else None)


def compile_all_fast() -> None:
    """Compile every program of this process quickly. Call it before JAX's first computation."""
    _compile_all_with(_without_removed(BRIEF))


def compile_all_as_trained() -> None:
    """Compile every program of this process with the same results bit by bit, but more quickly.

    A function that is called operation by operation becomes dozens of small programs, each of
    which takes half of the time then. Call it before JAX's first computation.
    """
    if AS_TRAINED != IN_USE:
        _compile_all_with(_without_removed(AS_TRAINED))


def compile_all_at_level(level: int) -> None:
    """Set LLVM's optimisation level for this process. Call it before JAX's first computation.

    Args:
        level: Level from 0 to 3; XLA's default is 3.
    """
    _compile_all_with({LEVEL: level})


def _compile_all_with(options: Options) -> None:
    own = os.environ.get("XLA_FLAGS", "")
    flags = " ".join(
        f"--{name}={str(value).lower()}" for name, value in options.items()
    )
    # The last of several equal flags wins, so that the user's own come last.
    if not own.startswith(flags):
        os.environ["XLA_FLAGS"] = f"{flags} {own}".strip()


def _without_removed(options: Options) -> Options:
    """The options without those that XLA no longer has.

    XLA ends the process if XLA_FLAGS names such an option.
    """
    removed = set() if HAS_OLDER_EMITTERS else {NEWER_EMITTERS}
    return {name: value for name, value in options.items() if name not in removed}


def known(options: Options) -> dict[str, bool | int | str]:
    """The options that the installed XLA accepts, in the form that `jax.jit` takes."""
    items = tuple(options.items())
    # Mostly all are known, which takes one program to find out.
    if _are_known(items):
        return dict(items)
    return {name: value for name, value in items if _are_known(((name, value),))}


@cache
def _are_known(items: tuple[tuple[str, bool | int], ...]) -> bool:
    # No list of options can be asked for, so a program of no cost is compiled with these.
    try:
        jax.jit(lambda: 0, compiler_options=dict(items)).lower().compile()
    except RuntimeError:
        return False
    return True


class Compilation(NamedTuple):
    """A compiled program, and how it came about.

    Attributes:
        program: Compiled program.
        seconds: Time that tracing and compiling take, whenever they were done.
    """

    program: jax.stages.Compiled
    seconds: float


def compiled(lower: Callable[[], jax.stages.Lowered]) -> Compilation:
    """Compile what a function lowers, and take the time.

    A program that is loaded from disk was compiled once, and JAX remembers how long that took.
    """
    _listen()
    _LOADED.seconds = []
    started = time.perf_counter()
    program = lower().compile()
    elapsed = time.perf_counter() - started
    return Compilation(program, elapsed + sum(_LOADED.seconds))


_LOADED = threading.local()
"""Seconds of compiling that each thread was spared, as it loaded programs instead."""


@cache
def _listen() -> None:
    jax.monitoring.register_event_duration_secs_listener(_note_loading)


def _note_loading(event: str, duration_secs: float, **_: str | int) -> None:
    if event == "/jax/compilation_cache/compile_time_saved_sec":
        _LOADED.__dict__.setdefault("seconds", []).append(duration_secs)
