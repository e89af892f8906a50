"""Inputs t (1, 2) against their strength t, for every normalizer: the six upper panels."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting
from logitscape._src.plotting.style import UNDEFINED

from ..shared.catalogue import NORMALIZERS

Array: TypeAlias = NDArray[Any]

STRENGTHS = 10.0 ** np.linspace(-1, np.log10(20), 201)
SURE = 0.99
STRIP = 0.1
"""Height of a hatched strip, relative to that of the panel."""
TITLES = {
    "sure": "The stronger the input, the surer",
    "between": "Surer only up to a point",
    "never": "Never move, however strong",
}
STRIP_TEXT: dict[str, Any] = {
    "fontsize": 8,
    "fontstyle": "italic",
    "ha": "center",
    "va": "center",
    "zorder": 4,
    "bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1},
}


class Curve(NamedTuple):
    """A normalizer over STRENGTHS.

    Attributes:
        p: Probability of the larger input.
        norm: Norm of the gradient where the smaller input is the label; NaN where the loss is
            infinite.
    """

    p: Array
    norm: Array


def examples() -> dict[str, Array]:
    """Probabilities of [1, 2] and of [10, 20], by normalizer."""
    inputs = jnp.arange(1.0, 3.0)
    return {
        name: np.stack([probabilities(name, inputs), probabilities(name, 10 * inputs)])
        for name in ("softmax", "sum")
    }


def probabilities(name: str, inputs: jax.Array) -> Array:
    return np.asarray(ls.normalizer(name)(inputs).p)


def curves() -> dict[str, Curve]:
    """The curves of all normalizers."""
    objectives = [f"{name} + cross_entropy" for name in NORMALIZERS]
    sweep = ls.sweep(objectives, both_orders())
    norms = np.hypot.reduce(sweep.gradient, axis=-1)
    norms = np.where(np.isfinite(sweep.loss), norms, np.nan)
    label = 0
    label_larger, label_smaller = 0, 1  # on the first ray and on the second
    return {
        name: Curve(
            p=np.asarray(sweep.p_label[i, label, label_larger]),
            norm=norms[i, label, label_smaller],
        )
        for i, name in enumerate(NORMALIZERS)
    }


def both_orders() -> ls.Slice:
    """The rays t (2, 1) and t (1, 2) as one slice, so that they share a compiled program."""
    orders = np.array([[2.0, 1.0], [1.0, 2.0]])

    def logits(coordinates: jax.Array) -> jax.Array:
        order = jnp.asarray(orders)[coordinates[0].astype(int)]
        return coordinates[1] * order

    return ls.Slice(
        name="strengths",
        coordinates={"ray": np.arange(2.0), "t": STRENGTHS},
        embed=logits,
        num_classes=2,
        description="",
    )


def grouped(curves: Mapping[str, Curve]) -> dict[str, list[str]]:
    """The normalizers by the effect that strength has on them, as in TITLES."""
    groups: dict[str, list[str]] = {group: [] for group in TITLES}
    for name, curve in curves.items():
        groups[group_of(curve.p)].append(name)
    return groups


def group_of(p: Array) -> str:
    if np.ptp(p) < 1e-12:
        return "never"
    if p[-1] > SURE:
        return "sure"
    return "between"


def draw_strength(
    tops: Iterable[Axes], bottoms: Iterable[Axes], curves: Mapping[str, Curve]
) -> None:
    """Draw a column of panels for each group: probabilities above, norms below."""
    columns = zip(tops, bottoms, strict=True)
    for (top, bottom), (group, names) in zip(
        columns, grouped(curves).items(), strict=True
    ):
        members = {name: curves[name] for name in names}
        draw_probabilities(top, TITLES[group], members)
        draw_norms(bottom, members)


def draw_probabilities(axes: Axes, title: str, curves: Mapping[str, Curve]) -> None:
    axes.set(title=title, ylim=(0.3, 1.03))
    axes.set(xscale="log", xlim=(STRENGTHS[0], STRENGTHS[-1]))
    values = {name: curve.p for name, curve in curves.items()}
    plotting.labelled_curves(STRENGTHS, values, ax=axes)


def draw_norms(axes: Axes, curves: Mapping[str, Curve]) -> None:
    axes.set(yscale="log", ylim=(1e-4, 1e3), xlabel="strength $t$, log axis")
    axes.set(xscale="log", xlim=(STRENGTHS[0], STRENGTHS[-1]))
    norms = {}
    infinite = {}
    for name, curve in curves.items():
        infinite[name] = ~np.isfinite(curve.norm)
        if not infinite[name].all():
            norms[name] = curve.norm
    plotting.labelled_curves(STRENGTHS, norms, ax=axes)
    draw_infinite(axes, infinite)


def draw_infinite(axes: Axes, infinite: Mapping[str, Array]) -> None:
    """Draw hatched strips along the bottom.

    Each is for the normalizers whose loss is infinite from the same strength on.
    """
    names_by_start: dict[float, list[str]] = {}
    for name, where in infinite.items():
        if where.any():
            start = STRENGTHS[where][0]
            names_by_start.setdefault(start, []).append(name)
    end = STRENGTHS[-1]
    for i, start in enumerate(sorted(names_by_start, reverse=True)):
        low, high = STRIP * i, STRIP * (i + 1)
        axes.axvspan(start, end, low, high, zorder=3, **UNDEFINED)
        axes.text(
            (start * end) ** 0.5,
            STRIP * (i + 0.5),
            "∞: " + ", ".join(names_by_start[start]),
            transform=axes.get_xaxis_transform(),
            **STRIP_TEXT,
        )
