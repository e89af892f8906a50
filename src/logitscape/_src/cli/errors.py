"""Errors: bad usage in one sentence, the user's own errors by their own lines, ours in full."""

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from traceback import StackSummary, TracebackException

from ..base.users_files import is_ours, is_users


class UsageError(Exception):
    """An error that the user can correct; only its text is shown."""


class UserError(Exception):
    """An error inside the user's function; its text has the user's own lines."""


@contextmanager
def blaming(doing: str, roots: Iterable[Path] = ()) -> Iterator[None]:
    """Run code of the user: its output goes to stderr, and an error in it becomes a `UserError`.

    An error that our own code raises on purpose becomes a `UsageError`; any other error is a fault
    of ours, and passes.

    Args:
        doing: Words for the error, such as "diagnosing `loss`".
        roots: Folders of the user's packages, although they may lie where libraries do.

    Raises:
        UserError: If the user's code fails.
        UsageError: If our code refuses an argument, or the user's code ends the program.
    """
    users_folders = tuple(roots)
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (UsageError, UserError, KeyboardInterrupt):
        raise
    except SystemExit as error:
        remedy = "put what does so under `if __name__ == '__main__':`"
        raise UsageError(
            f"{doing} ended the program (exit status {error.code}); {remedy}."
        ) from None
    except BaseException as error:
        lines = users_lines(error, users_folders)
        if lines:
            raise UserError(f"error while {doing}:\n{lines}") from None
        if _is_refusal(error):
            raise UsageError(str(error)) from error
        raise


def users_lines(error: BaseException, roots: tuple[Path, ...] = ()) -> str:
    """Return the traceback of an error without the lines of libraries.

    What this package says of an error of the user's code stands below it. The text is empty if the
    user's code has no part in the error.
    """
    texts, has_part = list[str](), False
    for cause, trace in _chain(error, TracebackException.from_exception(error)):
        frames = [frame for frame in trace.stack if is_users(frame.filename, roots)]
        trace.stack = StackSummary.from_list(frames)
        # A file that cannot be parsed has no frame: the error itself names its line.
        is_users_own = bool(frames) or isinstance(cause, SyntaxError)
        has_part |= is_users_own
        if is_users_own or _is_refusal(cause):
            texts.append("".join(_formatted(trace)).rstrip())
    return "\n".join(reversed(texts)) if has_part else ""


def _chain(
    error: BaseException | None, trace: TracebackException | None
) -> Iterator[tuple[BaseException, TracebackException]]:
    """Yield the error and its causes, each with its traceback.

    Left out are the notes that JAX chains to say which lines it left out.
    """
    while error is not None and trace is not None:
        if not type(error).__module__.startswith("jax._src.traceback_util"):
            yield error, trace
        if trace.__cause__ is not None:
            error, trace = error.__cause__, trace.__cause__
        elif trace.__suppress_context__:
            return
        else:
            error, trace = error.__context__, trace.__context__


def _formatted(trace: TracebackException) -> Iterator[str]:
    """Yield the lines of one error, without its causes and without JAX's note."""
    notes = getattr(trace, "__notes__", None) or []
    trace.__notes__ = [note for note in notes if "JAX_TRACEBACK_FILTERING" not in note]
    yield from trace.stack.format()
    yield from trace.format_exception_only()


def _is_refusal(error: BaseException) -> bool:
    """Whether a `raise` statement of ours refuses an argument, and no line of ours failed."""
    if not isinstance(error, ValueError | TypeError | RuntimeError):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    return is_ours(last.filename) and (last.line or "").startswith("raise ")
