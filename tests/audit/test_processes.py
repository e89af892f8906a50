"""Two processes of two devices each find what one process finds, to the bit."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import xarray

WORKER = Path(__file__).with_name("process_worker.py")
CHEAP = "--xla_backend_optimization_level=0"


def begin(devices: int, *arguments: str) -> subprocess.Popen[str]:
    flags = f"{CHEAP} --xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, str(WORKER), *arguments]
    return subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE)


def free_address() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listening.getsockname()[1]}"


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3001, 400)).astype(np.float32)
    y = rng.integers(0, 400, 3001)
    z[np.arange(3001), y] += 3
    z[2500, 0] = np.nan
    np.savez(tmp_path / "dump.npz", logits=z, labels=y)
    dump, address = str(tmp_path / "dump.npz"), free_address()
    processes = [
        begin(1, dump, str(tmp_path / "one")),
        *[
            begin(2, dump, str(tmp_path / f"two{k}"), address, "2", str(k))
            for k in range(2)
        ],
    ]
    for process in processes:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    numbers = [
        json.loads((tmp_path / f"{k}.json").read_text())
        for k in ("one", "two0", "two1")
    ]
    assert numbers[0]["not_finite"] == 1
    assert numbers[0] == numbers[1] == numbers[2]
    one, *two = (
        xarray.open_dataset(tmp_path / f"{k}.nc").load()
        for k in ("one", "two0", "two1")
    )
    assert all(one.identical(other) for other in two)
