"""Losses that are special cases of others, and offsets that change nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import LOGITS, hot
from tests.shares import share

SAME_LOSS = [
    ("focal(gamma=0)", "cross_entropy", 1.0),
    ("poly1(epsilon=0)", "cross_entropy", 1.0),
    ("label_smoothing(smoothing=0)", "cross_entropy", 1.0),
    ("generalized_cross_entropy(q=0)", "cross_entropy", 1.0),
    ("generalized_cross_entropy(q=1)", "mae", 0.5),
    ("generalized_cross_entropy(q=0.5)", "hellinger", 2.0),
    ("tsallis_score(alpha=1)", "cross_entropy", 1.0),
    ("tsallis_score(alpha=2)", "brier(convention='half')", 1.0),
    ("kl", "cross_entropy", 1.0),
    ("brier(convention='mean')", "brier", 0.25),
    ("alpha_loss(alpha=1)", "cross_entropy", 1.0),
    ("alpha_loss(alpha=0.5)", "exponential", 1.0),
    ("comp_sum(tau=0)", "exponential", 1.0),
    ("comp_sum(tau=2)", "mae", 0.5),
    ("taylor_cross_entropy(order=1)", "mae", 0.5),
    ("asymmetric_unhinged(q=1)", "mae", 0.5),
    ("bi_tempered(t1=0)", "brier", 0.5),
    ("bi_tempered(t1=1)", "kl", 1.0),
    ("sample_dependent_focal(gamma=2, gamma_low=2)", "focal", 1.0),
    ("normalized_focal(gamma=0)", "normalized_cross_entropy", 1.0),
    ("active_passive(beta=0)", "normalized_cross_entropy", 1.0),
    ("confidence_penalty(beta=0)", "cross_entropy", 1.0),
    ("soft_bootstrapping(beta=1)", "cross_entropy", 1.0),
    ("hard_bootstrapping(beta=1)", "cross_entropy", 1.0),
]


SAME_OF_LOGITS = [
    ("cosface(margin=0, scale=2)", "softmax(inverse_temperature=2) + cross_entropy"),
    ("ldam(counts=(3, 3, 3, 3), max_margin=0.25)", "cosface(margin=0.25, scale=30)"),
    (
        "logit_adjusted(prior=(0.125, 0.5, 0.125, 0.25))",
        "balanced_softmax(counts=(10, 40, 10, 20))",
    ),
    ("logit_adjusted(tau=0)", "softmax + cross_entropy"),
    ("max_sup(weight=0)", "softmax + cross_entropy"),
    ("top_k_entropy(k=1)", "softmax + cross_entropy"),
    ("top_k_hinge(k=1)", "crammer_singer"),
]


@pytest.mark.quick
@pytest.mark.parametrize(("first", "second"), SAME_OF_LOGITS)
def test_identities_between_losses_of_logits(first: str, second: str) -> None:
    z, target = LOGITS["signs"], hot(1, 4)
    values, slopes = zip(
        *(
            jax.value_and_grad(ls.objective(spec))(z, target)
            for spec in (first, second)
        ),
        strict=True,
    )
    np.testing.assert_allclose(*values, rtol=1e-13)
    np.testing.assert_allclose(*slopes, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(
    ("loss", "total"),
    [
        ("normalized_cross_entropy", 1.0),
        ("normalized_focal", 1.0),
        ("normalized_generalized_cross_entropy", 1.0),
        ("normalized_negative_cross_entropy", 3.0),
        ("active_passive(log_zero=-1)", 4.0),
    ],
)
def test_normalised_losses_have_a_constant_sum_over_the_labels(
    loss: str, total: float
) -> None:
    of_label = ls.per_example(f"softmax + {loss}")
    z = jnp.tile(LOGITS["signs"], (4, 1))
    np.testing.assert_allclose(of_label(z, jnp.arange(4)).sum(), total, rtol=1e-13)


@pytest.mark.parametrize(("first", "second", "factor"), share(SAME_LOSS, one_in=3))
def test_identities_between_losses(first: str, second: str, factor: float) -> None:
    z, target = LOGITS["signs"], hot(1, 4)
    both = [ls.objective(f"softmax + {loss}") for loss in (first, second)]
    a, b = jax.jit(lambda z, t: [jax.value_and_grad(loss)(z, t) for loss in both])(
        z, target
    )
    np.testing.assert_allclose(a[0], factor * b[0], rtol=1e-13)
    np.testing.assert_allclose(a[1], factor * b[1], rtol=1e-12, atol=1e-16)


def test_a_small_q_does_not_lose_a_small_loss() -> None:
    """`q log p` underflows before log p does."""
    z, target = jnp.array([84.15, 0, 0], jnp.float32), hot(0, 3).astype(jnp.float32)
    small = ls.objective("softmax + generalized_cross_entropy(q=1e-6)")(z, target)
    np.testing.assert_allclose(
        small, ls.objective("softmax + cross_entropy")(z, target), rtol=2e-5
    )
    assert small > 0


def test_common_offsets_change_nothing() -> None:
    z = jnp.array([0.0, 1.0, 3.0])
    for spec in (
        "softmax + cross_entropy",
        "softmax + brier",
        "entmax_loss",
        "crammer_singer",
        "spherical_bound",
    ):
        run = jax.jit(jax.value_and_grad(ls.objective(spec)))
        near, far = (run(z + offset, hot(0, 3)) for offset in (0.0, 2.0**27))
        np.testing.assert_allclose(near[0], far[0], rtol=1e-14)
        np.testing.assert_allclose(near[1], far[1], rtol=1e-13, atol=1e-16)
