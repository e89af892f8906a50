"""The measurements of `sparse`, in a process of their own."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import logitscape as ls

from .peers_sparse import CROSS_ENTROPY, PEERS, Loss
from .process import progress, stay_on_one_core
from .timing import least

CLASSES = (1_000, 10_000, 50_257, 128_256)
SCALES = (0.1, 1.0, 5.0)
"""Standard deviations of the logits: those of a new classifier, and of trained ones."""
TOLERANCE = 1e-4


def run(quick: bool) -> dict[str, Any]:
    """Measure every case; in a quick run, few and small ones."""
    # Before JAX and PyTorch start their threads.
    stay_on_one_core()
    if quick:
        return _measure((300, 1_000), (1.0,), numbers=10**5, rounds=3)
    return _measure(CLASSES, SCALES, numbers=2 * 10**6, rounds=9)


def _measure(
    classes: tuple[int, ...], scales: tuple[float, ...], numbers: int, rounds: int
) -> dict[str, Any]:
    missing = _why_entmax_is_missing()
    cases = []
    for n in classes:
        for scale in scales:
            for spec in PEERS:
                progress(f"sparse: {spec}, n = {n}, scale {scale}")
                logits, labels = _problem(n, scale, numbers)
                tasks = _tasks(spec, logits, labels, with_entmax=missing is None)
                seconds = {k: v.processor for k, v in least(tasks, rounds).items()}
                cases.append({"spec": spec, "n": n, "scale": scale, "seconds": seconds})
    return {
        "numbers": numbers,
        "rounds": rounds,
        "cases": cases,
        "no_entmax": missing,
    }


def _problem(n: int, scale: float, numbers: int) -> tuple[Any, Any]:
    random = np.random.default_rng(n)
    m = numbers // n
    logits = scale * random.standard_normal((m, n), dtype=np.float32)
    return logits.astype(np.float32), random.integers(0, n, m, dtype=np.int32)


def _tasks(
    spec: str, logits: Any, labels: Any, *, with_entmax: bool
) -> dict[str, Callable[[], object]]:
    """All ways to compute a step, after a check that they compute the same losses."""
    z, y = jnp.asarray(logits), jnp.asarray(labels)
    losses: dict[str, Loss] = {"logitscape": ls.per_example(spec)} | PEERS[spec]
    expected = losses["logitscape"](z, y)
    for name, loss in losses.items():
        _check(loss(z, y), expected, name)
    losses["cross-entropy"] = CROSS_ENTROPY
    tasks: dict[str, Callable[[], object]] = {
        name: partial(_blocking, _step(loss), z, y) for name, loss in losses.items()
    }
    if with_entmax:
        from .peers_entmax import steps

        for name, step in steps(spec, logits, labels).items():
            _check(step()[0], expected, name)
            tasks[name] = step
    for task in tasks.values():
        task()
    return tasks


def _step(loss: Loss) -> Callable[[Array, Array], Any]:
    """What a training step asks of a loss: the batch's mean and its gradient."""
    return jax.jit(jax.value_and_grad(lambda z, labels: jnp.mean(loss(z, labels))))


def _blocking(function: Callable[[Array, Array], Any], z: Array, labels: Array) -> Any:
    return jax.block_until_ready(function(z, labels))


def _check(losses: Any, expected: Array, name: str) -> None:
    np.testing.assert_allclose(
        losses, expected, rtol=TOLERANCE, atol=TOLERANCE, err_msg=name
    )


def _why_entmax_is_missing() -> str | None:
    try:
        import_module("entmax")
    except ImportError as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return None
