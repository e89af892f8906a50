"""Putting a new folder into the place of an old one, so that neither is ever seen by half."""

import ctypes
import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

from .temporaries import is_folder, remove

ATTEMPTS = 20
"""How often a place is tried that other processes fill at the same time."""
AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Constants of Linux: paths are those of the working folder; the two swap their places."""


def put_folder(new: Path, place: Path, aside: Path) -> None:
    """Move a folder or a file to a place where a folder may lie, and remove that one.

    On Linux the two swap their places in one step. Elsewhere the old folder moves aside first, and
    comes back if the new one cannot follow.

    Args:
        new: What is to lie at the place.
        place: Its final path.
        aside: Path in the same folder that nobody else uses.
    """
    for attempt in range(ATTEMPTS):
        # A folder can be moved to an empty place only, a file to that of another file as well.
        is_filled = is_folder(place) or (is_folder(new) and os.path.lexists(place))
        if not is_filled:
            try:
                new.replace(place)
                return
            except OSError as error:
                # Another process was quicker: its folder is replaced in the next attempt.
                if not _is_filled(error) or attempt == ATTEMPTS - 1:
                    raise
                continue
        if _swapped(new, place):
            _remove_quietly(new)
            return
        if _moved_aside(new, place, aside):
            return
    raise FileExistsError(errno.EEXIST, "others write it all the time", str(place))


def _moved_aside(new: Path, place: Path, aside: Path) -> bool:
    try:
        place.replace(aside)
    except FileNotFoundError:  # Another process has just moved it.
        return False
    try:
        new.replace(place)
    except OSError as error:
        if _is_filled(error):
            _remove_quietly(aside)
            return False
        aside.replace(place)
        raise
    _remove_quietly(aside)
    return True


def _swapped(one: Path, other: Path) -> bool:
    """Whether the two could swap their places, which not every file system knows."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = (os.fsencode(one), os.fsencode(other))
    done = rename(AT_FDCWD, paths[0], AT_FDCWD, paths[1], RENAME_EXCHANGE)
    return bool(done == 0)


def _is_filled(error: OSError) -> bool:
    return error.errno in (
        errno.ENOTEMPTY,
        errno.EEXIST,
        errno.EISDIR,
        errno.ENOTDIR,
    )


def _remove_quietly(path: Path) -> None:
    # What replaces it is in its place; a rest is removed by the next process that writes there.
    with suppress(OSError):
        remove(path)
