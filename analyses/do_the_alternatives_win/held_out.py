"""Classifiers trained a few at a time, each on data of its own, and scored on what they have not seen."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array, lax

import logitscape as ls
from logitscape._src.datasets.dataset import Dataset, Examples
from logitscape._src.training import ensemble, models
from logitscape._src.training.config_checks import OPTIMIZERS

BLOCK = 50


class Job(NamedTuple):
    """A classifier to train: with which learning rate and initial scale, and from which seed."""

    learning_rate: float
    scale: float
    seed: int


class Recipe(NamedTuple):
    """What all classifiers of a task share."""

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
    """Train a classifier for each job on the data set beside it, with Adam; a row each with its scores on a part.

    * accuracy: by the argmax of p; a tie for the largest is no hit.
    * nll: mean of -log p_label, infinite where the label's probability is exactly 0 once.
    * impossible: share of examples whose label has probability 0.
    * diverged: whether a loss or a parameter was not finite during training.
    """
    sizes = (datasets[0].features, recipe.hidden, datasets[0].classes)
    plan = ensemble.Program(objective, OPTIMIZERS["adam"], sizes, recipe.batch)
    place = jnp.arange(len(jobs), dtype=jnp.int32)
    members = ensemble.Members(
        _column(jobs, "learning_rate"), _column(jobs, "scale"), place, place
    )
    seeds = jnp.asarray([job.seed for job in jobs], jnp.uint32)
    train, held_out = (
        _stacked([getattr(each, name) for each in datasets]) for name in ("train", part)
    )
    state = ensemble.start(plan, members, seeds)
    state = ensemble.advance(plan, members, seeds, train, state, recipe.steps)
    hit, log_p = map(np.asarray, _predictions(objective, state.parameters, held_out))
    found = {
        "accuracy": hit.mean(axis=1),
        "nll": -log_p.mean(axis=1, dtype=float),
        "impossible": np.isneginf(log_p).mean(axis=1),
        "diverged": np.asarray(state.diverged_at) >= 0,
    }
    return pd.concat([pd.DataFrame(jobs), pd.DataFrame(found)], axis=1)


def _column(jobs: Sequence[Job], name: str) -> Array:
    return jnp.asarray([getattr(job, name) for job in jobs], jnp.float32)


def _stacked(examples: Sequence[Examples]) -> ensemble.Part:
    return ensemble.Part(
        *(jnp.asarray(np.stack(arrays)) for arrays in zip(*examples, strict=True))
    )


@partial(jax.jit, static_argnums=0)
def _predictions(
    objective: ls.Objective, parameters: Any, data: ensemble.Part
) -> tuple[Array, Array]:
    """Whether the label alone has the largest probability, and its logarithm, each [members, m]; a block at a time."""
    members, examples = data.labels.shape

    def blocks(values: Array) -> Array:
        return values.reshape(members, examples // BLOCK, BLOCK, *values.shape[2:])

    def of_block(of_member: Any, block: ensemble.Part) -> tuple[Array, Array]:
        probs = jax.vmap(objective.predict)(models.logits(of_member, block.inputs))
        label = jnp.take_along_axis(probs.p, block.labels[:, None], axis=1)
        alone = jnp.sum((probs.p >= label).astype(jnp.int32), axis=1) == 1
        return alone, jnp.take_along_axis(probs.log_p, block.labels[:, None], axis=1)[
            :, 0
        ]

    def of_member(member: tuple[Any, ensemble.Part]) -> tuple[Array, Array]:
        layers, data = member
        found: tuple[Array, Array] = lax.map(partial(of_block, layers), data)
        return found

    hit, log_p = lax.map(of_member, (parameters, ensemble.Part(*map(blocks, data))))
    return hit.reshape(members, examples), log_p.reshape(members, examples)
