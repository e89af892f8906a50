"""Every public function has an example, and every example gives what it says."""

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import jax
import pytest

import logitscape as ls

ROOMS_WITH_FUNCTIONS = (
    ls,
    ls.normalizers,
    ls.losses,
    ls.plotting,
    ls.datasets,
    ls.testing,
)


def public_functions() -> dict[str, object]:
    found = dict[str, object]()
    for module in ROOMS_WITH_FUNCTIONS:
        names = ls.__all__ if module is ls else vars(module)
        members = {
            name: getattr(module, name) for name in names if not name.startswith("_")
        }
        for name, member in members.items():
            if inspect.isroutine(member) and member.__module__.startswith("logitscape"):
                found[f"{module.__name__}.{name}"] = member
    return found


def modules() -> list[str]:
    return [each.name for each in pkgutil.walk_packages(ls.__path__, "logitscape.")]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


@pytest.fixture
def as_a_user_has_it() -> Iterator[None]:
    """The settings of JAX before anyone changes them."""
    settings = (
        "jax_enable_x64",
        "jax_numpy_dtype_promotion",
        "jax_numpy_rank_promotion",
    )
    ours = {name: getattr(jax.config, name) for name in settings}
    for name, value in zip(settings, (False, "standard", "allow"), strict=True):
        jax.config.update(name, value)
    yield
    for name, value in ours.items():
        jax.config.update(name, value)


@pytest.mark.parametrize("name", public_functions())
def test_every_public_function_has_an_example(name: str) -> None:
    docstring = inspect.getdoc(public_functions()[name])
    assert docstring
    assert ">>> " in docstring


@pytest.mark.parametrize("name", [name for name in modules() if "__main__" not in name])
def test_the_examples_of_a_module_run(
    name: str, as_a_user_has_it: None, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if ".torch_" in name:
        pytest.importorskip("torch")
    module = importlib.import_module(name)
    for test in examples(module):
        jax.config.update("jax_enable_x64", False)
        said = list[str]()
        options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
        doctest.DocTestRunner(optionflags=options).run(test, out=said.append)
        assert not said, "".join(said)
