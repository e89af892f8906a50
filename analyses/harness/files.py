"""The files of findings.

Every analysis writes its findings to `NAME.findings.json`. The common files `findings.json` and
`findings.md` are built from all of these, so an analysis that runs alone replaces its findings and
leaves those of the others as they are.
"""

from collections.abc import Iterable
from pathlib import Path

from logitscape._src.base.files import write_text

from .findings import Finding, ordered
from .findings_text import from_json, to_json, to_markdown

SUFFIX = ".findings.json"


def write_findings(folder: Path, stem: str, findings: Iterable[Finding]) -> None:
    """Write `STEM.findings.json` and bring the common files up to date."""
    write_text(_path(folder, stem), to_json(findings))
    merge(folder)


def read_findings(folder: Path, stem: str) -> list[Finding]:
    """The findings of one analysis.

    Raises:
        ValueError: If the file does not hold findings.
    """
    path = _path(folder, stem)
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"`{path}` is not a file of findings; run its analysis again."
        ) from error


def stamp(folder: Path, stem: str) -> tuple[int, int] | None:
    """A mark that changes whenever an analysis writes its findings, even if they are the same.

    Returns:
        The inode and the time of modification; None while there is no file.
    """
    path = _path(folder, stem)
    if not path.exists():
        return None
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def check_others(folder: Path, stem: str) -> None:
    """Raise `ValueError` if the findings of another analysis cannot be read.

    Without them the common files cannot be built, and that is better known before a long
    computation than after it.
    """
    for other in _stems(folder):
        if other != stem:
            read_findings(folder, other)


def merge(folder: Path) -> None:
    """Build `findings.json` and `findings.md` from every `*.findings.json` of the folder.

    Two analyses may end at the same moment without a lock: whoever replaced a common file reads
    everything again, so the last one to replace it has read every part.
    """
    while True:
        findings = _all_findings(folder)
        changed = _write_if_changed(folder / "findings.json", to_json(findings))
        changed |= _write_if_changed(folder / "findings.md", to_markdown(findings))
        if not changed:
            return


def _path(folder: Path, stem: str) -> Path:
    return folder / f"{stem}{SUFFIX}"


def _stems(folder: Path) -> list[str]:
    paths = folder.glob(f"*{SUFFIX}")
    return sorted(path.name.removesuffix(SUFFIX) for path in paths)


def _all_findings(folder: Path) -> list[Finding]:
    findings: list[Finding] = []
    for stem in _stems(folder):
        findings += read_findings(folder, stem)
    return ordered(findings)


def _write_if_changed(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    write_text(path, text)
    return True
