"""Several dumps of one training, and recordings of `ls.probe`, are read as a series."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.cli import main
from tests.audit.dumps import Model, dump, parts
from tests.reports.pages import Page, embedded

RNG = np.random.default_rng(0)
M, N = 400, 4
Y = RNG.integers(0, N, M)
START = RNG.normal(size=(M, N)).astype(np.float32)


def learned(step: int) -> np.ndarray:
    """Logits that are right more and more; every tenth example is forgotten in the end."""
    sign = np.where((np.arange(M) % 10 == 0) & (step > 4), -1, 1)
    z = START + 5 * step
    z[np.arange(M), Y] += sign * step
    return z.astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series")
    for step in (0, 2, 4, 10):
        np.savez(folder / f"epoch_{step}.npz", logits=learned(step), labels=Y)
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> ls.AuditSeries:
    series = ls.audit(str(folder / "epoch_*.npz"))
    assert isinstance(series, ls.AuditSeries)
    return series


def test_the_numbers_are_those_of_the_audits(found: ls.AuditSeries) -> None:
    assert found.points == ("epoch_0", "epoch_2", "epoch_4", "epoch_10")
    alone = ls.audit(learned(4), Y)
    for row in found.rows:
        np.testing.assert_equal(row.values[2], alone[row.name].estimate.value)
    assert found["accuracy"].is_clear
    with pytest.raises(KeyError, match="there is no number 'nothing'"):
        found["nothing"]


def test_what_became_of_the_examples(found: ls.AuditSeries) -> None:
    right = np.stack([learned(step).argmax(1) == Y for step in (0, 2, 4, 10)])
    expected = {
        "learned": ~right[0] & right[-1],
        "forgotten": right[:-1].any(0) & ~right[-1],
        "never right": ~right.any(0),
        "always stuck": np.zeros(M, bool),
    }
    for passage in found.passages:
        which = expected[passage.name]
        assert passage.share.value == which.mean(), passage.name
        assert which[list(passage.examples)].all()
    verdicts = {finding.verdict for finding in found.findings}
    assert {"examples are forgotten", "the offset drifts", "the loss rises"} <= verdicts
    assert "at epoch_4 and" in str(found)


def test_dumps_are_given_in_many_ways(folder: Path, found: ls.AuditSeries) -> None:
    np.save(folder / "labels.npy", Y)
    paths = [folder / f"epoch_{step}.npz" for step in (0, 2)]
    arrays = {"start": learned(0), "two": learned(2)}
    for given, labels in (
        (paths, None),
        (paths, folder / "labels.npy"),
        (arrays, Y),
        (arrays, {"start": Y, "two": Y}),
        ([learned(0), learned(2)], [Y, Y]),
    ):
        series = ls.audit(given, labels)
        np.testing.assert_array_equal(series["loss"].values, found["loss"].values[:2])


def test_reports(found: ls.AuditSeries, tmp_path: Path) -> None:
    for text in (str(found), found.full()):
        assert max(map(len, text.splitlines())) <= 80
        assert "epoch_10" in text
    text = found.save(tmp_path / "series.html").read_text(encoding="utf-8")
    assert Page(text).tags["svg"] == 7
    record = embedded(text)
    assert record == json.loads(found.to_json())
    assert record["schema"] == "logitscape.audit_series/1"
    found.save(tmp_path / "series.nc")
    assert found.to_xarray().loss.sizes["point"] == 4
    Page(found._repr_html_())


def test_a_recording_of_a_probe_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    probe = jax.jit(ls.probe("softmax + cross_entropy"))
    recording = ls.Recording()
    for step in range(0, 30, 2):
        recording.append(step, probe(learned(step), Y))
    stacked = jax.vmap(probe)(jnp.stack([learned(30), learned(32)]), jnp.stack([Y, Y]))
    recording.extend([30, 32], stacked)
    assert len(recording) == 17
    path = recording.save(tmp_path / "run.npz")
    series = ls.audit(path)
    assert isinstance(series, ls.AuditSeries)
    assert series.points[-1] == "32"
    alone = ls.audit(learned(32), Y)
    for name in ("loss", "accuracy", "carriers_90", "scale", "offset"):
        np.testing.assert_allclose(
            series[name].values[-1], alone[name].estimate.value, 1e-5
        )
    assert "the offset drifts" in {each.verdict for each in series.findings}
    assert main(["audit", str(path), "--json", "-q"]) == int(not series.healthy)
    assert json.loads(capsys.readouterr().out)["kind"] == "steps"
    assert str(ls.audit(recording)).splitlines()[2:] == str(series).splitlines()[2:]


def test_a_series_that_is_none_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no file matches"):
        ls.audit(str(tmp_path / "*.npz"))
    with pytest.raises(ValueError, match="at least two dumps, got 1"):
        ls.audit({"one": learned(0)}, Y)
    with pytest.raises(ValueError, match="has none for two"):
        ls.audit({"one": learned(0), "two": learned(0)}, {"one": Y})
    with pytest.raises(ValueError, match="one entry for each of the 2 dumps, got 3"):
        ls.audit([learned(0), learned(2)], [Y, Y, Y])
    with pytest.raises(ValueError, match="as many classes"):
        ls.audit([learned(0), np.zeros((M, 9))], Y)
    with pytest.raises(ValueError, match="has no step to write"):
        ls.Recording().save(tmp_path / "empty.npz")
    with pytest.raises(ValueError, match="is no recording"):
        ls.Recording.load(folder / "epoch_0.npz")
    with pytest.raises(TypeError, match=r"must be what `ls.probe\(...\)` returned"):
        ls.Recording().append(0, 1.0)  # type: ignore[arg-type]


def test_a_healthy_training_raises_no_alarm() -> None:
    train, held = parts()
    model = Model(64)
    dumps = []
    for _ in range(3):
        model = model.train(train, 150)
        dumps.append(dump(model, held))
    series = ls.audit([each.logits for each in dumps], dumps[0].labels)
    assert series.healthy, series.headline()
