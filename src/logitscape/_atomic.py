"""Files appear whole or not at all: written beside their place under a hidden name, then moved there."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path to write to; it becomes `path` if the block ends well, else it is removed.

    It lies in the same folder and keeps the suffix, from which many writers tell the format. Its name says to
    whom it belongs (see `remove_leftovers`): a killed process cannot tidy up after itself.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp{path.suffix}")
    try:
        yield temporary
        _remove_folder(path)
        temporary.replace(path)
    finally:
        _remove_folder(temporary)
        temporary.unlink(missing_ok=True)


def _remove_folder(path: Path) -> None:
    """A folder, unlike a file, is not replaced by a move."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)


def write_text(path: Path, text: str) -> None:
    """Replace a file's text, the same bytes on every platform."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def remove_leftovers(folder: Path, stem: str) -> None:
    """Remove what a killed process left unfinished of `stem.*`."""
    for leftover in folder.glob(f".{stem}.*.tmp*"):
        _remove_folder(leftover)
        leftover.unlink(missing_ok=True)
