"""How far the formulas that people write for cross-entropy can be trusted, by dtype: a panel of `where_it_breaks.py`."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls

from ..shared.dtypes import DTYPES, limits

Values: TypeAlias = NDArray[Any]

FORMS: dict[str, Callable[[Any], Any]] = {
    "−log(e$^z$ / Σ e$^z$)": lambda z: -jnp.log(jnp.exp(z) / jnp.sum(jnp.exp(z)))[0],
    "−log(softmax(z))": lambda z: -jnp.log(jax.nn.softmax(z))[0],
    "−log(softmax(z) + 1e-7)": lambda z: (
        -jnp.log(jax.nn.softmax(z) + jnp.asarray(1e-7, z.dtype))[0]
    ),
    "−log_softmax(z)": lambda z: -jax.nn.log_softmax(z)[0],
    "logitscape": lambda z: ls.per_example("softmax + cross_entropy")(
        z, jnp.zeros((), int)
    ),
}
SIDES = {"wrong": (0.0, 1.0), "right": (1.0, 0.0)}
"""Logits of two classes whose gap is 1; the label is 0."""
POINTS, ROUNDS = 64, 5
CAPTION = (
    "Two classes, label 0; wrong by a gap g: z = (0, g), right: z = (g, 0).\n"
    "A bar ends where the loss or the label's gradient is off by half,\n"
    "an arrow where the true ones leave the dtype's normal range."
)


def breaks(dtype: str) -> Values:
    """The first gap at which loss or label gradient is off by half; inf where there is none, [form, side].

    That is as long as the true values are normal numbers of the dtype. Found by looking ever closer, each time between the
    last gap that is good and the first that is bad.
    """
    known = limits(dtype)
    near, far = (
        np.geomspace(0.5, 1000, POINTS - 8),
        np.geomspace(2000, float(known.max) / 4, 8),
    )
    gaps = np.broadcast_to(
        np.concatenate([near, far]), (len(FORMS), len(SIDES), POINTS)
    )
    for _ in range(ROUNDS):
        rounded = jnp.asarray(gaps, dtype)
        exact = np.asarray(rounded).astype(float)
        bad = off(np.asarray(measured(rounded)), exact, float(known.tiny))
        first = np.maximum(np.argmax(bad, axis=-1), 1)[..., None]
        found = np.take_along_axis(exact, first, axis=-1)[..., 0]
        low, high = (np.take_along_axis(gaps, at, axis=-1) for at in (first - 1, first))
        finer = low + (high - low) * np.linspace(0, 1, POINTS)
        gaps = np.where(bad.any(axis=-1, keepdims=True), finer, gaps)
    return np.where(bad.any(axis=-1), found, np.inf)


@jax.jit
def measured(gaps: Any) -> Any:
    """Loss and label gradient, [form, side, 2, m], at gaps [form, side, m] of some dtype."""
    units = jnp.array(list(SIDES.values()), gaps.dtype)
    return [
        [
            jax.vmap(partial(loss_and_gradient, form, unit))(gaps[i, j])
            for j, unit in enumerate(units)
        ]
        for i, form in enumerate(FORMS.values())
    ]


def loss_and_gradient(form: Callable[[Any], Any], unit: Any, gap: Any) -> Any:
    loss, gradient = jax.value_and_grad(form)(gap * unit)
    return loss.astype(float), gradient[0].astype(float)


def off(found: Values, gaps: Values, tiny: float) -> Values:
    """Whether loss or gradient, [form, side, 2, m], is off by half where the true one is a normal number."""
    fading = np.exp(-gaps)
    loss = np.log1p(fading) + gaps * np.array(list(SIDES.values()))[:, 1:]
    gradient = -np.where(np.array(list(SIDES.values()))[:, :1] == 1, fading, 1) / (
        1 + fading
    )
    true = np.stack([loss, gradient], axis=2)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.abs(found - true) < 0.5 * np.abs(true))
    return np.asarray(np.any(wrong & (np.abs(true) >= tiny), axis=2))


def draw_breaks(figure: Any, found: dict[str, Values]) -> None:
    """What `breaks` gives, by dtype."""
    panels = figure.subplots(1, 2, sharey=True)
    for j, (axes, side) in enumerate(zip(panels, SIDES, strict=True)):
        for k, (dtype, color) in enumerate(DTYPES.items()):
            for i in range(len(FORMS)):
                draw_bar(
                    axes,
                    i + 0.2 * (k - 1.5),
                    found[dtype][i, j],
                    color,
                    dtype if i == 0 else "",
                )
        axes.set(
            xscale="log",
            xlim=(1, 6000),
            ylim=(len(FORMS) - 0.5, -0.5),
            title=f"{side} by a gap of",
            yticks=[],
        )
    panels[0].set_yticks(range(len(FORMS)), list(FORMS))
    panels[0].tick_params(axis="y", length=0, labelsize=9)
    look: Any = {"title": CAPTION, "title_fontproperties": {"size": 8}}
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        **look,
    )
    figure.suptitle("Written naively, cross-entropy breaks at small gaps", fontsize=11)


def draw_bar(axes: Axes, y: float, end: float, color: str, label: str) -> None:
    """A line up to where it breaks, or an arrow through."""
    shown = min(float(f"{end:.3g}"), 2500)
    axes.plot(
        [1, shown],
        [y, y],
        color=color,
        linewidth=3,
        solid_capstyle="butt",
        label=label or None,
    )
    if math.isinf(end):
        axes.plot(shown, y, ">", color=color, markersize=6)
    else:
        axes.text(shown * 1.12, y, f"{end:.3g}", va="center_baseline", fontsize=7)
