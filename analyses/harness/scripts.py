"""Where an analysis lies, how it is run, and where it writes."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

MAIN = "main.py"
"""The file with which an analysis of several files begins."""
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Script:
    """One analysis: `analyses/NAME.py`, or `analyses/NAME/main.py` with its chapters beside it.

    Attributes:
        path: the file that is run.
    """

    path: Path

    @property
    def name(self) -> str:
        """The name of the analysis, which is that of its figure."""
        return self.path.parent.name if self._is_folder else self.path.stem

    @property
    def analyses(self) -> Path:
        """The folder of all analyses."""
        return self.path.parent.parent if self._is_folder else self.path.parent

    @property
    def figures(self) -> Path:
        """Where it writes: the folder `figures` beside that of the analyses."""
        return self.analyses.parent / "figures"

    @property
    def is_study(self) -> bool:
        """Whether it ends with `harness.study`: its results are kept."""
        return "harness.study(" in self.path.read_text(encoding="utf-8")

    @property
    def sources(self) -> list[Path]:
        """Its own files."""
        return (
            sorted(self.path.parent.rglob("*.py")) if self._is_folder else [self.path]
        )

    @property
    def command(self) -> list[str]:
        """What runs it, in `environment`; options may follow."""
        parts = [
            self.analyses.name,
            self.name,
            *([self.path.stem] if self._is_folder else []),
        ]
        # -P: the folder in which a person happens to be has no say in what is imported.
        return [sys.executable, "-P", "-m", ".".join(parts)]

    @property
    def environment(self) -> dict[str, str]:
        """The environment to run it in. Analyses that lie elsewhere, as in a test, find this harness too."""
        folders = [
            str(self.analyses.parent),
            str(CHECKOUT),
            os.environ.get("PYTHONPATH", ""),
        ]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, folders)),
            "PYTHONUTF8": "1",
        }

    @property
    def _is_folder(self) -> bool:
        return self.path.name == MAIN


def script_of(file: str | os.PathLike[str]) -> Script:
    """The analysis whose `__file__` is given."""
    return Script(Path(file).resolve())


def discover(folder: Path) -> dict[str, Script]:
    """Every analysis of a folder by name.

    Raises:
        LookupError: if there is none.
    """
    files = [path for path in folder.glob("*.py") if not path.name.startswith("_")]
    found = [Script(path.resolve()) for path in [*files, *folder.glob(f"*/{MAIN}")]]
    if not found:
        raise LookupError(
            f"no analyses in `{folder}`: run this from the project's folder, or name theirs with --folder."
        )
    return {
        script.name: script for script in sorted(found, key=lambda script: script.name)
    }
