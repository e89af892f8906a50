"""Which files are the user's own: no part of this package, of Python or of a library."""

import sysconfig
from collections.abc import Iterable
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
LIBRARIES = tuple(
    Path(sysconfig.get_path(name)).resolve()
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
TYPED = ("<stdin", "<ipython", "<python-input")
"""Beginnings of the names of code that was typed; other names in "<" are of Python itself."""


def is_users(filename: str, roots: Iterable[Path] = ()) -> bool:
    """Whether a file is the user's.

    Args:
        filename: Name that a frame has.
        roots: Folders of the user's packages, although they may lie where libraries do.
    """
    if filename.startswith("<"):
        return filename.startswith(TYPED)
    path = Path(filename).resolve()
    if any(path.is_relative_to(root) for root in roots):
        return True
    return not any(path.is_relative_to(library) for library in (PACKAGE, *LIBRARIES))


def is_ours(filename: str) -> bool:
    """Whether a file is a part of this package."""
    return is_within(filename, PACKAGE)


def is_within(filename: str, folder: Path) -> bool:
    """Whether a file lies in a folder or below it."""
    if filename.startswith("<"):
        return False
    return Path(filename).resolve().is_relative_to(folder)
