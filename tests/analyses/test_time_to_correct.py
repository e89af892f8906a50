"""The helpers of analyses/time_to_correct.py: objectives in fewer unknowns, and the times that
theory gives.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from analyses.time_to_correct.flows import folded, starts, unfolded
from analyses.time_to_correct.quadratures import by_angle, by_margin

LOGITS = {2: [-1.0, 6.0], 3: [-1.0, 6.0, 1.0], 10: [-1.0, 6.0, *[1.0] * 8]}


@pytest.mark.parametrize("classes", LOGITS)
def test_starts_are_points_of_the_rays_exactly(classes):
    z = [np.asarray(unfolded(classes, jnp.asarray(w))) for w in starts(np.array([4.0]))]
    np.testing.assert_array_equal([each[:2] for each in z], [[1, 5], [-3, 1], [-1, 3]])
    assert all((each[2:] == 1).all() for each in z)


@pytest.mark.parametrize("classes", LOGITS)
def test_gradients_keep_their_length(classes):
    w = jnp.array([-2.0, 5.0, 0.0, 1.0])
    whole, few = ls.objective("softmax + brier"), folded("softmax + brier", classes)
    expected = jax.grad(whole.function)(jnp.array(LOGITS[classes]), jnp.eye(classes)[0])
    found = jax.grad(few.function)(w, jnp.eye(4)[0])
    assert jnp.linalg.norm(found) == pytest.approx(
        float(jnp.linalg.norm(expected)), rel=1e-12
    )


def test_quadratures_agree_with_closed_forms():
    m = np.array([1.0, 5.0, 20.0])
    np.testing.assert_allclose(
        by_margin(lambda p: 1.0, m), (m + 1 - np.exp(-m)) / 2, rtol=1e-9
    )
    radius = 1 + (1 + m) ** 2
    np.testing.assert_allclose(
        by_angle(lambda a: 2 * np.tan(a), m),
        radius * np.log(2 * (1 + m) ** 2 / radius) / 4,
        rtol=1e-9,
    )
