"""The losses of sparsemax and entmax."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import LOGITS, hot, one_sided


def test_sparsemax_loss_where_others_go_wrong() -> None:
    value, gradient = jax.value_and_grad(ls.objective("sparsemax_loss"))(
        jnp.array([0.0, 3.0, 0.0]), hot(0, 3)
    )
    assert value == 3.0
    np.testing.assert_array_equal(gradient, [-1, 1, 0])


def test_canonical_pairs_have_the_residual_as_gradient() -> None:
    z, target = LOGITS["signs"], hot(0, 4)
    for pair, link in [
        ("softmax + cross_entropy", "softmax"),
        ("sparsemax_loss", "sparsemax"),
        ("sparsegen_loss(sparsity=-1)", "sparsegen(sparsity=-1)"),
        ("entmax_loss(alpha=1.3)", "entmax(alpha=1.3)"),
    ]:
        np.testing.assert_allclose(
            jax.grad(ls.objective(pair))(z, target),
            ls.normalizer(link)(z).p - target,
            rtol=1e-13,
            atol=1e-16,
        )


def test_fenchel_young_losses_are_above_the_proper_score_and_equal_on_full_support() -> (
    None
):
    loss, score = ls.objective("entmax_loss"), ls.objective("entmax + tsallis_score")
    full, sparse = jnp.array([0.1, 0.2, 0.3]), jnp.array([0.0, 5.0, 1.0])
    np.testing.assert_allclose(
        loss(full, hot(0, 3)), score(full, hot(0, 3)), rtol=1e-14
    )
    assert loss(sparse, hot(0, 3)) > score(sparse, hot(0, 3)) + 1


@pytest.mark.parametrize(
    "spec",
    [
        "sparsemax_loss",
        "entmax_loss",
        "entmax_loss(alpha=1)",
        "softmax + cross_entropy",
        "softmax + kl",
    ],
)
def test_losses_are_differentiable_in_the_target_in_both_modes(spec: str) -> None:
    loss, z = ls.objective(spec).function, LOGITS["signs"]
    target = jnp.array([0.1, 0.4, 0.2, 0.3])
    reverse, forward = (
        jax.jit(mode(loss, argnums=1))(z, target) for mode in (jax.grad, jax.jacfwd)
    )
    np.testing.assert_allclose(reverse, forward, rtol=1e-12)
    within = jnp.array(
        [1.0, -2.0, 0.5, 0.5]
    )  # sums to 0: the target stays a distribution
    slope = (loss(z, target + 1e-6 * within) - loss(z, target - 1e-6 * within)) / 2e-6
    np.testing.assert_allclose(reverse @ within, slope, atol=1e-8)


def test_the_entmax_loss_is_differentiable_in_alpha() -> None:
    z = LOGITS["three"]
    loss = lambda a: ls.LOSSES["entmax_loss"](z, hot(0, 3), alpha=a)
    for alpha in (1.0, 1.5, 2.0):
        np.testing.assert_allclose(
            jax.jit(jax.grad(loss))(alpha), one_sided(loss, alpha), atol=1e-8
        )


def test_outside_the_domain_the_derivative_in_alpha_is_nan_too() -> None:
    for z in ([jnp.inf, 0.0, 1.0], [-jnp.inf] * 3):
        assert np.isnan(
            jax.grad(
                lambda a, z=z: ls.LOSSES["entmax_loss"](
                    jnp.array(z), hot(0, 3), alpha=a
                )
            )(1.5)
        )
