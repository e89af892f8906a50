"""`python -m logitscape`, the same as the command `logitscape`."""

import sys

from ._src.cli import main

sys.exit(main())
