"""Bad input is refused at the door or counted, never computed with in silence."""

import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import logitscape as ls
from logitscape._src.audit import streaming
from logitscape._src.cli import main
from logitscape._src.cli import main as program
from logitscape._src.cli.interrupts import terminable

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 4, 60)
Z = (RNG.normal(size=(60, 4)) + 2 * np.eye(4)[Y]).astype(np.float32)
PROBABILITIES = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
MASKED = np.ma.masked_array(Z, Z > 1)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (Z, Y[:-1], r"labels=.*got \(59,\)"),
        (Z, np.eye(3)[Y % 3], r"labels=.*got \(60, 3\)"),
        (Z, 3, r"labels=.*got \(\)"),
        (Z, ["cat"] * 60, "labels=.*must have numbers"),
        (Z, Y.astype(object), "labels=.*must have numbers, got object"),
        (Z, [[1], [1, 2]], "labels=.*must be a path or an array"),
        (Z, Y + 0.5, "labels=.*must be integers, got .* at index 0"),
        (Z, np.where(Y == 1, np.nan, Y), "labels=.*must be integers, got nan"),
        (Z, Y - 1, "labels=.*`ignored_label=-1`"),
        (Z, Y + 2**40, "labels=.*must lie between 0 and 3"),
        (Z, np.full(60, 2**63, np.uint64), "must be integers up to 9223372036"),
        (Z, np.ones((60, 4)), "labels=.*targets must be a distribution"),
        (Z, None, "labels=.*is needed"),
        (None, Y, "logits=.*must have numbers"),
        (b"z.npy", Y, "logits=.*must have numbers"),
        ([[1.0, 2.0], [1.0]], [0, 1], "logits=.*must be a path or an array"),
        (Z.astype(object), Y, "logits=.*must have numbers"),
        (Z.astype(np.longdouble), Y, "logits=.*must have numbers"),
        (Z + 0j, Y, "logits=.*must have numbers"),
        (MASKED, Y, "logits=.*must have no masked entries"),
        (Z, np.ma.masked_array(Y, Y > 2), "labels=.*must have no masked entries"),
        (Z[:, :0], Y, "logits=.*at least one example and one class"),
        ({}, Y, "a series needs at least two dumps"),
    ],
)
def test_arrays_that_do_not_fit_are_named(
    logits: Any, labels: Any, message: str
) -> None:
    with pytest.raises((ValueError, TypeError, IndexError), match=message) as caught:
        ls.audit(logits, labels)
    assert "`audit(" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"threshold": "half"},
            r"`audit\(threshold=...\)` must be a number, at least 0 and at most 1",
        ),
        (
            {"threshold": float("nan")},
            r"`audit\(threshold=...\)` must be a number, at least 0 and at most 1",
        ),
        ({"against": "softmax + brier"}, r"`audit\(against=...\)` must be a list"),
        ({"against": None}, r"`audit\(against=...\)` must be a list"),
        ({"ids": 5}, r"`audit\(ids=...\)` must have one entry for each"),
        ({"groups": {"a": 7}}, r"`audit\(groups=...\)`: 'a' must have one entry"),
        ({"class_names": "abcd"}, r"`audit\(class_names=...\)` must have one entry"),
        ({"dtype": np.float16}, r"`audit\(dtype=...\)` must be one of 'float32'"),
    ],
)
def test_options_that_do_not_fit_are_named(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        ls.audit(Z, Y, **options)


def written(path: Path, content: bytes) -> None:
    path.write_bytes(content)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.npy": (lambda path: written(path, b""), "is empty"),
    "foreign.npy": (lambda path: written(path, b"PK\x03\x04 hello" * 20), "no whole"),
    "short.npy": (lambda path: cut(path, 40), "no whole .npy file"),
    "long.npy": (lambda path: cut(path, -40), "it ends before its last number"),
    "negative.npy": (
        lambda path: cut(path, None, b"(60, 4), ", b"(-6, 4), "),
        r"its shape is \(-6, 4\)",
    ),
    "objects.npy": (
        lambda path: np.save(path, np.array([[1, None]], object)),
        "holds objects",
    ),
    "dates.npy": (
        lambda path: np.save(path, Z.astype("datetime64[s]")),
        "must have numbers",
    ),
    "records.npy": (
        lambda path: np.save(path, np.zeros(3, [("a", float)])),
        "must have numbers",
    ),
    "folder.npy": (lambda path: path.mkdir(), "is a folder"),
    "pipe.npy": (os.mkfifo, "is no ordinary file"),
    "nothing.zarr": (lambda path: path.mkdir(), "is no whole .zarr file"),
    "ragged.csv": (lambda path: written(path, b"a,b\n1,2\n1\n"), "is no whole .csv"),
    "text.csv": (lambda path: written(path, b"a,b\n1,x\n"), "is no whole .csv|column"),
    "header.csv": (lambda path: written(path, b"a,b\n"), "has no column|at least one"),
    "z.pt": (lambda path: written(path, b"x"), r"must end in \.npy"),
    "x" * 300 + ".npy": (lambda path: None, "there is no file"),
    "nul\0.npy": (lambda path: None, "there is no file"),
}


