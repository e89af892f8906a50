"""What is the same as last time is not computed again, and everything else is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from analyses.harness import command_line, record
from analyses.harness.scripts import discover

SCRIPT = """
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from analyses import harness
from analyses.harness.findings import proved
from {folder}.{chapter} import NUMBER

def compute():
    with open(Path(__file__).parent.parent / "runs.txt", "a") as runs:
        runs.write(Path(__file__).stem + " ")
    return float((Path(__file__).parent / "data.txt").read_text()) + NUMBER

def findings(data):
    yield proved("C01", "two and two", data, expected=4, tolerance=0.5)

def draw(data):
    figure = Figure()
    figure.add_subplot().plot([0, data])
    return figure

if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project of two analyses, each with a module of its own, that have run once."""
    folder = tmp_path_factory.mktemp("project")
    scripts = folder / "scripts"
    scripts.mkdir()
    (scripts / "data.txt").write_text("2")
    for name in ("one", "other"):
        (scripts / f"_{name}.py").write_text("NUMBER = 2\n")
        text = SCRIPT.format(folder="scripts", chapter=f"_{name}")
        (scripts / f"{name}.py").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
            patch.setenv(variable, str(folder / "cache"))
        assert computed(folder) == {"one", "other"}
        yield folder


def computed(project: Path, *options: str, status: int = 0) -> set[str]:
    """Run all analyses, and tell which were computed."""
    runs = project / "runs.txt"
    runs.unlink(missing_ok=True)
    folder = str(project / "scripts")
    assert command_line.main(["--folder", folder, *options]) == status
    return set(runs.read_text().split()) if runs.exists() else set()


def would_compute(project: Path) -> set[str]:
    """The analyses that a run would compute."""
    scripts = discover(project / "scripts").items()
    return {name for name, script in scripts if not record.unchanged_since(script)}


@contextmanager
def changed(path: Path, text: bytes | None) -> Iterator[None]:
    """Other contents for a file, or none, until the block ends."""
    before = path.read_bytes()
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text)
    yield
    path.write_bytes(before)


def record_of(project: Path, name: str) -> Path:
    (path,) = (project / "cache").rglob(f"{name}-*.json")
    return path


def test_the_same_is_not_computed_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert computed(project) == set()
    printed = capsys.readouterr()
    assert printed.out.count("C01") == 2
    assert " one: unchanged since " in printed.err
    assert "--fresh computes" in printed.err
    assert max(map(len, printed.err.splitlines())) <= 80


def test_afresh_it_is_computed_to_the_same_bytes(project: Path) -> None:
    figures = sorted((project / "figures").iterdir())
    before = [path.read_bytes() for path in figures]
    assert computed(project, "--fresh") == {"one", "other"}
    assert [path.read_bytes() for path in figures] == before


def test_a_changed_module_counts_for_those_that_import_it(project: Path) -> None:
    with changed(project / "scripts" / "_one.py", b"NUMBER = 2.125\n"):
        assert would_compute(project) == {"one"}
    with changed(project / "scripts" / "_one.py", None):
        assert would_compute(project) == {"one"}
    assert would_compute(project) == set()


def test_so_does_changed_data(project: Path) -> None:
    with changed(project / "scripts" / "data.txt", b"1.875"):
        assert would_compute(project) == {"one", "other"}


def test_the_package_and_the_harness_are_among_what_it_depends_on(
    project: Path,
) -> None:
    inputs = json.loads(record_of(project, "one").read_text())["inputs"]
    assert "package:_src/base/files.py" in inputs
    assert "package:styles/paper.mplstyle" in inputs
    assert "harness:harness/script.py" in inputs
    assert "project:scripts/_one.py" in inputs
    assert "project:scripts/_other.py" not in inputs


@pytest.mark.parametrize("name", ["one.svg", "one.png", "one.findings.json"])
@pytest.mark.parametrize("end", [None, b" "])
def test_damaged_files_are_made_anew(
    project: Path, name: str, end: bytes | None
) -> None:
    path = project / "figures" / name
    with changed(path, None if end is None else path.read_bytes() + end):
        assert would_compute(project) == {"one"}


def test_the_common_files_are_built_from_unchanged_ones(project: Path) -> None:
    paths = [project / "figures" / name for name in ("findings.md", "findings.json")]
    before = [path.read_bytes() for path in paths]
    paths[0].write_text("damaged")
    paths[1].unlink()
    assert computed(project) == set()
    assert [path.read_bytes() for path in paths] == before


def test_other_versions_and_settings_are_computed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = json.loads(record_of(project, "one").read_text())["packages"]
    assert {"jax", "jaxlib", "numpy", "matplotlib"} <= set(packages)
    with monkeypatch.context() as patch:
        patch.setattr(record, "_version", (packages | {"numpy": "1.0"}).get)
        assert would_compute(project) == {"one", "other"}
    with monkeypatch.context() as patch:
        patch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
        assert would_compute(project) == {"one", "other"}
    assert would_compute(project) == set()


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"made": "now"}', b"\xff"])
def test_a_damaged_record_says_nothing(project: Path, text: bytes) -> None:
    with changed(record_of(project, "one"), text):
        assert would_compute(project) == {"one"}


def test_what_contradicts_theory_is_never_unchanged(project: Path) -> None:
    findings = project / "figures" / "one.findings.json"
    rows = json.loads(findings.read_text())
    rows[0]["value"] = 9.0
    path = record_of(project, "one")
    written = json.loads(path.read_text())
    with changed(findings, json.dumps(rows).encode()):
        written["outputs"][findings.name] = record.digest(findings)
        with changed(path, json.dumps(written).encode()):
            assert would_compute(project) == {"one"}


def test_a_run_that_fails_leaves_no_record_of_itself(project: Path) -> None:
    with changed(project / "scripts" / "_one.py", b"NUMBER = 7\n"):
        assert computed(project, status=1) == {"one"}
        assert would_compute(project) == {"one"}
    assert would_compute(project) == set()


def test_a_file_that_changes_during_the_run_leaves_no_record(project: Path) -> None:
    late = b"import os\nNUMBER = 2\nos.utime(__file__)\n"
    with changed(project / "scripts" / "_one.py", late):
        assert computed(project) == {"one"}
        assert would_compute(project) == {"one"}
