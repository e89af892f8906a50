"""Random numbers of a training, all of which are derived from the seeds."""

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array

PARAMETERS = 0
SHUFFLING = 1
"""Purposes for which different keys are derived from one seed."""


def derived_key(seed: Array, purpose: int) -> Array:
    """Random key of a seed for one purpose."""
    return jax.random.fold_in(jax.random.key(seed), purpose)


# Random numbers take longest to compile. This program does not depend on the objective, so
# that it is compiled once for all objectives.
@partial(jax.jit, static_argnums=2)
def shuffled(seeds: Array, epoch: Array, examples: int) -> Array:
    """Order of the examples in an epoch, [seeds, examples]."""

    def order(seed: Array) -> Array:
        key = jax.random.fold_in(derived_key(seed, SHUFFLING), epoch)
        return jax.random.permutation(key, examples).astype(jnp.int32)

    return jax.vmap(order)(seeds)
