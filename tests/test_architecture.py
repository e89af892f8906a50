"""Imports point one way, from later rooms to earlier ones, and few modules are public."""

import pkgutil

import pytest

import logitscape
from docs.rooms import Code, code, room

pytestmark = pytest.mark.quick

PUBLIC_MODULES = [
    "logitscape.contrastive",
    "logitscape.datasets",
    "logitscape.logit_maps",
    "logitscape.losses",
    "logitscape.multilabel",
    "logitscape.normalizers",
    "logitscape.plotting",
    "logitscape.styles",
    "logitscape.testing",
]


@pytest.fixture(scope="module")
def package() -> Code:
    return code()


def test_imports_point_one_way(package: Code) -> None:
    offending = "\n".join(map(str, package.backward))
    assert not package.backward, f"imports of a later room:\n{offending}"


def test_no_private_name_is_imported_by_another_room(package: Code) -> None:
    offending = "\n".join(map(str, package.of_private_names))
    assert not package.of_private_names, f"imports of private names:\n{offending}"


def test_no_imports_run_in_a_circle(package: Code) -> None:
    offending = " imports ".join(reversed(package.circle))
    assert not package.circle, f"circle of imports: {offending}"


def test_the_program_belongs_to_the_command_line() -> None:
    assert room("logitscape.__main__") == "cli"


def test_the_public_modules_are_these() -> None:
    modules = pkgutil.walk_packages(logitscape.__path__, "logitscape.")
    names = [module.name for module in modules]
    public = [
        name for name in names if not any(part[0] == "_" for part in name.split("."))
    ]
    assert sorted(public) == PUBLIC_MODULES
