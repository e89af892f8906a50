"""The commands `diagnose` and `compare`, and interrupts."""

import json
from pathlib import Path
from typing import Any

import pytest
import xarray

import logitscape as ls
from logitscape._src.cli import app
from logitscape._src.cli.output import to_json
from tests.cli.command import Verdict, run


@pytest.mark.parametrize(
    ("severity", "failing"),
    [
        ("fault", {"fault", "trade", "note"}),
        ("trade", {"trade", "note"}),
        ("note", {"note"}),
        ("undecided", set[str]()),
        ("fine", set[str]()),
    ],
)
@pytest.mark.parametrize("command", ["diagnose", "compare"])
def test_the_exit_status_is_the_verdict(
    worst: Verdict,
    capsys: pytest.CaptureFixture[str],
    command: str,
    severity: str,
    failing: set[str],
) -> None:
    worst.worst = severity
    for threshold in ("fault", "trade", "note", "never"):
        status, out, _ = run(capsys, command, "crammer_singer", "--fail-on", threshold)
        assert status == int(threshold in failing)
        assert out == f"worst: {severity}\n"
    assert run(capsys, command, "crammer_singer", "--all")[1].endswith("and all else\n")
    assert run(capsys, command, "crammer_singer")[0] == int("fault" in failing)


def test_options_reach_the_library(
    folder: Path, worst: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    target = "my losses/mine.py:batched"
    options = [
        "--classes",
        "5",
        "--dtype",
        "bfloat16",
        "--seed",
        "3",
        "--form",
        "batch",
        "--quiet",
    ]
    assert (
        run(
            capsys,
            "diagnose",
            target,
            *options,
            "--normalizer",
            "square",
            "--reference",
            "crammer_singer",
        )[0]
        == 0
    )
    arguments = worst.arguments
    assert (
        arguments["num_classes"],
        arguments["dtype"],
        arguments["seed"],
        arguments["progress"],
    ) == (
        5,
        "bfloat16",
        3,
        False,
    )
    assert arguments["reference"].name == "crammer_singer"
    subject = arguments["source"]
    assert (subject.name, subject.form, subject.normalizer.name) == (
        "batched",
        "batch, labels",
        "square",
    )


def test_targets_of_one_name_are_told_apart(
    folder: Path, worst: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "other.py").write_text(
        "def batched(z, y):\n    return z[:, 0]\n", encoding="utf-8"
    )
    assert (
        run(
            capsys,
            "compare",
            "my losses/mine.py:batched",
            "other.py:batched",
            "my losses/mine.py:pair",
            "--normalizer",
            "square",
        )[0]
        == 0
    )
    named = {subject.name: subject.normalizer for subject in worst.arguments["source"]}
    assert list(named) == ["my losses/mine.py:batched", "other.py:batched", "my pair"]
    assert all(normalizer is not None for normalizer in named.values())


def test_results_as_standard_json(
    worst: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, "diagnose", "crammer_singer", "--json")
    assert json.loads(out) == {"worst": "fine", "number": "inf", "rows": [1.0, "nan"]}
    assert to_json({"a": [-float("inf")]}) == '{\n  "a": [\n    "-inf"\n  ]\n}'


def test_reports_are_written(
    folder: Path, worst: Verdict, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(
        capsys, "compare", "crammer_singer", "perceptron", "--out", "a.html"
    )
    assert (status, out, err) == (0, "worst: fine\n", "wrote a.html\n")
    assert (folder / "a.html").read_text(encoding="utf-8") == "report"
    assert [subject.name for subject in worst.arguments["source"]] == [
        "crammer_singer",
        "perceptron",
    ]


def test_a_fault_of_ours_is_neither_finding_nor_bad_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(vars(ls), "diagnose", lambda source, **options: {}["missing"])
    monkeypatch.setattr(
        "logitscape._src.cli.errors.is_users", lambda filename, roots: False
    )
    status, _, err = run(capsys, "diagnose", "crammer_singer")
    assert status == 3
    assert "KeyError" in err
    assert "report it" in err


def interrupted(*args: Any, **options: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diagnose", "crammer_singer"], "nothing was written"),
        (
            ["diagnose", "crammer_singer", "--out", "new.html"],
            "new.html was not written",
        ),
        (
            ["diagnose", "crammer_singer", "--out", "old.html"],
            "old.html is as it was before",
        ),
        (["compare", "crammer_singer"], "nothing was written"),
        (["sweep", "crammer_singer", "--out", "old.nc"], "old.nc is as it was before"),
    ],
)
def test_an_interrupt_leaves_nothing_half_written(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    for name in ("old.html", "old.nc"):
        (folder / name).write_text("old", encoding="utf-8")
    monkeypatch.setitem(vars(ls), "diagnose", interrupted)
    monkeypatch.setitem(vars(ls), "compare", interrupted)
    monkeypatch.setattr(xarray.Dataset, "to_netcdf", interrupted)
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (130, "")
    assert words in err
    assert sorted(path.name for path in folder.iterdir()) == [
        "my losses",
        "old.html",
        "old.nc",
    ]
    assert (folder / "old.nc").read_text(encoding="utf-8") == "old"


def test_an_interrupt_before_the_command_runs_is_told_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "build", interrupted)
    status, out, err = run(capsys, "list")
    assert (status, out) == (130, "")
    assert "interrupted; nothing was written" in err
    assert "Traceback" not in err
