"""The measurements of `sparse`, in a process of their own."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import logitscape as ls

from .peers_sparse import CROSS_ENTROPY, PEERS, Loss
from .process import progress
from .timing import interleaved

CLASSES = (1_000, 10_000, 50_257, 128_256)
SCALES = (0.1, 1.0, 5.0)
"""Standard deviations of the logits: those of a new classifier, and of trained ones."""
TOLERANCE = 1e-4


def run(quick: bool) -> dict[str, Any]:
    """Measure every case; in a quick run, few and small ones."""
    if quick:
        return _measure((300, 1_000), (1.0,), numbers=10**5, rounds=3)
    return _measure(CLASSES, SCALES, numbers=2 * 10**6, rounds=7)


def _measure(
    classes: tuple[int, ...], scales: tuple[float, ...], numbers: int, rounds: int
) -> dict[str, Any]:
    cases = []
    for n in classes:
        for scale in scales:
            cases += [_case(spec, n, scale, numbers, rounds) for spec in PEERS]
    return {"numbers": numbers, "rounds": rounds, "cases": cases}


def _case(spec: str, n: int, scale: float, numbers: int, rounds: int) -> dict[str, Any]:
    progress(f"sparse: {spec}, n = {n}, scale {scale}")
    losses = {"logitscape": ls.per_example(spec)} | PEERS[spec]
    z, labels = _problem(n, scale, numbers)
    _check(losses, z, labels)
    steps = {name: _step(loss) for name, loss in losses.items()}
    steps["cross-entropy"] = _step(CROSS_ENTROPY)
    tasks = {name: partial(_blocking, step, z, labels) for name, step in steps.items()}
    for task in tasks.values():
        task()
    seconds = interleaved(tasks, rounds)
    return {"spec": spec, "n": n, "scale": scale, "seconds": seconds}


def _problem(n: int, scale: float, numbers: int) -> tuple[Array, Array]:
    random = np.random.default_rng(n)
    m = numbers // n
    logits = scale * random.standard_normal((m, n), dtype=np.float32)
    labels = random.integers(0, n, m, dtype=np.int32)
    return jnp.asarray(logits), jnp.asarray(labels)


def _step(loss: Loss) -> Callable[[Array, Array], Any]:
    """What a training step asks of a loss: the batch's mean and its gradient."""
    return jax.jit(jax.value_and_grad(lambda z, labels: jnp.mean(loss(z, labels))))


def _blocking(function: Callable[[Array, Array], Any], z: Array, labels: Array) -> Any:
    return jax.block_until_ready(function(z, labels))


def _check(losses: dict[str, Loss], z: Array, labels: Array) -> None:
    """All ways must compute the same losses."""
    ours = losses["logitscape"](z, labels)
    for name, loss in losses.items():
        values = loss(z, labels)
        np.testing.assert_allclose(
            values, ours, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name
        )
