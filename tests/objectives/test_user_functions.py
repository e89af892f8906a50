"""Losses and normalizers that users write."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

Z = jnp.array([0.3, 1.2, 2.0])


Y = jnp.array([0.0, 1.0, 0.0])


def test_functions_of_the_users_own_compose() -> None:
    def cubic(z):
        return ls.normalize(3 * jnp.log(jnp.abs(z)))

    pair = ls.compose(cubic, "cross_entropy")
    assert pair.name == "cubic + cross_entropy"
    np.testing.assert_allclose(pair.predict(Z).p, Z**3 / (Z**3).sum(), rtol=1e-14)
    plain = ls.compose(
        lambda z: jnp.abs(z) / jnp.abs(z).sum(),
        lambda probs, t: -(t * probs.log_p).sum(),
        name="mine",
    )
    np.testing.assert_allclose(
        plain(Z, Y), ls.objective("abs + cross_entropy")(Z, Y), rtol=1e-14
    )
    whole = ls.objective(
        lambda z, t: -jax.nn.log_softmax(z) @ t, normalizer="softmax", name="textbook"
    )
    np.testing.assert_allclose(
        whole(Z, Y), ls.objective("softmax + cross_entropy")(Z, Y), rtol=1e-14
    )
    assert whole.predict(Z).p.shape == (3,)
    with pytest.raises(TypeError, match="has no known normalizer"):
        ls.objective(lambda z, t: z @ t).predict(Z)
    with pytest.raises(
        ValueError, match="must return Probs or an array of the logits' shape"
    ):
        ls.compose(lambda z: z[:1], "brier")(Z, Y)


@dataclass
class Scaled:
    """Cannot be hashed, as it can be compared and changed."""

    factor: jax.Array

    def __call__(self, z, target=None):
        return (
            jax.nn.softmax(self.factor * z)
            if target is None
            else -jnp.sum(target * jax.nn.log_softmax(self.factor * z))
        )


def test_instances_that_cannot_be_hashed_are_functions_too() -> None:
    one, other, ray = (
        Scaled(jnp.array(2.0)),
        Scaled(jnp.array(2.0)),
        ls.ray("R1", [0.0, 1.0, 2.0]),
    )
    pairs = [
        ls.compose(one, "cross_entropy", name="composed"),
        ls.objective(one, name="one"),
        ls.objective(other, name="other"),
    ]
    losses = np.asarray(ls.sweep(pairs, ray).loss)
    np.testing.assert_allclose(
        losses, np.broadcast_to(losses[0], losses.shape), rtol=1e-13
    )
    assert np.isfinite(jax.jit(pairs[1])(Z, Y))
    assert ls.objective(one) == ls.objective(one) != ls.objective(other)
    assert ls.gradient_law(one).norm.kind == "constant"


def test_a_normalizer_takes_the_logits_alone() -> None:
    with pytest.raises(
        TypeError, match=r"a normalizer must take \(logits\), got `<lambda>\(z, t\)`"
    ):
        ls.compose(lambda z, t: z, "brier")


def test_a_loss_that_takes_probs_for_an_array_is_told_what_they_are() -> None:
    mistaken = ls.compose(
        "softmax", lambda probs, target: -jnp.sum(target * jnp.log(probs))
    )
    with pytest.raises(TypeError) as raised:
        mistaken(Z, Y)
    assert "use `probs.p` and `probs.log_p`" in "".join(raised.value.__notes__)
