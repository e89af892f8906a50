"""The table of entmax's losses has a row for every loss of the package."""

import inspect
import re
import runpy
from pathlib import Path

import pytest

pytest.importorskip("torch")
entmax = pytest.importorskip("entmax")

DOCS = Path(__file__).parents[2] / "docs"


def test_no_loss_is_missing() -> None:
    script = runpy.run_path(str(DOCS / "entmax_losses.py"))
    there = {re.match(r"\w+", name).group() for name in script["LOSSES"]}
    public = {
        name
        for name, value in vars(entmax).items()
        if name.endswith("Loss") and inspect.isclass(value)
    }
    assert there == public
    page = (DOCS / "entmax_losses.md").read_text(encoding="utf-8")
    for name in script["LOSSES"]:
        assert f"| `{name}` |" in page
