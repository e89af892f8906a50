"""Jobs that are killed at random times: no file is ever there by half, and a second run ends well.

Importing takes longer than most of these jobs. So one process imports everything, and every job is
a copy of it.
"""

import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from logitscape._src.base.caches import keep_programs
from logitscape._src.base.xla import compile_all_fast
from tests.faults.jobs import JOBS, SHARED
from tests.faults.outcome import Outcome
from tests.faults.places import content

SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
ENOUGH_SECONDS = 300
LONGEST_SECONDS = 20.0
"""A job that takes longer is killed in its first seconds: it takes so long to compile."""

Files = Mapping[str, Mapping[str, bytes]]


def begin(name: str, folder: Path) -> tuple[BaseProcess, Any]:
    """Start a job in a folder; the pipe says when it begins to work."""
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(SHARED))
    heard, said = context.Pipe(duplex=False)
    process = context.Process(target=_job, args=(name, str(folder), said))
    process.start()
    said.close()
    return process, heard


def _job(name: str, folder: str, ready: Any) -> None:
    # The workers of pytest-xdist ignore interrupts, and so would their children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.chdir(folder)
    # Programs that an earlier run has compiled are found again, so that most of the time of a
    # job is that of its files.
    os.environ["XDG_CACHE_HOME"] = str(Path(folder).parent / "cache")
    compile_all_fast()
    keep_programs()
    silent = os.open(os.devnull, os.O_WRONLY)
    errors = os.open("errors.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(silent, 1)
    os.dup2(errors, 2)
    try:
        ready.send(time.monotonic())
        JOBS[name].run()
    except KeyboardInterrupt:
        sys.exit(130)


def left(name: str, folder: Path) -> Files:
    """What the job has left under its final names."""
    paths = {file: folder / file for file in JOBS[name].files}
    return {file: content(path) for file, path in paths.items() if path.exists()}


def completed(name: str, folder: Path) -> float:
    """Run the job to its end, and return how long it takes."""
    process, heard = begin(name, folder)
    began = heard.recv()
    process.join(ENOUGH_SECONDS)
    if process.exitcode != 0:
        process.kill()
        text = (folder / "errors.txt").read_text(encoding="utf-8", errors="replace")
        raise AssertionError(f"{name} ended with {process.exitcode}: {text[-900:]}")
    return time.monotonic() - float(began)


def fresh(name: str, folder: Path) -> Path:
    folder.mkdir()
    JOBS[name].prepare(folder)
    return folder


class Reference:
    """A job that nobody killed: what it leaves, and how long it takes once it is compiled."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        completed(name, fresh(name, folder / "first"))
        self.seconds = completed(name, fresh(name, folder / "second"))
        self.files = left(name, folder / "second")
        assert self.files == left(name, folder / "first"), "two runs differ"


def killed(reference: Reference, folder: Path, number: int) -> Outcome:
    """Kill the job at a time that the number decides, look at its files, and run it again."""
    rng = random.Random(number)
    name, by = reference.name, SIGNALS[number % len(SIGNALS)]
    wait = rng.uniform(0, min(reference.seconds, LONGEST_SECONDS))
    process, heard = begin(name, fresh(name, folder))
    heard.recv()
    process.join(wait)
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, by)
    process.join(ENOUGH_SECONDS)
    said = f"{by.name} after {wait:.2f} s"
    if process.is_alive():
        process.kill()
        return Outcome("hang", said)
    for file, found in left(name, folder).items():
        if found not in (reference.files[file], *_partial(name, file, folder)):
            return Outcome("loss", f"{said}: {file} is there by half")
    try:
        completed(name, folder)
    except AssertionError as error:
        return Outcome("raw error", f"{said}: {error}")
    if left(name, folder) != reference.files:
        return Outcome("loss", f"{said}: the second run left other bytes")
    rest = [path.name for path in folder.rglob("*") if ".tmp" in path.name]
    if rest:
        return Outcome("loss", f"{said}: left behind {rest}")
    return Outcome("result", said)


def _partial(name: str, file: str, folder: Path) -> list[Any]:
    """Whole states on the way: an earlier checkpoint, or the other of two files."""
    path = folder / file
    if name == "train with a checkpoint":
        import numpy as np

        with np.load(path, allow_pickle=False) as opened:
            assert "setup" in dict(opened)
        return [content(path)]
    if name == "Landscape.save":
        import xarray

        with xarray.open_dataset(path) as opened:
            assert opened.load().loss.size == 3000
        return [content(path)]
    return []
