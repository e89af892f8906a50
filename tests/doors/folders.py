"""Folders for what the doors write, which go with the process."""

from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

NUMBERS = count()


@cache
def _of_this_process() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="doors-", ignore_cleanup_errors=True)


def new_folder() -> Path:
    """An empty folder of its own."""
    folder = Path(_of_this_process().name) / str(next(NUMBERS))
    folder.mkdir()
    return folder
