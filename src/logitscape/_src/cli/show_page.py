"""Output of `show`: a few numbers along a ray, sparklines, and the laws far out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape

BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = 49
"""Number of points along the ray, each a column of a sparkline."""
STEP = 6
"""Number of points from one row of the table to the next."""


def data(landscape: "Landscape", laws: Mapping[str, str]) -> dict[str, Any]:
    """Return the numbers as `show --json` prints them."""
    record: dict[str, Any] = {
        "name": landscape.objectives[0],
        "points": landscape.description,
        "label": landscape.labels[0],
        "dtype": str(landscape.loss.dtype),
        "laws": laws,
    }
    for name, values in _columns(landscape).items():
        record[name] = values.tolist()
    return record


def page(landscape: "Landscape", laws: Mapping[str, str]) -> Group:
    """Return the numbers as `show` prints them."""
    columns = _columns(landscape)
    title = Text(landscape.objectives[0], style="bold")
    points = Text(f"{landscape.description}, label {landscape.labels[0]}")
    return Group(
        title, points, Text(), _numbers(columns), Text(), _facts(columns, laws)
    )


def _columns(landscape: "Landscape") -> dict[str, Any]:
    """Return the numbers along the ray by name, [m] each, as float64."""
    # In NumPy, as JAX would compile a program for every element that it takes.
    gradient = np.asarray(landscape.gradient, np.float64)[0, 0]
    columns = {
        "s": landscape.coordinates[0],
        "loss": np.asarray(landscape.loss)[0, 0],
        "gradient norm": np.linalg.norm(gradient, axis=-1),
        "p of the label": np.asarray(landscape.p_label)[0, 0],
    }
    return {name: np.asarray(column, np.float64) for name, column in columns.items()}


def _numbers(columns: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2))
    for name in columns:
        table.add_column(name, justify="right")
    for k in range(0, COLUMNS, STEP):
        table.add_row(*(f"{values[k]:.4g}" for values in columns.values()))
    return table


def _facts(columns: Mapping[str, Any], laws: Mapping[str, str]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name in ("loss", "gradient norm"):
        table.add_row(name, sparkline(columns[name]))
    for name, law in laws.items():
        table.add_row(f"{name}, s -> inf", Text(law))
    return table


def sparkline(values: Any) -> Text:
    """Return a row of blocks between the least and the largest value.

    "x" stands for NaN and for -inf, "^" for inf.
    """
    finite = values[np.isfinite(values)]
    low, high = 0.0, 0.0
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return Text("".join(_block(value, low, scale) for value in values.tolist()))


def _block(value: float, low: float, scale: float) -> str:
    if np.isfinite(value):
        return BLOCKS[round((value - low) * scale)]
    return "^" if value == np.inf else "x"
