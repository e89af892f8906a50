"""The command line: its commands, and the exit status of the program."""

import gc
import os
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter
from rich.text import Text

from ..base.versions import __version__
from . import (
    audit_command,
    diagnose_commands,
    explain_command,
    explore_command,
    list_command,
    show_command,
    sweep_command,
)
from .errors import UsageError, UserError
from .interrupts import status_of, terminable
from .output import Output, say

HELP = """Measure the gradients of classification losses: list, sweep, draw, explore and diagnose
them, and audit models.

A SPEC is 'softmax + focal(gamma=2)', or the name of a loss of logits such as crammer_singer.

Exit status: 0 healthy, 1 answers at or above --fail-on, 2 bad usage or an error in your function,
3 a fault of logitscape itself, 130 interrupted, 143 terminated.
"""


NO_BACKEND = "Unable to initialize backend"
"""What JAX says of a platform that it does not have."""


def build() -> App:
    """Build the command line."""
    # An interrupt is not suppressed, because `_run` says what it left behind.
    app = App(
        "logitscape",
        help=HELP,
        version=__version__,
        console=Output(),
        error_console=Output(stderr=True),
        error_formatter=_usage_message,
        default_parameter=Parameter(negative=()),
        suppress_keyboard_interrupt=False,
    )
    app.command(
        list_command.list_,
        name="list",
        usage="Usage: logitscape list [OPTIONS] [NAME...]",
    )
    app.command(show_command.show)
    app.command(
        sweep_command.sweep,
        usage="Usage: logitscape sweep --out FILE.nc [OPTIONS] SPEC...",
    )
    app.command(diagnose_commands.diagnose)
    app.command(
        diagnose_commands.compare, usage="Usage: logitscape compare [OPTIONS] TARGET..."
    )
    app.command(
        audit_command.audit,
        usage="Usage: logitscape audit [OPTIONS] LOGITS [LABELS]",
    )
    app.command(explain_command.explain, usage="Usage: logitscape explain [VERDICT]")
    app.command(
        explore_command.explore,
        usage="Usage: logitscape explore [OPTIONS] [SPEC|FILE.py:FUNCTION...]",
    )
    app.register_install_completion_command(
        help="Install completion for the shell that you use."
    )
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words after the program's name; by default those of this process.

    Returns:
        The exit status.
    """
    _accept_any_terminal()
    if arguments is None:
        # The process ends before garbage would fill the memory, and looking for it takes time.
        gc.set_threshold(200_000, 50, 50)
        # Pictures are drawn into files; the user's backend for windows may not even exist.
        os.environ["MPLBACKEND"] = "Agg"
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        command, bound, _ = build().parse_args(words, exit_on_error=False)
    except CycloptsError:
        return 2
    if arguments is not None:
        return _run(command, bound)
    with terminable():
        status = _run(command, bound)
    _end_with_threads(status)
    return status


def _end_with_threads(status: int) -> None:
    """End the process if threads still run whose time is over, such as one that compiles."""
    current = threading.current_thread()
    if all(each is current or each.daemon for each in threading.enumerate()):
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _accept_any_terminal() -> None:
    """Print "?" for characters that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _usage_message(error: object) -> Text:
    return Text(f"logitscape: {error}\nTry `logitscape --help`.")


def _run(command: Any, bound: Any) -> int:
    try:
        return int(command(*bound.args, **bound.kwargs) or 0)
    except KeyboardInterrupt as interrupt:
        say(f"\nlogitscape: interrupted; {_state_of_file(bound.arguments)}")
        return status_of(interrupt)
    except (UsageError, UserError, OSError) as error:
        say(f"logitscape: {error}")
        return 2
    except Exception as error:
        if NO_BACKEND in str(error):
            platforms = os.environ.get("JAX_PLATFORMS", "")
            say(
                f"logitscape: JAX_PLATFORMS must be a platform that JAX has, got {platforms!r}."
            )
            return 2
        traceback.print_exc()
        say("logitscape: this is a fault of logitscape itself; please report it.")
        return 3


def _state_of_file(arguments: Mapping[str, Any]) -> str:
    """Say what an interrupted command left at the path of `--out`."""
    out = arguments.get("out") or getattr(arguments.get("options"), "out", None)
    if out is None:
        return "nothing was written."
    return f"{out} is as it was before." if out.exists() else f"{out} was not written."
