"""What goes wrong: bad usage in one sentence, the user's own errors by their own lines, ours in full."""

import difflib
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
LIBRARIES = tuple(
    Path(sysconfig.get_path(name)).resolve()
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


class UsageError(Exception):
    """What the user can put right; its text is all that is shown."""


class UserError(Exception):
    """An error inside the user's function; its text has the user's own lines."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known names that are like this one, or all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return f"Known: {', '.join(names)}." if names else ""


@contextmanager
def blaming(doing: str, roots: Iterable[Path] = ()) -> Iterator[None]:
    """Run code of the user's: what it prints goes to stderr, and an error in it becomes a `UserError`.

    An error that our own code raises on purpose becomes a `UsageError`; any other is ours and passes.

    Args:
        doing: what is done, as in "diagnosing `loss`".
        roots: folders of packages that the user names, though they may lie where libraries do.
    """
    own = tuple(roots)
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
        if text := users_lines(error, own):
            raise UserError(f"error while {doing}:\n{text}") from None
        if _on_purpose(error):
            raise UsageError(str(error)) from error
        raise


def users_lines(error: BaseException, roots: tuple[Path, ...] = ()) -> str:
    """The traceback of an error without the lines of libraries; empty if the user's code has no part in it."""
    causes = list(_chain(error, traceback.TracebackException.from_exception(error)))
    for _, each in causes:
        each.stack = traceback.StackSummary.from_list(
            [frame for frame in each.stack if _is_users(frame.filename, roots)]
        )
    blamed = [
        each for cause, each in causes if each.stack or isinstance(cause, SyntaxError)
    ]
    return "\n".join("".join(_alone(each)).rstrip() for each in reversed(blamed))


def _chain(
    error: BaseException | None, trace: traceback.TracebackException | None
) -> Iterator[tuple[BaseException, traceback.TracebackException]]:
    """The error and what caused it; JAX chains its own notes on what it left out, which say nothing here."""
    while error is not None and trace is not None:
        if not type(error).__module__.startswith("jax._src.traceback_util"):
            yield error, trace
        if trace.__cause__ is not None:
            error, trace = error.__cause__, trace.__cause__
        elif trace.__suppress_context__:
            return
        else:
            error, trace = error.__context__, trace.__context__


def _alone(trace: traceback.TracebackException) -> Iterator[str]:
    notes = getattr(trace, "__notes__", None) or []
    trace.__notes__ = [note for note in notes if "JAX_TRACEBACK_FILTERING" not in note]
    yield from trace.stack.format()
    yield from trace.format_exception_only()


def _is_users(filename: str, roots: tuple[Path, ...]) -> bool:
    if filename.startswith("<"):
        return False
    path = Path(filename).resolve()
    if any(path.is_relative_to(root) for root in roots):
        return True
    return not any(path.is_relative_to(library) for library in (PACKAGE, *LIBRARIES))


def _on_purpose(error: BaseException) -> bool:
    """Whether a `raise` of ours refuses an argument, and no line of ours stumbled."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = Path(last.filename).resolve().is_relative_to(PACKAGE)
    return (
        isinstance(error, ValueError | TypeError)
        and ours
        and (last.line or "").startswith("raise ")
    )
