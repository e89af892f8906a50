"""One process of a job, or all of one: `many_hosts_worker FOLDER NAME [ADDRESS COUNT INDEX]`."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils

KEPT = ("audit", "summary", "training")


def computed_slabs() -> list[int]:
    """Make small slabs, and return a list of those that this process computes."""
    from logitscape._src.landscapes import plan, store

    plan.SLAB_BYTES = 4000
    starts = list[int]()
    slabs = store.slabs

    def counted(of: Any, wanted: Any = None) -> Any:
        for start, slab in slabs(of, wanted):
            starts.append(start)
            yield start, slab

    store.slabs = counted
    return starts


def main(folder: Path, name: str, *job: str) -> None:
    """Audit, sweep, summarize and train; at last a process of several dies while it sweeps."""
    if job:
        address, count, index = job
        jax.distributed.initialize(address, int(count), int(index))
        assert jax.process_count() == int(count)
        assert jax.local_device_count() == 2
        # Those of CPUs give up after half a minute, which one compilation may take.
        multihost_utils.process_allgather = no_collective
    import logitscape as ls
    from logitscape._src.landscapes import store
    from logitscape.datasets import load

    found = ls.audit(folder / "dump.npz", against=["softmax + brier"])
    found.save(folder / f"{name}.audit.json")
    found.save(folder / f"{name}.audit.nc")
    pairs, grid = ["softmax + brier", "softmax + cross_entropy"], the_grid()
    starts = computed_slabs()
    ls.summarize(pairs, grid).to_netcdf(folder / f"{name}.summary.nc", engine="scipy")
    ls.train(
        "softmax + cross_entropy",
        load("gaussian_clusters"),
        learning_rates=[0.1, 0.5],
        seeds=[0, 1, 2],
        steps=20,
        metrics=["accuracy"],
        checkpoint=folder / ("one.npz" if not job else "many.npz"),
    ).to_xarray().to_netcdf(folder / f"{name}.training.nc", engine="scipy")
    starts.clear()
    ls.sweep_to(folder / ("many.zarr" if job else "one.zarr"), pairs, grid)
    (folder / f"{name}.starts.json").write_text(json.dumps(starts))
    if not job:
        return
    if index == "1":
        of_slab = store.slabs

        def dies(of: Any, wanted: Any = None) -> Any:
            yield from of_slab(of, wanted)
            os._exit(9)

        store.slabs = dies
    ls.sweep_to(folder / "dead.zarr", pairs, grid)


def no_collective(*_: Any, **__: Any) -> Any:
    """Stand in for the collectives of JAX."""
    raise AssertionError("processes met through a collective")


def the_grid() -> Any:
    """A plane of several slabs."""
    import logitscape as ls

    return ls.plane(np.linspace(-3, 3, 43), np.linspace(0, 1, 5))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
