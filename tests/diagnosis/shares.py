"""A share of a large collection for every run, and all of it on request.

One diagnosis takes seconds, and the collections have hundreds of losses.
"""

from collections.abc import Iterable
from typing import Any

import pytest

SHARE = 3
"""One of so many losses is asked about in every run."""


def one_in_three(names: Iterable[str]) -> list[Any]:
    """Parameters of a test: the first of every three names, and the others marked as slow.

    `nox -s tests -- -m "slow or not slow"` runs all of them, `-m slow` the others.
    """
    return [
        pytest.param(name, marks=[pytest.mark.slow] if k % SHARE else [])
        for k, name in enumerate(names)
    ]
