"""What a call with a hostile value comes to."""

import io
import re
import signal
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np

import logitscape
from logitscape._src.base.messages import quoted
from logitscape._src.base.users_code import name_of

from .hostile import HOSTILE, UNKNOWN_KEYWORD
from .public import Door

PACKAGE = Path(logitscape.__file__).parent
SECONDS = 30
"""Seconds of processor time after which a call counts as a hang."""
WAITED = 300
"""Seconds by the clock after which it does: of a busy machine a process has only a share."""
FAMILY = (TypeError, ValueError, OSError, ImportError)
"""Kinds of the errors by which the package refuses what it is given."""
QUOTE = 12
"""Characters of a text that a message quotes at least."""
ORIGINS = ("logit map", "spec", "objective", "normalizer", "loss")
"""What a text names that is no spec, whatever the argument's own name."""

NO_NUMBERS = ("NaN", "array of NaN", "masked array")
"""Kinds of values that no finite number can come of."""
ALLOWED = re.compile(
    r"\b(must|ha(s|ve) to|needs?|takes?|expected|one of|at least|at most|between)\b"
    r"|\b(Known: |Did you mean |write `|such as |has one already)"
)
"""How messages say what is allowed instead of what was given."""

Kind = Literal["result", "clear", "raw", "hang", "wrong"]


@dataclass(frozen=True)
class Outcome:
    """What one call came to.

    Attributes:
        door: Name of the callable.
        parameter: Argument that was given a hostile value.
        value: Kind of the value.
        kind: "result"; "clear" for an error that the package raises, and that names the argument
            and says what it was given and what is allowed; "raw" for any other error; "hang"; or
            "wrong" for numbers that hide a NaN that was given.
        text: The error.
    """

    door: str
    parameter: str
    value: str
    kind: Kind
    text: str = ""


class TooLongError(BaseException):
    """A call has taken longer than `SECONDS`."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise a `TooLongError` in what takes longer than `SECONDS`."""

    def stop(*_: Any) -> None:
        raise TooLongError

    if (
        not hasattr(signal, "SIGALRM")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return
    kinds = (signal.SIGALRM, signal.SIGPROF)
    before = [signal.signal(kind, stop) for kind in kinds]
    signal.alarm(WAITED)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def outcome(door: Door, parameter: str, value: str) -> Outcome:
    """Call a door with one hostile value of a kind."""
    is_keyword = value == UNKNOWN_KEYWORD
    return outcome_of(door, parameter, 1 if is_keyword else HOSTILE[value](), value)


def outcome_of(door: Door, parameter: str, given: Any, value: str) -> Outcome:
    """Call a door with any value, of which `value` is the kind."""
    # A picture of hostile numbers may warn of them; whether it is drawn is what is asked.
    with warnings.catch_warnings(), _silent():
        warnings.simplefilter("ignore")
        kind, text = _outcome(door, parameter, value, {parameter: given})
    return Outcome(door.name, parameter, value, kind, text)


def _outcome(
    door: Door, parameter: str, value: str, given: dict[str, Any]
) -> tuple[Kind, str]:
    try:
        with time_limit():
            result = door.call(**given)
            jax.block_until_ready(jax.tree.leaves(result))
    except TooLongError:
        return "hang", f"longer than {SECONDS} s"
    except AssertionError as error:
        # The answer of `assert_healthy` and `assert_faithful`: the loss has a fault.
        is_answer = type(error).__name__ in (
            "UnhealthyLossError",
            "UnfaithfulLossError",
        )
        return ("result", "") if is_answer else ("raw", repr(error))
    except BaseException as error:
        if value == UNKNOWN_KEYWORD:
            return _of_keyword(error, door, parameter)
        return _of_error(error, parameter, given[parameter])
    if value == UNKNOWN_KEYWORD:
        return "wrong", "an unknown keyword was accepted"
    if value in NO_NUMBERS and _is_finite(result):
        return "wrong", "the numbers of the result do not show what is none"
    return "result", ""


@contextmanager
def _silent() -> Iterator[None]:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def _of_error(error: BaseException, parameter: str, value: Any) -> tuple[Kind, str]:
    text = f"{type(error).__name__}: {error}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    is_own = Path(last.filename).is_relative_to(PACKAGE)
    is_kind = isinstance(error, FAMILY)
    # An unknown spec is quoted, and says by itself where it was given.
    words = (parameter, parameter.replace("_", " "), parameter.rstrip("s"), *ORIGINS)
    names = any(word in str(error) for word in words)
    if callable(value) and _says_whose(error, value):
        return "clear", text
    # What the system refuses has the system's reason.
    allows = isinstance(error, OSError) or ALLOWED.search(str(error))
    says_all = _quotes(str(error), value) and allows
    if is_own and is_kind and names and says_all:
        return "clear", text
    return "raw", f"{text} [{Path(last.filename).name}:{last.lineno}]"


def _quotes(message: str, value: Any) -> bool:
    """Whether a message says what was given: all of it, or its beginning, or one entry of it."""
    entries = value if isinstance(value, list | tuple | dict) else [value]
    if isinstance(value, np.ndarray) and value.dtype.kind in "SU":
        entries = [*value.ravel().tolist(), value]
    # Of a spec, the term that is wrong may be quoted alone.
    texts = [entry for entry in entries if isinstance(entry, str)]
    terms = [term.strip() for text in texts for term in re.split("[+>()]", text)]
    beginnings = [entry[:QUOTE] for entry in (*texts, *terms) if entry]
    beginnings += [quoted(entry).strip("'\"")[:QUOTE] for entry in (*entries, *terms)]
    # Of an empty text the quotation marks are all that there is.
    found = [text or "''" for text in beginnings]
    return "got " in message or any(text in message for text in found)


def _says_whose(error: BaseException, function: Any) -> bool:
    """Whether an error of a user's function says so."""
    name = f"`{name_of(function)}`"
    told = [str(error), *getattr(error, "__notes__", ())]
    return any(name in text for text in told)


def _of_keyword(error: BaseException, door: Door, keyword: str) -> tuple[Kind, str]:
    """Python's own error names function and keyword; an own one must do the same."""
    text = f"{type(error).__name__}: {error}"
    function = door.name.rpartition(".")[2].removesuffix("(...)")
    names = keyword in str(error) and (function in str(error) or "(...)" in door.name)
    is_kind = isinstance(error, TypeError | ValueError)
    return ("clear" if names and is_kind else "raw"), text


def _is_finite(result: Any) -> bool:
    """Whether a result has numbers, and none of them is NaN or infinite."""
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(result) if _is_array(leaf)]
    numbers = [leaf for leaf in leaves if np.issubdtype(leaf.dtype, np.floating)]
    return bool(numbers) and all(np.isfinite(leaf).all() for leaf in numbers)


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray | np.floating | float | jax.Array)
