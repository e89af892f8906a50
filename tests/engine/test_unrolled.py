"""The interpreter that unrolls few classes gives what `jax.vmap` gives."""

import jax
import jax.numpy as jnp
import numpy as np

from logitscape._src.base.argmax import largest
from logitscape._src.engine.elements import stack, unstack
from logitscape._src.engine.unrolled import unrolled


def test_a_search_for_several_things_at_once() -> None:
    """`lax.reduce` of values, places and counts, with ties and masks."""
    random = np.random.default_rng(0)
    x = random.integers(-1, 2, (5, 40)).astype(float)
    x[:, 30:][random.random((5, 10)) < 0.5] = -np.inf
    batch = jnp.asarray(x)
    value, parts = jax.vmap(largest, -1, -1)(batch)
    found = jax.jit(
        lambda batch: jax.tree.map(stack, unrolled(largest)(unstack(batch)))
    )
    for got, expected in zip(found(batch), (value, parts), strict=True):
        np.testing.assert_array_equal(got, expected)
