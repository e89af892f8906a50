"""Functions of one example on a batch in the last axis give the same as with `jax.vmap`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from logitscape._src.engine.batch_last import along_last_axis
from logitscape._src.engine.elements import stack, unstack
from logitscape._src.engine.unrolled import unrolled

pytestmark = pytest.mark.quick

MATRIX = jnp.asarray(np.random.default_rng(1).normal(size=(4, 4)))
BATCH = (
    jnp.asarray(np.random.default_rng(0).normal(size=(4, 5))).at[:, 4].set(1.0)
)  # all entries of the last example tie


def running_sum(x):
    return lax.scan(
        lambda total, value: (0.5 * total + value, total), jnp.zeros((), x.dtype), x
    )


FUNCTIONS = {
    "sums": lambda x: (
        x.sum(),
        x.max(),
        x.min(),
        jnp.prod(x),
        jnp.any(x > 0),
        jnp.all(x > 0),
    ),
    "argmax": lambda x: jnp.argmax(x),
    "first": lambda x: jnp.arange(4) == jnp.argmax(x),
    "where": lambda x: jnp.where(x[0] > 0, x, 1.0),
    "clip": lambda x: jnp.clip(x, -0.1, x[0]),
    "shapes": lambda x: (
        x[::-1],
        x[1:3],
        x[::2],
        jnp.outer(x, x).reshape(2, 8).T,
        jnp.pad(x, (1, 2)),
        jnp.squeeze(x[None]),
    ),
    "joined": lambda x: jnp.concatenate([x, jnp.zeros(1, x.dtype)]),
    "of two axes": lambda x: jnp.outer(x, x).sum(0) + jnp.outer(x, x).max(1),
    "integers": lambda x: (x > 0).astype(jnp.int32).sum(),
    "constants": lambda x: (jnp.arange(4), x, 3.0),
    "a matrix": lambda x: MATRIX @ x,
    "itself": lambda x: x @ x,
    "sort": lambda x: (jnp.sort(x), jnp.argsort(x), jnp.cumsum(x)),
    "gather": lambda x: x[jnp.argmax(x)],
    "scatter": lambda x: x.at[jnp.argmax(x)].add(3.0),
    "scan": running_sum,
    "scan of nothing": lambda x: (
        x,
        lax.scan(lambda c, _: (c, (1.0, 2)), None, None, length=3)[1],
    ),
    "cond": lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.cos, x),
    "while": lambda x: lax.while_loop(
        lambda s: jnp.sum(s) < 10, lambda s: jnp.abs(s) * 2 + 0.1, x
    ),
    "reduce": lambda x: lax.reduce(x, np.float64(0), lambda a, b: a + 2 * b, (0,)),
    "jit": lambda x: jax.jit(jnp.sin)(x) + jax.jit(lambda: jnp.ones(4))(),
    "gradient": jax.grad(lambda x: jax.nn.softmax(x)[0] + (jnp.sort(x) ** 3).sum()),
    "several roads": lambda x: (
        jax.nn.logsumexp(x) + jax.nn.one_hot(jnp.argmax(x), 4) @ x
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_along_the_last_axis_is_vmap(name: str) -> None:
    function = FUNCTIONS[name]
    expected = jax.jit(jax.vmap(function, in_axes=-1, out_axes=-1))(BATCH)
    assert_same(jax.jit(along_last_axis(function))(BATCH), expected)
    stacked = jax.jit(jax.vmap(along_last_axis(function)))(
        jnp.stack([BATCH + 1, BATCH])
    )
    assert_same(jax.tree.map(lambda leaf: leaf[1], stacked), expected)


@pytest.mark.parametrize(
    "name", sorted(FUNCTIONS.keys() - {"scan of nothing", "reduce"})
)
def test_unrolled_is_vmap(name: str) -> None:
    function = FUNCTIONS[name]
    got = jax.jit(
        lambda batch: jax.tree.map(stack, unrolled(function)(unstack(batch)))
    )(BATCH)
    assert_same(got, jax.jit(jax.vmap(function, in_axes=-1, out_axes=-1))(BATCH))


def assert_same(got, expected) -> None:
    assert jax.tree.structure(got) == jax.tree.structure(expected)
    for actual, wanted in zip(
        jax.tree.leaves(got), jax.tree.leaves(expected), strict=True
    ):
        assert (actual.shape, actual.dtype) == (wanted.shape, wanted.dtype)
        np.testing.assert_allclose(actual, wanted, rtol=1e-13, atol=1e-15)
