"""Writing of files and folders so that they appear whole or not at all.

Each is written next to its final place under a hidden temporary name, and moved there at the end.
Errors name the final place and the argument that it was given by, as nobody knows the other name.
"""

import errno
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from .exchange import put_folder
from .messages import quoted, quoted_path
from .temporaries import is_folder, is_temporary, name_beside, remove_leftovers

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of the disk, which say nothing of the file that was written."""


def checked_path(
    function_name: str,
    path: str | os.PathLike[str],
    argument: str = "path",
    *,
    marks: Collection[str] = (),
) -> Path:
    """Path to write to, checked before a long computation rather than after it.

    Args:
        function_name: Name of the public function that will write, for the messages.
        path: Path of a file or folder in a folder that exists.
        argument: Name of the argument, for the messages.
        marks: As for `replacing`.

    Raises:
        TypeError: If the path is neither text nor a path.
        ValueError: If it is empty, holds a null character, or cannot be the name of a file.
        FileNotFoundError: If its parent folder does not exist.
        PermissionError: If nothing can be written to that folder.
        IsADirectoryError: If it is a folder that holds something else.
        FileExistsError: If it is a device, a pipe or a socket.
        OSError: If the name is too long.
    """
    said = f"`{function_name}({argument}=...)`"
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{said} must be text or a path, got {quoted(path)}.")
    text = os.fspath(path)
    if not isinstance(text, str):
        raise TypeError(f"{said} must be text or a path, got {quoted(path)}.")
    _check_working_folder(said, text)
    if "\0" in text or not text or not _is_encodable(text):
        raise ValueError(f"{said} must be the name of a file, got {quoted(path)}.")
    target = Path(path)
    try:
        is_there = target.parent.is_dir()
        target.exists()
    except OSError as error:
        raise OSError(
            error.errno, f"{said} cannot be written: {error.strerror}", text
        ) from error
    if not is_there:
        raise FileNotFoundError(f"{said}: there is no folder `{target.parent}`.")
    _check_replaceable(target, marks, said)
    if not os.access(target.parent, os.W_OK):
        raise PermissionError(
            errno.EACCES, f"{said}: nothing can be written to its folder", text
        )
    return target


def _check_working_folder(said: str, text: str) -> None:
    """Raise `FileNotFoundError` for a relative path in a folder that has been removed."""
    if Path(text).is_absolute():
        return
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{said}: there is no folder for `{text}`: the working folder was removed."
        ) from error


def expanded(said: str, place: str) -> Path:
    """A path to read from, with the home folder in place of a leading `~` or `~name`.

    Args:
        said: The argument that gave it, for the message.
        place: The path as text.

    Raises:
        FileNotFoundError: If nobody of that name has a home folder.
    """
    try:
        return Path(place).expanduser()
    except RuntimeError as error:
        raise FileNotFoundError(
            f"{said}: there is no such home folder, got {quoted(place)}."
        ) from error


def _is_encodable(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:  # Half of a pair of surrogates.
        return False
    return True


@contextmanager
def replacing(
    path: str | os.PathLike[str],
    *,
    marks: Collection[str] = (),
    argument: str = "`path`",
) -> Iterator[Path]:
    """Yield a temporary path to write to, and move it to `path` if the block ends without error.

    The temporary file lies in the same folder, so that the move is atomic, and has the same
    suffix, from which many writers infer the format. After an error it is removed; those of
    processes that were killed are removed by the next one that writes to the same path. A link is
    replaced, and what it leads to stays as it is.

    Args:
        path: Final path of the file or folder.
        marks: File names by any of which a folder is recognised as written by logitscape. Such a
            folder, or an empty one, is replaced together with all that it contains. By default no
            folder is replaced, as it may contain anything.
        argument: The argument that gave the path, such as "`save(path=...)`", for the messages.

    Raises:
        IsADirectoryError: If `path` is a folder that may not be replaced; it is left unchanged.
        FileExistsError: If `path` is neither a file nor a folder, such as a device.
        OSError: If `path` cannot be written.
    """
    path = Path(path)
    _check_replaceable(path, marks, argument)
    remove_leftovers(path.parent, path.stem)
    with name_beside(path) as temporary, name_beside(path) as aside:
        try:
            yield temporary
            put_folder(temporary, path, aside)
        except Exception as error:
            cause = _cause_on_disk(error, path)
            if cause is None:
                raise
            message = f"{argument} cannot be written: {cause.strerror}"
            raise OSError(cause.errno, message, str(path)) from error


def _cause_on_disk(error: BaseException | None, path: Path) -> OSError | None:
    """The error of the disk behind an error; libraries wrap it in errors of their own."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            of_disk = error.errno in DISK
            # A temporary path may be a folder, and the error name a file inside of it.
            if of_disk or is_temporary(error.filename, path):
                return error
        error = error.__cause__ or error.__context__
    return None


def write_text(path: Path, text: str, *, argument: str = "`path`") -> None:
    """Replace the text of a file; the bytes are the same on every platform."""
    with replacing(path, argument=argument) as temporary:
        # Half a pair of surrogates, as in a name that is no text, has no bytes in UTF-8.
        temporary.write_bytes(text.encode("utf-8", errors="backslashreplace"))


def _check_replaceable(path: Path, marks: Collection[str], argument: str) -> None:
    if is_folder(path) and not _is_replaceable_folder(path, marks):
        raise IsADirectoryError(
            f"{argument} must not be a folder that holds something else, got {quoted_path(path)}."
        )
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise FileExistsError(
            f"{argument} must not be a device, got {quoted_path(path)}."
        )


def _is_replaceable_folder(folder: Path, marks: Collection[str]) -> bool:
    if not marks:
        return False
    has_mark = any((folder / name).is_file() for name in marks)
    return has_mark or not any(folder.iterdir())
