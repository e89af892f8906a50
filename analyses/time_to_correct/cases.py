"""The cases that are measured: an objective on a ray with a number of classes."""

import pandas as pd

REFERENCE = "softmax + cross_entropy"
FAST = ("bounded", "logarithmic", "linear")
"""Growths of the time to correct that are linear at most."""
RAY = "R1"
CLASSES = 3
"""Ray and number of classes of the table and the curves."""
PREFIX = "growth n="


def by_case(growth: pd.DataFrame) -> pd.DataFrame:
    """The growth table with one row for each objective, ray and number of classes."""
    numbers = [
        int(name.removeprefix(PREFIX)) for name in growth if name.startswith(PREFIX)
    ]
    parts = []
    for classes in sorted(numbers):
        columns = {f"{name} n={classes}": name for name in ("growth", "number", "why")}
        part = growth[["objective", "ray", *columns]].rename(columns=columns)
        parts.append(part.assign(classes=classes))
    return pd.concat(parts, ignore_index=True)


def main_case(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table for RAY and CLASSES, by objective."""
    chosen = (table["ray"] == RAY) & (table["classes"] == CLASSES)
    return table[chosen].set_index("objective")


def always_fast(cases: pd.DataFrame) -> list[str]:
    """Objectives whose time grows linearly at most in every case."""
    fast = cases["growth"].isin(FAST).groupby(cases["objective"], sort=False).all()
    return list(fast[fast].index)
