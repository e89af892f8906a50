"""Functions that a user names in a file or a module, and the nearest names if there is none."""

import ast
import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ..base.messages import printable
from ..base.names import nearest, suggestion
from .bind import instance_of, with_arguments
from .errors import UsageError

DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@cache
def from_file(path: Path) -> ModuleType:
    """Run a Python file, once; it can import its neighbours in the same folder."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        # JAX notes the file of every operation, as text.
        text = printable(path)
        raise UsageError(f"`{text}` has a name that is no text; rename it.") from None
    if not _is_file(path):
        if os.path.lexists(path):
            raise UsageError(f"`{path}` is no ordinary file.")
        hint = suggestion(path.name, _python_files(path.parent))
        raise UsageError(f"there is no file `{path}`. {hint}".rstrip())
    name = _module_name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"`{path}` is no Python file.")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickle look a module up by its name while it still runs.
    sys.modules[name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # A name that is too long, or none.
        return False


def _python_files(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return [path.name for path in sorted(folder.glob("*.py"))]


def _module_name(path: Path) -> str:
    """Return the name by which a file can be imported again, unless another module has it."""
    if path.stem.isidentifier() and path.stem not in sys.modules:
        return path.stem
    return f"logitscape_target_{len(sys.modules)}"


def from_name(name: str) -> ModuleType:
    """Import a module; the working folder is searched first."""
    if not DOTTED.fullmatch(name):
        raise UsageError(f"`{name}` is neither a module nor a file that ends in .py.")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name
        # A module that the named one imports in vain is an error in the user's code.
        if missing is None or not f"{name}.".startswith(f"{missing}."):
            raise
        raise UsageError(
            f"there is no module `{missing}`. {_similar_modules(missing)}".rstrip()
        ) from None


def _similar_modules(missing: str) -> str:
    parent, _, last = missing.rpartition(".")
    folders = getattr(sys.modules.get(parent), "__path__", None)
    names = [module.name for module in pkgutil.iter_modules(folders)]
    # Among hundreds of modules, only close ones are worth naming.
    return suggestion(last, nearest(last, names, cutoff=0.75))


def member(
    module: ModuleType, name: str, place: str, arguments: Mapping[str, Any]
) -> Any:
    """Return the function, Objective or spec called `name`, or `Class.name`, in a module.

    Args:
        module: Module of the user.
        name: Name in the module; that of a class stands for an instance, which is called.
        place: Place of the module, for errors.
        arguments: Further arguments of the function or of the class.
    """
    value: Any = module
    rest = dict(arguments)
    for part in name.split("."):
        if not hasattr(value, part):
            hint = suggestion(part, _callables(value))
            raise UsageError(f"`{place}` has no `{name}`. {hint}".rstrip())
        is_method = isinstance(value, type) and _needs_instance(value, part)
        parent = instance_of(value, name, place, rest) if is_method else value
        value = getattr(parent, part)
    if isinstance(value, type) and _has_callable_instances(value):
        value = instance_of(value, name, place, rest)
    is_class = isinstance(value, type)
    if is_class or not (callable(value) or isinstance(value, str)):
        kind = "a class" if is_class else f"of type {type(value).__name__}"
        raise UsageError(
            f"`{name}` in `{place}` is {kind}; "
            "a loss is a function, an Objective or a spec."
        )
    return with_arguments(value, name, rest)


def _has_callable_instances(owner: type) -> bool:
    return any("__call__" in vars(base) for base in owner.__mro__)


def _needs_instance(owner: type, name: str) -> bool:
    """Whether a member of a class is a method, which is called on an instance."""
    found = inspect.getattr_static(owner, name)
    return inspect.isfunction(found)


def _callables(parent: Any) -> Iterator[str]:
    """Yield the public functions and classes that a module or a class defines itself."""
    is_module = isinstance(parent, ModuleType)
    home = getattr(parent, "__name__" if is_module else "__module__", None)
    for name, value in vars(parent).items():
        is_public = callable(value) and not name.startswith("_")
        if is_public and getattr(value, "__module__", None) == home:
            yield name


def functions_of(path: Path) -> list[str]:
    """Return the names of the functions that a file defines, without running it."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError):
        return []
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if not node.name.startswith("_")]
