"""Where normalizers, and formulas used like them, are defined, and a few of their outputs."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls

from ..shared import cells
from ..shared.catalogue import NORMALIZERS
from .z_score import EXAMPLE, z_score

Values: TypeAlias = NDArray[Any]

INPUTS = [
    EXAMPLE,
    (-4.0, -3.0, -2.0, -1.0),
    (0.0,) * 4,
    (0.0, 0.0, 0.0, 1000.0),
    (0.0, 1.0, 2.0, -np.inf),
]
OTHERS: dict[str, Callable[[Any], Any]] = {
    "z / Σ z as written": lambda z: z / jnp.sum(z),
    "z-score": z_score,
    "min-max scaling": lambda z: (z - jnp.min(z)) / (jnp.max(z) - jnp.min(z)),
}
TOP = math.log(np.finfo(float).max)
"""The largest z whose e^z is finite in float64."""
DOMAINS: dict[str, tuple[str, Callable[[Values], Any]]] = {
    "sum": ("z ≥ 0, not all 0", lambda z: (z.min(axis=-1) >= 0) & (z.max(axis=-1) > 0)),
    "abs": ("not all 0", lambda z: z.any(axis=-1)),
    "relu": ("some z > 0", lambda z: z.max(axis=-1) > 0),
    "square": ("not all 0", lambda z: z.any(axis=-1)),
    "iterated_exponential": (f"z ≤ {TOP:.4g}", lambda z: z.max(axis=-1) <= TOP),
    "min_shift": ("not all equal", lambda z: np.ptp(z, axis=-1) > 0),
}
"""Finite logits for which a normalizer is defined, in words and as a test; others take any."""
STYLES = {
    "a distribution": ("#CFE3F1", ""),
    "with exact zeros": ("#FFFFFF", ""),
    "sums to less than 1": ("#F5E6A8", ""),
    "not a distribution": ("#E8A07A", ""),
    "undefined": ("#F4F4F4", "//////"),
}
"""A colour and a hatch for each kind of output."""
WORDS = {name: words for name, (words, _) in DOMAINS.items()} | {
    "z / Σ z as written": "Σ z ≠ 0",
    "z-score": "not all equal",
    "min-max scaling": "not all equal",
}
CAPTION = (
    "What comes out of five inputs z, above each column, "
    "and for which finite z it is defined at all (float64)."
)


def outputs() -> dict[str, Values]:
    """Outputs of normalizers and of the other formulas, by name, [input, class]."""
    functions = {name: ls.drop_in(name) for name in NORMALIZERS} | OTHERS
    inputs = jnp.array(INPUTS)
    return {name: _of_rows(function, inputs) for name, function in functions.items()}


def _of_rows(function: Callable[[Any], Any], z: Any) -> Values:
    return np.asarray(jax.jit(jax.vmap(function))(z))


def outside_their_domains() -> tuple[int, int]:
    """The number of points where normalizers are wrongly defined or undefined, and of all points.

    The points lie on either side of every border, as near as float64 has numbers, and anywhere.
    """
    z = _points_about_borders()
    misjudged = 0
    for name in NORMALIZERS:
        p = _of_rows(ls.drop_in(name), jnp.asarray(z))
        defined = np.isfinite(p).all(axis=-1)
        expected = DOMAINS[name][1](z) if name in DOMAINS else True
        misjudged += int(np.sum(defined != expected))
    return misjudged, len(z)


def _points_about_borders() -> Values:
    random = np.random.default_rng(3)
    beyond = np.nextafter(TOP, 1e3)
    borders = [-1.0, -1e-300, 0.0, 1e-300, 1.0, TOP, beyond]
    near_borders = random.choice(borders, (500, 3))
    all_equal = np.repeat(near_borders[:50, :1], 3, axis=1)
    anywhere = random.normal(size=(450, 3)) * 10
    return np.concatenate([near_borders, all_equal, anywhere])


def lowest_that_wins() -> int:
    """The number of points where min_shift gives the lowest class p > 0 or a finite loss."""
    z = np.random.default_rng(0).normal(size=(1000, 4))
    lowest = np.argmin(z, axis=1)
    p = np.asarray(ls.drop_in("min_shift")(z))[np.arange(len(z)), lowest]
    loss = np.asarray(ls.per_example("min_shift + cross_entropy")(z, lowest))
    return int(np.sum((p != 0) | np.isfinite(loss)))


def draw_domains(figure: Any, outputs: dict[str, Values]) -> None:
    axes = figure.subplots()
    for i, (name, by_input) in enumerate(outputs.items()):
        for j, p in enumerate(by_input):
            _draw_output(axes, i, j, p)
        axes.text(
            len(INPUTS) - 0.4,
            i,
            WORDS.get(name, "any z"),
            va="center_baseline",
            fontsize=7.5,
        )
    axes.axhline(len(NORMALIZERS) - 0.5, color="black", linewidth=1)
    cells.frame(axes, list(outputs), [*map(_point, INPUTS), "defined for"])
    figure.suptitle(
        "Dividing by the sum fails for negative numbers; e$^z$ does not", fontsize=11
    )
    cells.legend(figure, STYLES, CAPTION)


def _point(z: tuple[float, ...]) -> str:
    values = ", ".join(f"{value:g}" for value in z)
    return f"({values})".replace("-", "−").replace("inf", "∞")


def _draw_output(axes: Axes, i: int, j: int, p: Values) -> None:
    color, hatch = STYLES[kind(p)]
    cells.square(
        axes,
        i,
        j,
        facecolor=color,
        edgecolor="0.8" if hatch else "white",
        hatch=hatch,
        linewidth=1.2,
    )
    if not hatch:
        text = " ".join(number(value) for value in p)
        axes.text(j, i, text, ha="center", va="center_baseline", fontsize=7.5)


def kind(p: Values) -> str:
    if np.isnan(p).any():
        return "undefined"
    if (p < 0).any() or (p > 1).any() or p.sum() > 1 + 1e-9:
        return "not a distribution"
    if p.sum() < 1 - 1e-9:
        return "sums to less than 1"
    return "with exact zeros" if (p == 0).any() else "a distribution"


def number(value: float) -> str:
    """A number to two decimals, without a leading 0."""
    if value == 0:
        return "0"
    sign = "−" if value < 0 else ""
    text = "∞" if math.isinf(value) else f"{abs(value):.2f}"
    text = text.removeprefix("0") if abs(value) < 1 else text.removesuffix(".00")
    return sign + text
