"""Results as Markdown: the machine, the versions, tables and what must be said beside them."""

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("logitscape", "jax", "jaxlib", "numpy", "torch")


@dataclass(frozen=True)
class Table:
    """Rows of text under a title and column names."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The first column aligned left, the others right."""
        rule = ["---"] + ["---:"] * (len(self.columns) - 1)
        lines = [self.columns, rule, *self.rows]
        return "\n".join(
            [
                f"## {self.title}",
                "",
                *("| " + " | ".join(line) + " |" for line in lines),
            ]
        )


@dataclass(frozen=True)
class Report:
    """What one part of the benchmarks found."""

    name: str
    title: str
    tables: Sequence[Table]
    notes: Sequence[str]

    def markdown(self) -> str:
        notes = "\n".join(f"* {note}" for note in [machine(), versions(), *self.notes])
        return (
            "\n\n".join(
                [f"# {self.title}", notes, *(table.markdown() for table in self.tables)]
            )
            + "\n"
        )

    def publish(self, write: bool) -> None:
        """Print it; on request write `benchmarks/results/NAME.md`."""
        text = self.markdown()
        print(text, flush=True)
        if write:
            RESULTS.mkdir(exist_ok=True)
            (RESULTS / f"{self.name}.md").write_text(
                text, encoding="utf-8", newline="\n"
            )


def machine() -> str:
    """Processor, cores and memory, and how busy it was, where the system tells."""
    cores = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
    parts = [_processor(), f"{cores} cores"]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        parts.append(
            f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GiB of memory"
        )
    parts.append(f"{platform.system()} {platform.machine()}")
    if hasattr(os, "getloadavg"):
        parts.append(
            f"load of the last 15 minutes {os.getloadavg()[2]:.1f}, this benchmark included"
        )
    return "Machine: " + ", ".join(parts) + "."


def versions() -> str:
    found = [f"{name} {_version(name)}" for name in PACKAGES]
    return "Versions: " + ", ".join([f"Python {sys.version.split()[0]}", *found]) + "."


def factor(value: float) -> str:
    """A ratio with its unit, 3.1×; "n/a" for NaN."""
    if value != value:
        return "n/a"
    return f"{value:.2g}×" if value < 10 else f"{value:.0f}×"


def percent(value: float) -> str:
    return f"± {100 * value:.0f} %"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    models = [
        line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
    ]
    return models[0] if models else platform.processor() or "unknown processor"
