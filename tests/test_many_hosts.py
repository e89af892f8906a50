"""Two processes of two devices each do the work of one, none of it twice, and survive a death.

All of it is asked of one job, as processes are slow to start.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray

import logitscape as ls
from logitscape._src.landscapes import plan
from tests.many_hosts_worker import the_grid

WORKER = "tests.many_hosts_worker"
CHEAP = "--xla_backend_optimization_level=0"
NAMES = ("one", "two0", "two1")


def begin(devices: int, *arguments: str) -> subprocess.Popen[str]:
    flags = f"{CHEAP} --xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", WORKER, *arguments]
    return subprocess.Popen(
        command,
        env=environment,
        text=True,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    )


def free_address() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process of two devices, and then two such processes, have written."""
    folder = tmp_path_factory.mktemp("hosts")
    rng = np.random.default_rng(0)
    z = rng.normal(size=(3001, 400)).astype(np.float32)
    y = rng.integers(0, 400, 3001)
    z[np.arange(3001), y] += 3
    z[2500, 0] = np.nan
    np.savez(folder / "dump.npz", logits=z, labels=y)
    address = free_address()
    one = begin(2, str(folder), "one")
    two = [begin(2, str(folder), f"two{k}", address, "2", str(k)) for k in range(2)]
    try:
        _, errors = one.communicate(timeout=900)
        assert one.returncode == 0, errors
        # One of them dies in its last sweep. JAX would end the other one after a while.
        _, errors = two[1].communicate(timeout=900)
        assert two[1].returncode == 9, errors
        assert two[0].poll() != 0
    finally:
        for process in (one, *two):
            process.kill()
            process.communicate()
    return folder


def test_an_audit_has_the_bits_of_one_process(folder: Path) -> None:
    one, *two = (json.loads((folder / f"{k}.audit.json").read_text()) for k in NAMES)
    assert one["not_finite"] == 1
    assert one == two[0] == two[1]
    every = [xarray.open_dataset(folder / f"{k}.audit.nc").load() for k in NAMES]
    assert all(every[0].identical(other) for other in every[1:])


def test_a_summary_has_the_bits_of_one_process(folder: Path) -> None:
    one, *two = (xarray.open_dataset(folder / f"{k}.summary.nc").load() for k in NAMES)
    for other in two:
        xarray.testing.assert_identical(one, other)


def test_members_are_shared_and_all_get_all(folder: Path) -> None:
    one, *two = (xarray.open_dataset(folder / f"{k}.training.nc").load() for k in NAMES)
    for other in two:
        xarray.testing.assert_allclose(one, other, rtol=1e-6)
        assert one.attrs == other.attrs
    own = [folder / f"many.{k}-of-2.npz" for k in range(2)]
    sizes = []
    for path in own:
        with np.load(path) as file:
            sizes.append(file["record/0/accuracy"].shape[-1])
    assert sizes == [3, 3]


def test_one_store_is_written_and_no_slab_twice(folder: Path) -> None:
    one, many = (
        xarray.open_zarr(folder / f"{name}.zarr", consolidated=False).load()
        for name in ("one", "many")
    )
    xarray.testing.assert_identical(one, many)
    starts = [json.loads((folder / f"{k}.starts.json").read_text()) for k in NAMES]
    assert sorted(starts[1] + starts[2]) == sorted(starts[0])
    assert min(map(len, starts)) > 1


def test_a_store_of_a_job_that_died_is_completed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = folder / ".dead.zarr.growing"
    done = {path.name for path in growing.glob("done-*")}
    assert done
    assert not (folder / "dead.zarr").exists()
    before = {path: path.stat().st_mtime_ns for path in growing.glob("done-*")}
    monkeypatch.setattr(plan, "SLAB_BYTES", 4000)
    monkeypatch.setattr(plan.jax, "local_device_count", lambda: 2)
    if before:
        ls.sweep_to(
            folder / "dead.zarr",
            ["softmax + brier", "softmax + cross_entropy"],
            the_grid(),
            dtype="float32",
        )
    one, dead = (
        xarray.open_zarr(folder / f"{name}.zarr", consolidated=False).load()
        for name in ("one", "dead")
    )
    xarray.testing.assert_allclose(one, dead, rtol=1e-5)
    assert not growing.exists()
