"""The command line in the process of a test, and a verdict that takes no time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logitscape._src.cli import main


@dataclass
class Verdict:
    """A stand-in for a Diagnosis, and for a Comparison.

    Attributes:
        worst: Severity of the answer that matters most.
        arguments: Arguments with which the library was called.
    """

    worst: str
    arguments: dict[str, Any]

    def table(self, *, everything: bool = False) -> str:
        return f"worst: {self.worst}" + " and all else" * everything

    def to_dict(self) -> dict[str, Any]:
        return {
            "worst": self.worst,
            "number": float("inf"),
            "rows": (1.0, float("nan")),
        }

    def save(self, path: Path) -> None:
        path.write_text("report", encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process; return its exit status, stdout and stderr."""
    status = main(arguments)
    out, err = capsys.readouterr()
    return status, out, err
