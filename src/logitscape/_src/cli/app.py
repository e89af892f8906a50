"""The commands, and how the program ends."""

import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter
from rich.text import Text

from ..base.versions import __version__
from . import diagnose_commands, landscape_commands, list_command
from .errors import UsageError, UserError
from .output import Output, say

HELP = """Loss landscapes over logits: every normalizer beside every loss, swept, measured and drawn.

A SPEC is 'softmax + focal(gamma=2)', or the name of a loss of logits such as crammer_singer.

Exit status: 0 healthy, 1 findings at or above --fail-on, 2 bad usage or an error in your function, 3 a fault of logitscape
itself, 130 interrupted.
"""


def build() -> App:
    """The command line."""
    app = App(
        "logitscape",
        help=HELP,
        version=__version__,
        console=Output(),
        error_console=Output(stderr=True),
        error_formatter=lambda error: Text(
            f"logitscape: {error}\nTry `logitscape --help`."
        ),
        default_parameter=Parameter(negative=()),
        suppress_keyboard_interrupt=False,
    )
    app.command(
        list_command.list_,
        name="list",
        usage="Usage: logitscape list [OPTIONS] [NAME...]",
    )
    app.command(landscape_commands.show)
    app.command(
        landscape_commands.sweep,
        usage="Usage: logitscape sweep --out FILE.nc [OPTIONS] SPEC...",
    )
    app.command(diagnose_commands.diagnose)
    app.command(
        diagnose_commands.compare, usage="Usage: logitscape compare [OPTIONS] TARGET..."
    )
    app.register_install_completion_command(
        help="Install completion for the shell that you use."
    )
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # no terminal is too old for the text
    app = build()
    try:
        command, bound, _ = app.parse_args(
            sys.argv[1:] if arguments is None else list(arguments), exit_on_error=False
        )
    except CycloptsError:
        return 2
    return _run(command, bound)


def _run(command: Any, bound: Any) -> int:
    try:
        return int(command(*bound.args, **bound.kwargs) or 0)
    except KeyboardInterrupt:
        say(f"\nlogitscape: interrupted; {_kept(bound.arguments)}")
        return 130
    except (UsageError, UserError, OSError) as error:
        say(f"logitscape: {error}")
        return 2
    except Exception:
        traceback.print_exc()
        say("logitscape: this is a fault of logitscape itself; please report it.")
        return 3


def _kept(arguments: Mapping[str, Any]) -> str:
    out = arguments.get("out") or getattr(arguments.get("options"), "out", None)
    if out is None:
        return "nothing was written."
    return f"{out} is as it was before." if out.exists() else f"{out} was not written."
