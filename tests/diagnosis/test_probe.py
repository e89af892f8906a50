"""The statistics of `ls.probe` in every dtype, for batches of every size."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.shares import share

SPECS = ("softmax + cross_entropy", "softmax + brier", "taylor + focal")
# Compiled programs may keep the digits of a bfloat16 that is cast to float32.
FIELDS = ls.BatchGradient._fields[:7]
"""Those that are computed here; `tests/audit/test_batch.py` compares the others with an audit."""
RTOL = {"float16": 1e-3, "bfloat16": 1e-3, "float32": 1e-5, "float64": 1e-12}


def batch(size: int, dtype: str, scale: float = 4.0) -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(size)
    logits = jnp.asarray(scale * rng.normal(size=(size, 3))).astype(dtype)
    return logits, jnp.asarray(rng.integers(0, 3, size))


def norms_of_cross_entropy(logits: jax.Array, labels: jax.Array) -> np.ndarray:
    weights = np.exp(np.asarray(logits, "float64"))
    p = weights / weights.sum(1, keepdims=True)
    return np.linalg.norm(p - np.eye(3)[np.asarray(labels)], axis=1)


def expected_statistics(spec: str, logits: jax.Array, labels: jax.Array) -> list:
    """All statistics in float64, from the losses and gradients that training has."""
    loss = ls.objective(spec)
    one = jax.vmap(jax.value_and_grad(loss))
    targets = jax.nn.one_hot(labels, 3, dtype=logits.dtype)
    values, gradients = (np.asarray(x, "float64") for x in one(logits, targets))
    p = jax.vmap(lambda z: loss.normalizer(z).p)(logits)
    is_right = np.asarray(jnp.argmax(p, axis=1) == labels)
    size = np.abs(gradients).max(1, keepdims=True)
    size = np.where(size == 0, 1, size)
    norms = size[:, 0] * np.linalg.norm(gradients / size, axis=1)
    mean = gradients.mean(0)
    return [
        values.mean(),
        (~is_right).mean(),
        (~is_right & (norms < 1e-3 * norms_of_cross_entropy(logits, labels))).mean(),
        norms[~is_right].sum() / norms.sum(),
        np.linalg.norm(mean),
        np.quantile(norms, [0.05, 0.5, 0.95]),
        0.0,
    ]


@pytest.mark.parametrize(
    ("spec", "dtype", "size"), share(product(SPECS, RTOL, [1, 300, 70_000]), one_in=9)
)
def test_every_statistic_is_right(spec: str, dtype: str, size: int) -> None:
    logits, labels = batch(size, dtype)
    found = jax.jit(ls.probe(spec))(logits, labels)
    expected = expected_statistics(spec, logits, labels)
    for name, got, want in zip(FIELDS, found, expected, strict=False):
        assert got.dtype == ("float64" if dtype == "float64" else "float32"), name
        np.testing.assert_allclose(got, want, RTOL[dtype], err_msg=name)


def test_a_million_examples_in_float32() -> None:
    logits, labels = batch(1_000_000, "float32")
    found = jax.jit(ls.probe(SPECS[0]))(logits, labels)
    expected = expected_statistics(SPECS[0], logits, labels)
    for name, got, want in zip(FIELDS, found, expected, strict=False):
        np.testing.assert_allclose(got, want, 1e-5, err_msg=name)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_sums_that_exceed_the_dtype_have_means_that_do_not(dtype: str) -> None:
    """The loss is 0.7 of the largest number, and so is the gradient."""
    most = 0.7 * float(jnp.finfo(dtype).max)
    loss = lambda z, t: most * z[0]
    logits = jnp.tile(jnp.asarray([[1.0, 0.0, 0.0]], dtype), (5000, 1))
    found = ls.probe(loss)(logits, jnp.ones(5000, int))
    rtol = 4 * float(jnp.finfo(dtype).eps)
    np.testing.assert_allclose(found.loss, most, rtol)
    np.testing.assert_allclose(found.norm, most, rtol)
    np.testing.assert_allclose(found.quantiles, [most] * 3, rtol)
    np.testing.assert_allclose(found.carried_by_wrong, 1, rtol)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_no_statistic_is_summed_in_half_precision(dtype: str) -> None:
    """50,000 losses of 2.56 sum to twice what float16 holds, and to 1/3000 of it in bfloat16."""
    z = np.zeros((50_000, 3))
    z[:, 1], z[::2, 2] = 2.5, -2.5
    logits, labels = jnp.asarray(z, dtype), jnp.zeros(50_000, int)
    found = jax.jit(ls.probe(SPECS[0]))(logits, labels)
    expected = expected_statistics(SPECS[0], logits, labels)
    for name, got, want in zip(FIELDS, found, expected, strict=False):
        np.testing.assert_allclose(got, want, 1e-3, err_msg=name)


def test_a_loss_that_is_weighed_down_is_stuck_and_a_wide_margin_is_not() -> None:
    """Stuck is relative to cross-entropy, in a probe as in the metrics of training."""
    logits, labels = jnp.tile(jnp.array([[40.0, 0.0, 0.0]]), (4, 1)), jnp.array([1] * 4)
    assert ls.probe("softmax + cross_entropy")(logits, labels).stuck == 0
    assert ls.probe("softmax + brier")(logits, labels).stuck == 1
    assert ls.probe("softmax + brier", threshold=0.0)(logits, labels).stuck == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_squares_that_underflow_are_no_norms_of_0(dtype: str) -> None:
    """Gradients of e^-70 and e^-600, whose squares are below the smallest number."""
    margin = {"float32": 70.0, "float64": 600.0}[dtype]
    logits = jnp.asarray([[margin, 0.0, 0.0]], dtype)
    found = ls.probe("softmax + cross_entropy")(logits, jnp.array([0]))
    norm = np.sqrt(6) * np.exp(-margin)
    np.testing.assert_allclose(found.norm, norm, 1e-4)
    np.testing.assert_allclose(found.quantiles, [norm] * 3, 1e-4)


@pytest.mark.parametrize("dtype", RTOL)
def test_an_empty_batch_has_no_statistics(dtype: str) -> None:
    found = ls.probe("softmax + brier")(jnp.zeros((0, 3), dtype), jnp.zeros(0, int))
    assert np.isnan(np.concatenate([np.atleast_1d(x) for x in found])).all()
