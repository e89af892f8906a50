"""The forms for training loops: `ls.per_example` and `ls.drop_in`."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls

Z = jnp.array([0.3, 1.2, 2.0])


class TestPerExample:
    def test_it_is_the_form_of_optax(self) -> None:
        logits, labels = (
            jnp.stack([Z, 2 * Z, -Z]).reshape(3, 1, 3),
            jnp.array([[0], [1], [2]]),
        )
        ours = ls.per_example("softmax + cross_entropy")(logits, labels)
        theirs = optax.softmax_cross_entropy_with_integer_labels(logits, labels)
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)

    def test_it_trains(self) -> None:
        rng = np.random.default_rng(0)
        x, y = (
            jnp.asarray(rng.normal(size=(64, 3))),
            jnp.asarray(rng.integers(0, 3, 64)),
        )
        loss = ls.per_example("taylor + cross_entropy")
        objective = lambda w: loss(x @ w, y).mean()
        optimizer, w = optax.sgd(0.5), jnp.ones((3, 3))
        state = optimizer.init(w)
        before = objective(w)

        @jax.jit
        def step(w, state):
            updates, state = optimizer.update(jax.grad(objective)(w), state)
            return optax.apply_updates(w, updates), state

        for _ in range(10):
            w, state = step(w, state)
        assert objective(w) < before

    @pytest.mark.parametrize("label", [-1, 3])
    def test_labels_out_of_range_are_refused_or_give_nan(self, label: int) -> None:
        loss, labels = ls.per_example("softmax + cross_entropy"), jnp.array([0, label])
        with pytest.raises(IndexError, match=f"between 0 and 2, got {label}"):
            loss(jnp.stack([Z, Z]), labels)
        value, gradient = jax.jit(jax.value_and_grad(lambda z, y: loss(z, y).sum()))(
            jnp.stack([Z, Z]), labels
        )
        assert np.isnan(value)
        assert np.all(np.isnan(gradient[1]))
        assert np.all(np.isfinite(gradient[0]))

    @pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int64"])
    def test_labels_of_few_bits_count_many_classes(self, dtype: str) -> None:
        z, labels = (
            jnp.asarray(np.random.default_rng(0).normal(size=(2, 300))),
            np.array([3, 100]),
        )
        for of_batch in (
            ls.per_example("softmax + brier"),
            lambda *batch: ls.value_and_grad("softmax + brier")(*batch)[0],
        ):
            expected = of_batch(z, jnp.asarray(labels, jnp.int32))
            np.testing.assert_allclose(
                of_batch(z, jnp.asarray(labels.astype(dtype))), expected, rtol=1e-12
            )
            np.testing.assert_allclose(
                jax.jit(of_batch)(z, jnp.asarray(labels.astype(dtype))),
                expected,
                rtol=1e-12,
            )

    @pytest.mark.parametrize(
        ("logits", "labels", "error", "message"),
        [
            (
                jnp.ones((2, 3)),
                jnp.array([0.0, 1.0]),
                TypeError,
                "`labels` must be integers, got float64",
            ),
            (
                jnp.ones((2, 3)),
                jnp.array([0]),
                ValueError,
                "`labels` must have shape (2,)",
            ),
            (
                jnp.ones((2, 3), int),
                jnp.array([0, 1]),
                TypeError,
                "`logits` must be floating point",
            ),
            (jnp.ones((2, 0)), jnp.array([0, 0]), ValueError, "n >= 1 classes"),
        ],
    )
    def test_bad_arguments_are_explained(
        self, logits, labels, error, message: str
    ) -> None:
        with pytest.raises(error, match=re.escape(message)):
            ls.per_example("softmax + cross_entropy")(logits, labels)


def test_drop_in_refuses_an_axis_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="one of the 1 axes of the logits, got 1"):
        ls.drop_in("softmax")(Z, axis=1)
