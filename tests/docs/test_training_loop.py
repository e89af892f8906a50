"""The loops of docs/training_loop.md run, and record what an audit reads."""

import re
from pathlib import Path

import jax
import numpy as np
import pytest

import logitscape as ls

PAGE = Path(__file__).parents[2] / "docs" / "training_loop.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize(
    ("loop", "package"), [("optax", "optax"), ("nnx", "flax"), ("eqx", "equinox")]
)
def test_a_loop_records_a_series(
    loop: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    marks = {"optax": "def probed(", "nnx": "nnx.jit", "eqx": "eqx.filter_jit"}
    (block,) = [each for each in BLOCKS if marks[loop] in each]
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        exec(block, {})
    series = ls.audit("run.npz")
    assert series.points == tuple(str(step) for step in range(0, 200, 10))
    assert series["loss"].is_clear
    assert series["loss"].last.value < series["loss"].first.value
    assert (series["measured"].values == 256).all()


def test_a_large_vocabulary_is_probed(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [each for each in BLOCKS if "probe_linear_loss" in each]
    exec(block, {})
    loss, stuck = map(float, capsys.readouterr().out.split())
    np.testing.assert_allclose(loss, np.log(1000), 1e-5)
    assert stuck == 0
