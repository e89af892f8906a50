"""`python -m logitscape`, the same as the command `logitscape`."""

import sys

from .cli import main

sys.exit(main())
