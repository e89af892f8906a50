"""The work of `devices`, in a process with a number of devices of its own."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import logitscape as ls

from .timing import least

ROUNDS = 3
SPECS = ("softmax + cross_entropy", "softmax + brier", "sparsemax_loss")


def run(quick: bool) -> dict[str, Any]:
    """Least seconds of every kind of work."""
    tasks = {
        "sweep": _sweep(200 if quick else 1500),
        "audit": _audit(2_000 if quick else 200_000),
        "linear_loss": _linear_loss(64 if quick else 2048),
    }
    for task in tasks.values():
        task()
    found = least(tasks, 1 if quick else ROUNDS)
    work = {
        name: {"processor": each.processor, "wall": each.wall}
        for name, each in found.items()
    }
    return {"work": work, "rounds": 1 if quick else ROUNDS}


def _sweep(side: int) -> Callable[[], object]:
    grid = ls.plane(np.linspace(-20, 20, side), np.linspace(-20, 20, side))
    return lambda: jax.block_until_ready(ls.sweep(SPECS, grid).loss)


def _audit(examples: int) -> Callable[[], object]:
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((examples, 100), np.float32)
    labels = rng.integers(0, 100, examples)
    return lambda: ls.audit(logits, labels)


def _linear_loss(rows: int) -> Callable[[], object]:
    keys = jax.random.split(jax.random.key(0), 2)
    losses = ls.linear_loss("softmax + cross_entropy")

    def step(x: Array, w: Array, y: Array) -> Any:
        mean = lambda x, w: losses(x, w, y).mean()
        value, slopes = jax.value_and_grad(mean, argnums=(0, 1))(x, w)
        return lax.pmean((value, slopes[1]), "rows"), slopes[0]

    mesh = Mesh(np.array(jax.devices()), ("rows",))
    by_rows, whole = PartitionSpec("rows"), PartitionSpec()
    shared = jax.jit(
        jax.shard_map(
            step,
            mesh=mesh,
            in_specs=(by_rows, whole, by_rows),
            out_specs=(whole, by_rows),
            check_vma=False,
        )
    )
    given = (
        jax.random.normal(keys[0], (rows, 128)),
        jax.random.normal(keys[1], (8192, 128)),
        jnp.arange(rows) % 8192,
    )
    placed = [
        jax.device_put(array, NamedSharding(mesh, spec))
        for array, spec in zip(given, (by_rows, whole, by_rows), strict=True)
    ]
    return lambda: jax.block_until_ready(shared(*placed))
