"""`python -m analyses [NAME ...]`: compute and draw the figures; `--help` has the rest."""

import signal
import sys

from .harness.command_line import main

# Stopped from outside, it must still stop its scripts: as an exception, SIGTERM runs every `finally`.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
sys.exit(main())
