"""Rows of the table of parts, and numbers as text."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def rows_of(parts: "pd.DataFrame", program: str) -> "pd.DataFrame":
    """The rows of one program, with a new index."""
    return parts[parts["program"] == program].reset_index(drop=True)


def percent(share: float) -> str:
    """A share in percent: with two digits below 10 %, else as a whole number."""
    if abs(share) < 0.1:
        return f"{100 * share:.2g} %"
    return f"{100 * share:.0f} %"


def power(k: int) -> str:
    """A number as a power of 2, if it is one exactly, else as a power of 10."""
    base = 2 if k & (k - 1) == 0 else 10
    exponent = math.log(k) / math.log(base)
    return f"${base}^{{{exponent:.2g}}}$"
