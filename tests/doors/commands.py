"""Hostile words at the command line: every command, every argument, every option.

The table of commands is read from the program itself, so that a new option is in it.
"""

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from logitscape._src.cli import main
from logitscape._src.cli.app import build

from .outcomes import Outcome, TooLongError, time_limit

MINE = """
import jax, jax.numpy as jnp

def loss(z, t):
    return -jnp.sum(t * jax.nn.log_softmax(z))
"""
PAIR = "softmax + cross_entropy"
SHORT = ("--budget", "0.001")

VALID: Mapping[str, tuple[str, ...]] = {
    "list": (),
    "show": (PAIR, "--quiet"),
    "sweep": (PAIR, "--out", "sweep.nc", "--points", "3", "--quiet"),
    "diagnose": (PAIR, *SHORT, "--quiet"),
    "compare": (PAIR, "softmax + brier", *SHORT, "--quiet"),
    "audit": ("dump.npz", "--quiet"),
    "explain": ("convex",),
    "explore": (PAIR, "--out", "page.html", "--quiet"),
}
"""Words of every command with which it works, and quickly."""

WORDS: Mapping[str, Callable[[], str]] = {
    "empty text": lambda: "",
    "unknown name": lambda: "no such name",
    "control characters": lambda: "a\x07\x1b[31m\u202eb",
    "lone surrogate": lambda: "\udcff",
    "long text": lambda: "x" * 5000,
    "quotes": lambda: "'\"`$(true)",
    "an option": lambda: "--no-such-option",
    "minus one": lambda: "-1",
    "zero": lambda: "0",
    "a fraction": lambda: "2.5",
    "NaN": lambda: "nan",
    "infinity": lambda: "inf",
    "minus infinity": lambda: "-inf",
    "a huge size": lambda: str(10**12),
    "beyond 64 bits": lambda: str(10**30),
    "beyond every float": lambda: "1" + "0" * 400,
    "more digits than Python reads": lambda: "9" * 5000,
    "a list": lambda: "[1, 2",
    "a device": lambda: "/dev/null",
    "a folder": lambda: ".",
    "no folder": lambda: "no/such/folder/file.nc",
    "an empty file": lambda: "empty.npz",
    "a file of bytes": lambda: "bytes.npz",
    "a picture for a number": lambda: "dump.npz",
    "a Python file": lambda: "mine.py",
    "a function that is missing": lambda: "mine.py:los",
    "a file that does not parse": lambda: "broken.py:loss",
}


class Option(NamedTuple):
    """An argument or option of a command.

    Attributes:
        command: Name of the command.
        name: First of its names.
        place: Place among the words without a name; None for an option.
        is_flag: Whether it takes no value.
    """

    command: str
    name: str
    place: int | None
    is_flag: bool


def options() -> Iterator[Option]:
    """Every argument and option of every command."""
    app = build()
    for command in app:
        if command.startswith("-"):
            continue
        place = 0
        for argument in app[command].assemble_argument_collection():
            name = str(argument.name)
            if name == "*":  # What holds the others.
                continue
            is_option = name.startswith("-")
            yield Option(
                command, name, None if is_option else place, argument.hint is bool
            )
            place += not is_option


def words(option: Option, word: str) -> list[str]:
    """The words of a command in which one argument is hostile."""
    given = list(VALID.get(option.command, ()))
    if option.place is not None:
        plain = [place for place, each in enumerate(given) if _is_plain(given, place)]
        if option.place < len(plain):
            given[plain[option.place]] = word
        else:
            given.insert(len(plain), word)
    elif option.name in given:
        given[given.index(option.name) + (not option.is_flag)] = word
    else:
        given += [option.name, word]
    return [option.command, *given]


def _is_plain(given: list[str], place: int) -> bool:
    """Whether a word is neither an option nor the value of one."""
    before = given[place - 1] if place else ""
    is_value = before.startswith("--") and before != "--quiet"
    return not given[place].startswith("--") and not is_value


def make_files(folder: Path) -> None:
    """Files that the words name."""
    (folder / "mine.py").write_text(MINE, encoding="utf-8")
    (folder / "broken.py").write_text("def loss(z, t:\n", encoding="utf-8")
    (folder / "empty.npz").write_bytes(b"")
    (folder / "bytes.npz").write_bytes(bytes(range(256)))
    logits = np.array([[2.0, 1.0, -1.0], [0.0, 1.0, 0.0]])
    np.savez(folder / "dump.npz", logits=logits, labels=np.array([0, 1]))


def outcome(option: Option, word: str) -> Outcome:
    """What a command with a hostile word comes to."""
    given = words(option, WORDS[word]())
    kind, text = _outcome(given)
    return Outcome(f"logitscape {option.command}", option.name, word, kind, text)


def _outcome(given: list[str]) -> Any:
    out, err = io.StringIO(), io.StringIO()
    try:
        with (
            time_limit(),
            redirect_stdout(out),
            redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            status = main(given)
    except TooLongError:
        return "hang", "too long"
    except BaseException as error:
        return "raw", f"{type(error).__name__}: {error}"
    said = err.getvalue()
    if status in (0, 1):
        return "result", ""
    if status != 2 or "Traceback" in said:
        return "raw", f"status {status}: {said[-300:]}"
    if "\x1b[31m" in said or "\u202e" in said:
        return "raw", f"control characters: {said!r}"
    return ("clear" if said.startswith("logitscape: ") else "raw"), said
