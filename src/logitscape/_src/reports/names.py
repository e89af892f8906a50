"""Names of objectives as texts in a figure: users may name them by any characters."""

import textwrap
from functools import cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text


def text_of(name: str, width: int) -> str:
    """Return a name in lines of at most `width` characters, with "?" for what the font lacks."""
    drawable = _characters()
    words = " ".join(name.split())
    # matplotlib warns of every letter that the font lacks, and draws a box.
    text = "".join(letter if ord(letter) in drawable else "?" for letter in words)
    return textwrap.fill(text, width)


def first_line(name: str, width: int) -> str:
    """Return the first line of `text_of`."""
    return text_of(name, width).partition("\n")[0]


def verbatim(text: Text) -> Text:
    """Draw dollar signs as they are: in a user's name they begin no formula."""
    text.set_parse_math(False)
    return text


@cache
def _characters() -> frozenset[int]:
    font = findfont(FontProperties(family=["DejaVu Sans"]))
    return frozenset(get_font(font).get_charmap())
