"""Studies: stored results, interrupted measurements that continue, and quick forms."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analyses.harness import claims
from analyses.harness.findings_text import from_json
from analyses.harness.scripts import discover, script_of
from analyses.harness.study import StudyRun
from tests.shares import share

ROOT = Path(__file__).parents[2]
STUDIES = [
    name for name, script in discover(ROOT / "analyses").items() if script.is_study
]
SHORTEST = "cost_of_the_exponential"
"""The study whose quick form is run here.

`nox -s studies -- --quick`, which .ci/run calls, runs all of them in two minutes.
"""

TOY = """
import os, sys, time
from pathlib import Path
from analyses import harness
from analyses.harness.findings import Finding

def measure(run):
    import pandas as pd

    def part(key):
        with open("parts.log", "a") as log:
            log.write(f"{key} ")
        if key == os.environ.get("FAIL"):
            raise ValueError("no such luck")
        if key == os.environ.get("SLEEP"):
            time.sleep(60)
        return pd.DataFrame({"pair": [key], "share": [len(key) / 3], "note": [""]})

    keys = ["a", "b + c"] if run.quick else ["a", "b + c", "b - c"]
    more = pd.DataFrame({"x": [float("nan"), 1.0]})
    return {"runs": run.gather("runs", keys, part), "more": more}

def findings(tables):
    assert tables["runs"].note.tolist() == [""] * len(tables["runs"])
    assert tables["more"].x.isna().tolist() == [True, False]
    share = tables["runs"].share.sum()
    return [Finding("C07a", "a share", f"{share:.4f}", "cannot tell", "too few")]

def draw(tables):
    from matplotlib import pyplot as plt
    figure, axes = plt.subplots(figsize=(2, 1))
    axes.plot(tables["runs"].share)
    return figure

if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, style="default")
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    script = tmp_path / "scripts" / "toy.py"
    script.parent.mkdir()
    script.write_text(TOY)
    return script


def environment(path: Path, **more: str) -> dict[str, str]:
    script = script_of(path)
    return {
        **script.environment,
        "XDG_CACHE_HOME": str(script.analyses.parent / "cache"),
        **more,
    }


def run(path: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    script = script_of(path)
    folder, command = script.analyses.parent, [*script.command, *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(path, **more),
    )


def measured(folder: Path) -> list[str]:
    """The keys of the parts that were measured, in order."""
    log = (folder / "parts.log").read_text()
    return log.replace(" + ", "+").replace(" - ", "-").split()


def test_without_results_it_says_how_to_measure(toy: Path, tmp_path: Path) -> None:
    ended = run(toy)
    assert ended.returncode != 0
    assert "Measure first: python -m analyses --measure toy" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "figures" / "toy.svg").exists()


def test_results_are_stored_and_redrawn_to_the_byte(toy: Path, tmp_path: Path) -> None:
    assert run(toy, "--measure").returncode == 0
    figures = tmp_path / "figures"
    assert (
        figures / "data" / "toy" / "runs.csv"
    ).read_text() == "pair,share,note\na,0.333333,\nb + c,1.66667,\nb - c,1.66667,\n"
    assert (
        json.loads((figures / "data" / "toy" / "about.json").read_text())["study"]
        == "toy"
    )
    drawn = {path: path.read_bytes() for path in figures.rglob("*") if path.is_file()}
    assert run(toy).returncode == 0
    assert drawn == {
        path: path.read_bytes() for path in figures.rglob("*") if path.is_file()
    }
    assert measured(tmp_path) == ["a", "b+c", "b-c"]
    assert not list((tmp_path / "cache").rglob("*.csv"))


def test_a_quick_run_leaves_the_results_alone(toy: Path, tmp_path: Path) -> None:
    assert run(toy, "--measure").returncode == 0
    before = (tmp_path / "figures" / "data" / "toy" / "runs.csv").read_bytes()
    assert run(toy, "--quick").returncode == 0
    assert (tmp_path / "figures" / "data" / "toy" / "runs.csv").read_bytes() == before
    assert (tmp_path / "figures" / "quick" / "toy.png").exists()
    assert (
        json.loads((tmp_path / "figures" / "findings.json").read_text())[0]["measured"]
        == "3.6667"
    )


