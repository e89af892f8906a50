"""Training steps with a probe at every step, at every tenth and without, in one process."""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import Array

import logitscape as ls

from .timing import least

STEPS = 20
RATE = 1e-3


class Training(NamedTuple):
    """One training to measure.

    Attributes:
        name: Name of its row.
        loss: Function (parameters, x, y) -> mean loss and the logits, or what stands for them.
        probe: Function (parameters, x, y, that) -> statistics.
        parameters: Parameters.
        x: Inputs of a batch.
        y: Its labels or targets.
    """

    name: str
    loss: Callable[..., tuple[Array, Any]]
    probe: Callable[..., Any]
    parameters: Any
    x: Array
    y: Array


def run(quick: bool) -> dict[str, Any]:
    """Least processor seconds of a step of every training, by way."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    rounds = 2 if quick else 15
    cases = [_measured(training, rounds) for training in _trainings(quick)]
    return {"cases": cases, "rounds": rounds, "steps": STEPS}


def _trainings(quick: bool) -> list[Training]:
    one = "softmax + cross_entropy"
    found = [_mlp("mlp 784-256-10", one, (784, 256, 10), 256)]
    if not quick:
        found += [
            _mlp("mlp 784-256-10, brier", "softmax + brier", (784, 256, 10), 256),
            _mlp("mlp 784-128-10", one, (784, 128, 10), 64),
            _mlp("mlp 64-64-10", one, (64, 64, 10), 256),
            _mlp("mlp 784-256-1000", one, (784, 256, 1000), 256),
            _mlp(
                "mlp 784-256-40, multi-label",
                "sigmoid_cross_entropy",
                (784, 256, 40),
                256,
            ),
            _linear("linear_loss 256-8192", 512, 256, 8192),
        ]
    return found


def _mlp(name: str, spec: str, sizes: tuple[int, int, int], m: int) -> Training:
    d, h, n = sizes
    keys = jax.random.split(jax.random.key(0), 4)
    w = jax.random.normal(keys[0], (d, h)) / np.sqrt(d)
    v = jax.random.normal(keys[1], (h, n)) / np.sqrt(h)
    x = jax.random.normal(keys[2], (m, d))
    y = jax.random.randint(keys[3], (m,), 0, n)
    if "multi-label" in name:
        y = jax.nn.one_hot(y, n)
    losses, probe = ls.per_example(spec), ls.probe(spec)

    def loss(parameters: Any, x: Array, y: Array) -> tuple[Array, Array]:
        first, second = parameters
        logits = jax.nn.relu(x @ first) @ second
        return losses(logits, y).mean(), logits

    return Training(name, loss, lambda p, x, y, z: probe(z, y), (w, v), x, y)


def _linear(name: str, m: int, d: int, n: int) -> Training:
    keys = jax.random.split(jax.random.key(0), 3)
    weights = jax.random.normal(keys[0], (n, d)) / np.sqrt(d)
    x = jax.random.normal(keys[1], (m, d))
    y = jax.random.randint(keys[2], (m,), 0, n)
    losses = ls.linear_loss("softmax + cross_entropy")
    probe = ls.probe_linear_loss("softmax + cross_entropy")
    some = m // 10

    def loss(weights: Array, x: Array, y: Array) -> tuple[Array, Any]:
        return losses(x, weights, y).mean(), ()

    def of_some(weights: Array, x: Array, y: Array, nothing: Any) -> Any:
        return probe(x[:some], weights, y[:some])

    return Training(name, loss, of_some, weights, x, y)


def _measured(training: Training, rounds: int) -> dict[str, Any]:
    ways = {"alone": 0, "every": 1, "tenth": 10}
    tasks = {way: _task(training, every) for way, every in ways.items()}
    for task in tasks.values():
        task()
    seconds = {
        way: found.processor / STEPS for way, found in least(tasks, rounds).items()
    }
    return {"name": training.name, "batch": len(training.x), **seconds}


def _task(training: Training, every: int) -> Callable[[], object]:
    """A function that takes some steps, with a probe at every `every`-th; 0 for none.

    A probe at every step is a part of it. One that is asked more rarely is compiled alone and
    called beside the step: as a branch of the step it would hand on its last answer every time.
    """
    gradient = jax.value_and_grad(training.loss, has_aux=True)

    @jax.jit
    def step(parameters: Any, x: Array, y: Array) -> Any:
        (_, logits), slopes = gradient(parameters, x, y)
        found = training.probe(parameters, x, y, logits) if every == 1 else ()
        moved = jax.tree.map(lambda p, g: p - RATE * g, parameters, slopes)
        return moved, (logits if every > 1 else ()), found

    ask = jax.jit(training.probe)

    def task() -> object:
        parameters = training.parameters
        for number in range(STEPS):
            parameters, logits, found = step(parameters, training.x, training.y)
            if every > 1 and number % every == 0:
                found = ask(parameters, training.x, training.y, logits)
        return jax.block_until_ready((parameters, found))

    return task
