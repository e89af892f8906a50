"""The code of users: which files are theirs, and what an error in one of their functions says.

It says the user's own line, and what to do there where that is known. Their errors keep their type,
as their own code may wait for it; what ends the program becomes an error.
"""

import contextlib
import functools
import inspect
import linecache
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from .users_files import is_ours, is_users, is_within

P = ParamSpec("P")
R = TypeVar("R")
MORE_INPUTS = "Computation compiled for"
"""What JAX says of a program in which arrays of another one are left."""
KEPT = "UnexpectedTracerError"
REMEDIES = (
    (
        "TracerBoolConversionError",
        "JAX traces it with values that are not known yet, so that nothing can depend on them by "
        "`if`, `while`, `and` or `max`: write `jnp.where(condition, a, b)`, `jnp.logical_and` or "
        "`jnp.maximum`.",
    ),
    (
        "TracerArrayConversionError",
        "JAX traces it, and NumPy cannot compute with what JAX traces: `import jax.numpy as jnp`, "
        "and write `jnp` in place of `np`.",
    ),
    (
        "NonConcreteBooleanIndexError",
        "JAX traces it, so that no shape can depend on values: `jnp.where(mask, x, 0)` in place of "
        "`x[mask]`.",
    ),
    (
        KEPT,
        "It kept an array of an earlier call, which JAX had only traced: compute it anew in every "
        "call, or give it as an argument.",
    ),
    (
        "ConcretizationTypeError",
        "JAX traces it with values that are not known yet: leave out `float()`, `int()`, `.item()` "
        "and `range()` of values, and keep arrays.",
    ),
)
"""What to do about the errors that JAX raises for code that it cannot trace, the special ones
first.
"""


GIVEN_BY_JAX = re.compile(r"\b\w*Tracer\b|ArrayImpl")
"""How PyTorch names what it cannot take: an array of JAX, or what stands for one."""
OF_TORCH = (
    "It is one of PyTorch, which can neither be traced nor differentiated by JAX: write it with "
    "`jax.numpy`, or ask `ls.diagnose` about it, which runs PyTorch."
)


MADE_AT = re.compile(r"created on line:?\s+(?P<filename>\S+?):(?P<number>\d+)")
"""Where JAX says that an array was made that outlived its call."""


def place_of(error: BaseException) -> str:
    """The user's line that an error comes from, such as "mine.py, line 7: `if z[0] > 0:`".

    It is that of a library if the function is a library's; "" if there is none.
    """
    if _is(error, KEPT):
        return _where_made(str(error))
    frames = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        if each.lineno and each.filename != contextlib.__file__
    ]
    outside = [each for each in frames if not is_ours(each.filename)]
    users = [each for each in outside if is_users(each.filename)]
    if not users and outside and not _is_of_jax(outside[0].filename):
        users = outside[:1]
    if not users:
        return ""
    last = users[-1]
    return place(last.filename, last.lineno or 0, last.line or "")


def name_of(source: Any) -> str:
    """Name of a spec, an objective or a function."""
    if isinstance(source, str):
        return source
    if isinstance(source, partial):
        return name_of(source.func)
    name = getattr(source, "name", None)
    if name:
        return str(name)
    return str(getattr(source, "__name__", type(source).__name__))


def _where_made(message: str) -> str:
    """The line on which an array was made that outlived its call, if JAX says it."""
    made = MADE_AT.search(message)
    if made is None:
        return ""
    filename, number = made["filename"], int(made["number"])
    return place(filename, number, linecache.getline(filename, number))


def definition_of(function: Any) -> str:
    """The line on which a function of a user begins; "" if it is not known."""
    # An objective holds the user's function, and so does what checks its arguments.
    while hasattr(function, "function") and not hasattr(function, "__code__"):
        function = function.function
    function = inspect.unwrap(getattr(function, "func", function))
    # An instance is called by a method of its class.
    method = vars(type(function)).get("__call__")
    code = getattr(function, "__code__", getattr(method, "__code__", None))
    if code is None:
        return ""
    line = linecache.getline(code.co_filename, code.co_firstlineno)
    return place(code.co_filename, code.co_firstlineno, line)


def place(filename: str, number: int, line: str) -> str:
    """A line of a file, such as "mine.py, line 7: `if z[0] > 0:`"."""
    where = f"{Path(filename).name}, line {number}"
    return f"{where}: `{line.strip()}`" if line.strip() else where


def remedy_of(error: BaseException) -> str:
    """What to do about a user's function that JAX cannot trace; "" for any other error."""
    for kind, remedy in REMEDIES:
        if _is(error, kind):
            return remedy
    return OF_TORCH if _is_of_torch(error) else ""


