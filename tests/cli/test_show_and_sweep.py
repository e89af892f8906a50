"""The commands `show` and `sweep`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import xarray

from tests.cli.command import run


def test_show_prints_numbers_and_laws() -> None:
    command = [sys.executable, "-m", "logitscape", "show", "softmax + cross_entropy"]
    shown = subprocess.run(
        command,
        check=True,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "80"},
    )
    assert shown.stderr == ""
    assert max(map(len, shown.stdout.splitlines())) <= 80
    words = " ".join(shown.stdout.split())
    assert "z = (0, 0, 0) + s (0, 1, 0), label 0" in words
    assert "20 1 20 1.414 2.061e-09" in words
    assert (
        "slope dL/ds, s -> inf 1.00 loss, s -> inf 1.00 s "
        "gradient norm, s -> inf 1.41 pull, s -> inf 1.00" in words
    )
    assert "█" in words


@pytest.mark.usefixtures("lawless")
def test_show_as_json_of_a_function_with_a_normalizer(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = "my losses/mine.py:batched"
    status, out, err = run(
        capsys,
        "show",
        target,
        "--json",
        "--normalizer",
        "softmax",
        "--stop",
        "10",
        "--ray",
        "R3",
    )
    assert status == 0
    assert "imported" in err
    data = json.loads(out)
    assert data["s"][-1] == 10
    assert data["loss"][-1] == pytest.approx(10.0067, abs=1e-4)
    assert data["p of the label"][0] == pytest.approx(1 / 3)


@pytest.mark.usefixtures("lawless")
def test_show_marks_what_is_infinite(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "show", "sparsemax + cross_entropy")
    assert "^^^" in out
    assert (
        json.loads(run(capsys, "show", "sparsemax + cross_entropy", "--json")[1])[
            "loss"
        ][-1]
        == "inf"
    )


@pytest.mark.usefixtures("lawless")
def test_a_direction_says_how_many_classes_there_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "show", "crammer_singer", "--ray", "0,1,0,-1")
    assert "z = (0, 0, 0, 0) + s (0, 1, 0, -1)" in out


@pytest.mark.usefixtures("lawless")
@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_show_draws(
    folder: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    status, _, err = run(capsys, "show", "crammer_singer", "--out", f"a.{suffix}")
    assert (status, err) == (0, f"wrote a.{suffix}\n")
    assert (folder / f"a.{suffix}").stat().st_size > 1000


def test_sweep_writes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "sweep",
        "softmax + brier",
        "my losses/mine.py:pair",
        "--out",
        "a.nc",
        "--base",
        "1",
        "--points",
        "11",
    ]
    status, out, err = run(capsys, *arguments, "--dtype", "float32", "--hessian")
    assert (status, out) == (0, "")
    assert "wrote a.nc: 2 objectives at 11 points, z = (1, 1, 1) + s (0, 1, 0)" in err
    data = xarray.load_dataset("a.nc", engine="scipy")
    assert [str(name) for name in data["objective"].values] == [
        "softmax + brier",
        "my pair",
    ]
    assert data.attrs["dtype"] == "float32"
    assert data["curvatures"].shape == (2, 1, 11, 3)


def test_sweep_of_a_plane(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "sweep",
        "crammer_singer",
        "--plane",
        "--start",
        "-2",
        "--stop",
        "2",
        "--points",
        "5",
        "--out",
        "a.nc",
    ]
    assert run(capsys, *arguments, "-q") == (0, "", "")
    assert xarray.load_dataset("a.nc", engine="scipy")["loss"].dims == (
        "objective",
        "label",
        "z_0",
        "z_1",
    )
