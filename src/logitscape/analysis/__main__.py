"""`python -m logitscape.analysis [NAME ...]`."""

import signal
import sys

from .runner import main

# Stopped from outside, it must still stop its scripts: as an exception, SIGTERM runs every `finally`.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
sys.exit(main())
