"""The lines that import a user's own functions into a plain shell, from any folder."""

import inspect
import site
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any


def import_lines(function: Callable[..., Any], called: str) -> list[str]:
    """Return the lines that import a function; a comment if it was defined in a shell.

    Args:
        function: Function of the user's own.
        called: Name by which the code calls it.
    """
    original = inspect.unwrap(function)
    name = str(getattr(original, "__qualname__", ""))
    module = _module_of(function)
    if not name.isidentifier() or not hasattr(module, name):
        return [f"# {called} is the function that was diagnosed"]
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return []
    renamed = "" if name == called else f" as {called}"
    lines = _path_lines(module, Path(file).resolve())
    return [*lines, f"from {_importable_name(module, file)} import {name}{renamed}"]


@contextmanager
def modules_as_imported(functions: list[Any]) -> Iterator[None]:
    """Let the import lines of functions find modules that run already, a script among them.

    A script would otherwise run once more. The search path is as before afterwards.

    Args:
        functions: Functions of the user's own.
    """
    path = list(sys.path)
    added = []
    for function in functions:
        module = _module_of(function)
        file = getattr(module, "__file__", None)
        if module is None or file is None:
            continue
        name = _importable_name(module, file)
        if name not in sys.modules:
            sys.modules[name] = module
            added.append(name)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in added:
            del sys.modules[name]


def _module_of(function: Any) -> ModuleType | None:
    original = inspect.unwrap(function) if callable(function) else function
    return sys.modules.get(str(getattr(original, "__module__", "")))


def _importable_name(module: ModuleType, file: str) -> str:
    """The name by which a plain shell imports a module: that of its file for a script."""
    last = module.__name__.rpartition(".")[2]
    stem = Path(file).stem
    return module.__name__ if last in (stem, Path(file).parent.name) else stem


def _path_lines(module: ModuleType, file: Path) -> list[str]:
    """The line that lets a shell find a module that is not installed."""
    if any(file.is_relative_to(place) for place in _installed_places()):
        return []
    is_package = file.stem == "__init__"
    levels = _importable_name(module, str(file)).count(".") + is_package
    root = file.parents[levels]
    return [f"import sys; sys.path.insert(0, {str(root)!r})"]


def _installed_places() -> list[Path]:
    paths = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    return [Path(path).resolve() for path in [*paths, *site.getsitepackages()]]
