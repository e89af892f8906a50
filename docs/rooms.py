"""The rooms of the library and the imports between them, read from the code itself."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOMS = (
    "base",
    "normalizers",
    "losses",
    "objectives",
    "engine",
    "datasets",
    "landscapes",
    "properties",
    "dynamics",
    "training",
    "plotting",
    "diagnosis",
    "reports",
    "public",
    "cli",
)
"""In this order: a file imports from its own room and from those before it."""

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = "logitscape"


@dataclass(frozen=True)
class Import:
    """One name that one file imports from another.

    Attributes:
        importer: the module that imports, such as "logitscape._src.engine.families".
        imported: the module that it imports from.
        name: what it imports; "" for the module itself.
        line: where, counted from 1.
    """

    importer: str
    imported: str
    name: str
    line: int

    def __str__(self) -> str:
        what = f"{self.name} from " if self.name else ""
        return f"{self.importer}:{self.line} imports {what}{self.imported}"


@dataclass(frozen=True)
class Code:
    """The modules of the package, by name, with the text of each."""

    modules: Mapping[str, Path]

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Every import of one module of the package by another, those inside functions and for types only too."""
        found = (
            each
            for module, path in self.modules.items()
            for each in self._imports_of(module, path)
        )
        return tuple(each for each in found if each.importer != each.imported)

    @property
    def backward(self) -> list[Import]:
        """The imports of a room by one that comes before it."""
        return [
            each for each in self.imports if order(each.imported) > order(each.importer)
        ]

    @property
    def of_private_names(self) -> list[Import]:
        """The imports of a name with an underscore across rooms."""
        across = (
            each for each in self.imports if room(each.imported) != room(each.importer)
        )
        return [
            each
            for each in across
            if each.name.startswith("_") and not each.name.endswith("__")
        ]

    @property
    def circle(self) -> list[str]:
        """The modules of a circle of imports; empty if there is none."""
        graph: dict[str, set[str]] = {module: set() for module in self.modules}
        for each in self.imports:
            graph[each.importer].add(each.imported)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            return circle
        return []

    def _imports_of(self, module: str, path: Path) -> Iterator[Import]:
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                source = _absolute(node, package)
                for alias in node.names:
                    inner = f"{source}.{alias.name}"
                    if inner in self.modules:
                        yield Import(module, inner, "", node.lineno)
                    elif source in self.modules:
                        yield Import(module, source, alias.name, node.lineno)
            elif isinstance(node, ast.Import):
                yield from (
                    Import(module, alias.name, "", node.lineno)
                    for alias in node.names
                    if alias.name in self.modules
                )


def code(source: Path = SOURCE) -> Code:
    """The package as it lies in a folder."""
    paths = sorted((source / PACKAGE).rglob("*.py"))
    return Code({_module(path.relative_to(source)): path for path in paths})


def room(module: str) -> str:
    """The room of a module; "public" for what lies beside `_src`, or in it beside the rooms."""
    parts = module.split(".")
    return (
        parts[2]
        if len(parts) > 2 and parts[1] == "_src" and parts[2] in ROOMS
        else "public"
    )


def order(module: str) -> int:
    """The place of a module's room among the rooms."""
    return ROOMS.index(room(module))


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)
