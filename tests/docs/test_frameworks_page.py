"""The loops of docs/howto/use_a_loss.md run, and learn."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import jax
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use_a_loss.md"
BLOCKS = re.findall(
    r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)


@pytest.mark.parametrize("package", ["optax", "flax", "equinox"])
def test_a_loop_learns(package: str) -> None:
    pytest.importorskip(package)
    imported = f"\nfrom {package} import" if package == "flax" else f"import {package}"
    (code, shown) = next(block for block in BLOCKS if imported in f"\n{block[0]}")
    printed = io.StringIO()
    settings = jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow")
    with settings[0], settings[1], redirect_stdout(printed):
        exec(compile(code, str(PAGE), "exec"), {})
    assert printed.getvalue() == shown


def test_there_is_a_loop_for_each() -> None:
    assert len(BLOCKS) == 3
