"""Invariances of normalizers, compared with those of their formulas."""

import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.properties.invariance import invariances

pytestmark = pytest.mark.quick

INVARIANT_TO = {
    "softmax": {"shift"},
    "sum": {"scale"},
    "abs": {"scale", "sign"},
    "square": {"scale", "sign"},
    "spherical": {"sign"},
    "taylor": set(),
    "min_shift": {"shift", "scale"},
    "argmax": {"shift", "scale"},
    "sparsemax": {"shift"},
}


@pytest.mark.parametrize("name", INVARIANT_TO)
def test_invariances_are_those_of_the_formula(name):
    results = invariances(name)
    holding = {change for change, result in results.items() if result.holds}
    assert holding == INVARIANT_TO[name] | {"permutation"}


@pytest.mark.parametrize("name", ["softmax", "taylor", "relu"])
def test_a_witness_can_be_checked(name):
    scale = invariances(name)["sign"]
    predict = ls.drop_in(name)
    np.testing.assert_allclose(predict(jnp.array(scale.witness)), scale.before)
    np.testing.assert_allclose(predict(-jnp.array(scale.witness)), scale.after)
    assert np.max(np.abs(np.subtract(scale.before, scale.after))) >= scale.largest / 2


def test_leaving_the_domain_counts():
    sign = invariances("sum")["sign"]
    assert not sign.holds
    assert np.isfinite(sign.before).all()
    assert np.isnan(sign.after).all()


def test_a_function_that_prefers_a_class_is_found_out():
    def biased(z):
        return ls.normalize(z + jnp.arange(3, dtype=z.dtype))

    results = invariances(biased)
    assert results["shift"].holds
    assert not results["permutation"].holds
