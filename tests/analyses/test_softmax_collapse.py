"""The parts of the study of softmax collapse, where their answers are known."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("pandas")

from analyses.softmax_collapse import training
from analyses.softmax_collapse.arms import (
    ACCURATE,
    ARMS,
    COPIED,
    REMEDY,
    UNSCALED,
    USUAL,
    Arm,
    loss_of,
)


@pytest.fixture(autouse=True)
def promotion_is_that_of_the_study() -> Iterator[None]:
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


FAR = jnp.array([[20.0, 0.0, -1.0], [1.5, 0.5, -2.0]], np.float32)
LABELS = jnp.array([0, 0], np.int32)


def gradient(arm: Arm, z: Any) -> np.ndarray:
    loss = loss_of(arm)
    return np.asarray(jax.grad(lambda z: jnp.sum(loss(z, LABELS)))(z))


def test_names_tell_all_arms_apart() -> None:
    assert len({arm.name for arm in ARMS}) == len(ARMS)


@pytest.mark.parametrize("normalizer", ["softmax", "stablemax"])
def test_all_ways_to_compute_a_loss_agree_where_digits_suffice(normalizer: str) -> None:
    losses = [
        np.asarray(loss_of(arm)(FAR[1:], LABELS[1:]), np.float64)
        for arm in ARMS
        if arm.normalizer == normalizer and arm.loss_dtype == "float32"
    ]
    np.testing.assert_allclose(losses, losses[0] * np.ones_like(losses), rtol=1e-6)


def test_what_is_rounded_to_nothing_is_seen() -> None:
    assert gradient(USUAL, FAR)[0, 0] == 0
    assert gradient(ACCURATE, FAR)[0, 0] < 0
    sums = training.Sums(*(np.zeros(2, np.int32),) * 3)
    parameters = training.initial(jax.random.key(0), "float32")
    # One example of two classes that lead by 20.
    last, bias = parameters[-1]
    wide = [*parameters[:-1], (0 * last, jnp.zeros_like(bias).at[0].set(20))]
    for arm, share in ((USUAL, 1.0), (ACCURATE, 0.0)):
        found = training.measured(loss_of(arm), wide, sums, sums)
        assert (float(found.absent), float(found.margin)) == (share, 20.0)
        assert (float(found.train), bool(found.finite)) == (1.0, True)


def test_the_copied_form_has_no_gradient_where_a_logit_is_1() -> None:
    z = jnp.ones((2, 3), np.float32)
    assert np.isnan(gradient(COPIED, z)).any()
    assert np.isfinite(gradient(REMEDY, z)).all()


def test_every_sum_is_trained_or_tested() -> None:
    train, test = training.split(3)
    both = np.concatenate([np.stack(train), np.stack(test)], axis=1)
    assert len({(a, b) for a, b, _ in both.T}) == training.MODULUS**2 == both.shape[1]
    np.testing.assert_array_equal((both[0] + both[1]) % training.MODULUS, both[2])


def test_the_scale_of_the_loss_only_takes_adams_epsilon_out_of_the_way() -> None:
    """Steps are the same while gradients are large, and go on where they are tiny."""
    train, _ = training.split(0)
    moved = {}
    for arm in (ACCURATE, UNSCALED):
        begin, advance, _ = training.compiled(arm, 1)
        parameters, moments = begin(jax.random.key(0))
        near = advance((parameters, moments), train)[0]
        # The labels lead by so much that every gradient is far below epsilon.
        bias = parameters[-1][1].at[0].set(60)
        far = [*parameters[:-1], (parameters[-1][0], bias)]
        led = train._replace(label=np.zeros_like(train.label))
        after = advance((far, moments), led)[0]
        moved[arm] = near[0][0], jnp.max(jnp.abs(after[-1][1] - bias))
    np.testing.assert_allclose(moved[ACCURATE][0], moved[UNSCALED][0], atol=1e-6)
    assert moved[ACCURATE][1] > 0.5 * training.LEARNING_RATE
    assert moved[UNSCALED][1] < 1e-3 * training.LEARNING_RATE
