"""One convention where the loss is infinite: the derivative of log p = -inf is taken as 0."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.oracle.cases import MASKABLE

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
MASKED = {x: (1.0, 2.0, -np.inf) for x in MASKABLE if x not in NEVER_AT_ZERO}
POINTS = [*AT_ZERO.items(), *MASKED.items()]

HOT = np.eye(3)[ABSENT]
SOFT = np.array([0.25, 0.125, 0.625])


def one_of_each(test):
    ids = [f"{name} at {z}" for name, z in POINTS]
    return pytest.mark.parametrize(("normalizer", "z"), POINTS, ids=ids)(test)


def slopes(normalizer: str, z: Array) -> ls.Probs:
    """Jacobians of p and log p, [n, n] each, and the absent class where it should be."""
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


@one_of_each
def test_logarithms_of_absent_classes_do_not_move(normalizer: str, z: tuple) -> None:
    of_probs = slopes(normalizer, jnp.array(z))
    assert np.all(np.asarray(of_probs.log_p)[ABSENT] == 0)
    assert np.isfinite(np.asarray(of_probs)).all()


@one_of_each
@pytest.mark.parametrize("target", [HOT, SOFT], ids=["one-hot", "soft"])
def test_every_loss_takes_it_so(normalizer: str, z: tuple, target: np.ndarray) -> None:
    logits, probs = jnp.array(z), ls.normalizer(normalizer)(jnp.array(z))
    of_probs = slopes(normalizer, logits)
    objectives = [
        ls.objective(f"{normalizer} + {loss}") for loss in ls.PROBABILITY_LOSSES
    ]

    @jit_fast_compile
    def both(z: Array, t: Array, probs: ls.Probs, of_probs: ls.Probs) -> tuple:
        got = [jax.value_and_grad(f)(z, t) for f in objectives]
        want = [expected(loss, probs, t, of_probs) for loss in ls.PROBABILITY_LOSSES]
        return got, want

    got, want = both(logits, jnp.array(target), probs, of_probs)
    for loss, (value, gradient), other in zip(
        ls.PROBABILITY_LOSSES, got, want, strict=True
    ):
        assert not np.isnan(value), loss
        np.testing.assert_allclose(
            gradient, other, rtol=1e-12, atol=1e-14, err_msg=loss
        )


@one_of_each
@pytest.mark.parametrize("loss", ["cross_entropy", "kl", "exponential"])
def test_losses_of_log_p_alone_have_no_gradient_there(
    normalizer: str, z: tuple, loss: str
) -> None:
    objective = ls.objective(f"{normalizer} + {loss}")
    value, gradient = jax.value_and_grad(objective)(jnp.array(z), jnp.array(HOT))
    assert value == np.inf
    assert np.all(np.asarray(gradient) == 0)
