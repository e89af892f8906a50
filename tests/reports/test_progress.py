"""Findings appear on a terminal as soon as they are known, and nowhere else."""

import io
import sys

import pytest

from logitscape._src.diagnosis.answers import Answer
from logitscape._src.reports.progress import shown

pytestmark = pytest.mark.quick

FOUND = Answer(
    question="correction",
    verdict="slow to correct",
    severity="trade",
    text="Wrong by 10.",
    method="",
)
FINE = Answer(question="proper", verdict="proper", severity="fine", text="", method="")


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return True


def printed(monkeypatch: pytest.MonkeyPatch, *, stderr: object, stdout: object) -> str:
    monkeypatch.setattr(sys, "stderr", stderr)
    monkeypatch.setattr(sys, "stdout", stdout)
    with shown(True) as progress:
        progress.topic("softmax + brier: correction")
        progress.answers([FOUND, FINE])
    assert isinstance(stderr, io.StringIO)
    return stderr.getvalue()


def test_findings_are_streamed_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    text = printed(monkeypatch, stderr=Terminal(), stdout=Terminal())
    assert "correction: slow to correct" in text
    assert "proper" not in text


def test_where_the_report_goes_elsewhere_they_are_in_the_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    text = printed(monkeypatch, stderr=Terminal(), stdout=io.StringIO())
    assert "slow to correct" not in text


def test_without_a_terminal_there_is_a_line_for_every_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = printed(monkeypatch, stderr=io.StringIO(), stdout=io.StringIO())
    assert text == "softmax + brier: correction\n"
