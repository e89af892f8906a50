"""`python -m analyses [NAME ...]`: compute and draw the figures; `--help` lists the options."""

import signal
import sys
from types import FrameType

from .harness.command_line import main


def _exit_on_termination(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


# The processes of the scripts import this module too.
if __name__ == "__main__":
    # The default action would leave the scripts running. An exception runs every `finally`, and
    # so stops them.
    signal.signal(signal.SIGTERM, _exit_on_termination)
    sys.exit(main())
