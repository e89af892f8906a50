"""The table of changes of z that leave a normalizer's p as it is, and their laws for gradients."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

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
SCALE = 1000


class ScaleLaws(NamedTuple):
    """Largest violations of two laws that gradients obey where p does not depend on the scale of z.

    Attributes:
        along: The largest |<z, grad>| / (|z| |grad|): the gradient has no component along z.
        scaled: The largest relative error of grad(c z) = grad(z) / c, with c = 1000.
    """

    along: float
    scaled: float


def scale_laws(normalizers: Sequence[str]) -> ScaleLaws:
    """Measure both laws with cross-entropy and Brier loss.

    Args:
        normalizers: Names of normalizers that do not depend on the scale of z.
    """
    # Positive logits are in the domain of all normalizers.
    z = np.random.default_rng(0).uniform(0.2, 3, (200, 3))
    losses, gradients = _losses_and_gradients(normalizers, np.stack([z, SCALE * z]))
    loss = losses[:, 0]
    gradient, gradient_far_out = gradients[:, 0], gradients[:, 1]
    norm = np.linalg.norm(gradient, axis=-1)
    products = np.sum(z * gradient, axis=-1)
    along = np.abs(products) / np.linalg.norm(z, axis=-1)
    errors = np.linalg.norm(SCALE * gradient_far_out - gradient, axis=-1)
    moving = np.isfinite(loss) & (norm > 0)
    return ScaleLaws(
        along=float(np.max(along[moving] / norm[moving])),
        scaled=float(np.max(errors[moving] / norm[moving])),
    )


def _losses_and_gradients(normalizers: Sequence[str], z: Any) -> tuple[Any, Any]:
    """Losses [objective, *places] and gradients [objective, *places, 3] at z, [*places, 3]."""
    objectives = [
        f"{normalizer} + {name}"
        for normalizer in normalizers
        for name in ("cross_entropy", "brier")
    ]
    points = ls.Slice(
        name="points",
        coordinates={
            f"axis {axis}": np.arange(float(size))
            for axis, size in enumerate(z.shape[:-1])
        },
        embed=lambda place: jnp.asarray(z)[tuple(place.astype(int))],
        num_classes=z.shape[-1],
        description="",
    )
    swept = ls.sweep(objectives, points)
    label = 0
    return np.asarray(swept.loss[:, label]), np.asarray(swept.gradient[:, label])


def draw_invariances(
    axes: Axes, invariances: dict[str, dict[Change, Invariance]]
) -> None:
    for i, by_change in enumerate(invariances.values()):
        for j, change in enumerate(CHANGES):
            _draw_cell(axes, i, j, by_change[change])
    columns = [f"{name}\n{text}" for name, text in CHANGES.items()]
    cells.frame(axes, list(invariances), columns, size=9)
    title = "Which normalizer does not notice what; each no with a witness, z: p → p"
    axes.set_title(title, fontweight="bold", fontsize=11)


def _draw_cell(axes: Axes, i: int, j: int, invariance: Invariance) -> None:
    color = BLUE if invariance.holds else "#F6E3C5"
    cells.square(axes, i, j, facecolor=color, edgecolor="white", linewidth=1.5)
    if invariance.holds:
        axes.text(
            j,
            i,
            "stays",
            ha="center",
            va="center_baseline",
            color="white",
            fontweight="bold",
        )
    else:
        axes.text(j, i, _witness(invariance), ha="center", va="center", fontsize=7)


def _witness(invariance: Invariance) -> str:
    """The logits that show the change, and their probabilities before and after it."""
    assert invariance.witness is not None
    logits = ", ".join(f"{z:g}" for z in invariance.witness)
    before = _numbers(invariance.before)
    after = (
        "undefined" if math.isnan(invariance.after[0]) else _numbers(invariance.after)
    )
    return f"({logits}):\n{before} → {after}".replace("-", "−")


def _numbers(p: tuple[float, ...]) -> str:
    """Probabilities to two decimals, without a leading 0."""
    return " ".join(_number(value) for value in p)


def _number(value: float) -> str:
    return f"{value:.2f}".lstrip("0") if value < 0.995 else "1."
