"""What an error says, in one line, the values that it quotes, and text that is harmless to show."""

import re

LONGEST = 80
"""Largest number of characters of a value that a message quotes."""

LONGEST_PATH = 4096
"""Largest number of characters of a path that a message quotes."""
DELETED = "an array that was deleted, or donated to a program"
"""What an array of JAX without its memory is called."""
KNOWN_ARRAY = "ArrayImpl"
"""Name of the class of JAX's arrays that are not traced."""
HARMFUL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Characters that move a terminal's cursor, turn the order of a line round, or have no bytes."""


def printable(text: object, *, lines: bool = False) -> str:
    r"""A text as it is, but for characters that would do something: those are written as escapes.

    Args:
        text: Text that somebody else wrote.
        lines: Whether it may have several lines, and tabs.

    >>> printable("two\nlines")
    'two\\nlines'
    """
    kept = "\n\t" if lines else ""
    return HARMFUL.sub(
        lambda found: found[0] if found[0] in kept else _escaped(found[0]), str(text)
    )


def printable_json(text: str) -> str:
    """The same JSON, in which these characters are escaped."""
    # Those below a space are escaped already, but for the ends of the lines between values.
    return HARMFUL.sub(
        lambda found: found[0] if found[0] < " " else f"\\u{ord(found[0]):04x}", text
    )


def storable(text: object) -> str:
    """A text as it is, but for halves of characters, which have no bytes."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def first_line(error: Exception) -> str:
    """The first line of the message; "" if it has none."""
    return (str(error).splitlines() or [""])[0]


def in_one_line(error: Exception) -> str:
    """The name of the error, and the first line of its message."""
    return f"{type(error).__name__}: {first_line(error)}"


def quoted(value: object, longest: int = LONGEST) -> str:
    """A value as a message quotes it: in one line, cut if it is long.

    It never fails, whatever the value is: a whole number may have more digits than Python writes,
    and an object of the user may have no text at all.
    """
    try:
        if isinstance(value, list | tuple) and len(value) > LONGEST:
            value = [*value[:LONGEST], ...]
        text = repr(value)
    except Exception:
        return _in_words(value)
    text = printable(" ".join(text.split("\n")))
    if len(text) <= longest:
        return text
    return f"{text[:longest]}... ({len(text)} characters)"


def quoted_path(path: object) -> str:
    """A path as a message quotes it: whole, unless it is longer than a path may be."""
    return quoted(str(path), LONGEST_PATH)


def is_deleted(value: object) -> bool:
    """Whether the value is an array of JAX whose memory was freed, or given to a program."""
    # Known by its name, as this module does without JAX; asking a tracer would take milliseconds.
    return type(value).__name__ == KNOWN_ARRAY and bool(value.is_deleted())  # type: ignore[attr-defined]


def _in_words(value: object) -> str:
    """What a value is that has no text."""
    if isinstance(value, int):
        return f"a number of {value.bit_length():,} bits"
    if is_deleted(value):
        return DELETED
    return f"a {type(value).__name__}"
