"""`figures`: the project's own, remade in a checkout."""

import signal
import sys
import tomllib
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .faults import UsageError

Names = Annotated[str, Parameter(help="Which; all by default.")]
Jobs = Annotated[int | None, Parameter(name="--jobs", help="How many at a time; as many as there are cores by default.")]


def figures(*name: Names, jobs: Jobs = None) -> int:
    """Compute and draw the figures of logitscape's own analyses, and print what they found.

    Only inside a checkout of logitscape. Ctrl-C keeps what is finished and leaves the rest as it was.
    """
    folder = _analyses(Path.cwd())
    from ..analysis import runner

    # Stopped from outside, it must still stop its scripts: as an exception, SIGTERM runs every `finally`.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return runner.main([*name, "--folder", str(folder), *(["--jobs", str(jobs)] if jobs is not None else [])])


def _analyses(start: Path) -> Path:
    """The folder of analyses of the checkout around a folder."""
    for folder in (start, *start.parents):
        if (folder / "analyses").is_dir() and _project(folder) == "logitscape":
            return folder / "analyses"
    raise UsageError(
        f"`figures` remakes logitscape's own figures and runs only inside a checkout of its source; `{start}` is in none. "
        "`show SPEC --out FILE.png` draws a loss anywhere."
    )


def _project(folder: Path) -> str | None:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project", {})
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return project.get("name") if isinstance(project, dict) else None
