"""Predictions, their complements, and what the import of the package costs."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

Z = jnp.array([0.3, 1.2, 2.0])


Y = jnp.array([0.0, 1.0, 0.0])


def test_logit_losses_predict_with_their_own_normalizer() -> None:
    np.testing.assert_allclose(
        ls.objective("entmax_loss(alpha=1.2)").predict(Z).p,
        ls.normalizer("entmax(alpha=1.2)")(Z).p,
    )
    np.testing.assert_array_equal(
        ls.objective("crammer_singer").predict(Z).p, [0, 0, 1]
    )


def test_importing_costs_no_plotting_and_changes_no_setting() -> None:
    code = """
import sys, jax
before = dict(jax.config.values)
import logitscape
assert jax.config.values == before
bad = {'matplotlib', 'xarray', 'rich', 'zarr'} & set(sys.modules)
assert not bad, bad
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_complement_is_accurate_at_both_ends() -> None:
    p = ls.normalizer("softmax")(jnp.array([0.0, 50.0]))
    np.testing.assert_allclose(p.complement, [1.0, np.exp(-50.0)], rtol=1e-14)
    tie = ls.normalizer("softmax")(jnp.zeros(2))
    np.testing.assert_array_equal(tie.complement, [0.5, 0.5])
    improper = ls.Probs(jnp.array([0.9, 0.2, 0.8]), jnp.log(jnp.array([0.9, 0.2, 0.8])))
    np.testing.assert_allclose(improper.complement, [0.1, 0.8, 0.2], rtol=1e-14)
    rows = jax.vmap(ls.normalizer("softmax"))(jnp.array([[0.0, 50.0], [0.0, 0.0]]))
    np.testing.assert_array_equal(rows.complement, [p.complement, tie.complement])
