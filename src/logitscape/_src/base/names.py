"""Known names that are spelt like a name that nobody knows; without JAX."""

import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any


def nearest(
    name: str, known: Iterable[str], *, count: int = 3, cutoff: float = 0.5
) -> list[str]:
    """Return the known names that are spelt like the given one, the nearest first.

    Args:
        name: Name that is not known.
        known: Names to choose from.
        count: Maximum number of names to return.
        cutoff: Least similarity, from 0 to 1, by `difflib.SequenceMatcher.ratio`.
    """
    return get_close_matches(name, list(known), n=count, cutoff=cutoff)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'a' or 'b'?", or all known names if none is near.

    The text is empty if no name is known.
    """
    names = list(known)
    near = nearest(name, names) if isinstance(name, str) else []
    if near:
        return f"Did you mean {' or '.join(map(repr, near))}?"
    return f"Known: {', '.join(names)}." if names else ""


def check_keywords(
    function_name: str,
    given: Iterable[str],
    passed_to: Callable[..., Any],
    public_name: str,
) -> None:
    """Check keywords that a function passes on to another one.

    Args:
        function_name: Name of the function that was called.
        given: Names of the keywords.
        passed_to: Function that gets them.
        public_name: Name of that function, as users write it.

    Raises:
        TypeError: For one that the other function does not have.
    """
    known = inspect.signature(passed_to).parameters
    for name in given:
        if name not in known:
            raise TypeError(
                f"{function_name}() got an unexpected keyword argument {name!r}; it takes those "
                f"of `{public_name}`. {suggestion(name, known)}"
            )
