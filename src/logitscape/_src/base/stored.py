"""What is known about the package's own functions, on disk, found by a key and without tracing.

JAX keeps compiled programs as well, but finds them by what tracing makes of a function, which takes
far longer than loading them. Here they are found by a key (see program_keys.py). That of a user's
function is made of the trace of one example: batches, the steps of a flow and lowering are spared
then. The folder depends on the source of the package, on the versions and settings of JAX, and on
the machine.
"""

import hashlib
import os
import pickle
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jaxlib.version
from jax.experimental import serialize_executable

from .caches import cache_folder
from .generations import generation, write
from .program_keys import Function, is_storing
from .xla import Compilation, compiled


def remembered(key: str | None, make: Callable[[], str]) -> str:
    """A short text, which is made where it is not stored."""
    path = _path(key, "txt")
    if path is None:
        return make()
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    text = make()
    write(path, text.encode())
    return text


def stored_program(
    key: str | None,
    function: Function,
    *arguments: Any,
    jit: Callable[[Function], jax.stages.Wrapped] = jax.jit,
) -> Compilation:
    """The compiled program of a function, loaded where it is stored.

    Args:
        key: Key of the program; None for one that is not stored.
        function: Function to compile.
        *arguments: Its arguments, or their shapes and dtypes.
        jit: `jax.jit`, or another function that takes its place.
    """
    path = _path(key, "program")
    if path is None:
        return compiled(lambda: jit(function).lower(*arguments))
    loaded = _loaded(path)
    if loaded is not None:
        return loaded
    unique = _under_a_new_name(function)
    compilation = compiled(lambda: jit(unique).lower(*arguments))
    serialized = _serialized(compilation)
    if serialized:
        write(path, serialized)
    return compilation


def under_jit(
    key: str | None,
    function: Function,
    jit: Callable[[Function], jax.stages.Wrapped] = jax.jit,
) -> Function:
    """`jit(function)`, or the same from stored programs, one for all arguments of one shape.

    Args:
        key: Key of the function, for arguments of all shapes; None if nothing is stored.
        function: Function of arrays.
        jit: `jax.jit`, or another function that takes its place.
    """
    if key is None:
        return jit(function)
    programs = dict[str, Function]()

    def run(*arguments: Any) -> Any:
        # A number of Python's has a type too, but neither shape nor dtype.
        shapes = str([repr(jax.typeof(leaf)) for leaf in jax.tree.leaves(arguments)])
        if shapes not in programs:
            compilation = stored_program(
                f"{key} | {shapes}", function, *arguments, jit=jit
            )
            programs[shapes] = compilation.program
        return programs[shapes](*arguments)

    return run


def _under_a_new_name(function: Function) -> Function:
    """The same function, of which JAX's own cache has no program.

    XLA cannot write a program that it has read from there: it would lack its functions.
    """

    def named(*arguments: Any) -> Any:
        return function(*arguments)

    named.__name__ = f"stored_{secrets.token_hex(8)}"
    return named


def _loaded(path: Path) -> Compilation | None:
    # A program is code, however it is stored: it is run only where nobody else can have put it.
    if not _is_private(path.parent):
        return None
    try:
        *parts, seconds = pickle.loads(path.read_bytes())
        program = serialize_executable.deserialize_and_load(*parts)
    # Whatever is wrong with a file or with this function of JAX, which is an experiment, the
    # program can be compiled.
    except Exception:
        return None
    # Those that are used are kept.
    with suppress(OSError):
        path.touch()
    return Compilation(program, seconds)


def _serialized(compilation: Compilation) -> bytes:
    try:
        parts = serialize_executable.serialize(compilation.program)
        return pickle.dumps((*parts, compilation.seconds))
    except Exception:
        return b""


def _is_private(folder: Path) -> bool:
    """Whether this user alone can write to a folder."""
    if os.name != "posix":
        return True
    with suppress(OSError):
        state = folder.stat()
        return state.st_uid == os.geteuid() and not state.st_mode & 0o022
    return False


def _path(key: str | None, suffix: str) -> Path | None:
    # How arrays lie on several devices is no part of a key.
    if key is None or not is_storing() or jax.device_count() > 1:
        return None
    x64 = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    digest = hashlib.sha256(f"{key} | {x64}".encode()).hexdigest()[:32]
    return cache_folder() / "programs" / _generation() / f"{digest}.{suffix}"


@cache
def _generation() -> str:
    """A digest of everything that programs depend on apart from their keys."""
    device = jax.devices()[0]
    backend = (device.platform, device.device_kind, device.client.platform_version)
    return generation(jax.__version__, jaxlib.version.__version__, *backend)
