"""Output: results on stdout, messages on stderr, and a check of files before they are computed."""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from ..base.files import checked_path
from ..base.messages import printable_json
from ..reports.console import TextConsole
from .errors import UsageError

WIDTH = 80
PICTURES = (".png", ".svg", ".pdf")


class Output(TextConsole):
    """A console of at most 80 columns that falls silent if nobody reads on.

    `logitscape list | head -1` is no error.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        """Open the console.

        Args:
            stderr: Whether it is stderr instead of stdout.
        """
        super().__init__(stderr=stderr, highlight=False, soft_wrap=False)
        if self.width > WIDTH:
            self.width = WIDTH

    def on_broken_pipe(self) -> None:
        """Go on without a reader: the exit status is the verdict whether or not it is read."""
        self.quiet = True
        # Python flushes stdout when it exits, and would complain of the closed pipe then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(result: RenderableType) -> None:
    """Print a result."""
    Output().print(result)


def show_json(data: Any) -> None:
    """Print a result as JSON."""
    Output().out(to_json(data), highlight=False)


def say(message: str, *, quiet: bool = False) -> None:
    """Print a message to stderr."""
    if not quiet:
        Output(stderr=True).print(Text(message), soft_wrap=True)


@contextmanager
def working(message: str, *, quiet: bool = False) -> Iterator[None]:
    """Show on a terminal that something is under way."""
    console = Output(stderr=True)
    if quiet or not console.is_terminal:
        yield
        return
    with console.status(message):
        yield


def to_json(data: Any) -> str:
    """Return standard JSON: infinities and NaN are the strings "inf", "-inf" and "nan"."""
    return printable_json(
        json.dumps(_standard(data), indent=2, ensure_ascii=False, allow_nan=False)
    )


def _standard(data: Any) -> Any:
    if isinstance(data, float) and not math.isfinite(data):
        return str(data)
    if isinstance(data, Mapping):
        return {str(key): _standard(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_standard(item) for item in data]
    return data


def check_out(out: Path | None, suffixes: Iterable[str]) -> None:
    """Refuse a path before a long computation if it could not be written after it.

    Raises:
        UsageError: For another suffix, a folder that does not exist, a device, or a place where
            nothing can be written.
    """
    if out is None:
        return
    allowed = list(suffixes)
    if out.suffix.lower() not in allowed:
        raise UsageError(
            f"--out: the name must end in {' or '.join(allowed)}, got `{out}`."
        )
    try:
        checked_path("save", out)
    except FileNotFoundError:
        raise UsageError(f"--out: there is no folder `{out.parent}`.") from None
    except (OSError, ValueError) as error:
        raise UsageError(_cannot(out, error)) from None


@contextmanager
def writing(out: Path, *, quiet: bool = False, of: str = "") -> Iterator[None]:
    """Write the file of `--out` in this block, and say so.

    Args:
        out: Path of the file.
        quiet: Whether nothing is said.
        of: What it holds, for the message.

    Raises:
        UsageError: If it cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise UsageError(_cannot(out, error)) from error
    say(f"wrote {out}{of}", quiet=quiet)


def _cannot(out: Path, error: Exception) -> str:
    number = getattr(error, "errno", None)
    reason = str(error) if number is None else os.strerror(number)
    return f"--out: `{out}` cannot be written: {reason.rstrip('.')}."
