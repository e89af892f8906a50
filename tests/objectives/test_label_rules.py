"""What normalizers and losses of logits state for a label, against the functions themselves."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.running_sums import running_sum
from logitscape._src.objectives.catalog import FORMULAS
from tests.shares import share

BY_CHANCE = [
    f"{formula.name} + {loss}"
    for formula in FORMULAS
    if formula.at_label is not None
    for loss in ("cross_entropy", "mae")
]
BY_DISTANCE = [
    f"{name} + brier" for name in ("top_k", "ev_softmax", "t_softmax", "min_shift")
]
OF_LOGITS = [formula.name for formula in FORMULAS if formula.with_label is not None] + [
    "logit_adjusted(prior=(0.5, 0.3, 0.15, 0.05), tau=2)",
    "balanced_softmax(counts=(5, 4, 3, 1))",
    "ldam(counts=(5, 4, 3, 1), scale=3)",
    "margin_label_smoothing(margin=1)",
    "evidential_log(evidence='softplus')",
]
SPECS = [*BY_CHANCE, *BY_DISTANCE, *OF_LOGITS]


@pytest.fixture(scope="module")
def batch():
    """Logits of any size, with ties and masks, and their labels, of which none is masked."""
    random = np.random.default_rng(5)
    z = random.normal(size=(24, 4)) * 10 ** random.uniform(-1, 1.5, (24, 1))
    z[8:14] = z[8:14].round()
    z[14] = 0
    labels = random.integers(0, 4, 24)
    z[15:18, 0], labels[15:18] = -np.inf, 2
    return jnp.asarray(z), jnp.asarray(labels)


@pytest.mark.parametrize("spec", share(SPECS, one_in=3))
def test_labels_are_as_good_as_targets(spec, batch):
    """The statement against the composed function, which the oracle judges elsewhere."""
    z, labels = batch
    losses, objective = ls.per_example(spec), ls.objective(spec)
    values, gradient = jax.jit(
        lambda z: (losses(z, labels), jax.grad(lambda z: losses(z, labels).sum())(z))
    )(z)
    targets = jax.nn.one_hot(labels, z.shape[-1], dtype=z.dtype)
    composed = jax.jit(jax.vmap(jax.value_and_grad(objective.composed)))
    expected, slopes = composed(z, targets)
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    size = np.abs(slopes).max(-1, keepdims=True)
    np.testing.assert_allclose(gradient / size, slopes / size, atol=1e-12)


@pytest.mark.parametrize("spec", share(SPECS, one_in=6))
def test_a_label_out_of_range_is_nan(spec, batch):
    z, _ = batch
    run = jax.jit(jax.value_and_grad(ls.per_example(spec)))
    value, gradient = run(z[0], jnp.asarray(4))
    assert np.isnan(value)
    assert np.isnan(gradient).all()


def test_parameters_of_losses_of_logits_have_derivatives(batch):
    """A function of the catalogue with its parameters bound by hand has the statement too."""
    z, labels = batch
    targets = jax.nn.one_hot(labels, 4, dtype=z.dtype)
    prior = jnp.array([0.5, 0.3, 0.15, 0.05])

    def of_labels(tau):
        loss = partial(ls.losses.logit_adjusted, prior=prior, tau=tau)
        return ls.per_example(loss)(z, labels)[:15].sum()

    def of_targets(tau):
        loss = partial(ls.losses.logit_adjusted, prior=prior, tau=tau)
        return jax.vmap(loss)(z, targets)[:15].sum()

    np.testing.assert_allclose(
        jax.jit(jax.value_and_grad(of_labels))(2.0),
        jax.jit(jax.value_and_grad(of_targets))(2.0),
        rtol=1e-11,
    )


@pytest.mark.parametrize("n", [1, 32, 33, 1000, 1025])
def test_running_sums(n):
    x = np.random.default_rng(n).random(n)
    np.testing.assert_allclose(running_sum(jnp.asarray(x)), np.cumsum(x), rtol=1e-12)
    from_the_end = np.cumsum(x[::-1])[::-1]
    got = running_sum(jnp.asarray(x), from_the_end=True)
    np.testing.assert_allclose(got, from_the_end, rtol=1e-12)
