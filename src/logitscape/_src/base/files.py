"""Writing of files and folders so that they appear whole or not at all.

Each is written next to its final place under a hidden temporary name, and moved there at the end.
"""

import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


def checked_path(function_name: str, path: str | os.PathLike[str]) -> Path:
    """Path to write to, checked before a long computation rather than after it.

    Args:
        function_name: Name of the public function that will write, for the messages.
        path: Path of a file or folder in a folder that exists.

    Raises:
        TypeError: If the path is neither text nor a path.
        ValueError: If it is empty or holds a null character.
        FileNotFoundError: If its parent folder does not exist.
    """
    argument = f"`{function_name}(path=...)`"
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{argument} must be text or a path, got {path!r}.")
    text = os.fspath(path)
    if "\0" in text or not text:
        raise ValueError(f"{argument} must be the name of a file, got {path!r}.")
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{argument}: there is no folder `{target.parent}`.")
    return target


@contextmanager
def replacing(
    path: str | os.PathLike[str], *, marks: Collection[str] = ()
) -> Iterator[Path]:
    """Yield a temporary path to write to, and move it to `path` if the block ends without error.

    The temporary file lies in the same folder, so that the move is atomic, and has the same
    suffix, from which many writers infer the format. After an error it is removed.
    `remove_leftovers` removes those of processes that were killed.

    Args:
        path: Final path of the file or folder.
        marks: File names by any of which a folder is recognised as written by logitscape. Such a
            folder, or an empty one, is replaced together with all that it contains. By default no
            folder is replaced, as it may contain anything.

    Raises:
        IsADirectoryError: If `path` is a folder that may not be replaced; it is left unchanged.
        FileExistsError: If `path` is neither a file nor a folder, such as a device.
        OSError: If `path` cannot be written.
    """
    path = Path(path)
    _check_replaceable(path, marks)
    # Several processes may write the same path at once; each needs a name of its own.
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp{path.suffix}")
    try:
        yield temporary
        _remove_folder(path)  # a move replaces a file, but not a folder
        temporary.replace(path)
    except OSError as error:
        # The temporary path may be a folder, and the error name a file inside it.
        if not str(error.filename).startswith(str(temporary)):
            raise
        # The user knows nothing of the temporary path, so that the error names the final one.
        message = f"`path` cannot be written: {error.strerror}"
        raise OSError(error.errno, message, str(path)) from error
    finally:
        _remove(temporary)


def write_text(path: Path, text: str) -> None:
    """Replace the text of a file; the bytes are the same on every platform."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def remove_leftovers(folder: Path, stem: str) -> None:
    """Remove the temporary files and folders that killed processes left of `stem.*`."""
    for leftover in folder.glob(f".{stem}.*.tmp*"):
        _remove(leftover)


def _check_replaceable(path: Path, marks: Collection[str]) -> None:
    if _is_folder(path) and not _is_replaceable_folder(path, marks):
        raise IsADirectoryError(
            f"`path` must not be a folder that holds something else, got {str(path)!r}."
        )
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FileExistsError(f"`path` must not be a device, got {str(path)!r}.")


def _is_replaceable_folder(folder: Path, marks: Collection[str]) -> bool:
    if not marks:
        return False
    has_mark = any((folder / name).is_file() for name in marks)
    return has_mark or not any(folder.iterdir())


def _remove(path: Path) -> None:
    _remove_folder(path)
    path.unlink(missing_ok=True)


def _remove_folder(path: Path) -> None:
    if _is_folder(path):
        shutil.rmtree(path)


def _is_folder(path: Path) -> bool:
    # A link to a folder counts as a file: a move replaces it, and the folder itself is untouched.
    return path.is_dir() and not path.is_symlink()
