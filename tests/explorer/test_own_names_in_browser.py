"""Pages of losses whose names hold markup, in a real browser: every name is shown, as text."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

import logitscape as ls
from logitscape._src.base.messages import printable
from logitscape._src.base.x64 import enable_x64
from logitscape._src.explorer.own import page_with
from tests.faults.hostile_texts import OWNED, TEXTS
from tests.reports.pages import CHROMIUM, Page

from .browser import Tab, browser

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
    pytest.mark.lengthy,
]

NAMES = {kind: name for kind, name in TEXTS.items() if name.strip()}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    folder = tmp_path_factory.mktemp("own")
    squares = ls.objective(lambda z, t: ((z - t) ** 2).sum(), name="squares")
    with enable_x64():
        text = page_with([replace(squares, name=name) for name in NAMES.values()])
    Page(text)
    (folder / "page.html").write_text(text, encoding="utf-8")
    with browser(folder / "profile") as tab:
        tab.look(1280, 800)
        tab.open((folder / "page.html").as_uri())
        yield tab
    assert not tab.complaints


def test_every_name_can_be_chosen(tab: Tab) -> None:
    offered = tab.run(
        "[...document.getElementById('second').options].map(o => o.value)"
    )
    assert {printable(name) for name in NAMES.values()} <= set(offered)


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_is_shown_as_text(tab: Tab, kind: str) -> None:
    name = printable(NAMES[kind])
    tab.choose("second", name)
    shown = tab.run("document.querySelector('#compare').textContent")
    assert " ".join(name.split())[:40] in " ".join(shown.split())
    assert tab.run("document.title") != OWNED
    assert tab.run("document.querySelectorAll('img, iframe, object').length") == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_long_names_fit_into_the_window(tab: Tab, width: int) -> None:
    tab.choose("second", printable(NAMES["long"]))
    tab.look(width, 800)
    try:
        assert tab.run("document.documentElement.scrollWidth") == width
    finally:
        tab.look(1280, 800)
