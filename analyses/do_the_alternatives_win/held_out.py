"""Classifiers that are trained a few at a time, and scored on data they have not seen."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array, lax

import logitscape as ls
from logitscape._src.base.optimizers import OPTIMIZERS
from logitscape._src.datasets.dataset import Dataset, Examples
from logitscape._src.training import ensemble, models

BLOCK = 50
"""Number of examples that are predicted at a time.

With many classes the probabilities of all examples would take too much memory.
"""


class Job(NamedTuple):
    """A classifier to train.

    Attributes:
        learning_rate: Learning rate.
        scale: Standard deviation of the last layer's initial weights.
        seed: Seed of the initial weights and of the mini-batches.
    """

    learning_rate: float
    scale: float
    seed: int


class Recipe(NamedTuple):
    """The settings that all classifiers of a task share.

    Attributes:
        hidden: Number of hidden units.
        steps: Number of training steps.
        batch: Number of examples in a mini-batch.
    """

    hidden: int
    steps: int
    batch: int


def scores(
    objective: ls.Objective,
    recipe: Recipe,
    jobs: Sequence[Job],
    datasets: Sequence[Dataset],
    part: str,
) -> pd.DataFrame:
    """Train a classifier for each job with Adam, and score it on a held-out part.

    Args:
        objective: Objective to minimize.
        recipe: Settings that all classifiers share.
        jobs: Classifiers to train.
        datasets: Data set of each job.
        part: Name of the part that is scored: "validation" or "test".

    Returns:
        A row for each job, with these scores:

        * accuracy: Share of examples that are classified correctly by the argmax of p; a tie for
          the largest counts as wrong.
        * nll: Mean of -log p_label; infinite if the label's probability is exactly 0 once.
        * impossible: Share of examples whose label has probability 0.
        * diverged: Whether a loss or a parameter was not finite during training.
    """
    train = _stacked([dataset.train for dataset in datasets])
    held_out = _stacked([getattr(dataset, part) for dataset in datasets])
    state = _trained(objective, recipe, jobs, datasets[0], train)
    predictions = _predictions(objective, state.parameters, held_out)
    correct, log_p = map(np.asarray, predictions)
    columns = {
        "accuracy": correct.mean(axis=1),
        "nll": -log_p.mean(axis=1, dtype=float),
        "impossible": np.isneginf(log_p).mean(axis=1),
        "diverged": np.asarray(state.diverged_at) >= 0,
    }
    return pd.concat([pd.DataFrame(jobs), pd.DataFrame(columns)], axis=1)


def _trained(
    objective: ls.Objective,
    recipe: Recipe,
    jobs: Sequence[Job],
    dataset: Dataset,
    train: ensemble.Part,
) -> ensemble.State:
    """The state of all classifiers after training."""
    sizes = (dataset.features, recipe.hidden, dataset.classes)
    program = ensemble.Program(objective, OPTIMIZERS["adam"], sizes, recipe.batch)
    # Every job has a seed and a data set for itself.
    place = jnp.arange(len(jobs), dtype=jnp.int32)
    members = ensemble.Members(
        learning_rate=jnp.asarray([job.learning_rate for job in jobs], jnp.float32),
        scale=jnp.asarray([job.scale for job in jobs], jnp.float32),
        seed_index=place,
        data_index=place,
    )
    seeds = jnp.asarray([job.seed for job in jobs], jnp.uint32)
    state = ensemble.start(program, members, seeds)
    return ensemble.advance(program, members, seeds, train, state, recipe.steps)


def _stacked(parts: Sequence[Examples]) -> ensemble.Part:
    inputs, labels = zip(*parts, strict=True)
    return ensemble.Part(jnp.asarray(np.stack(inputs)), jnp.asarray(np.stack(labels)))


@partial(jax.jit, static_argnums=0)
def _predictions(
    objective: ls.Objective, parameters: Any, data: ensemble.Part
) -> tuple[Array, Array]:
    """Whether the label alone has the largest probability, and log p of the label.

    Both are [members, m].
    """
    members, examples = data.labels.shape

    def blocks(values: Array) -> Array:
        return values.reshape(members, examples // BLOCK, BLOCK, *values.shape[2:])

    def of_member(member: tuple[Any, ensemble.Part]) -> tuple[Array, Array]:
        layers, member_blocks = member
        predictions: tuple[Array, Array] = lax.map(
            partial(_block_predictions, objective, layers), member_blocks
        )
        return predictions

    data_blocks = ensemble.Part(blocks(data.inputs), blocks(data.labels))
    correct, log_p = lax.map(of_member, (parameters, data_blocks))
    return correct.reshape(members, examples), log_p.reshape(members, examples)


def _block_predictions(
    objective: ls.Objective, layers: Any, block: ensemble.Part
) -> tuple[Array, Array]:
    """The predictions of one classifier for one block of examples, each [BLOCK]."""
    probs = jax.vmap(objective.predict)(models.logits(layers, block.inputs))
    labels = block.labels[:, None]
    p_label = jnp.take_along_axis(probs.p, labels, axis=1)
    at_least_as_large = (probs.p >= p_label).astype(jnp.int32)
    log_p_label = jnp.take_along_axis(probs.log_p, labels, axis=1)[:, 0]
    return jnp.sum(at_least_as_large, axis=1) == 1, log_p_label
