"""The files of findings.

Every analysis owns one, `NAME.findings.json`; the common `findings.json` and `findings.md` are made from
those, so an analysis that runs alone replaces its own findings and keeps the others.
"""

from collections.abc import Iterable
from pathlib import Path

from logitscape._src.base.files import write_text

from .findings import Finding, from_json, ordered, to_json, to_markdown


def write_findings(folder: Path, stem: str, findings: Iterable[Finding]) -> None:
    """Write `STEM.findings.json`, and the common files anew."""
    write_text(folder / f"{stem}.findings.json", to_json(findings))
    merge(folder)


def read_findings(folder: Path, stem: str) -> list[Finding]:
    """The findings of one analysis."""
    path = folder / f"{stem}.findings.json"
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"`{path}` is not a file of findings; run its analysis again."
        ) from error


def stamp(folder: Path, stem: str) -> tuple[int, int] | None:
    """What changes whenever an analysis writes its findings, even the same ones; None while it has none."""
    path = folder / f"{stem}.findings.json"
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def check_others(folder: Path, stem: str) -> None:
    """Say before anything is computed, or replaced, that the findings of another analysis cannot be read."""
    for other in _stems(folder):
        if other != stem:
            read_findings(folder, other)


def merge(folder: Path) -> None:
    """Make `findings.json` and `findings.md` from every `*.findings.json` of the folder.

    No lock is needed where two analyses end at the same moment: whoever has replaced a common file looks
    again, so the last to replace it has seen every part.
    """
    while True:
        findings = ordered(
            finding
            for stem in _stems(folder)
            for finding in read_findings(folder, stem)
        )
        texts = {
            "findings.json": to_json(findings),
            "findings.md": to_markdown(findings),
        }
        outdated = {
            name: text for name, text in texts.items() if _read(folder / name) != text
        }
        if not outdated:
            return
        for name, text in outdated.items():
            write_text(folder / name, text)


def _stems(folder: Path) -> list[str]:
    return sorted(
        path.name.removesuffix(".findings.json")
        for path in folder.glob("*.findings.json")
    )


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
