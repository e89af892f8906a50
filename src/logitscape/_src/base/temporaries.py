"""Hidden names beside the final place of a file, and what killed processes left under them.

A name says which process uses it, on which machine. What a process that has ended left behind can
be removed; what a running one writes at the moment is left alone.
"""

import hashlib
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from glob import escape
from pathlib import Path

LONGEST = 120
"""Bytes of a name that its temporary name begins with; a file system allows 255 in all."""
LONGEST_SUFFIX = 24
ABANDONED_SECONDS = 24 * 3600
"""Age of a temporary file of another machine, whose processes nobody can ask about."""
OWNER = re.compile(r"\.(?P<host>[0-9a-f]{6})-(?P<process>\d+)-[0-9a-f]{8}\.tmp")

_in_use = set[Path]()


@contextmanager
def name_beside(path: Path) -> Iterator[Path]:
    """Yield a hidden path beside another one; what lies there is removed at the end."""
    owner = f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}"
    # The path is read by writers that take the format from the suffix.
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= LONGEST_SUFFIX else ""
    temporary = path.with_name(f".{short(path.stem)}.{owner}.tmp{suffix}")
    _in_use.add(temporary)
    try:
        yield temporary
    finally:
        # On a disk that has become read-only this fails, and the first error says more.
        with suppress(OSError):
            remove(temporary)
        _in_use.discard(temporary)


def is_temporary(file: object, path: Path) -> bool:
    """Whether a file is, or lies in, a temporary one of this path."""
    beginning = str(path.with_name(f".{short(path.stem)}."))
    return str(file).startswith(beginning)


def remove_leftovers(folder: Path, stem: str) -> None:
    """Remove the temporary files and folders that killed processes left of `stem.*`."""
    with suppress(OSError):
        for leftover in folder.glob(f".{escape(short(stem))}.*.tmp*"):
            if _is_left(leftover):
                remove(leftover)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that it contains."""
    if is_folder(path):
        shutil.rmtree(path)
    path.unlink(missing_ok=True)


def is_folder(path: Path) -> bool:
    """Whether it is a folder; a link to one counts as a file, as a move replaces it."""
    return path.is_dir() and not path.is_symlink()


def _is_left(path: Path) -> bool:
    """Whether nobody writes this any more."""
    owner = OWNER.search(path.name)
    if owner is None:
        return True
    process = int(owner["process"])
    if owner["host"] != _host():
        with suppress(OSError):
            return time.time() - path.lstat().st_mtime > ABANDONED_SECONDS
        return False
    # In containers a new process often has the number of the one that died.
    return path not in _in_use if process == os.getpid() else not _is_running(process)


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True  # Elsewhere a signal of 0 would end it.
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    # One that has ended is still listed until its parent asks how.
    with suppress(OSError):
        state = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
        return not state.rpartition(")")[2].startswith(" Z")
    return True


@cache
def _host() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:6]


def short(stem: str) -> str:
    """The beginning of a name, so that a longer name made of it still is one."""
    while len(os.fsencode(stem)) > LONGEST:
        stem = stem[: min(len(stem) - 1, LONGEST)]
    return stem
