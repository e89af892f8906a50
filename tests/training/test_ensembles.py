"""Every member of an ensemble learns, and is as it would be alone."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.datasets.clusters import gaussian_clusters
from logitscape._src.datasets.dataset import Dataset, Examples
from logitscape._src.training import ensemble, models, random_draws
from logitscape._src.training.result import Training
from logitscape._src.training.train import train
from tests.training.small_ensemble import (
    CLUSTERS,
    PAIR,
    arrays,
    assert_same,
    cast,
    small,
)


@pytest.fixture(scope="module")
def linear() -> Training:
    return small()


def test_learns_and_records(linear):
    assert linear.steps.tolist() == [0, 10, 20, 25]
    assert linear.loss.shape == (3, 2, 2, 2, 4)
    assert linear.loss.dtype == np.float32
    assert (linear.loss[..., -1] < linear.loss[..., 0]).all()
    assert linear.accuracy[2, 1, :, 0, -1].min() > 0.7
    assert (linear.diverged_at == -1).all()
    assert linear.parameters[0]["weights"].shape == (2, 2, 2, 2, 3)


def test_is_deterministic_and_seeds_matter(linear):
    assert_same(linear, small())
    assert not np.array_equal(linear.loss[:, :, 0], linear.loss[:, :, 1])


def test_a_member_is_the_same_alone(linear):
    alone = small(learning_rates=(0.5,), seeds=(5,), init_scales=(2.0,))
    np.testing.assert_allclose(
        alone.loss[:, 0, 0, 0], linear.loss[:, 1, 1, 1], rtol=1e-5
    )
    np.testing.assert_allclose(
        alone.parameters[0]["weights"][0, 0, 0],
        linear.parameters[0]["weights"][1, 1, 1],
        rtol=1e-4,
    )


def test_is_the_same_on_one_core_and_on_several(linear, monkeypatch):
    monkeypatch.setattr("logitscape._src.training.threads.usable_cores", lambda: 1)
    np.testing.assert_allclose(small().loss, linear.loss, rtol=1e-5)


def test_diverging_members_are_flagged_and_harm_none():
    rates = (0.1, 1e30)
    with_one = small("squared_logits", learning_rates=rates, metrics_every=5)
    without = small("squared_logits", learning_rates=(0.1, 0.05), metrics_every=5)
    assert (with_one.diverged_at[0] == -1).all()
    assert ((with_one.diverged_at[1] >= 1) & (with_one.diverged_at[1] <= 2)).all()
    assert not np.isfinite(with_one.loss[:, 1, ..., -1]).any()
    assert (with_one.accuracy[:, 1, ..., -1] == 0).all()
    for a, b in zip(arrays(with_one), arrays(without), strict=True):
        mine, other = (
            (a[:, 0], b[:, 0]) if a.ndim == 5 and a.shape[0] == 3 else (a[0], b[0])
        )
        np.testing.assert_array_equal(mine, other)


def test_an_infinite_loss_is_flagged_at_the_start():
    stuck = small("argmax + cross_entropy")
    assert (stuck.diverged_at == 0).all()
    assert np.isposinf(stuck.loss[..., 0]).all()


def test_softmax_regression_follows_the_closed_form():
    dataset, rate = cast(CLUSTERS, np.float64), 0.3
    one = train(
        PAIR,
        dataset,
        learning_rates=(rate,),
        seeds=(0,),
        init_scales=(1.0,),
        steps=1,
        batch_size=150,
        metrics_every=1,
    )
    start = ensemble.start(
        program_of(150), members(), jnp.array([0], jnp.uint32)
    ).parameters[0]
    x, y = dataset.train
    logits = x @ np.asarray(start["weights"][0])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    residual = (p - np.eye(3)[y]) / len(y)
    np.testing.assert_allclose(
        one.parameters[0]["weights"][0, 0, 0],
        start["weights"][0] - rate * x.T @ residual,
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        one.parameters[0]["biases"][0, 0, 0],
        -rate * residual.sum(axis=0),
        rtol=1e-10,
        atol=1e-15,
    )
    np.testing.assert_allclose(
        one.loss[0, 0, 0, 0, 0], -np.log(p[np.arange(150), y]).mean(), rtol=1e-12
    )


def program_of(batch_size: int) -> ensemble.Program:
    return ensemble.Program(ls.objective(PAIR), optax.sgd, (2, 3), batch_size)


def members() -> ensemble.Members:
    place = jnp.zeros(1, jnp.int32)
    return ensemble.Members(jnp.array([0.3]), jnp.array([1.0]), place, place)


def test_every_epoch_visits_every_example_once():
    seen = random_draws.shuffled(jnp.array([1, 2], jnp.uint32), jnp.int32(4), 20)
    np.testing.assert_array_equal(np.sort(seen, axis=1), np.tile(np.arange(20), (2, 1)))
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(
        seen, random_draws.shuffled(jnp.array([1, 2], jnp.uint32), jnp.int32(5), 20)
    )


def test_a_data_set_for_each_seed(linear):
    other = gaussian_clusters(classes=3, examples=150, seed=1).first(
        validation=40, test=30
    )
    both = small(dataset=[CLUSTERS, other])
    np.testing.assert_allclose(both.loss[:, :, 0], linear.loss[:, :, 0], rtol=1e-5)
    assert not np.allclose(both.loss[:, :, 1], linear.loss[:, :, 1])


def test_tokens_are_one_hot_inputs():
    parameters = models.initial(jax.random.key(0), (7, 5, 4, 3), jnp.float32(1))
    tokens = jnp.array([[0, 6], [2, 3]])
    hot = jax.nn.one_hot(tokens, 7, dtype=jnp.float32).sum(axis=1)
    logits = jax.jit(models.logits)
    np.testing.assert_allclose(
        logits(parameters, tokens), logits(parameters, hot), rtol=1e-5
    )
    parts = [
        Examples(part.labels[:, None], part.labels)
        for part in (CLUSTERS.train, CLUSTERS.validation, CLUSTERS.test)
    ]
    result = small(
        dataset=Dataset("tokens", 3, 3, *parts, source="labels"), model=("mlp", 4)
    )
    assert result.parameters[0]["weights"].dtype == np.float32
    assert (result.loss[..., -1] < result.loss[..., 0]).all()


def test_initial_values_are_the_same_draws_for_every_scale():
    key = jax.random.key(0)
    small_start, large = (
        models.initial(key, (4, 8, 3), jnp.float32(scale)) for scale in (1, 4)
    )
    np.testing.assert_allclose(
        4 * small_start[1]["weights"], large[1]["weights"], rtol=1e-6
    )
    np.testing.assert_array_equal(small_start[0]["weights"], large[0]["weights"])


def test_labelled_form(linear):
    dataset = linear.to_xarray()
    assert dataset.loss.dims == ("split", "learning_rate", "seed", "init_scale", "step")
    assert (
        float(
            dataset.loss.sel(
                split="test", learning_rate=0.5, seed=3, init_scale=2.0, step=25
            )
        )
        == linear.loss[2, 1, 0, 1, 3]
    )


def test_bar_goes_to_stderr(capfd):
    small(progress=True)
    out, err = capfd.readouterr()
    assert not out
    assert "25/25" in err
