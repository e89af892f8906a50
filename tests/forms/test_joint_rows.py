"""A joint matrix of the similarities of two sets of rows, and one sequence, are forms."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
from jax.nn import log_softmax

from logitscape._src.base.x64 import enable_x64
from logitscape._src.diagnosis.evaluation import evaluate
from logitscape._src.diagnosis.subjects import subject

N = 4
Z = np.random.default_rng(0).normal(size=(3, N))
LABEL = 1
CROSS_ENTROPY = -log_softmax(jnp.asarray(Z))[:, LABEL]


def places_apart(count: int):
    return (jnp.arange(count) + count // 2) % count


def neighbours(count: int):
    return jnp.arange(count) ^ 1


def of_joint_rows(similarities, matches, reduce=jnp.mean):
    own = jnp.eye(len(similarities), dtype=bool)
    log_p = log_softmax(jnp.where(own, -jnp.inf, similarities))
    return -reduce(log_p[jnp.arange(len(log_p)), matches(len(log_p))])


def of_rows(similarities):
    return -jnp.mean(jnp.diagonal(log_softmax(similarities)))


def of_next_places(logits, labels, reduce=jnp.mean):
    return -reduce(log_softmax(logits[:-1])[jnp.arange(len(labels) - 1), labels[1:]])


@pytest.mark.parametrize(
    ("loss", "style"),
    [
        (partial(of_joint_rows, matches=places_apart), "joint"),
        (partial(of_joint_rows, matches=neighbours), "joint pairs"),
        (of_rows, "one"),
        (of_next_places, "two"),
        (partial(of_next_places, reduce=jnp.sum), "two"),
    ],
)
def test_an_example_has_its_cross_entropy(loss, style: str) -> None:
    with enable_x64():
        found = subject(loss, num_classes=N)
        scope = {"jnp": jnp, getattr(loss, "__name__", "your_function"): loss}
        values = evaluate(found, Z, np.full(len(Z), LABEL)).loss
        by_code = eval(found.code, scope)(jnp.asarray(Z[0]), jnp.eye(N)[LABEL])
    assert found.recognised.call.style == style
    np.testing.assert_allclose(values, CROSS_ENTROPY, rtol=1e-6)
    np.testing.assert_allclose(by_code, CROSS_ENTROPY[0], rtol=1e-6)
