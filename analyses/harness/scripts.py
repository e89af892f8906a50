"""The files of an analysis, the command that runs it, and the folder that it writes to."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

MAIN = "main.py"
"""Name of the file that is run where an analysis has several files."""
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Script:
    """One analysis: `analyses/NAME.py`, or `analyses/NAME/main.py` with its chapters beside it.

    Attributes:
        path: File that is run.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the analysis and of its figure."""
        return self.path.parent.name if self._is_folder else self.path.stem

    @property
    def analyses(self) -> Path:
        """Folder of all analyses."""
        return self.path.parent.parent if self._is_folder else self.path.parent

    @property
    def figures(self) -> Path:
        """Folder of the output: `figures`, beside the folder of the analyses."""
        return self.analyses.parent / "figures"

    @property
    def is_study(self) -> bool:
        """Whether the script ends with `harness.study`, which stores the results."""
        return "harness.study(" in self.path.read_text(encoding="utf-8")

    @property
    def sources(self) -> list[Path]:
        """Source files of the analysis itself."""
        if not self._is_folder:
            return [self.path]
        return sorted(self.path.parent.rglob("*.py"))

    @property
    def command(self) -> list[str]:
        """Command that runs the script in `environment`; options may follow."""
        # With -P nothing is imported from the folder in which the command is called.
        return [sys.executable, "-P", "-m", self.module]

    @property
    def module(self) -> str:
        """Name of the module that is run."""
        module = f"{self.analyses.name}.{self.name}"
        return f"{module}.{self.path.stem}" if self._is_folder else module

    @property
    def environment(self) -> dict[str, str]:
        """Environment to run the script in.

        Analyses in another folder, such as those of a test, find this harness through it.
        """
        folders = [str(self.analyses.parent), str(CHECKOUT)]
        inherited = os.environ.get("PYTHONPATH")
        if inherited:
            folders.append(inherited)
        path = os.pathsep.join(folders)
        return {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}

    @property
    def _is_folder(self) -> bool:
        return self.path.name == MAIN


def script_of(file: str | os.PathLike[str]) -> Script:
    """The analysis whose `__file__` is given."""
    return Script(Path(file).resolve())


def discover(folder: Path) -> dict[str, Script]:
    """Every analysis of a folder, by name.

    A folder `analyses` must be a copy of this one with its harness, as its scripts import
    `analyses.harness`; a folder of another name uses the harness of this checkout.

    Raises:
        LookupError: If there is no analysis, or a folder `analyses` without a harness.
    """
    if (
        folder.name == "analyses"
        and folder.is_dir()
        and not (folder / "harness").is_dir()
    ):
        raise LookupError(f"`{folder}` has no harness: give the folder another name.")
    files = [path for path in folder.glob("*.py") if not path.name.startswith("_")]
    mains = folder.glob(f"*/{MAIN}")
    scripts = [Script(path.resolve()) for path in [*files, *mains]]
    if not scripts:
        raise LookupError(
            f"no analyses in `{folder}`: run this from the project's folder, "
            "or name theirs with --folder."
        )
    scripts.sort(key=lambda script: script.name)
    return {script.name: script for script in scripts}
