"""What the README writes exists, and its short examples run."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import logitscape as ls

pytestmark = pytest.mark.quick

PAGE = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_every_name_of_the_package_exists():
    names = set(re.findall(r"\bls\.([A-Za-z_]\w*)", PAGE))
    assert {"sweep", "ray", "diagnose"} <= names
    assert not {name for name in names if not hasattr(ls, name)}


def test_every_import_works():
    for line in re.findall(
        r"^\s*((?:from logitscape|import).*)$", "\n".join(BLOCKS), re.MULTILINE
    ):
        exec(line, {})


def test_the_first_example_and_ones_own_normalizer_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own = next(block for block in BLOCKS if "cubic" in block)
    names: dict = {}
    exec(BLOCKS[0] + own, names)
    plt.close("all")
    assert f"far out: {capsys.readouterr().out.strip()}\n" in PAGE
    assert (tmp_path / "pair.png").stat().st_size > 10_000
    swept = ls.sweep(names["pair"], ls.ray("R1", np.linspace(0, 12, 5), base=1))
    assert swept.finite.all()
