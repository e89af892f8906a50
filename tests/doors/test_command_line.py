"""Hostile words at every option of the command line, in this process and in a few of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

from logitscape._src.cli.app import build
from tests.doors.commands import WORDS, Option, make_files, options, outcome
from tests.doors.outcomes import Outcome

OPTIONS = list(options())
ONE_IN = 9
"""One of so many words is given to an option in every run."""
COMMANDS = sorted({option.command for option in OPTIONS})


def chosen(command: str) -> list[tuple[Option, str]]:
    asked = [(o, w) for o in OPTIONS for w in WORDS]
    return [pair for pair in asked[::ONE_IN] if pair[0].command == command]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    make_files(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_hostile_word_ends_in_a_result_or_one_sentence(
    command: str, folder: Path
) -> None:
    found: list[Outcome] = [outcome(option, word) for option, word in chosen(command)]
    assert not [each for each in found if each.kind not in ("result", "clear")]


@pytest.mark.quick
def test_every_command_and_option_is_asked() -> None:
    assert set(COMMANDS) == {name for name in build() if not name.startswith("-")} - {
        "--install-completion"
    }
    names = {option.name for option in OPTIONS}
    assert {"--budget", "--out", "--classes", "SPEC", "LOGITS", "--all"} <= names


@pytest.mark.lengthy
@pytest.mark.parametrize(
    "words",
    [
        ("diagnose", "mine.py:los"),
        ("show", "softmax + cross_entropy", "--classes", str(10**12)),
        ("audit", "bytes.npz"),
    ],
    ids=str,
)
def test_in_a_process_of_its_own(words: tuple[str, ...], folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "logitscape", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("logitscape: ")
    assert "Traceback" not in ran.stderr
