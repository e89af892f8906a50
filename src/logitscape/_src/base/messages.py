"""What an error says, in one line, and text that is harmless wherever it is shown."""

import re

HARMFUL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that move a terminal's cursor, turn the order of a line round, or have no bytes."""


def printable(text: object) -> str:
    r"""A text as it is, but for characters that would do something: those are written as escapes.

    >>> printable("two\nlines")
    'two\\nlines'
    """
    return HARMFUL.sub(_escaped, str(text))


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape", "surrogatepass").decode("ascii")


def first_line(error: Exception) -> str:
    """The first line of the message; "" if it has none."""
    return (str(error).splitlines() or [""])[0]


def in_one_line(error: Exception) -> str:
    """The name of the error, and the first line of its message."""
    return f"{type(error).__name__}: {first_line(error)}"
