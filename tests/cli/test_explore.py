"""The command `explore`: the page with a loss of one's own, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest

from tests.reports.pages import Page, embedded

from .command import run


def page_of(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    Page(text)
    return embedded(text)


def test_the_catalogue_is_written_by_default(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "explore")
    assert (status, out) == (0, "")
    assert err.startswith("wrote explorer.html (")
    data = page_of(folder / "explorer.html")
    assert data["own"] is None
    assert (data["first"], data["second"]) == (
        "softmax + cross_entropy",
        "sum + cross_entropy",
    )


def test_a_loss_of_ones_own_stands_beside_cross_entropy(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "my losses/mine.py:Losses.ce"
    status, _, err = run(capsys, "explore", name, "--out", "mine.html", "--quiet")
    assert status == 0, err
    data = page_of(folder / "mine.html")
    (own,) = data["own"]["names"]
    assert (data["first"], data["second"]) == ("softmax + cross_entropy", own)
    assert "1.00" in data["own"]["laws"]["texts"]
    assert data["own"]["rolling"]["pairs"] == [0]


def test_specs_of_the_catalogue_are_not_measured_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    specs = ["softmax + brier", "crammer_singer"]
    assert run(capsys, "explore", *specs, "-o", "two.html")[0] == 0
    data = page_of(folder / "two.html")
    assert data["own"] is None
    assert [data["first"], data["second"]] == specs


def test_a_loss_that_is_named_like_one_of_the_catalogue_is_told_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "def crammer_singer(z, t):\n    return (t * -z).sum()\n"
    (folder / "same.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(
        "logitscape._src.explorer.own.measured",
        lambda new: {"names": [each.name for each in new]},
    )
    assert run(capsys, "explore", "same.py:crammer_singer", "-o", "same.html")[0] == 0
    data = page_of(folder / "same.html")
    assert data["own"]["names"] == [data["second"]] == ["crammer_singer (your own)"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["softmax + bries"], "brier"),
        (["nowhere.py:loss"], "nowhere.py"),
        (["my losses/mine.py"], "which function"),
        (["my losses/mine.py:broken"], "nothing_of_the_kind"),
        (["--out", "page.png"], "--out: the name must end in .html"),
        (["--out", "nowhere/page.html"], "--out: there is no folder"),
        (["--out", "folder.html"], "--out: `folder.html` cannot be written"),
    ],
)
def test_what_cannot_be_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (folder / "folder.html").mkdir()
    status, out, err = run(capsys, "explore", *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert not list(folder.glob("**/*.html.*"))
    assert not (folder / "explorer.html").exists()


def test_an_interrupt_leaves_the_old_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    (folder / "old.html").write_text("old", encoding="utf-8")
    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    status, _, err = run(capsys, "explore", "--out", "old.html")
    assert status == 130
    assert "old.html is as it was before" in err
    assert (folder / "old.html").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["my losses", "old.html"]
