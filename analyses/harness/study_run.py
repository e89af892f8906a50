"""One measurement of a study: how much it measures, and the parts that it has measured already."""

import hashlib
import itertools
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from logitscape._src.base.temporaries import remove_leftovers

if TYPE_CHECKING:
    import pandas as pd

Key = TypeVar("Key")

PARTS_PER_CLEARING = 32
"""Number of parts after which their compiled programs are dropped.

A process has room for the programs of a limited number of parts only: each program takes several
memory mappings, and Linux allows 65,530 of them.
"""
READABLE_LENGTH = 80


@dataclass(frozen=True)
class StudyRun:
    """The extent of a measurement, and the folder that stores its progress.

    Attributes:
        quick: Whether to measure only a small part, in less than half a minute, to check that
            everything works.
        folder: Folder for finished parts and for checkpoints. An interrupted study finds it again;
            a study whose code has changed does not.
    """

    quick: bool
    folder: Path

    def checkpoint(self, name: str) -> Path:
        """The file for the state of the long computation of that name."""
        return self.folder / f"{_file_name(name)}.checkpoint"

    def gather(
        self,
        name: str,
        keys: Sequence[Key],
        make: Callable[[Key], "pd.DataFrame"],
        *,
        threads: int = 1,
    ) -> "pd.DataFrame":
        """One table that joins the parts of all keys, in the order of the keys.

        Parts that were finished before an interruption are read back.

        Args:
            name: Name of the table; also shown beside the progress.
            keys: Arguments for `make`, with distinct `str(key)`.
            make: Function that measures a part.
            threads: Number of parts that are measured at a time. More than 1 is useful where one
                part alone leaves cores idle.
        """
        import pandas as pd

        from .study_progress import progress

        count = itertools.count(1)
        with progress(name, len(keys)) as report:

            def measured_part(key: Key) -> "pd.DataFrame":
                part = _stored(self._path(name, key), lambda: make(key))
                if next(count) % PARTS_PER_CLEARING == 0:
                    _clear_programs()
                report(str(key))
                return part

            if threads == 1:
                parts = [measured_part(key) for key in keys]
            else:
                parts = _in_parallel(threads, measured_part, keys)
        return pd.concat(parts, ignore_index=True)

    def _path(self, name: str, key: object) -> Path:
        return self.folder / f"{_file_name(f'{name} {key}')}.csv"


def _file_name(name: str) -> str:
    """A file name that is readable and safe, and different for different names."""
    letters = [letter if letter.isalnum() else "_" for letter in name]
    readable = "".join(letters)[:READABLE_LENGTH]
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{readable}-{digest}"


def _in_parallel(
    threads: int, make: Callable[[Key], "pd.DataFrame"], keys: Sequence[Key]
) -> list["pd.DataFrame"]:
    """The parts in the order of the keys.

    After an error or Ctrl-C no further part is started, and those that run are waited for.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        return list(pool.map(make, keys))
    finally:
        pool.shutdown(cancel_futures=True)


def _clear_programs() -> None:
    # Not every study uses JAX, and importing it takes a second.
    if "jax" in sys.modules:
        import logitscape

        logitscape.clear_caches()


def _stored(path: Path, make: Callable[[], "pd.DataFrame"]) -> "pd.DataFrame":
    """The table in the file, which is made first if it does not exist.

    It is read back even if it was just made, so that an interrupted study and an uninterrupted one
    continue with the same numbers.
    """
    from .results import read_table, write_table

    if not path.exists():
        remove_leftovers(path.parent, path.stem)
        write_table(path, make())
    return read_table(path)
