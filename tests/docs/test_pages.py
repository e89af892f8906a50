"""The files and functions that the pages name exist, and the picture is that of the code."""

import importlib
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "logitscape" / "_src"
FOLDERS = ("src", "tests", "analyses", "docs", "benchmarks")
PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
FILE = re.compile(r"`([\w/]+\.(?:py|pyi|md))`")
FUNCTION = re.compile(r"`([a-z_]+)\.(_?[a-z][a-z_]+)`")
ROOMS = [path.parent.name for path in SOURCE.glob("*/__init__.py")]


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_files_that_a_page_names_exist(page: str) -> None:
    paths = [
        f"/{path.as_posix()}" for name in FOLDERS for path in (ROOT / name).rglob("*.*")
    ]
    files = [file for file in FILE.findall(text(page)) if "NAME" not in file]
    assert files
    for file in files:
        assert any(path.endswith(f"/{file}") for path in paths), f"{page} names {file}"


def test_functions_that_the_architecture_names_exist() -> None:
    modules = dict[str, list[str]]()
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE.parents[1]).with_suffix("").parts
        modules.setdefault(path.stem, []).append(".".join(parts))
    functions = [
        (module, name)
        for module, name in FUNCTION.findall(text("docs/architecture.md"))
        if module in modules and name not in ("py", "pyi", "md")
    ]
    assert functions
    for module, name in functions:
        candidates = map(importlib.import_module, modules[module])
        assert any(hasattr(candidate, name) for candidate in candidates), (
            f"{module}.{name}"
        )


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_a_paragraph(room: str) -> None:
    assert f"\n**{room}** " in text("docs/architecture.md")
