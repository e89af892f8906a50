"""Functions of one example in two passes: the same results, by way of few summaries.

Nothing as large as the example is kept between the passes.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from logitscape._src.engine.two_pass import two_pass

BATCH = (
    jnp.asarray(np.random.default_rng(0).normal(size=(6, 5))).at[4].set(1.0)
)  # all entries of one example tie


def softmax(x):
    weights = jnp.exp(x - x.max())
    return weights.sum(), weights / weights.sum()


FUNCTIONS = {
    "class by class": (lambda x: (x[0], jnp.sin(x) * 2), 0),
    "a sum": (lambda x: (x.max(), x - x.mean()), 1),
    "softmax": (softmax, 2),
    "its gradient": (lambda x: jax.value_and_grad(lambda x: softmax(x)[1][2])(x), 5),
    "constants": (lambda x: (x.sum(), jnp.arange(5.0) * jnp.arange(5.0).sum()), 0),
    "the argument": (lambda x: (x.sum(), x), 0),
    "a loop": (
        lambda x: (
            x.sum(),
            x / lax.while_loop(lambda s: s < 10, lambda s: 2 * s + 1, jnp.abs(x).sum()),
        ),
        1,
    ),
    "a call": (jax.jit(lambda x: (x.sum(), jax.nn.relu(x) - jax.nn.logsumexp(x))), 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_passes_together_are_the_function(name: str) -> None:
    function, max_summaries = FUNCTIONS[name]
    passes = two_pass(function, jax.ShapeDtypeStruct((5,), BATCH.dtype))
    assert passes is not None
    assert len(passes.summaries) <= max_summaries
    (first,), summaries = jax.vmap(passes.first)(BATCH)
    for summary in summaries:
        assert summary.shape[0] == summary.size == len(BATCH)
    expected = jax.vmap(function)(BATCH)
    np.testing.assert_array_equal(first, expected[0])
    second = jax.vmap(passes.second)(summaries, BATCH)
    np.testing.assert_array_equal(jnp.broadcast_to(second, BATCH.shape), expected[1])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x.sum(), jnp.sort(x)),
        lambda x: (x.sum(), x[::-1]),
        lambda x: (x.sum(), jnp.cumsum(x) + x),
    ],
)
def test_there_are_none_where_more_than_numbers_combines_the_classes(function) -> None:
    assert two_pass(function, jax.ShapeDtypeStruct((5,), BATCH.dtype)) is None
