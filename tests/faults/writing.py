"""A process that writes one thing again and again: `python -m tests.faults.writing DOOR PATH`."""

import sys

from tests.faults.writers import WRITERS

TIMES = 4

if __name__ == "__main__":
    _, name, path = sys.argv
    for _ in range(TIMES):
        WRITERS[name].write(path)
