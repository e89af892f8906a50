"""Finding what a user names in a file or a module, with the nearest names where there is no such thing."""

import ast
import importlib
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import UsageError, nearest

DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@cache
def from_file(path: Path) -> ModuleType:
    """Run a file, once; its folder is where it finds its neighbours."""
    if not path.is_file():
        others = (
            [each.name for each in sorted(path.parent.glob("*.py"))]
            if path.parent.is_dir()
            else []
        )
        raise UsageError(
            f"there is no file `{path}`. {nearest(path.name, others)}".rstrip()
        )
    # The name by which it can be imported again, from its folder, unless something else has it.
    name = (
        path.stem
        if path.stem.isidentifier() and path.stem not in sys.modules
        else f"logitscape_target_{len(sys.modules)}"
    )
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"`{path}` is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def from_name(name: str) -> ModuleType:
    """Import a module; the working folder is searched first."""
    if not DOTTED.fullmatch(name):
        raise UsageError(f"`{name}` is neither a module nor a file that ends in .py.")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        parent, _, last = error.name.rpartition(".")
        folders = getattr(sys.modules.get(parent), "__path__", None)
        near = get_close_matches(
            last,
            [each.name for each in pkgutil.iter_modules(folders)],
            n=3,
            cutoff=0.75,
        )
        raise UsageError(
            f"there is no module `{error.name}`. {nearest(last, near)}".rstrip()
        ) from None


def member(module: ModuleType, name: str, place: str) -> Any:
    """What `function`, or `Class.function`, is in a module."""
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise UsageError(
                f"`{place}` has no `{name}`. {nearest(part, _callables(found))}".rstrip()
            )
        found = getattr(found, part)
    if isinstance(found, type) or not (callable(found) or isinstance(found, str)):
        kind = (
            "a class" if isinstance(found, type) else f"of type {type(found).__name__}"
        )
        raise UsageError(
            f"`{name}` in `{place}` is {kind}; a loss is a function, an Objective or a spec."
        )
    return found


def _callables(function_name: Any) -> Iterator[str]:
    for name, value in vars(function_name).items():
        if (
            callable(value)
            and not name.startswith("_")
            and getattr(value, "__module__", None) == _home(function_name)
        ):
            yield name


def _home(function_name: Any) -> Any:
    return (
        function_name.__name__
        if isinstance(function_name, ModuleType)
        else getattr(function_name, "__module__", None)
    )


def functions_of(path: Path) -> list[str]:
    """The functions that a file defines, found without running it."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return []
    return [
        each.name
        for each in tree.body
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")
    ]
