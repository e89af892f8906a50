"""A logit that is NaN shows in the loss, wherever it stands: sorting and kinks do not hide it."""

import jax.numpy as jnp
import pytest
from jax import Array

import logitscape as ls
from tests.objectives.test_multilabel import EVERY as OF_MARKS
from tests.objectives.test_multilabel import target_of
from tests.shares import share

Z = jnp.array([2.0, 1.0, -1.0, 0.5])
LABEL = jnp.array([1.0, 0.0, 0.0, 0.0])
SPECS = [
    *(f"{name} + cross_entropy" for name in ls.NORMALIZERS),
    *(f"softmax + {name}" for name in ls.PROBABILITY_LOSSES),
    *ls.LOGIT_LOSSES,
]


def assert_seen(spec: str, target: Array) -> None:
    loss = ls.objective(spec)
    for place in range(Z.size):
        assert jnp.isnan(loss(Z.at[place].set(jnp.nan), target)), place


@pytest.mark.parametrize("spec", share(SPECS, one_in=2))
def test_a_logit_that_is_nan_makes_the_loss_nan(spec: str) -> None:
    assert_seen(spec, LABEL)


@pytest.mark.parametrize("name", share(OF_MARKS, one_in=2))
def test_of_several_answers_or_similarities_too(name: str) -> None:
    assert_seen(name, target_of(name))


def test_the_weight_of_a_sorted_error_does_not_hide_it() -> None:
    assert_seen("lovasz_hinge", jnp.array([0.0, 0.0, 0.0, 0.0]))
    assert_seen("lovasz_hinge", jnp.array([0.0, 1.0, 0.0, 1.0]))
