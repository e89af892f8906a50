"""Results as Markdown: the machine, the versions, notes and tables."""

import math
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from logitscape._src.base.cores import usable_cores

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("logitscape", "jax", "jaxlib", "numpy", "torch", "entmax")


@dataclass(frozen=True)
class Table:
    """Rows of text under a title and column names.

    Attributes:
        title: Title.
        columns: Names of the columns.
        rows: Cells of each row.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table as Markdown, with the first column aligned left, the others right."""
        rule = ["---"] + ["---:"] * (len(self.columns) - 1)
        lines = [f"## {self.title}", ""]
        for cells in (self.columns, rule, *self.rows):
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines)


@dataclass(frozen=True)
class Report:
    """The results of one part of the benchmarks.

    Attributes:
        name: Name of the part, and of its file.
        title: Title.
        tables: Tables of results.
        notes: Sentences on what was measured, and how.
    """

    name: str
    title: str
    tables: Sequence[Table]
    notes: Sequence[str]

    def markdown(self) -> str:
        notes = [f"* {note}" for note in (machine(), versions(), *self.notes)]
        tables = [table.markdown() for table in self.tables]
        parts = [f"# {self.title}", "\n".join(notes), *tables]
        return "\n\n".join(parts) + "\n"

    def publish(self, write: bool) -> None:
        """Print the report; on request write it to `benchmarks/results/NAME.md`."""
        text = self.markdown()
        print(text, flush=True)
        if write:
            RESULTS.mkdir(exist_ok=True)
            path = RESULTS / f"{self.name}.md"
            path.write_text(text, encoding="utf-8", newline="\n")


def machine() -> str:
    """Processor, cores, memory and load, as far as the system tells them."""
    parts = [_processor(), f"{usable_cores()} cores"]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        parts.append(f"{memory / 2**30:.0f} GiB of memory")
    parts.append(f"{platform.system()} {platform.machine()}")
    if hasattr(os, "getloadavg"):
        _, _, load = os.getloadavg()
        parts.append(f"load of the last 15 minutes {load:.1f}, this benchmark included")
    return "Machine: " + ", ".join(parts) + "."


def versions() -> str:
    """Versions of Python and of the packages that are measured."""
    parts = [f"Python {sys.version.split()[0]}"]
    parts += [f"{name} {_version(name)}" for name in PACKAGES]
    return "Versions: " + ", ".join(parts) + "."


def factor(value: float) -> str:
    """A ratio with its unit, 3.1×; "n/a" for NaN."""
    if math.isnan(value):
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
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                _, _, model = line.partition(":")
                return model.strip()
    return platform.processor() or "unknown processor"