def test_a_failed_measurement_loses_nothing_and_goes_on(
    toy: Path, tmp_path: Path
) -> None:
    assert run(toy, "--measure").returncode == 0
    before = (tmp_path / "figures" / "data" / "toy" / "runs.csv").read_bytes()
    failed = run(toy, "--measure", FAIL="b - c")
    assert failed.returncode != 0
    assert "no such luck" in failed.stderr
    assert (tmp_path / "figures" / "data" / "toy" / "runs.csv").read_bytes() == before
    assert run(toy, "--measure").returncode == 0
    assert measured(tmp_path)[3:] == ["a", "b+c", "b-c", "b-c"]


def test_a_killed_measurement_goes_on(toy: Path, tmp_path: Path) -> None:
    command = [*script_of(toy).command, "--measure"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(toy, SLEEP="b + c"),
        stderr=subprocess.DEVNULL,
    )
    while (
        not (tmp_path / "parts.log").exists()
        or "b" not in (tmp_path / "parts.log").read_text()
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "figures" / "data").exists()
    assert run(toy, "--measure").returncode == 0
    assert measured(tmp_path) == ["a", "b+c", "b+c", "b-c"]


def test_a_changed_script_takes_no_part_of_the_old_one(
    toy: Path, tmp_path: Path
) -> None:
    assert run(toy, "--measure", FAIL="b + c").returncode != 0
    toy.write_text(TOY.replace("/ 3", "/ 4"))
    assert run(toy, "--measure").returncode == 0
    assert measured(tmp_path) == ["a", "b+c", "a", "b+c", "b-c"]


def test_parts_that_are_done_side_by_side_stay_in_order(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")

    def part(key: float):
        time.sleep(key)
        return pandas.DataFrame({"key": [key]})

    table = StudyRun(False, tmp_path).gather("parts", [0.2, 0.0, 0.1], part, threads=3)
    assert table["key"].tolist() == [0.2, 0.0, 0.1]


class TestRunner:
    def command(self, *arguments: str, toy: Path) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "analyses",
            *arguments,
            "--folder",
            str(toy.parent),
        ]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=toy.parent,
            env=environment(toy),
        )

    def test_it_measures_studies_only(self, toy: Path) -> None:
        (toy.parent / "ordinary.py").write_text("raise SystemExit(3)")
        ended = self.command("--quick", toy=toy)
        assert (ended.returncode, ended.stderr.splitlines()[0]) == (0, "toy: quick")

    def test_a_name_that_is_unknown_or_no_study_is_refused(self, toy: Path) -> None:
        (toy.parent / "ordinary.py").write_text("raise SystemExit(3)")
        ended = self.command("--measure", "ordinary", toy=toy)
        assert (ended.returncode, "Known: toy." in ended.stderr) == (2, True)

    def test_one_that_fails_is_named(self, toy: Path) -> None:
        toy.write_text(TOY.replace("def draw", "def no_draw"))
        ended = self.command("--quick", toy=toy)
        assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
            1,
            "1 of 1 failed: toy",
        )


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the analyses with their data, so that nothing in the repository is touched."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(
        ROOT / "analyses",
        folder / "analyses",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(ROOT / "figures" / "data", folder / "figures" / "data")
    return folder / "analyses"


def test_a_study_has_a_quick_form(scripts: Path) -> None:
    ended = run(discover(scripts)[SHORTEST].path, "--quick")
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert json.loads(
        (scripts.parent / "figures" / "quick" / f"{SHORTEST}.findings.json").read_text()
    )


@pytest.mark.parametrize("name", share(STUDIES, one_in=2))
def test_the_findings_are_those_of_the_stored_results(name: str, scripts: Path) -> None:
    script = discover(scripts)[name]
    python, *arguments = script.command
    command = [python, "-X", "importtime", *arguments]
    ended = subprocess.run(
        command, capture_output=True, text=True, env=environment(script.path)
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    # Redrawing a figure does not wait for JAX to be imported.
    assert not re.search(r"\| +jax$", ended.stderr, re.MULTILINE)
    file = f"figures/{name}.findings.json"
    assert (scripts.parent / file).read_text() == (ROOT / file).read_text()


class TestClaims:
    def test_the_page_has_the_table_of_the_findings(self) -> None:
        page = (ROOT / claims.PAGE).read_text(encoding="utf-8")
        findings = from_json(
            (ROOT / "figures" / "findings.json").read_text(encoding="utf-8")
        )
        assert claims.within(page, findings) == page

    def test_no_claim_is_left_out(self) -> None:
        assert list(claims.CLAIMS) == [f"C{number:02}" for number in range(1, 24)]

    def test_a_page_without_a_place_is_refused(self) -> None:
        with pytest.raises(ValueError, match="has no '<!-- claims"):
            claims.within("# A page", [])
