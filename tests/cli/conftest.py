"""A folder with losses of a user, and stand-ins for long computations.

Nothing may import logitscape while this file is loaded: see tests/conftest.py.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LOSSES = """
import jax, jax.numpy as jnp
import logitscape as ls

print("imported")

class Losses:
    @staticmethod
    def ce(z, t):
        return -jnp.sum(t * jax.nn.log_softmax(z))

def batched(logits, labels):
    return -jax.nn.log_softmax(logits)[jnp.arange(len(labels)), labels]

def mean_inside(logits, labels):
    return batched(logits, labels).mean()

def helper(z):
    return z.nothing_of_the_kind

def broken(z, t):
    return helper(z)

pair = ls.compose("square", "brier", name="my pair")
spec = "softmax + hellinger"
table = [1]
"""


@pytest.fixture
def lawless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed law for every objective: to find laws takes seconds."""
    import logitscape as ls
    from logitscape._src.properties.gradient_laws import GradientLaws
    from logitscape._src.properties.law import Law

    law = Law("constant", (1.0, 2.0), coefficient=2.0)
    monkeypatch.setitem(
        vars(ls),
        "gradient_law",
        lambda *_, **__: GradientLaws(law, law, law, law, "ray"),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder with a file of losses, in a folder with a space in its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "my losses").mkdir()
    (tmp_path / "my losses" / "mine.py").write_text(LOSSES, encoding="utf-8")
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(tmp_path) in str(getattr(module, "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def worst(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The verdict of every diagnosis and comparison, which a test may set."""
    import logitscape as ls
    from tests.cli.command import Verdict

    verdict = Verdict("fine", {})

    def judge(source: Any, **options: Any) -> Any:
        verdict.arguments = {"source": source, **options}
        return verdict

    monkeypatch.setitem(vars(ls), "diagnose", judge)
    monkeypatch.setitem(vars(ls), "compare", judge)
    return verdict
