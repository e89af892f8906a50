"""TARGETs: specs, and functions in files and modules of the user."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from logitscape._src.cli import targets
from logitscape._src.cli.bind import parsed
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


def test_a_mean_inside_is_handled(folder: Path) -> None:
    target = targets.resolve("my losses/mine.py:mean_inside")
    (found,) = targets.recognised([target], "trying it", classes=4, normalizer=None)
    assert (found.form, found.reduction) == ("batch, labels", "mean")
    assert found.name == "mean_inside"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Scaled.loss", {"scale": 2.0}),
        ("Scaled", {"scale": 2.0}),
        ("scaled_by_3.loss", {}),
        ("scales", {"scale": 2.0}),
    ],
)
def test_methods_instances_and_arguments(folder: Path, text, arguments) -> None:
    (folder / "classes.py").write_text(
        "class Scaled:\n"
        "    def __init__(self, scale):\n"
        "        self.scale = scale\n"
        "    def loss(self, z, t):\n"
        "        return self.scale * (z * t).sum()\n"
        "    __call__ = loss\n"
        "scaled_by_3 = Scaled(3.0)\n"
        "def scales(z, t, *, scale):\n"
        "    return scale * (z * t).sum()\n",
        encoding="utf-8",
    )
    loss = targets.resolve(f"classes.py:{text}", arguments).source
    assert loss(np.array([5.0, 1.0]), np.array([1.0, 0.0])) == (
        5 * arguments.get("scale", 3.0)
    )


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("my losses/mine.py:batched", {"temperature": 2}, "no argument 'temperature'"),
        ("softmax + brier", {"gamma": 2}, "is for functions"),
        ("my losses/mine.py:spec", {"gamma": 2}, "is for functions"),
    ],
)
def test_an_argument_that_nothing_takes_is_refused(
    folder: Path, text, arguments, words
) -> None:
    with pytest.raises(UsageError, match=words):
        targets.resolve(text, arguments)


def test_arguments_are_literals_or_text() -> None:
    texts = ["gamma=2.5", "name=a b", "weights=[1, 2]", "flag=True"]
    expected = {"gamma": 2.5, "name": "a b", "weights": [1, 2], "flag": True}
    assert parsed(texts) == expected
    with pytest.raises(UsageError, match="must be NAME=VALUE"):
        parsed(["gamma"])


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("audit", "z.npy", "y.npy", "--objective", "nope"), "--objective"),
        (("audit", "z.npy", "y.npy", "--against", "softmax + brier"), "--against"),
        (("audit", "z.npy", "y.npy", "--normalizer", "no.py:f"), "--normalizer"),
        (("diagnose", "mae", "--reference", "focal"), "--reference"),
        (("diagnose", "mae", "--normalizer", "nope"), "--normalizer"),
        (("compare", "mae", "--reference", "no.module:f"), "--reference"),
        (("show", "optax.losses:log_cosh", "--normalizer", "no.py:f"), "--normalizer"),
    ],
)
def test_an_error_in_an_option_names_it(
    words: tuple[str, ...], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # All options but the one that is asked about are good.
    good = {"mae": "softmax + mae", "softmax + brier": "softmax + brie"}
    status, out, err = run(capsys, *(good.get(word, word) for word in words))
    assert (status, out) == (2, "")
    assert err.startswith(f"logitscape: {option}: ")


@pytest.mark.parametrize(
    "words",
    [
        ("diagnose", "~no-such-user/x.py:f"),
        ("audit", "~no-such-user/*.npz"),
        ("audit", "~no-such-user/z.npy"),
    ],
)
def test_a_home_folder_that_nobody_has_is_named(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *words)
    assert (status, out) == (2, "")
    assert "there is no such home folder, got '~no-such-user/" in err
