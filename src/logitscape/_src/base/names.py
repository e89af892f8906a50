"""Known names that are spelt like a name that nobody knows; without JAX."""

from collections.abc import Iterable
from difflib import get_close_matches


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
