"""TARGETs: specs, and functions in files and modules of the user."""

import json
import sys
from pathlib import Path

import pytest

from logitscape._src.cli import targets
from logitscape._src.cli.errors import UsageError, UserError
from tests.cli.command import run

pytestmark = pytest.mark.quick


def test_targets_of_every_kind(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = "my losses/mine.py"
    assert targets.resolve("softmax + brier").source.name == "softmax + brier"
    assert targets.resolve(f"{here}:batched").source.__name__ == "batched"
    assert targets.resolve(f"{folder}/{here}:Losses.ce").source.__name__ == "ce"
    assert targets.resolve(f"{here}:pair").source.name == "my pair"
    assert targets.resolve(f"{here}:spec").source == "softmax + hellinger"
    assert targets.resolve(
        "optax.losses:softmax_cross_entropy"
    ).source.__module__.startswith("optax")
    out, err = capsys.readouterr()
    assert (out, err.count("imported")) == (
        "",
        1,
    )  # run once, and what it prints is no result


def test_a_module_of_the_working_folder(folder: Path) -> None:
    (folder / "local_losses.py").write_text(
        "def f(z, t):\n    return z.sum()\n", encoding="utf-8"
    )
    assert targets.resolve("local_losses:f").source.__module__ == "local_losses"


def test_a_file_named_like_a_module_replaces_none(folder: Path) -> None:
    (folder / "json.py").write_text(
        "def f(z, t):\n    return z.sum()\n", encoding="utf-8"
    )
    assert targets.resolve("./json.py:f").source.__name__ == "f"
    assert sys.modules["json"] is json


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "def f(z, t):\n    return (z\n",
            UserError,
            "line 2\n    return (z\n           ^\nSyntaxError",
        ),
        (
            "import nothing_here\n",
            UserError,
            "line 1, in <module>\n    import nothing_here\nModuleNotFoundError",
        ),
        ("raise SystemExit(3)\n", UsageError, "ended the program"),
        ("1 / 0\n", UserError, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_fails(
    folder: Path, text: str, error: type[Exception], words: str
) -> None:
    (folder / "bad.py").write_text(text, encoding="utf-8")
    with pytest.raises(error) as caught:
        targets.resolve("bad.py:f")
    assert words in str(caught.value)


def test_errors_in_the_function_show_its_own_lines_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "show", "my losses/mine.py:broken")
    assert (status, out) == (2, "")
    assert "in broken\n    return helper(z)" in err
    assert "in helper\n    return z.nothing_of_the_kind" in err
    assert err.count("in helper") == 1
    assert "site-packages" not in err
    assert "/logitscape/" not in err
    assert "JAX has removed" not in err


def test_a_mean_inside_is_refused_with_the_remedy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "show", "my losses/mine.py:mean_inside")
    assert status == 2
    assert 'reduction="none"' in err
    assert "File" not in err
