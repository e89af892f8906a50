"""The version of the package is written once for people, once for packages, and is the same."""

import tomllib
from pathlib import Path

import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

ROOT = Path(__file__).parents[2]


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    assert ls.__version__ == project["version"]
