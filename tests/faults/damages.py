"""Kinds of damage to what is read: each ends in a result or in an error that names the file."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from tests.faults.outcome import Outcome, attempt, is_root
from tests.faults.readers import READERS, huge, lengthened, pickled, put, whole
from tests.faults.writers import CommandError

FAMILY = (OSError, ValueError, TypeError, IndexError, CommandError)
Damage = Callable[[str, Path], Any]
"""Writes a damaged file of a reader's kind to a path; may return another path to read."""


def cut(share: float) -> Damage:
    """Truncate a file."""
    return lambda name, path: put(name, path, lambda all: all[: int(share * len(all))])


def flipped(seed: int) -> Damage:
    """Change a few bytes at random places; the numbers themselves may change unseen."""

    def change(content: bytes) -> bytes:
        rng = np.random.default_rng(seed)
        array = np.frombuffer(content, np.uint8).copy()
        places = rng.integers(0, max(len(array), 1), 12)
        if len(array):
            array[places] = rng.integers(0, 256, 12)
        return array.tobytes()

    return lambda name, path: put(name, path, change)


def foreign(other: str) -> Damage:
    """The file of another kind under the name of this one."""
    return lambda _, path: path.write_bytes(whole(other))


def newer(name: str, path: Path) -> bool:
    """A file of a version that does not exist yet; False where a kind has no versions."""
    change = READERS[name].newer
    if change is None:
        return False
    assert change[0] in whole(name) or READERS[name].is_folder, name
    if READERS[name].suffix == ".npz":
        _rezipped(name, path, *change)
    else:
        put(name, path, lambda all: all.replace(*change))
    return True


def _rezipped(name: str, path: Path, old: bytes, new: bytes) -> None:
    """Change the members of an archive, so that their checksums are right."""
    import zipfile
    from io import BytesIO

    with (
        zipfile.ZipFile(BytesIO(whole(name))) as before,
        zipfile.ZipFile(path, "w") as after,
    ):
        for entry in before.namelist():
            after.writestr(entry, before.read(entry).replace(old, new))


def a_link(name: str, path: Path) -> None:
    put(name, path.with_name("whole"))
    path.symlink_to("whole")


def unreadable(name: str, path: Path) -> bool:
    put(name, path)
    path.chmod(0)
    return not is_root()


def missing(_: str, path: Path) -> None:
    return None


def renamed(stem: str) -> Damage:
    """A whole file under an odd name, if the system has such names."""

    def make(name: str, path: Path) -> str:
        odd = f"{path.parent}/{stem}{path.suffix}"
        with suppress(OSError, ValueError):
            put(name, Path(odd))
        return odd

    return make


DAMAGES: dict[str, Damage] = {
    "whole": put,
    "empty": lambda name, path: path.write_bytes(b""),
    "cut after 1 %": cut(0.01),
    "cut in the middle": cut(0.5),
    "cut at the end": cut(0.97),
    "bytes changed, 1": flipped(1),
    "bytes changed, 2": flipped(2),
    "bytes changed, 3": flipped(3),
    "a picture": lambda _, path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99),
    "a text": lambda _, path: path.write_bytes(b"<html>no numbers</html>\n" * 9),
    "an .npy file": foreign("audit, .npy"),
    "an .npz file": foreign("audit, .npz"),
    "newer version": newer,
    "endless length": lambda name, path: put(name, path, lengthened),
    "huge shape": lambda name, path: put(name, path, huge),
    "pickled code": lambda name, path: pickled(name, path, path.parent / "mark"),
    "pipe": lambda _, path: os.mkfifo(path),
    "device": lambda _, path: path.symlink_to("/dev/zero"),
    "folder": lambda _, path: path.mkdir(),
    "link": a_link,
    "dangling link": lambda _, path: path.symlink_to("nothing"),
    "link to itself": lambda _, path: path.symlink_to(path),
    "not allowed": unreadable,
    "no such file": missing,
    "too long a name": renamed("x" * 300),
    "lone surrogate": renamed("a\ud800"),
    "bytes that are no text": renamed("a\udcff"),
    "new line and markup": renamed("a\n<b>$x"),
}
"""Kinds of damage by name."""

WHOLE = ("whole", "link")


@contextmanager
def damaged(name: str, damage: str, folder: Path) -> Iterator[Any]:
    """A damaged file; None where this machine or kind has no such damage."""
    path = folder / f"file{READERS[name].suffix}"
    made = DAMAGES[damage](name, path)
    if made is False:
        yield None
        return
    yield made if isinstance(made, str) else path
    if path.exists() and path.is_file() and not path.is_symlink():
        path.chmod(0o600)


def asked(name: str, damage: str, folder: Path) -> Outcome | None:
    """Read a damaged file; None where there is no such damage."""
    reader = READERS[name]
    with damaged(name, damage, folder) as path:
        if path is None:
            return None
        # Of a file that is whole in itself, an error may say what was found in it.
        words = (reader.arguments, (reader.suffix, "got ", "those at"))
        outcome = attempt(lambda: reader.read(path), words, FAMILY)
    if (folder / "mark").exists():
        return Outcome("let in", "pickled code ran")
    if damage in WHOLE and outcome.kind != "result":
        return Outcome("raw error", f"refused without need: {outcome.detail}")
    return outcome
