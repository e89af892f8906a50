"""The start of the program, the command `list`, and bad usage."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import logitscape as ls
from tests.cli.command import run


def test_nothing_imports_jax_before_it_computes() -> None:
    code = """
import sys, logitscape, logitscape._src.cli
for line in ("--help", "--version", "list", "list --json", "diagnose --help", "nonsense"):
    logitscape._src.cli.main(line.split())
heavy = {"jax", "matplotlib", "xarray", "scipy"} & set(sys.modules)
assert not heavy, heavy
from logitscape import sweep
assert "jax" in sys.modules and callable(sweep)
"""
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def test_every_exported_name_exists_and_completes() -> None:
    for name in dir(ls):
        assert getattr(ls, name) is not None, name
    assert {"sweep", "objective", "NORMALIZERS", "diagnose", "testing"} <= set(dir(ls))
    with pytest.raises(AttributeError, match="nothing"):
        ls.nothing  # noqa: B018


def test_a_closed_pipe_is_no_error() -> None:
    command = [sys.executable, "-m", "logitscape", "list"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 0


def test_list_fits_and_has_everything(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "list")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert all(name in out for name in (*ls.NORMALIZERS, *ls.LOSSES))


def test_list_some_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "focal", "softmax", "--json")
    assert [entry["name"] for entry in json.loads(out)] == ["softmax", "focal"]


def test_colours_only_where_wanted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "\x1b" not in run(capsys, "list", "softmax")[1]
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32m" in run(capsys, "list", "softmax")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in run(capsys, "list", "softmax")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], 'Unknown command "nonsense"'),
        (["shw", "softmax"], 'Did you mean "show"?'),
        (["list", "--jsn"], "Did you mean --json?"),
        (["list", "focl"], "Did you mean 'focal'"),
        (
            ["show", "sotmax + brier"],
            "unknown normalizer 'sotmax'. Did you mean 'softmax'",
        ),
        (["show", "softmax + focal(gama=2)"], "It takes gamma."),
        (["show", "softmax"], "is a normalizer and needs a loss"),
        (["show", "my.losses.f"], "path/to/file.py:function"),
        (
            ["show", "crammer_singer", "--ray", "up"],
            "--ray must be R1, R2, R3 or numbers",
        ),
        (["show", "crammer_singer", "--classes", "1"], "--classes. Must be >= 2"),
        (
            ["show", "crammer_singer", "--ray", "0,1", "--classes", "3"],
            "must have num_classes = 3 logits, got 2",
        ),
        (
            ["show", "crammer_singer", "--out", "a.jpeg"],
            "must end in .png or .svg or .pdf",
        ),
        (
            ["show", "crammer_singer", "--out", "nowhere/a.png"],
            "there is no folder `nowhere`",
        ),
        (["sweep", "--out", "a.nc"], "name at least one SPEC"),
        (
            ["sweep", "crammer_singer", "--out", "a.nc", "--points", "0"],
            "--points. Must be >= 1",
        ),
        (["sweep", "crammer_singer"], "--out"),
        (["compare"], "name at least one TARGET"),
        (["diagnose", "crammer_singer", "--dtype", "float8"], "float8"),
        (["diagnose", "crammer_singer", "--fail-on", "sometimes"], "sometimes"),
        (
            ["diagnose", "my losses/mine.py"],
            "It has: batched, mean_inside, helper, broken.",
        ),
        (["diagnose", "my losses/min.py:f"], "Did you mean 'mine.py'?"),
        (["diagnose", "my losses/mine.py:batchd"], "Did you mean 'batched'"),
        (["diagnose", "my losses/mine.py:Losses.co"], "Did you mean 'ce'"),
        (["diagnose", "my losses/mine.py:table"], "of type list"),
        (["diagnose", "my losses/mine.py:Losses"], "is a class"),
        (["diagnose", "C:\\no\\where.py:f"], "there is no file"),
        (["diagnose", "jsno:f"], "there is no module `jsno`. Did you mean 'json'"),
        (
            ["diagnose", "json.decodr:f"],
            "there is no module `json.decodr`. Did you mean 'decoder'",
        ),
        (["diagnose", "not a module:f"], "neither a module nor a file"),
        (
            ["diagnose", "crammer_singer", "--normalizer", "sofmax"],
            "Did you mean 'softmax'",
        ),
    ],
)
def test_bad_usage_is_2_with_a_remedy(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in " ".join(err.split())
    assert "Traceback" not in err
    assert list(folder.iterdir()) == [folder / "my losses"]
