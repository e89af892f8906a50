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
    "forms",
    "engine",
    "datasets",
    "landscapes",
    "properties",
    "dynamics",
    "training",
    "plotting",
    "diagnosis",
    "audit",
    "reports",
    "explorer",
    "fidelity",
    "public",
    "cli",
)
"""The rooms in order: a file imports from its own room and from those before it."""

SOURCE = Path(__file__).parents[1] / "src"
PACKAGE = "logitscape"
COMMAND = f"{PACKAGE}.__main__"


@dataclass(frozen=True)
class Import:
    """An import of one module by another.

    Attributes:
        importer: Name of the importing module, such as "logitscape._src.engine.families".
        imported: Name of the imported module.
        name: Name that is imported from the module; "" for the module itself.
        line: Line of the import, counted from 1.
    """

    importer: str
    imported: str
    name: str
    line: int

    @property
    def is_private(self) -> bool:
        """Whether the imported name begins with an underscore; `__version__` is public."""
        return self.name.startswith("_") and not self.name.endswith("__")

    def __str__(self) -> str:
        name = f"{self.name} from " if self.name else ""
        return f"{self.importer}:{self.line} imports {name}{self.imported}"


@dataclass(frozen=True)
class Code:
    """The modules of the package.

    Attributes:
        modules: Path of every module, by its name.
    """

    modules: Mapping[str, Path]

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """All imports between different modules, also inside functions and for types only."""
        imports = list[Import]()
        for module, path in self.modules.items():
            imports.extend(self._imports_of(module, path))
        return tuple(entry for entry in imports if entry.importer != entry.imported)

    @property
    def backward(self) -> list[Import]:
        """The imports from a room that stands after the importer's."""
        return [
            entry
            for entry in self.imports
            if order(entry.imported) > order(entry.importer)
        ]

    @property
    def of_private_names(self) -> list[Import]:
        """The imports of a name with an underscore from another room."""
        return [
            entry
            for entry in self.imports
            if entry.is_private and room(entry.imported) != room(entry.importer)
        ]

    @property
    def circle(self) -> list[str]:
        """The modules of a circle of imports; empty if there is none."""
        graph: dict[str, set[str]] = {module: set() for module in self.modules}
        for entry in self.imports:
            graph[entry.importer].add(entry.imported)
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            return circle
        return []

    def _imports_of(self, module: str, path: Path) -> Iterator[Import]:
        is_package = path.name == "__init__.py"
        package = module if is_package else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                yield from self._imports_from(module, node, package)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in self.modules:
                        yield Import(module, alias.name, "", node.lineno)

    def _imports_from(
        self, module: str, node: ast.ImportFrom, package: str
    ) -> Iterator[Import]:
        source = _absolute(node, package)
        for alias in node.names:
            submodule = f"{source}.{alias.name}"
            if submodule in self.modules:
                yield Import(module, submodule, "", node.lineno)
            elif source in self.modules:
                yield Import(module, source, alias.name, node.lineno)


def code(source: Path = SOURCE) -> Code:
    """Read the package in a folder of source code."""
    paths = sorted((source / PACKAGE).rglob("*.py"))
    return Code({_module(path.relative_to(source)): path for path in paths})


def room(module: str) -> str:
    """Return the room of a module.

    The room of modules beside `_src`, and of those in it beside the rooms, is "public"; that of
    `logitscape.__main__`, which runs the command line, is "cli".
    """
    if module == COMMAND:
        return "cli"
    parts = module.split(".")
    if len(parts) > 2 and parts[1] == "_src" and parts[2] in ROOMS:
        return parts[2]
    return "public"


def order(module: str) -> int:
    """Return the place of a module's room among the rooms."""
    return ROOMS.index(room(module))


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the absolute name of the module from which names are imported."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)
