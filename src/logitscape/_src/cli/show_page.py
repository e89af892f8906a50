"""What `show` prints: a few numbers along a ray, sparklines, and the laws far out."""

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from ..landscapes.landscape import Landscape

BLOCKS = "▁▂▃▄▅▆▇█"
COLUMNS = 49
"""Of a sparkline: the points along the ray."""
STEP = 6
"""From row to row of the table of numbers."""


def _columns(landscape: "Landscape") -> dict[str, Any]:
    """The numbers along the ray, [m] each, as float64."""
    norm = np.linalg.norm(np.asarray(landscape.gradient[0, 0], np.float64), axis=-1)
    rows = {
        "loss": landscape.loss[0, 0],
        "gradient norm": norm,
        "p of the label": landscape.p_label[0, 0],
    }
    return {"s": landscape.coordinates[0]} | {
        name: np.asarray(row, np.float64) for name, row in rows.items()
    }


def data(landscape: "Landscape", laws: dict[str, str]) -> dict[str, Any]:
    """The numbers as `show --json` prints them."""
    columns = {name: values.tolist() for name, values in _columns(landscape).items()}
    head = {
        "name": landscape.objectives[0],
        "points": landscape.description,
        "label": landscape.labels[0],
    }
    return head | {"dtype": str(landscape.loss.dtype), "laws": laws} | columns


def page(landscape: "Landscape", laws: dict[str, str]) -> Group:
    """The numbers as `show` prints them."""
    columns = _columns(landscape)
    table = Table(box=None, padding=(0, 2))
    for name in columns:
        table.add_column(name, justify="right")
    for k in range(0, COLUMNS, STEP):
        table.add_row(*(f"{values[k]:.4g}" for values in columns.values()))
    facts = Table(box=None, show_header=False, padding=(0, 2))
    for name in ("loss", "gradient norm"):
        facts.add_row(name, sparkline(columns[name]))
    for name, law in laws.items():
        facts.add_row(f"{name}, s -> inf", Text(law))
    head = [
        Text(landscape.objectives[0], style="bold"),
        Text(f"{landscape.description}, label {landscape.labels[0]}"),
    ]
    return Group(*head, Text(), table, Text(), facts)


def sparkline(values: Any) -> Text:
    """A row of blocks from the least to the largest value; "x" where there is none, "^" where it is infinite."""
    finite = values[np.isfinite(values)]
    low, high = (
        (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    )
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return Text("".join(_block(value, low, scale) for value in values.tolist()))


def _block(value: float, low: float, scale: float) -> str:
    if np.isfinite(value):
        return BLOCKS[round((value - low) * scale)]
    return "^" if value == np.inf else "x"
