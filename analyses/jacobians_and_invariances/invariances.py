"""Which normalizer does not notice what: the table of `jacobians_and_invariances.py`, and what follows for the gradient."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes

import logitscape as ls
from logitscape._src.plotting.style import BLUE
from logitscape._src.properties.invariance import Change, Invariance

from ..shared import cells

CHANGES: dict[Change, str] = {
    "shift": "z + 3",
    "scale": "10 z",
    "sign": "−z",
    "permutation": "reordered z",
}


class ScaleLaws(NamedTuple):
    """How far gradients are from what follows from blindness to scale: none along z, and grad(c z) = grad(z) / c."""

    along: float
    """The largest <z, grad> / (|z| |grad|)."""
    scaled: float
    """The largest relative error, c = 1000."""


def scale_laws(normalizers: Sequence[str]) -> ScaleLaws:
    """For cross-entropy and Brier loss of normalizers that are blind to scale."""
    losses = [
        ls.objective(f"{name} + {loss}")
        for name in normalizers
        for loss in ("cross_entropy", "brier")
    ]
    z = np.random.default_rng(0).uniform(0.2, 3, (200, 3))
    y = jnp.array([1.0, 0.0, 0.0])

    @jax.jit
    def gradients(z: Any) -> Any:
        found = [
            jax.vmap(jax.value_and_grad(loss.function), (0, None))(z, y)
            for loss in losses
        ]
        return [jnp.stack(each) for each in zip(*found, strict=True)]

    (loss, here), (_, there) = (
        map(np.asarray, gradients(each)) for each in (z, 1000 * z)
    )
    size = np.linalg.norm(here, axis=-1)
    along = np.abs(np.sum(z * here, axis=-1)) / np.linalg.norm(z, axis=-1)
    moving = np.isfinite(loss) & (size > 0)
    off = np.linalg.norm(1000 * there - here, axis=-1)
    return ScaleLaws(
        *(float(np.max(each[moving] / size[moving])) for each in (along, off))
    )


def draw_invariances(axes: Axes, found: dict[str, dict[Change, Invariance]]) -> None:
    for i, by_change in enumerate(found.values()):
        for j, change in enumerate(CHANGES):
            draw_cell(axes, i, j, by_change[change])
    cells.frame(
        axes, list(found), [f"{name}\n{text}" for name, text in CHANGES.items()], size=9
    )
    title = "Which normalizer does not notice what; each no with a witness, z: p → p"
    axes.set_title(title, fontweight="bold", fontsize=11)


def draw_cell(axes: Axes, i: int, j: int, found: Invariance) -> None:
    cells.square(
        axes,
        i,
        j,
        facecolor=BLUE if found.holds else "#F6E3C5",
        edgecolor="white",
        linewidth=1.5,
    )
    if found.holds:
        axes.text(
            j,
            i,
            "stays",
            ha="center",
            va="center_baseline",
            color="white",
            fontweight="bold",
        )
        return
    assert found.witness is not None
    after = "undefined" if math.isnan(found.after[0]) else numbers(found.after)
    text = f"({', '.join(f'{z:g}' for z in found.witness)}):\n{numbers(found.before)} → {after}"
    axes.text(j, i, text.replace("-", "−"), ha="center", va="center", fontsize=7)


def numbers(p: tuple[float, ...]) -> str:
    """Probabilities to two decimals, without a leading 0."""
    return " ".join(
        f"{value:.2f}".lstrip("0") if value < 0.995 else "1." for value in p
    )
