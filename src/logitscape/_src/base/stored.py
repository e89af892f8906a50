"""What is known about the package's own functions, on disk, found by a key and without tracing.

JAX keeps compiled programs as well, but finds them by what tracing makes of a function, which takes
far longer than loading them. Here a key says which function of the package it is, such as the spec
of an objective. A function of the user's own has no key. It is traced for one example, and the text
of this trace is its key: batches, the steps of a flow and lowering are spared then. The folder
depends on the source of the package, on the versions and settings of JAX, and on the machine.

Nothing is stored before `store` is called, as the command line does.
"""

import hashlib
import os
import pickle
import platform
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import jax
import jaxlib.version
import numpy as np
from jax.experimental import serialize_executable

from .caches import cache_folder
from .files import replacing
from .fingerprint import fingerprint, has_own_rules
from .memory import kept
from .xla import Compilation, compiled

Function: TypeAlias = Callable[..., Any]

PACKAGE = Path(__file__).parents[2]
GENERATIONS = 3
"""Number of folders that are kept, each of one state of the package."""
MOST_FILES = 3000
"""Number of files that are kept in one folder: every change of a user's function adds about 20."""
CPU_FLAGS = Path("/proc/cpuinfo")

_KEYS: dict[int, tuple[Function, str]] = {}
_SWITCH = {"on": False}


def store() -> None:
    """Store from now on, and use what is stored."""
    _SWITCH["on"] = True


def set_key(function: Function, key: str) -> None:
    """Say which function of the package it is, in words that leave nothing open."""
    if _SWITCH["on"]:
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
    if not _SWITCH["on"]:
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
    if not _SWITCH["on"]:
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


def remembered(key: str | None, make: Callable[[], str]) -> str:
    """A short text, which is made where it is not stored."""
    path = _path(key, "txt")
    if path is None:
        return make()
    with suppress(OSError, UnicodeDecodeError):
        return path.read_text(encoding="utf-8")
    text = make()
    _write(path, text.encode())
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
        _write(path, serialized)
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


def _write(path: Path, content: bytes) -> None:
    with suppress(OSError):
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            _remove_old_generations(path.parent.parent)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        _remove_old_files(path.parent)


def _remove_old_generations(folder: Path) -> None:
    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in by_age[:-GENERATIONS]:
        shutil.rmtree(path, ignore_errors=True)


@cache
def _remove_old_files(folder: Path) -> None:
    """Once per process, remove the files that have not been used for longest."""
    files = [(path.stat().st_mtime, path) for path in folder.iterdir()]
    for _, path in sorted(files)[:-MOST_FILES]:
        path.unlink(missing_ok=True)


def _path(key: str | None, suffix: str) -> Path | None:
    # How arrays lie on several devices is no part of a key.
    if key is None or not _SWITCH["on"] or jax.device_count() > 1:
        return None
    x64 = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    digest = hashlib.sha256(f"{key} | {x64}".encode()).hexdigest()[:32]
    return cache_folder() / "programs" / _generation() / f"{digest}.{suffix}"


@cache
def _generation() -> str:
    """A digest of everything that programs depend on apart from their keys."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.read_bytes())
    for text in _surroundings():
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:32]


def _surroundings() -> list[str]:
    device = jax.devices()[0]
    settings = [
        f"{name}={value}"
        for name, value in sorted(os.environ.items())
        if name.startswith(("JAX_", "XLA_")) and "CACHE" not in name
    ]
    versions = (
        sys.version,
        jax.__version__,
        jaxlib.version.__version__,
        np.__version__,
    )
    backend = (device.platform, device.device_kind, device.client.platform_version)
    return [*settings, *versions, *backend, _processor()]


def _processor() -> str:
    """The instructions that the processor has, as far as it is known how to ask."""
    flags = [platform.machine(), platform.processor()]
    with suppress(OSError):
        lines = CPU_FLAGS.read_text(encoding="utf-8").splitlines()
        flags += [line for line in lines if line.startswith(("flags", "Features"))][:1]
    return " ".join(flags)
