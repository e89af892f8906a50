"""The page of the wider atlas: every gradient law; `--write` updates `docs/laws.md`."""

import csv
import sys
from collections.abc import Mapping
from pathlib import Path

from analyses.wider_atlas.objectives import TABLES
from logitscape._src.plotting.style import LAWS, family_of

TARGET = Path(__file__).with_suffix(".md")
SOURCE = Path(__file__).parents[1] / "figures" / "wider_atlas.csv"
RAYS = ("R1", "R2", "R3", "right")
HEAD = """\
# What becomes of the gradient: every formula of the catalogue

The law of the slope dL/ds far out on four rays, for three classes, label 0 and the default
parameters. On R1 a wrong logit rises, on R2 the label's logit falls, on R3 both move, and on the
last ray the label's logit rises, so that the model is right. Formulas are sorted from slopes that
grow to slopes that vanish on R1, as in [the wider atlas](../figures/wider_atlas.svg). The laws of
loss, pull and norm, with the constants and the ranges of the fits, are in
[wider_atlas.csv](../figures/wider_atlas.csv). Made by `python -m docs.laws --write`.
"""
Laws = Mapping[tuple[str, str], Mapping[str, str]]
"""Rows of the table of slopes, by objective and ray."""


def page() -> str:
    """The whole page."""
    with SOURCE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["quantity"] == "slope"]
    laws = {(row["objective"], row["ray"]): row for row in rows}
    parts = [HEAD]
    for title, objectives in TABLES.items():
        names = sorted(objectives, key=lambda name: place(laws, objectives[name]))
        heading = title.replace("\n", " ")
        lines = [f"## {heading}", ""]
        lines += ["| | R1 | R2 | R3 | when right |", "| --- | --- | --- | --- | --- |"]
        for name in names:
            cells = [text(laws[objectives[name], ray]) for ray in RAYS]
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def text(law: Mapping[str, str]) -> str:
    """The law as it is written, or what it is where it has no formula."""
    return law["law"] or law["kind"]


def place(laws: Laws, objective: str) -> tuple[float, ...]:
    """The place of an objective: the more gradient is left, the higher."""
    order = list(LAWS)
    kinds = [family_of(laws[objective, ray]["kind"]) for ray in ("R1", "R2")]
    places = [order.index(kind) if kind in order else len(order) for kind in kinds]
    return *places, _steepness(laws[objective, "R1"])


def _steepness(law: Mapping[str, str]) -> float:
    exponent = abs(_number(law["rate"]) or _number(law["power"]))
    return exponent if law["kind"].endswith("decay") else -exponent


def _number(given: str) -> float:
    return 0.0 if given in ("", "nan") else float(given)


if __name__ == "__main__":
    content = page()
    print(content)
    if "--write" in sys.argv[1:]:
        TARGET.write_text(content, encoding="utf-8")
