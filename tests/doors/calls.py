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


def share(door: Door, place: int, one_in: int) -> list[tuple[str, str]]:
    """One of so many calls of a door: other kinds for each argument, and for each door.

    The call with an unknown keyword is always among them, as each door has only one of it.

    Args:
        door: The door.
        place: Place of the door among all.
        one_in: One call of so many is chosen.
    """
    kinds = len(HOSTILE)
    return [
        call
        for k, call in enumerate(calls(door))
        if call[1] == UNKNOWN_KEYWORD or (k + k // kinds + place) % one_in == 0
    ]


def outcomes(door: Door, some: Iterable[tuple[str, str]]) -> list[Outcome]:
    """What calls of a door come to."""
    return [outcome(door, parameter, value) for parameter, value in some]
