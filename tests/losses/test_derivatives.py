"""Derivatives of every loss: in the logits, at ties and kinks, and in its parameters."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from mpmath import mp

import logitscape as ls
from tests.formulas import LOGITS, hot, one_sided
from tests.oracle.accuracy import ONE_HOT_ONLY
from tests.oracle.cases import in_domain
from tests.shares import share

NOT_0_WHEN_RIGHT = (
    "asymmetric_exponential",
    "evidential_digamma",
    "evidential_log",
    "evidential_mse",
    "label_smoothing",
    "margin_label_smoothing",
    "max_sup",
    "one_vs_rest",
    "reverse_kl",
    "spherical_bound",
    "squared_logits",
    "z_loss",
)


SOFT = jnp.array([0.2, 0.5, 0.0, 0.3])


LOSS_PARAMETERS = [
    ("generalized_cross_entropy", "q", 0.0),
    ("generalized_cross_entropy", "q", 0.7),
    ("focal", "gamma", 0.0),
    ("focal", "gamma", 2.0),
    ("poly1", "epsilon", 0.5),
    ("clipped_cross_entropy", "epsilon", 0.1),
    ("label_smoothing", "smoothing", 0.0),
    ("label_smoothing", "smoothing", 0.1),
    ("reverse_kl", "smoothing", 0.1),
    ("tsallis_score", "alpha", 1.0),
    ("tsallis_score", "alpha", 1.5),
    ("symmetric_cross_entropy", "log_zero", -4.0),
    ("asymmetric_generalized_cross_entropy", "a", 1.0),
    ("asymmetric_generalized_cross_entropy", "q", 2.0),
    ("asymmetric_unhinged", "a", 1.5),
    ("asymmetric_unhinged", "q", 0.9),
    ("asymmetric_exponential", "a", 3.0),
    ("alpha_loss", "alpha", 1.0),
    ("comp_sum", "tau", 1.0),
    ("comp_sum", "tau", 2.0),
    ("sample_dependent_focal", "gamma_low", 5.0),
    ("bi_tempered", "t1", 0.5),
    ("normalized_focal", "gamma", 0.5),
    ("normalized_generalized_cross_entropy", "q", 0.7),
    ("normalized_negative_cross_entropy", "floor", 0.1),
    ("active_passive", "alpha", 1.0),
    ("active_negative", "floor", 0.1),
    ("jensen_shannon", "weight", 0.5),
    ("confidence_penalty", "beta", 0.1),
    ("soft_bootstrapping", "beta", 0.9),
    ("hard_bootstrapping", "beta", 0.8),
]


OBJECTIVES = [
    *(f"softmax + {loss}" for loss in ls.PROBABILITY_LOSSES),
    *ls.LOGIT_LOSSES,
]


# The oracle knows all derivatives of all losses; differences are a law beside it.
@pytest.mark.parametrize("spec", share(OBJECTIVES, one_in=16))
def test_gradients_and_hessians_match_finite_differences(spec: str) -> None:
    loss = ls.objective(spec)
    h = 1e-6
    targets = jnp.stack(
        [hot(1, 4), hot(3, 4)] + ([] if spec in ONE_HOT_ONLY else [SOFT])
    )
    z = in_domain(spec, LOGITS["signs"])
    moves = h * jnp.concatenate([jnp.zeros((1, 4)), jnp.eye(4), -jnp.eye(4)])

    def orders(z: Array, target: Array) -> tuple[Array, ...]:
        gradient = jax.grad(loss)
        return (
            loss(z, target),
            gradient(z, target),
            jax.jacfwd(loss)(z, target),
            jax.jacfwd(gradient)(z, target),
        )

    run = jax.jit(jax.vmap(jax.vmap(orders, (0, None)), (None, 0)))
    value, gradient, forward, hessian = map(np.asarray, run(z[None] + moves, targets))
    slope, bend = (
        (array[:, 1:5] - array[:, 5:]) / (2 * h) for array in (value, gradient)
    )
    np.testing.assert_allclose(gradient[:, 0], slope, atol=2e-9)
    np.testing.assert_allclose(forward, gradient, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(hessian[:, 0], bend.swapaxes(1, 2), atol=2e-8)


@pytest.mark.parametrize("spec", share(OBJECTIVES, one_in=2))
def test_losses_are_least_and_about_zero_when_right(spec: str) -> None:
    loss = ls.objective(spec)
    far = in_domain(spec, jnp.array([30.0, 0.0, 0.0, 0.0]))
    right, wrong = float(loss(far, hot(0, 4))), float(loss(far[::-1], hot(0, 4)))
    assert right < wrong or spec == "squared_logits"
    assert spec.removeprefix("softmax + ") in NOT_0_WHEN_RIGHT or abs(right) < 1e-6


def test_gradients_at_ties_and_kinks_keep_mass() -> None:
    for spec, z in [
        ("perceptron", [1.0, 1.0, 0.0]),
        ("crammer_singer", [1.0, 0.0, 0.0]),
        ("weston_watkins", [1.0, 0.0, 2.0]),
        ("sparsemax_loss", [1.0, 0.0, -3.0]),
        ("sparsemax + brier", [1.0, 0.0, 0.0]),
        ("entmax + brier", [2.0, 0.0, 0.0]),
        ("min_shift + brier", [0.0, 0.0, 1.0]),
        ("argmax + brier", [1.0, 1.0, 0.0]),
    ]:
        gradient = np.asarray(
            jax.jit(jax.grad(ls.objective(spec)))(jnp.array(z), hot(2, 3))
        )
        assert np.all(np.isfinite(gradient)), spec
        np.testing.assert_allclose(gradient.sum(), 0, atol=1e-15)


@pytest.mark.parametrize(("name", "parameter", "value"), LOSS_PARAMETERS)
def test_losses_are_differentiable_in_their_parameters(
    name: str, parameter: str, value: float
) -> None:
    probs, target = ls.NORMALIZERS["softmax"](LOGITS["three"]), hot(0, 3)
    loss = lambda x: ls.LOSSES[name](probs, target, **{parameter: x})
    derivative = jax.jit(jax.grad(loss))(jnp.asarray(value))
    np.testing.assert_allclose(derivative, one_sided(loss, value), atol=1e-8)
    assert abs(derivative) > 1e-4


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("gap", [-40.0, -17.25, -3.0, -0.5, 2.0**-10, 0.5, 3.0, 17.25])
def test_the_derivative_in_gamma_of_focal_is_right_at_either_end(
    gap: float, dtype: str, rtol: float
) -> None:
    """`(1 - p)^gamma log(1 - p) (-log p)`, where p is near 0 and where it is near 1."""
    probs, target = (
        ls.NORMALIZERS["softmax"](jnp.array([gap, 0, 0], dtype)),
        hot(0, 3).astype(dtype),
    )
    slope = jax.grad(lambda gamma: ls.LOSSES["focal"](probs, target, gamma=gamma))(
        jnp.array(2, dtype)
    )
    with mp.workdps(40):
        p = mp.exp(gap) / (mp.exp(gap) + 2)
        expected = float(-((1 - p) ** 2) * mp.log(1 - p) * mp.log(p))
    np.testing.assert_allclose(slope, expected, rtol=rtol)


@pytest.mark.parametrize(
    ("normalizer", "n"),
    share(product(["softmax", "sparsemax", "entmax"], [10, 1000]), one_in=6),
)
def test_equal_logits_keep_mass_as_far_as_rounding_allows(
    normalizer: str, n: int
) -> None:
    """The exact gradient sums to 0. Each component is rounded, those of equals all alike.

    So the sum of n correctly rounded components may leave some eps times the sum of their sizes:
    1/1000 in float32 is 4.7e-8 of itself too large.
    """
    losses = [ls.objective(f"{normalizer} + {loss}") for loss in ls.PROBABILITY_LOSSES]
    z, target = jnp.full(n, 0.5, jnp.float32), hot(3, n).astype(jnp.float32)
    run = jax.jit(lambda z, t: [jax.grad(loss)(z, t) for loss in losses])
    for loss, gradient in zip(losses, run(z, target), strict=True):
        g = np.asarray(gradient, "float64")
        eps = np.finfo("float32").eps
        assert abs(g.sum()) <= 16 * eps * np.abs(g).sum(), loss
