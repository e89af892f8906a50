"""An interruption leaves no trace, and a checkpoint serves no other training."""

import dataclasses
import os
import signal
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import logitscape as ls
from logitscape._src.training import checkpoints, run
from logitscape._src.training.result import Training
from tests.training.small_ensemble import CLUSTERS, assert_same, cast, small


@pytest.fixture(scope="module")
def linear() -> Training:
    return small()


def stopping_after(steps):
    def report(done, total):
        if done >= steps:
            raise KeyboardInterrupt

    return report


def test_interrupted_is_as_if_not(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0)
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
    monkeypatch.setattr(run, "CHECKPOINT_SECONDS", 0)
    half = cast(CLUSTERS, jnp.bfloat16)
    whole = small(dataset=half)
    assert whole.parameters[0]["weights"].dtype == jnp.bfloat16
    with pytest.raises(KeyboardInterrupt):
        small(dataset=half, checkpoint=tmp_path / "half", progress=stopping_after(10))
    assert_same(whole, small(dataset=half, checkpoint=tmp_path / "half"))


KILLED = """
import os, signal
from logitscape._src.datasets.clusters import gaussian_clusters
from logitscape._src.training import run
from logitscape._src.training.train import train
run.CHECKPOINT_SECONDS = 0
clusters = gaussian_clusters(classes=3, examples=150).first(validation=40, test=30)
def report(done, total):
    if done == 20:
        os.kill(os.getpid(), signal.SIGKILL)
train(
    "softmax + cross_entropy",
    clusters,
    learning_rates=(0.1, 0.5),
    seeds=(3, 5),
    init_scales=(0.01, 2.0),
    steps=25,
    batch_size=16,
    metrics_every=10,
    checkpoint="state.npz",
    progress=report,
)
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


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "state"
    state = {"x": np.arange(3)}
    checkpoints.write(path, {"a": 1}, state, [])
    monkeypatch.setattr(np, "savez", lambda *args, **arrays: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        checkpoints.write(path, {"a": 1}, {"x": np.arange(4)}, [])
    assert checkpoints.read(path, {"a": 1}, state).leaves[0].tolist() == [0, 1, 2]
    assert [file.name for file in tmp_path.iterdir()] == ["state"]
