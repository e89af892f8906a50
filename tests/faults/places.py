"""Places that nothing can be written to, or that hold something: old content always stays."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.faults.disks import full, read_only
from tests.faults.outcome import Outcome, attempt, is_root
from tests.faults.writers import WRITERS, Writer

ROOT = Path(__file__).parents[2]
FAMILY = (OSError, ValueError, TypeError)
Content = Mapping[str, bytes]


class Place(NamedTuple):
    """A place to write to.

    Attributes:
        path: Path that the door is given.
        is_refused: Whether the door must refuse it; None if it may.
        stays: Paths whose content must stay as it is.
        word: What an error must say beside the argument; "" for nothing.
    """

    path: Any
    is_refused: bool | None = True
    stays: tuple[Path, ...] = ()
    word: str = ""


Maker = Callable[[Path, Writer], Any]
"""Context manager that makes a place in a folder."""


def content(path: Path) -> Content:
    """All bytes of a file, or of all files in a folder."""
    if path.is_file():
        return {"": path.read_bytes()}
    files = (part for part in sorted(path.rglob("*")) if part.is_file())
    return {str(part.relative_to(path)): part.read_bytes() for part in files}


def old(folder: Path, writer: Writer) -> Path:
    path = folder / f"old{writer.suffix}"
    (writer.begin or writer.write)(path)
    return path


@contextmanager
def full_disk(folder: Path, writer: Writer) -> Iterator[Place]:
    with full(folder, folder.is_mount()):
        yield Place(folder / f"new{writer.suffix}", word="new")
    assert not list(folder.glob("*new*"))


@contextmanager
def full_over_old(folder: Path, writer: Writer) -> Iterator[Place]:
    path = old(folder, writer)
    with full(folder, folder.is_mount()):
        yield Place(path, stays=(path,), word="old")


@contextmanager
def read_only_disk(folder: Path, writer: Writer) -> Iterator[Place | None]:
    path = old(folder, writer)
    if not folder.is_mount():
        yield None
        return
    with read_only(folder) as done:
        yield Place(path, stays=(path,), word="old") if done else None


@contextmanager
def forbidden(folder: Path, writer: Writer) -> Iterator[Place | None]:
    if is_root():
        yield None
        return
    path = old(folder, writer)
    folder.chmod(0o500)
    try:
        yield Place(path, stays=(path,), word="old")
    finally:
        folder.chmod(0o700)


@contextmanager
def a_folder(folder: Path, writer: Writer) -> Iterator[Place]:
    path = folder / f"precious{writer.suffix}"
    path.mkdir()
    (path / "mine.txt").write_text("mine")
    yield Place(path, stays=(path,), word="precious")


@contextmanager
def a_pipe(folder: Path, writer: Writer) -> Iterator[Place]:
    path = folder / f"pipe{writer.suffix}"
    os.mkfifo(path)
    yield Place(path, word="pipe")
    assert path.is_fifo()


@contextmanager
def a_socket(folder: Path, writer: Writer) -> Iterator[Place]:
    path = folder / f"s{writer.suffix}"
    before = Path.cwd()
    os.chdir(folder)  # The path of a socket must be short.
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
            yield Place(path)
    finally:
        os.chdir(before)
    assert path.is_socket()


@contextmanager
def a_device(folder: Path, writer: Writer) -> Iterator[Place]:
    path = folder / f"device{writer.suffix}"
    path.symlink_to("/dev/full")
    yield Place(path, word="device")
    assert path.is_symlink()


@contextmanager
def a_link(folder: Path, writer: Writer) -> Iterator[Place]:
    there, path = old(folder, writer), folder / f"link{writer.suffix}"
    path.symlink_to(there)
    yield Place(path, is_refused=False, stays=(there,))


@contextmanager
def a_dangling_link(folder: Path, writer: Writer) -> Iterator[Place]:
    path = folder / f"link{writer.suffix}"
    path.symlink_to(folder / "nothing")
    yield Place(path, is_refused=False)


@contextmanager
def a_loop(folder: Path, writer: Writer) -> Iterator[Place]:
    path = folder / f"loop{writer.suffix}"
    path.symlink_to(path)
    yield Place(path, is_refused=None)


def named(stem: Callable[[Writer], str], **how: Any) -> Maker:
    """A place with an odd name."""

    @contextmanager
    def make(folder: Path, writer: Writer) -> Iterator[Place]:
        yield Place(f"{folder}/{stem(writer)}{writer.suffix}", **how)

    return make


@contextmanager
def no_folder(folder: Path, writer: Writer) -> Iterator[Place]:
    yield Place(folder / "nowhere" / f"a{writer.suffix}", word="nowhere")


@contextmanager
def in_a_file(folder: Path, writer: Writer) -> Iterator[Place]:
    (folder / "file").write_text("mine")
    path = folder / "file"
    yield Place(path / f"a{writer.suffix}", stays=(path,), word="file")


PLACES: dict[str, Maker] = {
    "full disk": full_disk,
    "full disk, old content": full_over_old,
    "read-only disk": read_only_disk,
    "read-only folder": forbidden,
    "folder": a_folder,
    "pipe": a_pipe,
    "socket": a_socket,
    "device": a_device,
    "link": a_link,
    "dangling link": a_dangling_link,
    "link to itself": a_loop,
    "longest name": named(lambda w: "x" * (255 - len(w.suffix)), is_refused=None),
    "too long a name": named(lambda _: "x" * 300),
    "lone surrogate": named(lambda _: "a\ud800"),
    "bytes that are no text": named(lambda _: "a\udcff", is_refused=None),
    "null character": named(lambda _: "a\0b"),
    "new line and markup": named(lambda _: "a\n<b>$x", is_refused=False),
    "no folder": no_folder,
    "file for a folder": in_a_file,
}
"""Places by name, each a context manager of a folder and a writer."""


def asked(writer: Writer, place: str, folder: Path) -> Outcome | None:
    """Write to a place; None where this machine cannot have such a place."""
    with PLACES[place](folder, writer) as made:
        if made is None:
            return None
        before = [content(path) for path in made.stays]
        words = ((writer.argument,), (made.word,))
        outcome = attempt(lambda: writer.write(made.path), words, FAMILY)
        after = [content(path) for path in made.stays]
        if before != after:
            return Outcome("loss", "old content has changed")
        return judged(outcome, writer, made, folder)


def judged(outcome: Outcome, writer: Writer, made: Place, folder: Path) -> Outcome:
    """The outcome, if what was written is whole and nothing else lies about."""
    if outcome.kind == "result":
        if made.is_refused:
            return Outcome("loss", "nothing was said")
        try:
            writer.check(Path(made.path))
        except Exception as error:
            return Outcome("loss", f"what was written is not whole: {error}")
    elif made.is_refused is False and outcome.kind == "clear error":
        return Outcome("raw error", f"refused without need: {outcome.detail}")
    if leftovers(folder):
        return Outcome("loss", f"left behind: {leftovers(folder)}")
    return outcome


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if ".tmp" in path.name]


def at_once(writer: Writer, folder: Path, *, times: int = 4) -> Outcome:
    """Let two threads write to one path, each several times."""
    path, errors = folder / f"both{writer.suffix}", list[str]()

    def write() -> None:
        for _ in range(times):
            try:
                writer.write(path)
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")

    writer.write(path)
    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    errors += _missed(path, lambda: any(thread.is_alive() for thread in threads))
    for thread in threads:
        thread.join()
    return _both(writer, path, errors)


def at_once_by_processes(name: str, folder: Path) -> Outcome:
    """Let two processes write to one path, each several times."""
    writer = WRITERS[name]
    path = folder / f"both{writer.suffix}"
    writer.write(path)
    command = [sys.executable, "-m", "tests.faults.writing", name, str(path)]
    both = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    missed = _missed(path, lambda: any(process.poll() is None for process in both))
    said = [process.communicate()[1] for process in both]
    errors = [
        text for process, text in zip(both, said, strict=True) if process.returncode
    ]
    return _both(writer, path, [*missed, *errors])


def _missed(path: Path, goes_on: Callable[[], bool]) -> list[str]:
    """What was seen while others wrote: a moment in which there is no file."""
    while goes_on():
        if not path.exists():
            return [f"{path} is not there for a moment"]
        time.sleep(0.001)
    return []


def _both(writer: Writer, path: Path, errors: Sequence[str]) -> Outcome:
    if errors:
        return Outcome("raw error", errors[0][-500:])
    return judged(Outcome("result"), writer, Place(path, is_refused=False), path.parent)
