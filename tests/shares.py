"""A share of a large collection for every run, and all of it on request.

One diagnosis takes seconds, and the collections have hundreds of losses. `nox -s tests -- -m "slow
or not slow"` runs all tests, `-m slow` those that the usual run leaves out.
"""

from collections.abc import Iterable
from typing import Any

import pytest

FURTHER = 3
"""How many times fewer of a long list are asked about than its test says, to keep the usual run
under half an hour on two cores.
"""


def share(values: Iterable[Any], *, one_in: int) -> list[Any]:
    """Parameters of a test: the first of every few values, and the others marked as slow.

    Args:
        values: Parameters; those of a test with several are tuples.
        one_in: One of so many is asked about in every run; of lists that are more than three times
            as long, a third of these.
    """
    values = list(values)
    if len(values) > FURTHER * one_in:
        one_in *= FURTHER
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else (value,)),
            marks=[pytest.mark.slow] if k % one_in else [],
        )
        for k, value in enumerate(values)
    ]