def cut(path: Path, length: int | None, old: bytes = b"", new: bytes = b"") -> None:
    np.save(path, Z)
    content = path.read_bytes()
    path.write_bytes(content.replace(old, new)[:length] if old else content[:length])


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_none_are_refused(name: str, tmp_path: Path) -> None:
    if name.endswith(".zarr"):
        pytest.importorskip("zarr")
    if name.endswith(".csv"):
        pytest.importorskip("pyarrow")
    write, message = FILES[name]
    write(tmp_path / name)
    with pytest.raises((ValueError, TypeError, FileNotFoundError), match=message) as e:
        ls.audit(tmp_path / name, Y)
    assert "`audit(logits=...)`" in str(e.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["z.npy"], "`audit(labels=...)` is needed"),
        (["z.npy", "y.npy", "--threshold", "2"], "threshold"),
        (["z.npy", "y.npy", "--dtype", "int8"], "dtype"),
        (["z.npy", "y.npy", "--class-names", "z.npy"], "is no text in UTF-8"),
        (["z.npy", "y.npy", "--class-names", "nowhere.txt"], "nowhere.txt"),
        (["z.npy", "y.npy", "--group", "split=y.npy::a"], "and no 'a'"),
        (["p.npy", "y.npy", "--strict"], "the logits are probabilities"),
        (["z.npy", "z.npy"], "targets must be a distribution"),
        (["pipe.npy", "y.npy"], "is no ordinary file"),
        (["z.npy", "y.npy", "--out", "nowhere/a.html"], "nowhere"),
    ],
)
def test_the_command_line_refuses_the_same(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("z.npy", Z)
    np.save("y.npy", Y)
    np.save("p.npy", PROBABILITIES)
    os.mkfifo("pipe.npy")
    status = main(["audit", *arguments, "-q"])
    errors = capsys.readouterr().err
    assert status == 2, errors
    assert "Traceback" not in errors
    assert message in " ".join(errors.split())


def test_what_can_be_measured_is_without_a_warning_or_a_false_alarm() -> None:
    """Few examples, a single class, numbers at the end of float64, groups of any kind."""
    mixed = np.array(["x", 3, None] * 20, object)
    unknown = np.where(Y > 1, np.nan, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ls.audit(Z[:1], Y[:1]).healthy
        assert ls.audit(Z[:, :1], 0 * Y).healthy
        ls.audit(np.full((60, 4), 1e308), Y)
        found = ls.audit(Z, Y, groups={"mixed": mixed, "unknown": unknown})
    counts = {(each.kind, each.name): each.count for each in found.groups}
    assert counts["mixed", "None"] == 20
    assert counts["unknown", "nan"] == (Y > 1).sum()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_audit_says_what_is_kept(
    by: signal.Signals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(*_: Any) -> Any:
        # The processes of pytest-xdist ignore SIGINT, which their parent handles.
        before = signal.getsignal(by)
        if by == signal.SIGINT:
            signal.signal(by, signal.default_int_handler)
        try:
            signal.raise_signal(by)
        finally:
            signal.signal(by, before)
        raise AssertionError("the signal was not heard")

    def main(command: list[str]) -> int:
        with terminable():
            return program(command)

    status = {signal.SIGINT: 130, signal.SIGTERM: 143}[by]

    monkeypatch.setattr(streaming, "read_block", interrupted)
    np.savez(tmp_path / "d.npz", logits=Z, labels=Y)
    out = tmp_path / "page.html"
    command = ["audit", str(tmp_path / "d.npz"), "--out", str(out), "-q"]
    assert main(command) == status
    assert "page.html was not written" in " ".join(capsys.readouterr().err.split())
    out.write_text("before", encoding="utf-8")
    assert main(command) == status
    assert "is as it was before" in " ".join(capsys.readouterr().err.split())
    assert out.read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.npz", "page.html"]


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"objective": "softmx + cross_entropy"}, "objective"),
        ({"objective": "softmax + focal(gama=2)"}, "objective"),
        ({"objective": 3}, "objective"),
        ({"against": ["softmax"]}, "against"),
        ({"against": ["softmax + brier", None]}, "against"),
        ({"normalizer": "sofmax"}, "normalizer"),
    ],
)
def test_an_error_about_a_loss_says_which_argument_gave_it(
    given: dict[str, Any], argument: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^`audit\({argument}=\.\.\.\)"):
        ls.audit(Z, Y, **given)
