"""Records of what the last run of an analysis depended on, so that the same is not computed again.

A record lies in the user's cache. It has digests of all files that the run has read or imported
from the project and from the package, of the files that it has written, and the versions of all
other packages that it has imported. An analysis is unchanged if all of that is still the same.
"""

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import logitscape
from logitscape._src.base.caches import cache_folder
from logitscape._src.base.files import write_text

from .findings import ContradictsTheory, verify
from .findings_text import from_json
from .scripts import CHECKOUT, Script

STARTED = "LOGITSCAPE_ANALYSIS_STARTED"
"""Variable of the environment with the time at which `python -m analyses` has started the run."""
PACKAGE = Path(logitscape.__file__).parent
INSTALLERS = ("__editable__", "_distutils_hack", "_virtualenv")
"""Modules that belong to the environment and compute nothing."""


def unchanged_since(script: Script) -> str | None:
    """The time of the last run, if a run would compute the same again; None otherwise."""
    try:
        text = _path(script).read_text(encoding="utf-8")
        made: str = _time_if_same(script, json.loads(text))
    # A record that is damaged or of another form says nothing.
    except (ArithmeticError, AttributeError, KeyError, OSError, TypeError, ValueError):
        return None
    return made or None


def write_record(script: Script, outputs: Iterable[Path]) -> None:
    """Write the record of this process, after all of its files.

    Nothing is written for a process that was not started by `python -m analyses`, or if a file has
    changed since: the process may have read it before or after.
    """
    started = os.environ.get(STARTED)
    paths = [*_modules(script), *_opened(script)]
    if started is None or any(_is_newer(path, float(started)) for path in paths):
        return
    record = {
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "inputs": {_name(script, path): digest(path) for path in paths},
        "results": _results(script),
        "outputs": {path.name: digest(path) for path in outputs},
        "packages": dict(_packages(script)),
        "surroundings": _SURROUNDINGS,
    }
    target = _path(script)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, json.dumps(record, indent=1) + "\n")


def _time_if_same(script: Script, record: dict[str, Any]) -> str:
    """When the record was made; empty if anything is not as it says."""
    made: str = record["made"]
    inputs: dict[str, str] = record["inputs"]
    outputs: dict[str, str] = record["outputs"]
    packages: dict[str, str] = record["packages"]
    same = (
        record["surroundings"] == surroundings()
        and record["results"] == _results(script)
        and all(digest(script.figures / name) == was for name, was in outputs.items())
        and all(digest(_place(script, name)) == was for name, was in inputs.items())
        and all(_version(name) == was for name, was in packages.items())
    )
    findings = script.figures / f"{script.name}.findings.json"
    if not same or findings.name not in outputs:
        return ""
    try:
        verify(from_json(findings.read_text(encoding="utf-8")))
    except ContradictsTheory:
        return ""
    return made


def digest(path: Path) -> str:
    """A digest of a file; empty if there is none."""
    try:
        status = path.stat()
        return _digest(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return ""


# Cached, as the analyses share most of their files.
@cache
def _digest(path: Path, _modified: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def surroundings() -> list[str]:
    """What numbers depend on apart from files: Python, the machine, and the settings of JAX."""
    settings = [
        f"{name}={value}"
        for name, value in sorted(os.environ.items())
        if name.startswith(("JAX_", "XLA_")) and "CACHE" not in name
    ]
    return [sys.version, platform.system(), platform.machine(), *settings]


# Before the run adds settings of its own.
_SURROUNDINGS = surroundings()


def _path(script: Script) -> Path:
    project = hashlib.sha256(os.fsencode(script.figures)).hexdigest()[:12]
    return cache_folder() / "figures" / f"{script.name}-{project}.json"


def _roots(script: Script) -> dict[str, Path]:
    """Folders whose files belong to a run; other files belong to packages with versions."""
    return {
        "package": PACKAGE,
        "project": script.analyses.parent,
        "harness": CHECKOUT / "analyses",
    }


def _name(script: Script, path: Path) -> str:
    """The name of a file, which is the same wherever the package is installed."""
    for root, folder in _roots(script).items():
        if path.is_relative_to(folder):
            return f"{root}:{path.relative_to(folder).as_posix()}"
    return str(path)


def _place(script: Script, name: str) -> Path:
    root, _, rest = name.partition(":")
    return _roots(script)[root] / rest


def _belongs(script: Script, path: Path) -> bool:
    # An environment may lie in the folder of the project.
    installed = "site-packages" in path.parts and not path.is_relative_to(PACKAGE)
    roots = _roots(script).values()
    return not installed and any(path.is_relative_to(root) for root in roots)


def _modules(script: Script) -> list[Path]:
    """Source files of all modules of the project and the package that this process has loaded."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = [Path(file) for file in files if file]
    return sorted(path for path in paths if _belongs(script, path))


_OPENED: set[str] = set()


def _note_opened(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open":
        return
    path, mode, flags = arguments
    writes = set("wax+") & set(mode or "") or flags & (os.O_WRONLY | os.O_RDWR)
    if isinstance(path, str) and not writes:
        _OPENED.add(path)


sys.addaudithook(_note_opened)


def _opened(script: Script) -> Iterator[Path]:
    """Files of data that this process has read; those of figures and findings are its output."""
    for name in sorted(_OPENED):
        path = Path(name).absolute()
        is_code = path.suffix in (".py", ".pyc")
        if is_code or path.parent == script.figures or not path.is_file():
            continue
        if _belongs(script, path):
            yield path


def _results(script: Script) -> dict[str, str]:
    """Digests of the stored tables of a study, by name."""
    folder = script.figures / "data" / script.name
    return {path.name: digest(path) for path in sorted(folder.glob("*"))}


def _is_newer(path: Path, moment: float) -> bool:
    return path.exists() and path.stat().st_mtime > moment


def _packages(script: Script) -> Iterator[tuple[str, str]]:
    """Versions of the other packages that this process has loaded, by the names of modules."""
    names = set()
    for module in list(sys.modules.values()):
        path = Path(getattr(module, "__file__", None) or ".")
        if "site-packages" in path.parts and not _belongs(script, path):
            # A module need not say to which package it belongs, but its place does.
            below = path.parts[path.parts.index("site-packages") + 1]
            names.add(below.partition(".")[0])
    for name in sorted(names):
        if not name.startswith(INSTALLERS):
            yield name, _version(name)


@cache
def _version(module: str) -> str:
    """The version of the package that has the module, or a digest of the module's file."""
    try:
        return version(module)
    except PackageNotFoundError:
        return _digest_of_module(module)


def _digest_of_module(module: str) -> str:
    # Not every package has the name of its module, and to look for it takes long.
    from importlib.util import find_spec

    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    files = [Path(spec.origin), *Path(spec.origin).parent.glob("_version.py")]
    return " ".join(digest(path) for path in files)
