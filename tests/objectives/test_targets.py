"""Targets that are no distributions are refused, or give NaN inside traced code."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.objectives.catalog import LOGIT_LOSSES, PROBABILITY_LOSSES
from tests.oracle.cases import in_domain
from tests.shares import share

Z = jnp.array([0.3, 1.2, 2.0])


Y = jnp.array([0.0, 1.0, 0.0])


BAD_TARGETS = jnp.array(
    [
        [0.5, 0.2, 0.1],
        [0.5, 0.0, 0.0],
        [1.5, -0.5, 0.0],
        [2.0, 0.0, 0.0],
        [np.nan, 0.0, 1.0],
        [0.0] * 3,
        [np.inf, 0.0, 0.0],
    ]
)


@pytest.mark.parametrize(
    "spec",
    share([*(f"softmax + {x}" for x in PROBABILITY_LOSSES), *LOGIT_LOSSES], one_in=5),
)
def test_a_traced_target_that_is_no_distribution_gives_nan_in_every_component(
    spec: str,
) -> None:
    run = jax.jit(jax.vmap(jax.value_and_grad(ls.objective(spec)), in_axes=(None, 0)))
    for z in (jnp.array([0.0, 1.0, 2.0]), jnp.array([5.0, 0.0, 0.0])):
        value, gradient = run(z, BAD_TARGETS)
        assert np.isnan(value).all()
        assert np.isnan(gradient).all()


@pytest.mark.parametrize("name", share([*PROBABILITY_LOSSES, *LOGIT_LOSSES], one_in=5))
def test_a_loss_alone_gives_nan_for_a_traced_target_that_is_no_distribution(
    name: str,
) -> None:
    first = (
        ls.normalizer("softmax")(Z)
        if name in PROBABILITY_LOSSES
        else in_domain(name, Z)
    )
    for loss in (ls.loss(name), ls.LOSSES[name]):
        assert np.isnan(
            jax.jit(jax.vmap(loss, in_axes=(None, 0)))(first, BAD_TARGETS)
        ).all()
        assert np.isfinite(jax.jit(loss)(first, Y))


def test_targets_of_other_dtypes_and_lists_of_tracers_are_distributions_too() -> None:
    probs, kl = ls.normalizer("softmax")(Z), ls.loss("kl")
    narrow = jax.nn.softmax(
        jax.random.normal(jax.random.PRNGKey(1), (50, 3), jnp.float32)
    )
    for target in np.asarray(narrow, np.float64):
        assert np.isfinite(kl(probs, target))
        assert np.isfinite(kl(probs, target.tolist()))
    assert np.isfinite(
        jax.jit(jax.vmap(ls.objective("softmax + kl"), in_axes=(None, 0)))(
            Z, narrow.astype(float)
        )
    ).all()
    assert np.isfinite(jax.jit(lambda a: kl(probs, [a, 1 - a, 0.0]))(0.3))


@pytest.mark.parametrize("spec", ["crammer_singer", "weston_watkins"])
def test_soft_targets_are_refused_where_the_formula_has_no_place_for_them(
    spec: str,
) -> None:
    soft, loss = jnp.array([0.5, 0.5, 0.0]), ls.objective(spec)
    with pytest.raises(ValueError, match="needs a one-hot target"):
        loss(Z, soft)
    value, gradient = jax.jit(jax.value_and_grad(loss))(Z, soft)
    assert np.isnan(value)
    assert np.all(np.isnan(gradient))


def test_a_traced_target_that_is_no_distribution_gives_nan() -> None:
    loss = jax.jit(ls.objective("softmax + cross_entropy"))
    assert np.isnan(loss(Z, 2 * Y))
    assert np.isfinite(loss(Z, Y))
    assert np.isfinite(
        jax.jit(lambda z: ls.objective("softmax + cross_entropy")(z, Y))(Z)
    )
