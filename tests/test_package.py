"""What the package says about itself on an index: addresses, and pictures that show there."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.quick
ROOT = Path(__file__).parents[1]
ADDRESS = "https://example.org/someone/logitscape"


@pytest.fixture
def hook() -> ModuleType:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hook", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_link_of_the_readme_becomes_absolute(hook: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = hook.for_an_index(readme, ADDRESS, "abc")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", readme))
    assert all(link.startswith(("https://", "#")) for link in links)
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture.removeprefix(f"{ADDRESS}/raw/abc/")).is_file()
        assert picture.endswith(".png")


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ""),
        ({"PROJECT_URL": f"{ADDRESS}/"}, ADDRESS),
        (
            {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b"},
            "https://github.com/a/b",
        ),
        ({"GITHUB_REPOSITORY": "a/b"}, ""),
    ],
)
def test_the_address_is_that_of_the_build(
    hook: ModuleType, environment: dict[str, str], address: str
) -> None:
    assert hook.address_of(environment) == address
