"""What people see of an audit: at 80 columns, as a page, as records, and from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

import logitscape as ls
from logitscape._src.cli import main
from tests.audit.dumps import healthy
from tests.reports.pages import CHROMIUM, Page, embedded, in_browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dumps")
    z, y = healthy()
    split = np.where(np.arange(len(y)) % 3, "<train>", "test & more")
    np.savez(folder / "dump.npz", logits=z, labels=y, split=split)
    (folder / "names.txt").write_text("\n".join("abcdefghij"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> ls.Audit:
    path = folder / "dump.npz"
    return ls.audit(
        path,
        against=["softmax + brier"],
        groups={"split": f"{path}::split"},
        ids=[f"<img {k}>" for k in range(719)],
        class_names=list("abcdefghij"),
    )


def test_the_terminal_has_80_columns_and_five_lines_first(found: ls.Audit) -> None:
    for text in (str(found), found.full()):
        assert max(map(len, text.splitlines())) <= 80
    leading = ("accuracy", "loss", "gradient", "calibration", "logits")
    places = [found.full().index(f"\n{name} ") for name in leading]
    assert places == sorted(places)
    assert "softmax + brier" in str(found)
    assert "split: <train>" in found.full()


def test_a_number_is_found_by_its_name(found: ls.Audit) -> None:
    assert found["accuracy"].estimate.low < found["accuracy"].estimate.value
    with pytest.raises(KeyError, match="there is no number 'nothing'"):
        found["nothing"]


def test_a_page_is_whole_and_needs_nothing_else(
    found: ls.Audit, tmp_path: Path
) -> None:
    path = found.save(tmp_path / "audit.html")
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.tags["svg"] == 4
    assert "&lt;train&gt;" in text
    record = embedded(text)
    assert record == json.loads(found.to_json())
    assert record["schema"] == "logitscape.audit/2"
    Page(found._repr_html_())
    if CHROMIUM is not None:
        assert "reliability" in in_browser(path, tmp_path / "profile")


def test_what_is_saved_can_be_read(found: ls.Audit, tmp_path: Path) -> None:
    import xarray

    stored = xarray.open_dataset(found.save(tmp_path / "audit.nc")).load()
    xarray.testing.assert_equal(stored, found.to_xarray())
    assert stored["class"].values.tolist() == list("abcdefghij")
    assert (
        found.save(tmp_path / "audit.txt").read_text(encoding="utf-8") == found.full()
    )
    assert json.loads(found.save(tmp_path / "audit.json").read_text(encoding="utf-8"))[
        "healthy"
    ]
    with pytest.raises(ValueError, match="must end in"):
        found.save(tmp_path / "audit.doc")
    with pytest.raises(FileNotFoundError):
        found.save(tmp_path / "nowhere" / "audit.html")


def test_the_command_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump = str(folder / "dump.npz")
    names = str(folder / "names.txt")
    group = f"split={dump}::split"
    command = ["audit", dump, "--group", group, "--class-names", names, "--quiet"]
    assert main([*command, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["healthy"]
    assert [each["name"] for each in record["groups"] if each["kind"] == "split"] == [
        "<train>",
        "test & more",
    ]
    assert main([*command, "--fail-on", "note"]) == int(record["worst"] == "note")
    assert "What matters" not in capsys.readouterr().out
    np.save(folder / "p.npy", np.full((719, 10), 0.1, np.float32))
    assert main(["audit", str(folder / "p.npy"), f"{dump}::labels", "-q"]) == 1
    assert "Probabilities given for logits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.npz", "b.npz", "c.npz"], "has to be quoted"),
        (["nothing_*.npz"], "no file matches"),
        (["nothing.npy"], "there is no file `nothing.npy`"),
        (["{dump}::labels", "{dump}"], "must have shape [m, n]"),
        (["{dump}", "{dump}::logits"], "targets must be a distribution"),
        (["{dump}", "--group", "split"], "--group must be KIND=FILE"),
        (["{dump}", "--out", "audit.doc"], "the name must end in .html"),
        (["{dump}", "--objective", "softmix + brier"], "softmax"),
        (["{dump}", "--ids", "{dump}::nothing"], "has no 'nothing'"),
    ],
)
def test_bad_usage(
    arguments: list[str],
    message: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dump = str(folder / "dump.npz")
    status = main(["audit", *[each.format(dump=dump) for each in arguments], "-q"])
    errors = capsys.readouterr().err
    assert status == 2, errors
    assert message in errors
    assert "Traceback" not in errors
