"""What the site makes of docstrings, and what it says about links that lead nowhere."""

from pathlib import Path

import pytest

from docs.site.docstrings import restructured
from docs.site.gallery import ANSWERS
from docs.site.links import faults

pytestmark = pytest.mark.quick
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("docstring", "text"),
    [
        ("`p_k` sums to 1.", "``p_k`` sums to 1."),
        ("Weights |z|*a_ of z_k.", r"Weights \|z\|\*a\_ of z_k."),
        ("the `p`s", r"the ``p``\ s"),
        ("* one\n* two, a * b", "* one\n* two, a \\* b"),
        (">>> a * b_\n1", ">>> a * b_\n1"),
        ("Example:\n    >>> z**3\n    8", "Example:\n    >>> z**3\n    8"),
        ("Source: Bridle 1990.", "**Source:** Bridle 1990."),
        ("`a`\n\n>>> `a`", "``a``\n\n>>> `a`"),
    ],
)
def test_docstrings_keep_their_characters(docstring: str, text: str) -> None:
    assert restructured(docstring) == text


def site(folder: Path, body: str) -> list[str]:
    (folder / "other.html").write_text("<h1 id='there'>Other</h1>", encoding="utf-8")
    (folder / "page.html").write_text(body, encoding="utf-8")
    return list(faults(folder))


@pytest.mark.parametrize(
    "body",
    [
        "<a href='other.html'>x</a>",
        "<a href='other.html#there'>x</a>",
        "<a href='#mine' id='mine'>x</a>",
        "<a href='https://arxiv.org/abs/1511.05042'>x</a>",
        "<img src='data:image/png;base64,AAAA'>",
    ],
)
def test_good_links_are_left_alone(body: str, tmp_path: Path) -> None:
    assert site(tmp_path, body) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<a href='missing.html'>x</a>", "is not there"),
        ("<a href='other.html#gone'>x</a>", "has no such anchor"),
        ("<a href='#gone'>x</a>", "has no such anchor"),
        ("<script src='https://cdn.example.org/x.js'></script>", "from elsewhere"),
        ("<a href='htp://x.org'>x</a>", "is no address"),
        ("<a href='https://nowhere'>x</a>", "names no host"),
    ],
)
def test_bad_links_are_named(body: str, fault: str, tmp_path: Path) -> None:
    (found,) = site(tmp_path, body)
    assert fault in found


def test_a_site_without_pages_is_no_site(tmp_path: Path) -> None:
    assert list(faults(tmp_path))


def test_every_figure_has_its_sentence() -> None:
    names = {path.stem for path in (ROOT / "figures").glob("*.svg")}
    assert set(ANSWERS) == {name for name in names if not name.endswith(".details")}
