"""Inputs t (1, 2) against their strength t, for every normalizer: six panels of `blurry_or_crisp.py`."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting
from logitscape._src.plotting.style import UNDEFINED

Array: TypeAlias = NDArray[Any]

STRENGTHS = 10.0 ** np.linspace(-1, np.log10(20), 201)
SURE = 0.99
STRIP = 0.1  # of a panel's height
TITLES = {
    "sure": "The stronger the input, the surer",
    "between": "Surer only up to a point",
    "never": "Never move, however strong",
}


class Curve(NamedTuple):
    """A normalizer over STRENGTHS: p of the larger; the gradient norm, NaN where the loss is infinite."""

    p: Array
    norm: Array


def examples() -> dict[str, Array]:
    """Probabilities of [1, 2] and of [10, 20], by normalizer."""
    return {
        name: np.stack(
            [ls.normalizer(name)(t * jnp.arange(1.0, 3.0)).p for t in (1, 10)]
        )
        for name in ("softmax", "sum")
    }


def curves() -> dict[str, Curve]:
    """Label 0 has the larger input on the first of two rays and the smaller one on the second."""
    order = np.array([[2.0, 1.0], [1.0, 2.0]])
    coordinates = {"ray": np.arange(2.0), "t": STRENGTHS}
    both = ls.Slice(
        "strengths",
        coordinates,
        lambda c: c[1] * jnp.asarray(order)[c[0].astype(int)],
        2,
        "",
    )
    found = ls.sweep([f"{name} + cross_entropy" for name in ls.NORMALIZERS], both)
    norms = np.where(
        np.isfinite(found.loss), np.hypot.reduce(found.gradient, axis=-1), np.nan
    )
    return {
        name: Curve(np.asarray(found.p_label[i, 0, 0]), norms[i, 0, 1])
        for i, name in enumerate(ls.NORMALIZERS)
    }


def grouped(found: Mapping[str, Curve]) -> dict[str, list[str]]:
    """The normalizers by what strength does to them."""
    groups: dict[str, list[str]] = {group: [] for group in TITLES}
    for name, (p, _) in found.items():
        group = "never" if np.ptp(p) < 1e-12 else "sure" if p[-1] > SURE else "between"
        groups[group].append(name)
    return groups


def draw_strength(tops: Any, norms: Any, found: Mapping[str, Curve]) -> None:
    """A column for each group."""
    for top, norm, (group, names) in zip(
        tops, norms, grouped(found).items(), strict=True
    ):
        draw_group(top, norm, TITLES[group], {name: found[name] for name in names})
    tops[0].set_ylabel("probability of the larger input")
    norms[0].set_ylabel("gradient norm where wrong")


def draw_group(top: Axes, norm: Axes, title: str, found: Mapping[str, Curve]) -> None:
    top.set(title=title, ylim=(0.3, 1.03))
    norm.set(yscale="log", ylim=(1e-4, 1e3), xlabel="strength $t$, log axis")
    for axes in (top, norm):
        axes.set(xscale="log", xlim=(STRENGTHS[0], STRENGTHS[-1]))
    norms = {
        name: curve.norm
        for name, curve in found.items()
        if np.isfinite(curve.norm).any()
    }
    plotting.labelled_curves(
        top, STRENGTHS, {name: curve.p for name, curve in found.items()}
    )
    plotting.labelled_curves(norm, STRENGTHS, norms)
    draw_infinite(
        norm, {name: ~np.isfinite(curve.norm) for name, curve in found.items()}
    )


def draw_infinite(axes: Axes, infinite: Mapping[str, Array]) -> None:
    """Hatched strips along the bottom, each for those whose loss is infinite from the same strength on."""
    starts = dict[float, list[str]]()
    for name, where in infinite.items():
        for start in STRENGTHS[where][:1]:
            starts.setdefault(start, []).append(name)
    look: dict[str, Any] = {
        "fontsize": 8,
        "fontstyle": "italic",
        "ha": "center",
        "va": "center",
        "zorder": 4,
    }
    look |= {
        "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1},
        "transform": axes.get_xaxis_transform(),
    }
    for i, (start, names) in enumerate(sorted(starts.items(), reverse=True)):
        axes.axvspan(
            start, STRENGTHS[-1], STRIP * i, STRIP * (i + 1), zorder=3, **UNDEFINED
        )
        axes.text(
            (start * STRENGTHS[-1]) ** 0.5,
            STRIP * (i + 0.5),
            "∞: " + ", ".join(names),
            **look,
        )
