"""The prediction: gradient descent on the logits, preconditioned by the kernel of the start.

A small change of the parameters by a gradient step moves the logits of all examples by

    z_i <- z_i - rate / m sum_j K_ij dL/dz_j,    K_ij = (dz_i/dw) (dz_j/dw)^T,

where K is the neural tangent kernel (Jacot et al., arXiv 1806.07572): for a linear model the inner
products of the inputs, plus 1 for the biases. Here it is that of the start and stays so, the
examples are some of those to train on, and there is no model, no mini-batch and no test image.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

import logitscape as ls
from logitscape._src.training import models

from .settings import Setting

SEED = 1000
"""Seed of the start's parameters; none of the training has it."""


class Start(NamedTuple):
    """What is known of a start before any training.

    Attributes:
        logits: Logits of the examples, [m, n].
        kernel: Neural tangent kernel over m, [m n, m n].
        labels: Labels, [m].
    """

    logits: Any
    kernel: Any
    labels: Any


class Predicted(NamedTuple):
    """Shares of the examples that are right.

    Attributes:
        before: At the confident start.
        gentle: After the steps from the gentle start, with the best rate.
        confident: The same from the confident start.
    """

    before: float
    gentle: float
    confident: float

    @property
    def way_back(self) -> float:
        """The way back, as it is measured of a training."""
        return (self.confident - self.before) / (self.gentle - self.before)


def prediction(setting: Setting, pair: str, rates: Sequence[float]) -> pd.DataFrame:
    """The row of one pair."""
    predicted = predict(setting, pair, rates)
    row = {
        "pair": pair,
        "predicted_gentle": predicted.gentle,
        "predicted_confident": predicted.confident,
        "predicted_way_back": predicted.way_back,
    }
    return pd.DataFrame([row])


def predict(setting: Setting, pair: str, rates: Sequence[float]) -> Predicted:
    """What descent on the logits makes of both starts, each with its best rate."""
    objective = ls.objective(pair)
    gentle, confident = (start(setting, scale) for scale in setting.scales)
    steps = setting.steps()
    descend = jax.jit(
        jax.vmap(
            lambda start, rate: _right_after(objective, start, rate, steps), (None, 0)
        )
    )
    tried = jnp.asarray(rates, float)
    before = _right(objective, confident.logits, confident.labels)
    return Predicted(
        before=float(before),
        gentle=float(jnp.max(descend(gentle, tried))),
        confident=float(jnp.max(descend(confident, tried))),
    )


@cache
def start(setting: Setting, scale: float) -> Start:
    """The logits of a start and its kernel."""
    dataset = setting.load()
    inputs, labels = (jnp.asarray(each[: setting.examples]) for each in dataset.train)
    inputs = inputs.astype(float)
    sizes = models.layer_sizes(setting.model, dataset.features, dataset.classes)
    parameters = models.initial(jax.random.key(SEED), sizes, jnp.asarray(scale))
    z = models.logits(parameters, inputs)
    slopes = jax.jacrev(models.logits)(parameters, inputs)
    kernel = sum(
        _products(each.reshape(z.size, -1)) for each in jax.tree.leaves(slopes)
    )
    return Start(z, kernel / len(z), labels)


def _products(slopes: Any) -> Any:
    return slopes @ slopes.T


def _right_after(objective: Any, start: Start, rate: Any, steps: int) -> Any:
    targets = jax.nn.one_hot(start.labels, start.logits.shape[-1], dtype=float)
    z = descent(objective, start, targets, rate, steps)
    return _right(objective, z, start.labels)


def descent(objective: Any, start: Start, targets: Any, rate: Any, steps: int) -> Any:
    """The logits after gradient descent on them, preconditioned by the kernel, [m, n]."""
    gradient = jax.vmap(jax.grad(objective))

    def step(z: Any, _: None) -> Any:
        pull = start.kernel @ gradient(z, targets).ravel()
        return z - rate * pull.reshape(z.shape), None

    z, _ = jax.lax.scan(step, start.logits, length=steps)
    return z


def _right(objective: Any, z: Any, labels: Any) -> Any:
    """The share of the examples whose label is the prediction."""
    scores = z
    if objective.normalizer is not None:
        scores = jax.vmap(lambda z: objective.predict(z).p)(z)
    is_label = jax.nn.one_hot(labels, z.shape[-1], dtype=bool)
    of_label = jnp.max(scores, axis=-1, where=is_label, initial=-jnp.inf)
    of_rivals = jnp.max(scores, axis=-1, where=~is_label, initial=-jnp.inf)
    # With NaN no comparison holds.
    is_finite = jnp.all(jnp.isfinite(z), axis=-1)
    return jnp.mean((of_label > of_rivals) & is_finite)


def chosen(pairs: Sequence[str], share: float) -> list[str]:
    """Some of the pairs, drawn by a seed and in their order."""
    count = round(share * len(pairs))
    places = np.random.default_rng(SEED).permutation(len(pairs))[:count]
    return [pairs[place] for place in sorted(places)]
