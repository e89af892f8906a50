"""One convention where the loss is infinite: the derivative of log p = -inf is taken as 0."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.oracle.cases import MASKABLE
from tests.shares import share

ABSENT = 2
"""Class whose probability is exactly 0 at these logits."""

AT_ZERO = {
    "sum": (1.0, 2.0, 0.0),
    "abs": (1.0, -2.0, 0.0),
    "square": (1.0, -2.0, 0.0),
    "relu": (1.0, 2.0, -1.0),
    "min_shift": (1.0, 2.0, -1.0),
    "sparsemax": (1.0, 1.5, -1.0),
    "entmax": (1.0, 1.5, -3.0),
    "argmax": (1.0, 2.0, 0.5),
}
NEVER_AT_ZERO = ("iterated_exponential",)
MASKED = {
    name: (1.0, 2.0, -np.inf)
    for name in MASKABLE
    if name not in AT_ZERO and name not in NEVER_AT_ZERO
}
POINTS = [*AT_ZERO.items(), *MASKED.items()]

OF_LOG_P = ("cross_entropy", "kl", "exponential")
"""Losses whose gradient goes through the label's log p alone."""

HOT = np.eye(3)[ABSENT]
SOFT = np.array([0.25, 0.125, 0.625])


def slopes(normalizer: str, z: Array) -> ls.Probs:
    """Jacobians of p and log p, [n, n] each, the same in forward and reverse mode."""
    function = ls.normalizer(normalizer)
    assert function(z).p[ABSENT] == 0
    forward = jit_fast_compile(jax.jacfwd(function))(z)
    backward = jit_fast_compile(jax.jacrev(function))(z)
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)
    return forward


def expected(loss: str, probs: ls.Probs, target: Array, of_probs: ls.Probs) -> Array:
    """The gradient by the chain rule, without the part through log p of the absent class."""
    of_loss = jax.grad(ls.loss(loss))(probs, target)
    through_log_p = jnp.where(jnp.isneginf(probs.log_p), 0, of_loss.log_p)
    return of_loss.p @ of_probs.p + through_log_p @ of_probs.log_p


@pytest.mark.parametrize(("normalizer", "z"), share(POINTS, one_in=3))
def test_logarithms_of_absent_classes_do_not_move(normalizer: str, z: tuple) -> None:
    of_probs = slopes(normalizer, jnp.array(z))
    assert np.all(np.asarray(of_probs.log_p)[ABSENT] == 0)
    assert np.isfinite(np.asarray(of_probs)).all()


@pytest.mark.parametrize(("normalizer", "z"), share(POINTS, one_in=40))
def test_every_loss_takes_it_so(normalizer: str, z: tuple) -> None:
    of_probs = slopes(normalizer, jnp.array(z))
    objectives = [ls.objective(f"{normalizer} + {x}") for x in ls.PROBABILITY_LOSSES]
    both = jit_fast_compile(
        lambda z, t: [jax.value_and_grad(f)(z, t) for f in objectives]
    )
    for target in (HOT, SOFT):
        got = both(jnp.array(z), jnp.array(target))
        probs = ls.normalizer(normalizer)(jnp.array(z))
        for loss, (value, gradient) in zip(ls.PROBABILITY_LOSSES, got, strict=True):
            want = expected(loss, probs, jnp.array(target), of_probs)
            assert not np.isnan(value), loss
            np.testing.assert_allclose(
                gradient, want, rtol=1e-12, atol=1e-14, err_msg=loss
            )
            if loss in OF_LOG_P and target is HOT:
                assert value == np.inf, loss
                assert np.all(np.asarray(gradient) == 0), loss
