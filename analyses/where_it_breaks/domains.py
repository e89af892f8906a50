"""Where normalizers, and formulas that people use like them, are defined, and what they make of a few inputs.

The table of `where_it_breaks.py`.
"""

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
TOP = math.log(np.finfo(float).max)  # where e^z overflows
DOMAINS: dict[str, tuple[str, Callable[[Values], Any]]] = {
    "sum": ("z ≥ 0, not all 0", lambda z: (z.min(axis=-1) >= 0) & (z.max(axis=-1) > 0)),
    "abs": ("not all 0", lambda z: z.any(axis=-1)),
    "relu": ("some z > 0", lambda z: z.max(axis=-1) > 0),
    "square": ("not all 0", lambda z: z.any(axis=-1)),
    "iterated_exponential": (f"z ≤ {TOP:.4g}", lambda z: z.max(axis=-1) <= TOP),
    "min_shift": ("not all equal", lambda z: np.ptp(z, axis=-1) > 0),
}
"""The finite logits for which a normalizer is defined, by name, in words and to test; the others take any."""
LOOKS = {
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
CAPTION = "What comes out of five inputs z, above each column, and for which finite z it is defined at all (float64)."


def outputs() -> dict[str, Values]:
    """By name, [input, class]."""
    everything = {name: ls.drop_in(name) for name in ls.NORMALIZERS} | OTHERS
    run = jax.jit(
        lambda z: {name: jax.vmap(function)(z) for name, function in everything.items()}
    )
    found = run(jnp.array(INPUTS))
    return {name: np.asarray(found[name]) for name in everything}


def outside_their_domains() -> tuple[int, int]:
    """At how many points normalizers are defined where they should not be, or not where they should; and of how many.

    The points lie on either side of every border, as near as float64 has numbers, and anywhere.
    """
    random = np.random.default_rng(3)
    near_border = random.choice(
        [-1.0, -1e-300, 0.0, 1e-300, 1.0, TOP, np.nextafter(TOP, 1e3)], (500, 3)
    )
    z = np.concatenate(
        [
            near_border,
            np.repeat(near_border[:50, :1], 3, axis=1),
            random.normal(size=(450, 3)) * 10,
        ]
    )
    run = jax.jit(
        lambda z: {name: jax.vmap(ls.drop_in(name))(z) for name in ls.NORMALIZERS}
    )
    defined = {
        name: np.isfinite(np.asarray(p)).all(axis=-1)
        for name, p in run(jnp.asarray(z)).items()
    }
    known = {
        name: DOMAINS[name][1](z) if name in DOMAINS else np.full(len(z), True)
        for name in defined
    }
    return sum(int(np.sum(defined[name] != known[name])) for name in defined), len(z)


def lowest_that_wins() -> int:
    """At how many of 1000 points the lowest class keeps probability, or a finite loss, after min_shift."""
    z = np.random.default_rng(0).normal(size=(1000, 4))
    p, lowest = np.asarray(ls.drop_in("min_shift")(z)), np.argmin(z, axis=1)
    loss = np.asarray(ls.per_example("min_shift + cross_entropy")(z, lowest))
    return int(np.sum((p[np.arange(len(z)), lowest] != 0) | np.isfinite(loss)))


def draw_domains(figure: Any, found: dict[str, Values]) -> None:
    axes = figure.subplots()
    for i, (name, by_input) in enumerate(found.items()):
        for j, p in enumerate(by_input):
            draw_output(axes, i, j, p)
        axes.text(
            len(INPUTS) - 0.4,
            i,
            WORDS.get(name, "any z"),
            va="center_baseline",
            fontsize=7.5,
        )
    names = [
        f"({', '.join(f'{z:g}' for z in point)})".replace("-", "−").replace("inf", "∞")
        for point in INPUTS
    ]
    axes.axhline(len(ls.NORMALIZERS) - 0.5, color="black", linewidth=1)
    cells.frame(axes, list(found), [*names, "defined for"])
    figure.suptitle(
        "Dividing by the sum fails for negative numbers; e$^z$ does not", fontsize=11
    )
    cells.legend(figure, LOOKS, CAPTION)


def draw_output(axes: Axes, i: int, j: int, p: Values) -> None:
    color, hatch = LOOKS[kind(p)]
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
        axes.text(
            j,
            i,
            " ".join(map(number, p)),
            ha="center",
            va="center_baseline",
            fontsize=7.5,
        )


def kind(p: Values) -> str:
    if np.isnan(p).any():
        return "undefined"
    if (p < 0).any() or (p > 1).any() or p.sum() > 1 + 1e-9:
        return "not a distribution"
    if p.sum() < 1 - 1e-9:
        return "sums to less than 1"
    return "with exact zeros" if (p == 0).any() else "a distribution"


def number(value: float) -> str:
    """To two decimals, without a leading 0."""
    text = "∞" if math.isinf(value) else f"{abs(value):.2f}"
    text = text.removeprefix("0") if abs(value) < 1 else text.removesuffix(".00")
    return ("−" if value < 0 else "") + ("0" if value == 0 else text)
