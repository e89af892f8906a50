"""The command `logitscape`: in this process where that is enough, in one of its own where starting is the point."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xarray

import logitscape as ls
from logitscape._src.cli import main, targets
from logitscape._src.cli.errors import UsageError, UserError
from logitscape._src.cli.output import to_json
from logitscape._src.properties.gradient_laws import GradientLaws
from logitscape._src.properties.law import Law

LOSSES = """
import jax, jax.numpy as jnp
import logitscape as ls

print("imported")

class Losses:
    @staticmethod
    def ce(z, t):
        return -jnp.sum(t * jax.nn.log_softmax(z))

def batched(logits, labels):
    return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels]

def mean_inside(logits, labels):
    return batched(logits, labels).mean()

def helper(z):
    return z.nothing_of_the_kind

def broken(z, t):
    return helper(z)

pair = ls.compose("square", "brier", name="my pair")
spec = "softmax + hellinger"
table = [1]
"""


@pytest.fixture
def lawless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws told by hand, where they are not the point: to find them takes seconds."""
    law = Law("constant", (1.0, 2.0), coefficient=2.0)
    monkeypatch.setitem(
        vars(ls), "gradient_law", lambda *_, **__: GradientLaws(law, law, law, "ray")
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a file of losses, in a folder with a space in its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "my losses").mkdir()
    (tmp_path / "my losses" / "mine.py").write_text(LOSSES, encoding="utf-8")
    yield tmp_path
    for name in [
        name
        for name, module in sys.modules.items()
        if str(tmp_path) in str(getattr(module, "__file__", ""))
    ]:
        del sys.modules[name]


@dataclass
class Verdict:
    """What stands in for a Diagnosis, and for a Comparison."""

    worst: str
    said: dict[str, Any]

    def table(self) -> str:
        return f"worst: {self.worst}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "worst": self.worst,
            "number": float("inf"),
            "rows": (1.0, float("nan")),
        }

    def save(self, path: Path) -> None:
        path.write_text("report", encoding="utf-8")


@pytest.fixture
def worst(monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """The library's verdict, to be set; it keeps what it was asked."""
    verdict = Verdict("fine", {})

    def judge(source: Any, **options: Any) -> Verdict:
        verdict.said = {"source": source, **options}
        return verdict

    monkeypatch.setitem(vars(ls), "diagnose", judge)
    monkeypatch.setitem(vars(ls), "compare", judge)
    return verdict


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err


# Starting


def test_nothing_imports_jax_before_it_computes() -> None:
    code = """
import sys, logitscape, logitscape._src.cli
for arguments in (["--help"], ["--version"], ["list"], ["list", "--json"], ["diagnose", "--help"], ["nonsense"]):
    logitscape._src.cli.main(arguments)
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


# list


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


# Bad usage


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
            "--points must be at least 1",
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


# Targets


def test_targets_of_every_kind(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = "my losses/mine.py"
    assert targets.resolve("softmax + brier").source.name == "softmax + brier"
    assert targets.resolve(f"{here}:batched").source.__name__ == "batched"
    assert targets.resolve(f"{folder}/{here}:Losses.ce").source.__name__ == "ce"
    assert targets.resolve(f"{here}:pair").source.name == "my pair"
    assert targets.resolve(f"{here}:spec").source == "softmax + hellinger"
    assert targets.resolve(
        "optax.losses:softmax_cross_entropy"
    ).source.__module__.startswith("optax")
    out, err = capsys.readouterr()
    assert (out, err.count("imported")) == (
        "",
        1,
    )  # run once, and what it prints is no result


def test_a_module_of_the_working_folder(folder: Path) -> None:
    (folder / "local_losses.py").write_text(
        "def f(z, t):\n    return z.sum()\n", encoding="utf-8"
    )
    assert targets.resolve("local_losses:f").source.__module__ == "local_losses"


def test_a_file_named_like_a_module_replaces_none(folder: Path) -> None:
    (folder / "json.py").write_text(
        "def f(z, t):\n    return z.sum()\n", encoding="utf-8"
    )
    assert targets.resolve("./json.py:f").source.__name__ == "f"
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "def f(z, t):\n    return (z\n",
            UserError,
            "line 2\n    return (z\n           ^\nSyntaxError",
        ),
        (
            "import nothing_here\n",
            UserError,
            "line 1, in <module>\n    import nothing_here\nModuleNotFoundError",
        ),
        ("raise SystemExit(3)\n", UsageError, "ended the program"),
        ("1 / 0\n", UserError, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_fails(
    folder: Path, text: str, error: type[Exception], words: str
) -> None:
    (folder / "bad.py").write_text(text, encoding="utf-8")
    with pytest.raises(error) as caught:
        targets.resolve("bad.py:f")
    assert words in str(caught.value)


def test_errors_in_the_function_show_its_own_lines_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "show", "my losses/mine.py:broken")
    assert (status, out) == (2, "")
    assert "in broken\n    return helper(z)" in err
    assert "in helper\n    return z.nothing_of_the_kind" in err
    assert err.count("in helper") == 1
    assert "site-packages" not in err
    assert "/logitscape/" not in err
    assert "JAX has removed" not in err


def test_a_mean_inside_is_refused_with_the_remedy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "show", "my losses/mine.py:mean_inside")
    assert status == 2
    assert 'reduction="none"' in err
    assert "File" not in err


# show and sweep


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
    assert "20 20 1.414 2.061e-09" in words
    assert (
        "loss, s -> inf 1.00 s gradient norm, s -> inf 1.41 pull, s -> inf 1.00"
        in words
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
    assert [str(each) for each in data["objective"].values] == [
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


# diagnose and compare


@pytest.mark.parametrize(
    ("severity", "failing"),
    [
        ("serious", {"serious", "warning", "note"}),
        ("warning", {"warning", "note"}),
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
    for threshold in ("serious", "warning", "note", "never"):
        status, out, _ = run(capsys, command, "crammer_singer", "--fail-on", threshold)
        assert status == int(threshold in failing)
        assert out == f"worst: {severity}\n"
    assert run(capsys, command, "crammer_singer")[0] == int("warning" in failing)


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
    said = worst.said
    assert (said["num_classes"], said["dtype"], said["seed"], said["progress"]) == (
        5,
        "bfloat16",
        3,
        False,
    )
    assert said["reference"].name == "crammer_singer"
    subject = said["source"]
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
    named = {each.name: each.normalizer for each in worst.said["source"]}
    assert list(named) == ["my losses/mine.py:batched", "other.py:batched", "my pair"]
    assert all(each is not None for each in named.values())


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
    assert [each.name for each in worst.said["source"]] == [
        "crammer_singer",
        "perceptron",
    ]


def test_a_fault_of_ours_is_neither_finding_nor_bad_usage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(vars(ls), "diagnose", lambda source, **options: {}["missing"])
    monkeypatch.setattr(
        "logitscape._src.cli.errors._is_users", lambda filename, roots: False
    )
    status, _, err = run(capsys, "diagnose", "crammer_singer")
    assert status == 3
    assert "KeyError" in err
    assert "report it" in err


# Interrupts


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
    assert sorted(each.name for each in folder.iterdir()) == [
        "my losses",
        "old.html",
        "old.nc",
    ]
    assert (folder / "old.nc").read_text(encoding="utf-8") == "old"
