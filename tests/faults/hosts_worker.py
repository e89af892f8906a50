"""One process of a job that is late, or that dies: `hosts_worker FOLDER WHAT ADDRESS INDEX`."""

import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

LATE_SECONDS = 35
"""Longer than a collective of JAX on CPUs waits for a process."""


def main(folder: Path, what: str, address: str, index: str) -> None:
    """Audit and train; "late": the second process comes late to each, as if it compiled."""
    patience: dict[str, Any] = {"heartbeat_timeout_seconds": 10}
    jax.distributed.initialize(address, 2, int(index), **patience)
    import logitscape as ls
    from tests.faults.jobs import trained

    late = LATE_SECONDS if what == "late" and index == "1" else 0
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 500)
    time.sleep(late)
    found = ls.audit(rng.normal(size=(500, 4)), labels)
    found.save(folder / f"{what}{index}.json")
    runs = trained(folder / "run.npz", steps=400, metrics_every=4)
    np.save(folder / f"{what}{index}.npy", runs.accuracy)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
