"""Training on addition modulo a prime, with the whole batch, measured at regular steps."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from ..harness import StudyRun
from .arms import ACCURATE, ARMS, REMEDY, USUAL, Arm, loss_of

MODULUS = 31
TRAINED = 0.8
"""Share of all sums that are trained on; the others are the test."""
WIDTH = 200
LEARNING_RATE = 1e-3
B2 = 0.98
EPSILON = 1e-15
"""Adam's epsilon, of the scaled gradient. It must be less than the gradients of interest."""


class Extent(NamedTuple):
    """How much is trained.

    Attributes:
        seeds: Seeds of the split and of the initial weights.
        steps: Number of steps.
        every: Number of steps from one measurement to the next.
    """

    seeds: tuple[int, ...]
    steps: int
    every: int


FULL = Extent(seeds=tuple(range(10)), steps=6000, every=250)
QUICK = Extent(seeds=(0, 1), steps=200, every=100)


class Sums(NamedTuple):
    """Sums of two numbers: both summands [m], and the label [m]."""

    left: Any
    right: Any
    label: Any


class Measured(NamedTuple):
    """What is measured of one model.

    Attributes:
        absent: Share of the training examples whose dL/dz of the label is exactly 0.
        margin: Median over the training examples of z_y - max of the others.
        train: Accuracy on the training examples.
        test: Accuracy on the others.
        finite: Whether the gradient is finite.
    """

    absent: Any
    margin: Any
    train: Any
    test: Any
    finite: Any


def train_all(run: StudyRun) -> pd.DataFrame:
    """Train every arm with every seed; one row for each measurement."""
    arms = (ACCURATE, USUAL, REMEDY) if run.quick else ARMS
    by_name = {arm.name: arm for arm in arms}
    extent = QUICK if run.quick else FULL
    keys = [f"{name} | {seed}" for name in by_name for seed in extent.seeds]

    def rows(key: str) -> pd.DataFrame:
        name, _, seed = key.rpartition(" | ")
        return rows_of(by_name[name], int(seed), extent)

    return run.gather("training", keys, rows, threads=2)


def rows_of(arm: Arm, seed: int, extent: Extent) -> pd.DataFrame:
    """Train one model; one row for each measurement."""
    train, test = split(seed)
    begin, advance, measure = compiled(arm, extent.every)
    state = begin(jax.random.key(seed))
    rows = [measure(state[0], train, test)]
    for _ in range(extent.steps // extent.every):
        state = advance(state, train)
        rows.append(measure(state[0], train, test))
    columns = {
        name: np.array([float(value) for value in values])
        for name, values in zip(Measured._fields, zip(*rows, strict=True), strict=True)
    }
    steps = np.arange(len(rows)) * extent.every
    return pd.DataFrame({"arm": arm.name, "seed": seed, "step": steps, **columns})


def split(seed: int) -> tuple[Sums, Sums]:
    """All sums, in those to train on and those to test."""
    left, right = np.divmod(np.arange(MODULUS**2, dtype=np.int32), np.int32(MODULUS))
    label = (left + right) % np.int32(MODULUS)
    order = np.random.default_rng(seed).permutation(MODULUS**2)
    count = round(TRAINED * MODULUS**2)
    return tuple(  # type: ignore[return-value]
        Sums(left[part], right[part], label[part])
        for part in (order[:count], order[count:])
    )


@cache
def compiled(arm: Arm, every: int) -> tuple[Callable[..., Any], ...]:
    """Functions that begin a training, advance it by some steps, and measure a model."""
    loss = loss_of(arm)
    optimizer = optax.adamw(LEARNING_RATE, b2=B2, eps=EPSILON, weight_decay=arm.decay)

    def begin(key: Any) -> Any:
        parameters = initial(key, arm.model_dtype)
        return parameters, optimizer.init(parameters)

    def advance(state: Any, train: Sums) -> Any:
        def mean(parameters: Any) -> Any:
            # Scaled behind the mean, so that the derivative is scaled before it becomes small.
            return arm.scale * jnp.mean(loss(logits(parameters, train), train.label))

        def step(state: Any, _: None) -> Any:
            parameters, moments = state
            updates, moments = optimizer.update(
                jax.grad(mean)(parameters), moments, parameters
            )
            return (optax.apply_updates(parameters, updates), moments), None

        return jax.lax.scan(step, state, length=every)[0]

    return begin, jax.jit(advance), jax.jit(partial(measured, loss))


def initial(key: Any, dtype: str) -> list[tuple[Any, Any]]:
    """Weights, uniform within 1 / sqrt(inputs), and biases of 0."""
    sizes = [2 * MODULUS, WIDTH, WIDTH, MODULUS]
    # Drawn in float32, so that a model in float64 begins where the others do.
    draws = [
        jax.random.uniform(each, (inputs, outputs), np.float32, -1, 1)
        for each, inputs, outputs in zip(
            jax.random.split(key, 3), sizes, sizes[1:], strict=False
        )
    ]
    return [
        (
            draw.astype(dtype) / jnp.sqrt(jnp.array(len(draw), dtype)),
            jnp.zeros(draw.shape[1], dtype),
        )
        for draw in draws
    ]


def logits(parameters: Any, sums: Sums) -> Any:
    """The logits [m, n] of a perceptron with two hidden layers."""
    (first, first_bias), (second, second_bias), (last, last_bias) = parameters
    # The summands are one-hot vectors side by side, whose products are rows of the weights.
    hidden = first[sums.left] + first[MODULUS + sums.right] + first_bias
    hidden = jax.nn.relu(hidden)
    hidden = jax.nn.relu(hidden @ second + second_bias)
    return hidden @ last + last_bias


def measured(loss: Any, parameters: Any, train: Sums, test: Sums) -> Measured:
    """Measure a model."""
    z, z_test = logits(parameters, train), logits(parameters, test)
    gradient = jax.grad(lambda z: jnp.sum(loss(z, train.label)))(z)
    is_label = jax.nn.one_hot(train.label, MODULUS, dtype=bool)
    of_label = jnp.sum(gradient, axis=-1, where=is_label)
    rivals = jnp.max(z, axis=-1, where=~is_label, initial=-jnp.inf)
    margins = jnp.max(z, axis=-1, where=is_label, initial=-jnp.inf) - rivals
    return Measured(
        jnp.mean(of_label == 0),
        jnp.median(margins),
        jnp.mean(jnp.argmax(z, axis=-1) == train.label),
        jnp.mean(jnp.argmax(z_test, axis=-1) == test.label),
        jnp.all(jnp.isfinite(gradient)),
    )
