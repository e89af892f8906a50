"""All hostile calls: every door, every argument, every kind of value."""

from collections.abc import Iterable, Iterator

from .hostile import HOSTILE, UNKNOWN_KEYWORD
from .outcomes import Outcome, outcome
from .public import Door

KEYWORD = "no_such_setting"


def calls(door: Door) -> Iterator[tuple[str, str]]:
    """Arguments of a door, each with the kind of a hostile value."""
    for parameter in door.parameters:
        for value in HOSTILE:
            yield parameter, value
    yield KEYWORD, UNKNOWN_KEYWORD


def outcomes(door: Door, some: Iterable[tuple[str, str]]) -> list[Outcome]:
    """What calls of a door come to."""
    return [outcome(door, parameter, value) for parameter, value in some]
