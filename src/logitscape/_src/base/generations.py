"""Folders of the user's cache that hold what one state of the package has found out.

A generation is the source of the package together with all versions and settings that its numbers
depend on. This module does not import JAX.
"""

import hashlib
import os
import platform
import shutil
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np

from .files import replacing
from .users_files import PACKAGE

GENERATIONS = 3
"""Number of folders of one kind that are kept, each of one generation."""
MOST_FILES = 3000
"""Number of files that are kept in one folder: every change of a user's function adds about 20."""
CPU_FLAGS = Path("/proc/cpuinfo")


def generation(*versions: str) -> str:
    """A digest of the package's source, of the versions and of the settings.

    Args:
        *versions: Versions of JAX, and of what it computes on as far as that matters.
    """
    digest = hashlib.sha256(_digest_of_source(PACKAGE))
    for text in (*_settings(), sys.version, np.__version__, *versions, _processor()):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:32]


@cache
def _digest_of_source(folder: Path) -> bytes:
    """Of all modules in a folder, which a process reads once, however many generations it asks."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def write(path: Path, content: bytes) -> None:
    """Write a file into the folder of a generation, and remove what is too old or too much.

    The folder's parent holds the folders of the other generations. What cannot be written is not.
    Only this user may write to the folder, as programs that are run are read from it.
    """
    with suppress(OSError):
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=0o700)
            _remove_old_generations(path.parent.parent)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        _remove_old_files(path.parent)


def _remove_old_generations(folder: Path) -> None:
    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in by_age[:-GENERATIONS]:
        shutil.rmtree(path, ignore_errors=True)


@cache
def _remove_old_files(folder: Path) -> None:
    """Once per process, remove the files that have not been used for longest."""
    files = [(path.stat().st_mtime, path) for path in folder.iterdir()]
    for _, path in sorted(files)[:-MOST_FILES]:
        path.unlink(missing_ok=True)


def _settings() -> list[str]:
    """The settings of JAX and XLA in the environment, but for where programs are kept."""
    return [
        f"{name}={value}"
        for name, value in sorted(os.environ.items())
        if name.startswith(("JAX_", "XLA_")) and "CACHE" not in name
    ]


def _processor() -> str:
    """The instructions that the processor has, as far as it is known how to ask."""
    flags = [platform.machine(), platform.processor()]
    with suppress(OSError):
        lines = CPU_FLAGS.read_text(encoding="utf-8").splitlines()
        flags += [line for line in lines if line.startswith(("flags", "Features"))][:1]
    return " ".join(flags)
