"""Losses of Keras on its JAX backend, and of modules of flax and equinox, are those of JAX."""

import os
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.subject import Subject
from logitscape._src.diagnosis.subjects import subject

N = 4
Z = np.random.default_rng(0).normal(size=(3, N))
LABEL = 1
CROSS_ENTROPY = -jax.nn.log_softmax(jnp.asarray(Z))[:, LABEL]

of_labels = optax.softmax_cross_entropy_with_integer_labels


def recognised(function) -> Subject:
    with enable_x64():
        return subject(function, num_classes=N)


def check(function) -> Subject:
    """Check that a loss is cross-entropy, to the digits of float32, in which Keras computes."""
    found = recognised(function)
    assert found.opaque is None
    with enable_x64():
        values = evaluate(found, Z, LABEL)
    np.testing.assert_allclose(values.loss, CROSS_ENTROPY, rtol=1e-6)
    return found


@pytest.fixture
def keras():
    os.environ.setdefault("KERAS_BACKEND", "jax")
    module = pytest.importorskip("keras")
    if module.backend.backend() != "jax":
        pytest.skip("Keras has another backend")
    # Keras itself mixes float32 and float64.
    with jax.numpy_dtype_promotion("standard"):
        yield module


def test_keras_has_the_target_first(keras) -> None:
    losses = keras.losses
    for loss in (
        losses.CategoricalCrossentropy(from_logits=True),
        losses.CategoricalCrossentropy(from_logits=True, reduction=None),
        losses.SparseCategoricalCrossentropy(from_logits=True),
        partial(losses.categorical_crossentropy, from_logits=True),
        partial(losses.sparse_categorical_crossentropy, from_logits=True),
    ):
        assert check(loss).recognised.call.swapped


def test_losses_of_probabilities_are_refused(keras) -> None:
    loss = keras.losses.CategoricalCrossentropy()
    with pytest.raises(TypeError, match=r"CategoricalCrossentropy\(from_logits=True\)"):
        recognised(loss)
    with pytest.raises(TypeError, match="--arg from_logits=True"):
        recognised(keras.losses.sparse_categorical_crossentropy)


def test_a_binary_loss_of_keras(keras) -> None:
    assert recognised(keras.losses.BinaryCrossentropy(from_logits=True)).one_logit


def test_methods_and_partial_applications_of_flax() -> None:
    nnx = pytest.importorskip("flax.nnx")

    class Model(nnx.Module):
        def __init__(self) -> None:
            self.scale = nnx.Param(jnp.ones(()))

        def __call__(self, x):
            return x * self.scale

        def loss(self, logits, labels):
            return of_labels(self(logits), labels).mean()

    def loss(model, batch):
        logits = model(batch["image"])
        return of_labels(logits, batch["label"]).mean(), logits

    model = Model()
    for function in (model.loss, partial(loss, model), partial(loss, model=model)):
        assert check(function).reduction == "mean"


def test_modules_of_equinox() -> None:
    eqx = pytest.importorskip("equinox")

    class Loss(eqx.Module):
        temperature: jax.Array

        def __call__(self, logits, labels):
            return of_labels(logits / self.temperature, labels).mean()

        def of_one(self, logits, label):
            return -jax.nn.log_softmax(logits / self.temperature)[label]

    module = Loss(jnp.ones(()))
    for function in (
        module,
        module.of_one,
        eqx.filter_jit(module),
        eqx.filter_vmap(module.of_one),
        eqx.filter_value_and_grad(module),
    ):
        check(function)
