"""The loss and gradient of one linear layer in a process of its own."""

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import logitscape as ls

from .memory_worker import peak


def run(
    way: str, spec: str, rows: int, classes: int, width: int, dtype: str, rounds: int
) -> dict[str, Any]:
    """Seconds of processor time, peak memory, and what the compiler says of it.

    Args:
        way: "inputs" for the arguments and results alone, "dense", "linear_loss" or "both".
        spec: Spec of the objective.
        rows: Number of rows, m.
        classes: Number of classes, K.
        width: Number of features, d.
        dtype: Dtype of features and weights.
        rounds: Number of runs, of which the fastest counts.
    """
    arrays = _layer(rows, classes, width, dtype)
    if way == "inputs":
        results = [jnp.ones_like(array) for array in arrays[:2]]
        jax.block_until_ready((arrays, results))
        return {"peak": peak()}
    programs = _programs(spec, arrays)
    chosen = programs if way == "both" else {way: programs[way]}
    result: dict[str, Any] = {}
    seconds: dict[str, list[float]] = {name: [] for name in chosen}
    for _ in range(rounds):
        for name, program in chosen.items():
            started = time.process_time()
            jax.block_until_ready(program(*arrays))
            seconds[name].append(time.process_time() - started)
    for name, program in chosen.items():
        result[name] = min(seconds[name])
        memory = program.memory_analysis()
        result[f"{name} temporary"] = memory.temp_size_in_bytes
    return result | {"peak": peak()}


def _layer(
    rows: int, classes: int, width: int, dtype: str
) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((rows, width), np.float32)
    weights = rng.standard_normal((classes, width), np.float32) / width**0.5
    labels = jnp.asarray(rng.integers(0, classes, rows))
    return jnp.asarray(features, dtype), jnp.asarray(weights, dtype), labels


def _programs(spec: str, arrays: Any) -> dict[str, Any]:
    dense = ls.per_example(spec)
    fused = ls.linear_loss(spec)

    def of_logits(features: Array, weights: Array, labels: Array) -> Array:
        logits = jnp.matmul(features, weights.T, preferred_element_type=jnp.float32)
        return dense(logits, labels).mean()

    def of_layer(features: Array, weights: Array, labels: Array) -> Array:
        return fused(features, weights, labels).mean()

    forms: dict[str, Callable[..., Array]] = {
        "dense": of_logits,
        "linear_loss": of_layer,
    }
    return {
        name: jax.jit(jax.value_and_grad(form, argnums=(0, 1))).lower(*arrays).compile()
        for name, form in forms.items()
    }
