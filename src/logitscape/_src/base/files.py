"""Files appear whole or not at all: written beside their place under a hidden name, then moved there."""

import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


def checked_path(function_name: str, path: str | os.PathLike[str]) -> Path:
    """Where the public function `function_name` is to write: a path in a folder that exists, or an error that names the argument."""
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"`{function_name}(path=...)` must be text or a path, got {path!r}."
        )
    if "\0" in os.fspath(path) or not os.fspath(path):
        raise ValueError(
            f"`{function_name}(path=...)` must be the name of a file, got {path!r}."
        )
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(
            f"`{function_name}(path=...)`: there is no folder `{target.parent}`."
        )
    return target


@contextmanager
def replacing(
    path: str | os.PathLike[str], *, marks: Collection[str] = ()
) -> Iterator[Path]:
    """Yield a temporary path to write to; it becomes `path` if the block ends well, else it is removed.

    It lies in the same folder and keeps the suffix, from which many writers tell the format. Its name says to
    whom it belongs (see `remove_leftovers`): a killed process cannot tidy up after itself.

    Args:
        path: a file, or a folder of our own.
        marks: files by any of which a folder is known as one of our own, to be replaced with all that it holds, as is an
            empty one; by default no folder is, as it may hold anything.

    Raises:
        IsADirectoryError: for another folder, which is left as it is.
        FileExistsError: for a device or whatever else is neither a file nor a folder.
        OSError: if it cannot be written.
    """
    path = Path(path)
    if _is_folder(path) and not _is_ours(path, marks):
        raise IsADirectoryError(
            f"`path` must not be a folder that holds something else, got {str(path)!r}."
        )
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FileExistsError(f"`path` must not be a device, got {str(path)!r}.")
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp{path.suffix}")
    try:
        yield temporary
        _remove_folder(path)
        temporary.replace(path)
    except OSError as error:
        if not str(error.filename).startswith(str(temporary)):
            raise
        raise OSError(
            error.errno, f"`path` cannot be written: {error.strerror}", str(path)
        ) from error
    finally:
        _remove_folder(temporary)
        temporary.unlink(missing_ok=True)


def _remove_folder(path: Path) -> None:
    """A folder, unlike a file, is not replaced by a move."""
    if _is_folder(path):
        shutil.rmtree(path)


def _is_ours(folder: Path, marks: Collection[str]) -> bool:
    return bool(marks) and (
        any((folder / name).is_file() for name in marks) or not any(folder.iterdir())
    )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def write_text(path: Path, text: str) -> None:
    """Replace a file's text, the same bytes on every platform."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def remove_leftovers(folder: Path, stem: str) -> None:
    """Remove what a killed process left unfinished of `stem.*`."""
    for leftover in folder.glob(f".{stem}.*.tmp*"):
        _remove_folder(leftover)
        leftover.unlink(missing_ok=True)
