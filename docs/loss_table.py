"""Tables of losses that are diagnosed, one line a loss, as Markdown."""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import logitscape as ls

COLUMNS = (
    "loss",
    "wrong: dL/ds on R1",
    "correction",
    "convexity",
    "proper",
    "faults",
    "trades",
)

BUDGET = 3600.0
"""Seconds for a loss: no row may depend on how busy the machine is."""


def diagnosed(
    losses: Mapping[str, tuple[Callable[..., Any], str | None]],
) -> Mapping[str, ls.Diagnosis]:
    """Diagnose losses, at ten classes in float32.

    Args:
        losses: Losses by name, each with the normalizer by which it predicts.
    """
    return {
        name: ls.diagnose(
            loss, normalizer=normalizer, name=name, budget=BUDGET, progress=True
        )
        for name, (loss, normalizer) in losses.items()
    }


def publish(text: str, target: Path) -> None:
    """Print a page, and write it to a file if the command line says `--write`."""
    print(text)
    if "--write" in sys.argv[1:]:
        target.write_text(text, encoding="utf-8")


def page(
    title: str,
    packages: Sequence[str],
    command: str,
    diagnoses: Mapping[str, ls.Diagnosis],
) -> str:
    """The page with the table.

    Args:
        title: Title of the page.
        packages: Packages whose versions are given.
        command: Command that makes it.
        diagnoses: Diagnoses by the names of the losses.
    """
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    lines = [
        f"# {title}",
        "",
        f"With {versions}; 10 classes, float32, on a CPU. Made by `{command}`.",
        "Each is a choice that fits some purpose; the table says what to expect of it, "
        "not that it should not be used.",
        "",
        _line(COLUMNS),
        _line(["---"] * len(COLUMNS)),
    ]
    lines += [_row(name, diagnosis) for name, diagnosis in diagnoses.items()]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _row(name: str, diagnosis: ls.Diagnosis) -> str:
    (wrong,) = diagnosis.of("gradient when wrong")
    cells = [
        f"`{name}`",
        wrong.details["rays"][0]["law"],
        _verdicts(diagnosis, "correction"),
        _verdicts(diagnosis, "convexity"),
        _verdicts(diagnosis, "proper"),
        _of_severity(diagnosis, "fault"),
        _of_severity(diagnosis, "trade"),
    ]
    return _line(cells)


def _verdicts(diagnosis: ls.Diagnosis, question: str) -> str:
    return ", ".join(answer.verdict for answer in diagnosis.of(question))


def _of_severity(diagnosis: ls.Diagnosis, severity: str) -> str:
    """The answers of that severity, each with its question."""
    texts = []
    for answer in diagnosis.answers:
        if answer.severity == severity:
            texts.append(f"{answer.question}: {answer.verdict}")
    return "; ".join(texts)
