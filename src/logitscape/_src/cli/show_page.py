"""Output of `show`: a few numbers along a ray, sparklines, and the laws far out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape

SLOPE = "slope dL/ds"
COLUMN_NAMES = ("s", SLOPE, "loss", "gradient norm", "p of the label")
BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = 49
"""Number of points along the ray, each a column of a sparkline."""
STEP = 6
"""Number of points from one row of the table to the next."""


@dataclass(frozen=True)
class Shown:
    """What `show` prints.

    Attributes:
        landscape: One objective along a ray.
        towards: Direction of the ray, [n].
        laws: Laws far out, by the name of their quantity.
        remark: Why the ray starts where it does, and what p sums to; "" if neither needs a word.
    """

    landscape: "Landscape"
    towards: Any
    laws: Mapping[str, str]
    remark: str


def data(shown: Shown) -> dict[str, Any]:
    """Return the numbers as `show --json` prints them."""
    landscape = shown.landscape
    return {
        "name": landscape.objectives[0],
        "points": landscape.description,
        "label": landscape.labels[0],
        "dtype": str(landscape.loss.dtype),
        "remark": shown.remark,
        "laws": dict(shown.laws),
        **_columns(shown),
    }


def page(data: Mapping[str, Any]) -> Group:
    """Return the numbers, as `data` returns them, in the form that `show` prints."""
    columns = {name: np.asarray(data[name], np.float64) for name in COLUMN_NAMES}
    title = Text(data["name"], style="bold")
    points = Text(f"{data['points']}, label {data['label']}")
    remarks = [Text(data["remark"], "dim")] if data["remark"] else []
    return Group(
        title,
        points,
        *remarks,
        Text(),
        _numbers(columns),
        Text(),
        _facts(columns, data["laws"]),
    )


def _columns(shown: Shown) -> dict[str, list[float]]:
    """Return the numbers along the ray by name, [m] each, as float64."""
    landscape = shown.landscape
    # In NumPy, as JAX would compile a program for every element that it takes.
    gradient = np.asarray(landscape.gradient, np.float64)[0, 0]
    moving = shown.towards != 0
    columns = (
        landscape.coordinates[0],
        gradient[:, moving] @ shown.towards[moving],
        np.asarray(landscape.loss)[0, 0],
        np.linalg.norm(gradient, axis=-1),
        np.asarray(landscape.p_label)[0, 0],
    )
    return {
        name: np.asarray(column, np.float64).tolist()
        for name, column in zip(COLUMN_NAMES, columns, strict=True)
    }


def _numbers(columns: Mapping[str, Any]) -> Table:
    table = Table(box=None, padding=(0, 2))
    # Without a normalizer there is no p.
    known = {name: x for name, x in columns.items() if not np.isnan(x).all()}
    for name in known:
        table.add_column(name, justify="right")
    for k in range(0, COLUMNS, STEP):
        table.add_row(*(f"{values[k]:.4g}" for values in known.values()))
    return table


def _facts(columns: Mapping[str, Any], laws: Mapping[str, str]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2))
    for name in (SLOPE, "loss", "gradient norm"):
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
