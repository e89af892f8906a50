"""The command `logitscape`; only those commands that compute import JAX."""

import sys
from collections.abc import Sequence

from .interrupts import INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: Words after the program's name; by default those of this process.

    Returns:
        The exit status.
    """
    try:
        # This takes half a second, in which a user may think better of it.
        from .app import main as run

        return run(arguments)
    except KeyboardInterrupt:
        print("\nlogitscape: interrupted; nothing was written.", file=sys.stderr)
        return INTERRUPTED
