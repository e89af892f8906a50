"""Jobs of two processes, over the loopback: one is late, or one dies and the job is begun again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.faults.outcome import Outcome
from tests.test_many_hosts import free_address

ENOUGH_SECONDS = 400
ROOT = Path(__file__).parents[2]


def begin(folder: Path, what: str) -> list[subprocess.Popen[str]]:
    address = free_address()
    command = [sys.executable, "-m", "tests.faults.hosts_worker", str(folder), what]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    return [
        subprocess.Popen(
            [*command, address, str(index)],
            env=environment,
            cwd=ROOT,
            text=True,
            stderr=subprocess.PIPE,
        )
        for index in range(2)
    ]


def ended(processes: list[subprocess.Popen[str]]) -> list[str]:
    """Wait for the processes, and return what those that failed said at last."""
    said = list[str]()
    for process in processes:
        try:
            _, errors = process.communicate(timeout=ENOUGH_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            said.append("hangs")
            continue
        if process.returncode != 0:
            lines = errors.strip().splitlines() or [""]
            said.append(f"{process.returncode}: {lines[-1]}")
    return said


def one_is_late(folder: Path) -> Outcome:
    """A process that comes 35 s late, as one that compiles for so long."""
    said = ended(begin(folder, "late"))
    if said:
        return Outcome("raw error", "; ".join(said))
    return same_results(folder, "late", "late")


def one_dies(folder: Path) -> Outcome:
    """A process that is killed while it trains; the job ends, and a second one goes on from it."""
    said = ended(begin(folder, "whole"))
    if said:
        return Outcome("raw error", "; ".join(said))
    for checkpoint in folder.glob("run.*"):
        checkpoint.unlink()
    processes = begin(folder, "killed")
    while not (folder / "run.1-of-2.npz").exists() and processes[1].poll() is None:
        time.sleep(0.02)
    processes[1].send_signal(signal.SIGKILL)
    if "hangs" in ended(processes):
        return Outcome("hang", "the other process waits for the one that died")
    for process in processes:
        if process.returncode == 0:
            return Outcome("loss", "a process of a job that died says that all is well")
    said = ended(begin(folder, "again"))
    if said:
        return Outcome("raw error", "; ".join(said))
    return same_results(folder, "whole", "again")


def same_results(folder: Path, first: str, second: str) -> Outcome:
    """Whether both processes of two jobs have the same results."""
    arrays = [
        np.load(folder / f"{what}{index}.npy")
        for what in (first, second)
        for index in "01"
    ]
    if any(not np.array_equal(arrays[0], each) for each in arrays[1:]):
        return Outcome("loss", "the results differ")
    return Outcome("result")


CASES = {"one of two is 35 s late": one_is_late, "one of two dies": one_dies}
"""What happens to a job of two processes."""
