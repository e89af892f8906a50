"""A function of one example in two steps: the same results, and nothing as large as the example kept between them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from logitscape._src.engine.two_pass import two_pass

BATCH = (
    jnp.asarray(np.random.default_rng(0).normal(size=(6, 5))).at[4].set(1.0)
)  # one of them all ties


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
def test_both_steps_together_are_the_function(name: str) -> None:
    function, most = FUNCTIONS[name]
    passes = two_pass(function, jax.ShapeDtypeStruct((5,), BATCH.dtype))
    assert passes is not None
    assert len(passes.summaries) <= most
    (first,), joined = jax.vmap(passes.first)(BATCH)
    assert all(each.shape[0] == each.size == len(BATCH) for each in joined)
    expected = jax.vmap(function)(BATCH)
    np.testing.assert_array_equal(first, expected[0])
    np.testing.assert_array_equal(
        jnp.broadcast_to(jax.vmap(passes.second)(joined, BATCH), BATCH.shape),
        expected[1],
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x.sum(), jnp.sort(x)),
        lambda x: (x.sum(), x[::-1]),
        lambda x: (x.sum(), jnp.cumsum(x) + x),
    ],
)
def test_there_are_none_where_classes_join_all_classes(function) -> None:
    assert two_pass(function, jax.ShapeDtypeStruct((5,), BATCH.dtype)) is None
