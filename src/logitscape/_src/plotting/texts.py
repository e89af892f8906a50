"""The language of a figure: every text that is drawn goes through the user's `labels`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from matplotlib.cbook import is_math_text
from matplotlib.mathtext import MathTextParser

from ..base.messages import printable, quoted
from ..base.users_code import calling, name_of

LONGEST = 160
"""Characters of a text; what is longer would leave no room for what it is about."""

Labels: TypeAlias = Mapping[str, str] | Callable[[str], str] | None
"""Texts by the text in whose place they are drawn, or a function from one to the other."""


def translation(function_name: str, labels: Labels) -> Callable[[str], str]:
    """The function from a text to the one that is drawn; texts that a dict lacks stay.

    Args:
        function_name: Name of the public function, for the messages.
        labels: What the user gave.

    Raises:
        TypeError: If it is neither a dict of texts nor a function, or if that gives no text.
    """
    argument = f"`{function_name}(labels=...)`"
    if labels is None:
        return drawable
    if isinstance(labels, Mapping):
        given = _by_dict(argument, labels)
        return lambda text: drawable(given(text))
    if not callable(labels):
        raise TypeError(
            f"{argument} must be texts by text, such as {{'loss': 'Verlust'}}, or a function "
            f"of a text, got {quoted(labels)}."
        )
    by_function = _by_function(argument, labels)
    return lambda text: drawable(by_function(text))


def drawable(text: str) -> str:
    r"""A text that matplotlib can draw, whatever stands in it.

    Formulas between dollars are drawn as such where they can be read; in the name `a$b$\c` the
    dollars are dollars. Texts that no figure has room for are shortened.
    """
    text = printable(text, lines=True)
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 1]}…"
    if "$" in text and not _is_readable(text):
        text = text.replace(r"\$", "$").replace("$", r"\$")
    return text


def _is_readable(text: str) -> bool:
    if not is_math_text(text):
        return True
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return False
    return True


def _by_dict(argument: str, labels: Mapping[Any, Any]) -> Callable[[str], str]:
    for pair in labels.items():
        if not all(isinstance(text, str) for text in pair):
            raise TypeError(f"{argument} must hold texts by text, got {quoted(pair)}.")
    return lambda text: labels.get(text, text)


def _by_function(argument: str, function: Callable[[str], str]) -> Callable[[str], str]:
    def translated(text: str) -> str:
        with calling(name_of(function), "It is called with a text, and returns one."):
            result: Any = function(text)
        if not isinstance(result, str):
            raise TypeError(
                f"{argument} must return text, got {quoted(result)} for {text!r}."
            )
        return result

    return translated