def _is_of_torch(error: BaseException) -> bool:
    """Whether PyTorch was given an array of JAX."""
    path = getattr(sys.modules.get("torch"), "__file__", None)
    frames = traceback.extract_tb(error.__traceback__)
    if not path or not GIVEN_BY_JAX.search(str(error)):
        return False
    # Its functions that are compiled have no frames, and this message.
    if "must be Tensor" in str(error):
        return True
    folder = Path(path).resolve().parent
    return any(is_within(frame.filename, folder) for frame in frames)


def _is(error: BaseException, kind: str) -> bool:
    """Whether an error is one of JAX of this name; JAX need not be imported for that."""
    return any(
        each.__name__ == kind and each.__module__.startswith("jax")
        for each in type(error).__mro__
    )


@contextlib.contextmanager
def calling(name: str, remedy: Any = "") -> Iterator[None]:
    """Run a user's function: what it raises says its line, and what to do there.

    An error of JAX, which speaks of tracers, becomes a TypeError that speaks of the function; one
    of the user's own keeps its type, and has the line in a note. An interrupt passes.

    Args:
        name: Name of the function.
        remedy: What to do about an error of the user's own, or a function that finds it out.

    Raises:
        TypeError: If JAX cannot trace the function.
        RuntimeError: If the function ends the program.
    """
    try:
        with ending_nothing(name):
            yield
    except Exception as error:
        if not _is_first(error):
            raise
        known = remedy_of(error)
        if known:
            raise TypeError(
                f"`{name}` cannot be traced by JAX{_at(error)}. {known}"
            ) from error
        found = remedy() if callable(remedy) else remedy
        note = f"`{name}` failed{_at(error)}."
        add_note(error, f"{note} {found}".rstrip())
        raise


@contextlib.contextmanager
def ending_nothing(name: str) -> Iterator[None]:
    """Run a user's function that may not end the program; an interrupt says where it came.

    Raises:
        RuntimeError: If it does.
    """
    try:
        yield
    except SystemExit as error:
        raise RuntimeError(
            f"`{name}` ended the program{_at(error)} (exit status {error.code}): a function that "
            "is given here returns, or raises another error."
        ) from error
    except KeyboardInterrupt as error:
        add_note(error, f"Interrupted in `{name}`{_at(error)}.")
        raise


@contextlib.contextmanager
def keeping_nothing(source: Any) -> Iterator[None]:
    """Run programs that are made of a user's function, which may not keep what was traced.

    Args:
        source: The function, an objective of it, or several of both.

    Raises:
        TypeError: If it does; JAX notices it only when the whole program is made.
    """
    try:
        yield
    except Exception as error:
        if not _is(error, KEPT) and MORE_INPUTS not in str(error):
            raise
        function = _function_in(source)
        place = place_of(error) if _is(error, KEPT) else ""
        place = place or definition_of(function)
        at = f" at {place}" if place else ""
        raise TypeError(
            f"`{name_of(function)}` cannot be traced by JAX{at}. {dict(REMEDIES)[KEPT]}"
        ) from error


def _function_in(source: Any) -> Any:
    """The first function among sources."""
    several = source.values() if isinstance(source, Mapping) else source
    if not isinstance(source, Mapping | list | tuple):
        return source
    return next((each for each in several if callable(each)), source)


def keeps_nothing(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a public function whose first argument is a user's, which may keep nothing."""

    @functools.wraps(function)
    def kept(*args: P.args, **kwargs: P.kwargs) -> R:
        with keeping_nothing(args[0] if args else next(iter(kwargs.values()), "")):
            return function(*args, **kwargs)

    return kept


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an error once, however many functions it passes."""
    if note not in getattr(error, "__notes__", ()):
        error.add_note(note)


def _is_first(error: Exception) -> bool:
    """Whether no function around it has said anything of the error yet."""
    notes = getattr(error, "__notes__", ())
    return not any(" failed" in note for note in notes) and not _is_refusal(
        error.__traceback__
    )


def _is_refusal(trace: TracebackType | None) -> bool:
    """Whether a `raise` statement of this package is what the error comes from."""
    frames = traceback.extract_tb(trace)
    if not frames or not is_ours(frames[-1].filename):
        return False
    return (frames[-1].line or "").startswith("raise ")


def _at(error: BaseException) -> str:
    place = place_of(error)
    return f" at {place}" if place else ""


def _is_of_jax(filename: str) -> bool:
    jax = sys.modules.get("jax")
    folder = Path(str(getattr(jax, "__file__", ""))).resolve().parent
    return jax is not None and is_within(filename, folder)
