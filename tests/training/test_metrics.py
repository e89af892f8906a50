"""Metrics are what their formulas say, whichever of them are asked for."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.training import measurement, metrics
from logitscape._src.training.config import make_config
from logitscape._src.training.result import Training
from tests.training.small_ensemble import CLUSTERS, PAIR, SMALL, assert_same, small

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def linear() -> Training:
    return small()


def test_only_the_metrics_that_are_asked_for(linear, tmp_path):
    path = tmp_path / "state"
    some = small(metrics=("stuck", "accuracy"), checkpoint=path)
    np.testing.assert_array_equal(some.accuracy, linear.accuracy)
    np.testing.assert_array_equal(some.stuck, linear.stuck)
    assert np.isnan(some.loss).all()
    assert some.loss.shape == linear.loss.shape
    assert set(some.to_xarray()) == {"accuracy", "stuck", "diverged_at"}
    assert_same(some, small(metrics=("accuracy", "stuck"), checkpoint=path))
    with pytest.raises(ValueError, match=r"of another training: .*metrics was"):
        small(checkpoint=path)


def test_metrics_are_what_they_say():
    objective = ls.objective(PAIR)
    random = np.random.default_rng(1)
    logits, labels = (
        2 * random.standard_normal((400, 4)),
        random.integers(0, 4, 400).astype(np.int32),
    )
    counted = np.stack([np.arange(400) < 300, np.arange(400) >= 300])
    sums = jax.jit(partial(metrics.tally, objective))(logits, labels, counted)
    result = {
        name: np.asarray(value)[0] for name, value in metrics.summary(sums).items()
    }
    z, y = logits[:300], labels[:300]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    right, confidence = p.argmax(1) == y, p.max(1)
    norms = np.linalg.norm(p - np.eye(4)[y], axis=1)
    bins = np.ceil(confidence * 15).astype(int)
    gaps = [abs(sum(confidence[bins == b] - right[bins == b])) for b in range(1, 16)]
    expected = {
        "loss": -np.log(p[np.arange(300), y]).mean(),
        "accuracy": right.mean(),
        "nll": -np.log(p[np.arange(300), y]).mean(),
        "calibration_error": sum(gaps) / 300,
        "carried_by_wrong": norms[~right].sum() / norms.sum(),
        "stuck": 0,
    }
    for name in metrics.METRICS:
        np.testing.assert_allclose(
            result[name], expected[name], rtol=1e-10, err_msg=name
        )


@pytest.mark.parametrize(
    ("pair", "share"), [("softmax + mae", 0.75), (PAIR, 0), ("argmax + brier", 0.75)]
)
def test_stuck_examples_are_wrong_and_hardly_pushed(pair, share):
    objective = ls.objective(pair)
    logits = jnp.tile(jnp.array([30.0, 0, 0, 0]), (4, 1))
    tally = jax.jit(partial(metrics.tally, objective))
    sums = tally(logits, jnp.arange(4, dtype=jnp.int32), jnp.ones((1, 4), bool))
    assert metrics.summary(sums)["stuck"][0] == share


def test_sums_do_not_depend_on_blocks(linear, monkeypatch):
    config = make_config(
        PAIR, CLUSTERS, "linear", **SMALL, optimizer="sgd", metrics=metrics.METRICS
    )
    monkeypatch.setattr(measurement, "LARGEST_BLOCK", 64)
    measure = jax.jit(measurement._measure.__wrapped__, static_argnums=(0, 1))
    parameters = [
        {name: leaf.reshape(8, *leaf.shape[3:]) for name, leaf in layer.items()}
        for layer in linear.parameters
    ]
    blocks = measure(
        config.program,
        3,
        config.members,
        config.everything,
        config.split_index,
        parameters,
    )
    for name in metrics.METRICS:
        whole = getattr(linear, name)[..., -1].reshape(3, 8)
        np.testing.assert_allclose(
            blocks[name].T, whole, rtol=2e-4, atol=1e-6, err_msg=name
        )
