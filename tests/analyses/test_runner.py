"""Many analyses: failures, interruptions, and output that fits a terminal."""

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from analyses.harness import command_line, report, runner
from analyses.harness.findings import Finding
from analyses.harness.scripts import discover

pytestmark = pytest.mark.quick

GOOD = """
import json
from pathlib import Path
figures = Path(__file__).parent.parent / "figures"
figures.mkdir(exist_ok=True)
name = Path(__file__).stem
row = dict(id="C01", claim=f"the claim of {name} " * 5, measured="0.5", verdict="holds", value=0.5,
           limit="", expected=None, tolerance=None, figure=name)
new = figures / f"{name}.new"
new.write_text(json.dumps([row]))
new.replace(figures / f"{name}.findings.json")
"""

BAD = """
print("computing")
raise RuntimeError("no [such] thing")
"""

# It starts to write a new figure and never finishes it.
ENDLESS = """
import time
from pathlib import Path
figures = Path(__file__).parent.parent / "figures"
(figures / ".endless.0123.tmp.svg").write_text("half")
time.sleep(600)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "a project" / "scripts"
    folder.mkdir(parents=True)
    return folder


def add(folder: Path, **scripts: str) -> None:
    for name, text in scripts.items():
        (folder / f"{name}.py").write_text(text)


def test_all_run_and_their_findings_are_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, crisp=GOOD, linear_or_saturating=GOOD, _shared="raise SystemExit(3)")
    assert command_line.main(["--folder", str(folder)]) == 0
    printed = capsys.readouterr()
    assert printed.out.count("C01") == 2
    assert max(map(len, printed.out.splitlines())) <= 80
    assert "crisp: started" in printed.err
    assert "[2/2] " in printed.err


def test_a_failure_stops_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, a=BAD, b=GOOD, c="pass", d="import os; os._exit(7)")
    assert command_line.main(["--folder", str(folder), "--jobs", "1"]) == 1
    printed = capsys.readouterr()
    assert "the claim of b" in printed.out
    assert "RuntimeError: no [such] thing" in printed.err
    assert "computing" in printed.err
    assert "it wrote no findings" in printed.err
    assert "exit status 7" in printed.err
    assert "3 of 4 failed: a, c, d" in printed.err


def test_findings_of_an_earlier_run_are_not_passed_off(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, a=GOOD)
    assert command_line.main(["--folder", str(folder)]) == 0
    add(folder, a="pass")
    capsys.readouterr()
    assert command_line.main(["--folder", str(folder)]) == 1
    assert not capsys.readouterr().out


def test_names_pick(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(folder, a=GOOD, b=BAD, c=GOOD)
    (folder / "d").mkdir()
    main = GOOD.replace("parent.parent", "parent.parent.parent")
    main = main.replace("stem", "parent.name")
    (folder / "d" / "main.py").write_text(main)
    names = ["c", "analyses/a.py", "analyses/d/main.py"]
    assert command_line.main([*names, "--folder", str(folder)]) == 0
    assert "b: started" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "hint"),
    [("crips", " Did you mean 'crisp'?"), ("nothing_like_it", ""), ("_shared", "")],
)
def test_an_unknown_name_lists_the_known(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, hint: str
) -> None:
    add(folder, crisp=BAD, linear=BAD, _shared="")
    assert command_line.main(["crisp", name, "--folder", str(folder)]) == 2
    assert (
        capsys.readouterr().err
        == f"unknown analysis {name!r}.{hint} Known: crisp, linear.\n"
    )


def test_an_empty_folder_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["--folder", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["0", "-1", "two"])
def test_a_senseless_number_of_jobs_is_refused(
    capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    with pytest.raises(SystemExit):
        command_line.main([f"--jobs={jobs}"])
    assert f"must be a positive whole number, got '{jobs}'" in capsys.readouterr().err


def test_no_more_run_than_asked_for(folder: Path) -> None:
    add(folder, a=GOOD, b=GOOD, c=GOOD)
    running = 0
    for event in runner.run(discover(folder), jobs=2):
        running += 1 if isinstance(event, str) else -1
        assert 0 <= running <= 2
    assert running == 0


HEEDING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("analyses", run_name="__main__", alter_sys=True)
"""
"""Runs the analyses with Python's handler of SIGINT.

The tests may run as a background job of a shell. Such a job ignores SIGINT, and its children would.
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_interrupted_it_keeps_finished_analyses(
    folder: Path, number: signal.Signals, status: int
) -> None:
    add(folder, done=GOOD, endless=ENDLESS)
    figures = folder.parent / "figures"
    figures.mkdir()
    (figures / "endless.svg").write_text("old")
    command = [sys.executable, "-c", HEEDING, "--jobs", "2", "--folder", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "[1/2] done: done" not in process.stderr.readline():
            assert process.poll() is None
        while not (figures / ".endless.0123.tmp.svg").exists():
            assert process.poll() is None
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == status
    if number == signal.SIGINT:
        assert rest.splitlines() == [
            "interrupted; finished and kept: done",
            "not finished, their files are as they were: endless",
        ]
    assert (figures / "endless.svg").read_text() == "old"
    assert sorted(file.name for file in figures.iterdir()) == [
        "done.findings.json",
        "endless.svg",
    ]
    assert (
        json.loads((figures / "done.findings.json").read_text())[0]["figure"] == "done"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_live_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with report.progress(2) as show:
        show("crisp")
        show(report.Outcome("crisp", 1.25, None))
        show("[bold]linear")
        show(report.Outcome("[bold]linear", 0.5, "    Error: [red]"))
    text = terminal.getvalue()
    assert "\x1b[" in text
    assert "[1/2] crisp: done in 1.2 s" in text
    assert "[2/2] [bold]linear: FAILED after 0.5 s" in text
    assert "    Error: [red]" in text


def test_a_table_of_long_findings_fits_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = Finding(
        "C20a",
        "x" * 200,
        "1.5 [e^-3] " * 9,
        "holds with a limit",
        "why " * 40,
        figure="name_" * 9,
    )
    report.print_findings([long, long])
    table = capsys.readouterr().out
    assert max(map(len, table.splitlines())) <= 80
    assert table.count("x") == 400
    assert "…" not in table
    assert "\x1b" not in table


def test_a_figure_s_name_is_broken_at_its_underscores(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report.print_findings(
        [Finding("C09a", "claim", "1", "holds", figure="jacobians_and_invariances")]
    )
    lines = capsys.readouterr().out.splitlines()
    column = lines[1].index("figure")
    cells = [line[column:].strip() for line in lines[3:]]
    assert [cell for cell in cells if cell] == ["jacobians_and_", "invariances"]
