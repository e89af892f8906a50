"""What an error says: its message in one line, and the values that it quotes."""

from typing import TypeGuard

LONGEST = 80
"""Largest number of characters of a value that a message quotes."""


def first_line(error: Exception) -> str:
    """The first line of the message; "" if it has none."""
    return (str(error).splitlines() or [""])[0]


def in_one_line(error: Exception) -> str:
    """The name of the error, and the first line of its message."""
    return f"{type(error).__name__}: {first_line(error)}"


def quoted(value: object) -> str:
    """A value as a message quotes it: in one line, cut if it is long.

    It never fails, whatever the value is: a whole number may have more digits than Python writes,
    and an object of the user may have no text at all.
    """
    if isinstance(value, list | tuple) and len(value) > LONGEST:
        value = [*value[:LONGEST], ...]
    try:
        text = repr(value)
    except Exception:
        kind = type(value).__name__
        return (
            f"a number of {value.bit_length():,} bits"
            if _is_int(value)
            else f"a {kind}"
        )
    text = " ".join(text.split("\n")) if "\n" in text else text
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({len(text)} characters)"


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int)
