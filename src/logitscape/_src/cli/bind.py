"""Arguments of `--arg NAME=VALUE`, and what takes them: a function, or the class of a method."""

import ast
import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..base.names import suggestion
from .errors import UsageError


def parsed(texts: Sequence[str]) -> dict[str, Any]:
    """The values by their names; what is no literal of Python is a text."""
    arguments = dict[str, Any]()
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UsageError(
                f"`--arg` must be NAME=VALUE, such as gamma=2, got `{text}`."
            )
        arguments[name.strip()] = _value(value)
    return arguments


def instance_of(owner: type, name: str, place: str, arguments: dict[str, Any]) -> Any:
    """Make an instance of a class, with those of the arguments that it takes.

    Args:
        owner: Class.
        name: Name of the target, for errors.
        place: Place of its module, for errors.
        arguments: Arguments, from which those that the class takes are removed.
    """
    taken = {key: arguments.pop(key) for key in _names(owner) if key in arguments}
    try:
        inspect.signature(owner).bind(**taken)
    except TypeError as error:
        raise UsageError(
            f"`{name}` needs an instance of `{owner.__name__}`: {error}. Give its arguments by "
            f"`--arg NAME=VALUE`, or write `criterion = {owner.__name__}(...)` in the file and "
            f"diagnose `{place}:criterion{name.removeprefix(owner.__name__)}`."
        ) from None
    except ValueError:  # a class without a signature
        pass
    return owner(**taken)


def with_arguments(function: Any, name: str, arguments: Mapping[str, Any]) -> Any:
    """The function with its further arguments."""
    if not arguments:
        return function
    if isinstance(function, str):
        raise UsageError(
            f"`--arg` is for functions; `{name}` is a spec, which has its own parameters."
        )
    names = _names(function)
    unknown = [key for key in arguments if names and key not in names]
    if unknown:
        raise UsageError(
            f"`{name}` takes no argument {unknown[0]!r}. {suggestion(unknown[0], names)}"
        )
    return partial(function, **arguments)


def _names(function: Any) -> list[str]:
    """The names of its parameters; none if it takes any."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return []
    return list(parameters)


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
