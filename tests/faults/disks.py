"""Small disks: a tmpfs where it can be mounted, a limit on the size of files elsewhere."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 2**22
"""Bytes of a small disk."""
LIMIT = 2**8
"""Bytes that a file may have where no small disk can be mounted."""


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Make a folder a small disk of its own, and say whether that could be done."""
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    done = mount is not None and subprocess.run(command, capture_output=True).returncode
    if done != 0:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@contextmanager
def full(folder: Path, is_disk: bool) -> Iterator[None]:
    """Fill the small disk, or let no file grow, in this block."""
    if not is_disk:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"0" * 4096)
        except OSError:
            pass
    try:
        yield
    finally:
        filling.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[bool]:
    """Let nobody write to a small disk, and say whether that could be done."""
    remount = ["mount", "-o", "remount,{}", str(folder)]

    def mounted(how: str) -> bool:
        command = [part.format(how) for part in remount]
        return subprocess.run(command, capture_output=True).returncode == 0

    done = mounted("ro")
    try:
        yield done
    finally:
        if done:
            mounted("rw")
