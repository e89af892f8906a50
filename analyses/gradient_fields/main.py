"""Where is the push, and where does it die? Gradient fields of eight pairs with three classes.

Claims C02 (dividing by the sum sees ratios only) and C04 (with softmax and cross-entropy a wrong
model is pushed with full strength; with squared error it is not), drawn over the plane z_0, z_1
with z_2 = 0, and over the probabilities. The label is class 0. On the triangle, p stands for one of
the logits that give it, and the arrows show how p itself moves when the logits go downhill.
"""

from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import logitscape as ls
from logitscape import plotting

from .. import harness
from ..harness.findings import Finding, proved
from .triangles import Values, triangle_fields, triangle_points

PAIRS = [
    "softmax + cross_entropy",
    "softmax + brier",
    "softmax + mae",
    "sparsemax_loss",
    "sum + cross_entropy",
    "spherical + cross_entropy",
    "taylor + cross_entropy",
    "sparsemax + brier",
]
PLANE = np.linspace(-8, 8, 97)
WRONG = (-6.0, 6.0)
"""Logits z_0, z_1 of the dot, where the model is wrong by 12."""
LIMITS = (1e-3, 1e1)
TITLE = (
    "Softmax with cross-entropy pushes wherever the model is wrong; "
    "others fade, die or push the wrong way"
)
CAPTION = (
    "Three classes, label 0. Colour: $\\|dL/dz\\|$; grey: exactly 0. "
    "Planes: $z = (z_0,\\, z_1,\\, 0)$, arrows downhill, $-dL/dz$; hatched: outside the domain; "
    "the dot: wrong by 12, $z = (-6,\\, 6,\\, 0)$.\n"
    "Triangles: the probabilities $p$, at one of the logits that give them "
    "($\\log p$ for softmax, $p$ for sum and sparsemax, the upper root for spherical and taylor).\n"
    "Their arrows: how $p$ moves as these go downhill; hatched: no logits give this $p$."
)


class Data(NamedTuple):
    """Fields of all pairs and numbers of some; NaN outside the domain.

    Attributes:
        plane_norm: Norms of the gradients on the plane, [pair, z_1, z_0].
        plane_descent: Directions downhill on the plane, [pair, z_1, z_0, 2].
        triangle_norm: Norms of the gradients on the triangle, [pair, m].
        triangle_descent: Movements of p on the triangle, [pair, m, 3].
        push_along_z: Largest |<z, gradient>| on the plane, when dividing by the sum.
        dead: Share of the wrong logits with a gradient of exactly 0, with sparsemax and brier.
        at_wrong: Norm of the gradient at the dot, by pair.
    """

    plane_norm: Values
    plane_descent: Values
    triangle_norm: Values
    triangle_descent: Values
    push_along_z: float
    dead: float
    at_wrong: dict[str, float]


def compute() -> Data:
    plane = ls.sweep(PAIRS, ls.plane(PLANE, PLANE))
    gradients = np.where(plane.finite[..., None], plane.gradient, np.nan)
    gradients = gradients[:, 0].swapaxes(1, 2)
    norms = np.linalg.norm(gradients, axis=-1)
    triangle_norms, movements = triangle_fields(PAIRS)
    return Data(
        plane_norm=norms,
        plane_descent=-gradients[..., :2],
        triangle_norm=triangle_norms,
        triangle_descent=movements,
        push_along_z=push_along_z(gradients[PAIRS.index("sum + cross_entropy")]),
        dead=dead_share(plane, norms),
        at_wrong=dict(zip(PAIRS, at_wrong(norms), strict=True)),
    )


def push_along_z(gradients: Values) -> float:
    """Largest |<z, gradient>| on the plane."""
    z_0, z_1 = np.meshgrid(PLANE, PLANE)
    z = np.stack([z_0, z_1, np.zeros_like(z_0)], axis=-1)
    return float(np.nanmax(np.abs(np.sum(z * gradients, axis=-1))))


def dead_share(plane: Any, norms: Values) -> float:
    """Share of the wrong logits with a gradient of exactly 0, with sparsemax and brier."""
    pair = PAIRS.index("sparsemax + brier")
    wrong = ~plane.correct[pair, 0].T
    return float(np.mean(norms[pair][wrong] == 0))


def at_wrong(norms: Values) -> Values:
    """The norm of the gradient at (-6, 6, 0); NaN outside the domain."""
    x, y = (int(np.argmin(np.abs(PLANE - z))) for z in WRONG)
    return np.asarray(norms[:, y, x])


def findings(data: Data) -> list[Finding]:
    full = data.at_wrong["softmax + cross_entropy"]
    squared = data.at_wrong["softmax + brier"]
    absolute = data.at_wrong["softmax + mae"]
    return [
        proved(
            id="C02e",
            claim="dividing by the sum never pushes along z, anywhere on the plane",
            value=data.push_along_z,
            expected=0,
            tolerance=1e-12,
            measured="<z, grad> is {:g}",
        ),
        Finding(
            id="C04m",
            claim="softmax, wrong by 12 logits: "
            "cross-entropy pushes in full, and squared error no more",
            measured=f"the norms are {full:.3f} and {squared:.1e}; that of mae is {absolute:.1e}",
            verdict="holds",
        ),
        Finding(
            id="C04n",
            claim="sparsemax with squared error has a dead region where the model is wrong",
            measured=f"the gradient is exactly 0 at {100 * data.dead:.0f} % of the wrong logits",
            verdict="holds",
        ),
    ]


def draw(data: Data) -> Figure:
    figure, grid = plt.subplots(
        4, 4, figsize=(13, 12.3), height_ratios=[1.1, 0.86, 1.1, 0.86]
    )
    planes = grid[::2].ravel()
    triangles = grid[1::2].ravel()
    for i, pair in enumerate(PAIRS):
        colors = draw_plane(planes[i], pair, i, data)
        plotting.simplex_field(
            triangle_points(),
            data.triangle_norm[i],
            data.triangle_descent[i],
            limits=LIMITS,
            corners=("label 0", "class 1", "class 2"),
            ax=triangles[i],
        )
    for axes in grid[::2, 0]:
        axes.set_ylabel("$z_1$")
    plotting.norm_bar(colors, ax=list(grid.ravel()))
    figure.suptitle(TITLE)
    figure.supxlabel(CAPTION, fontsize=9, x=0.008, ha="left")
    return figure


def draw_plane(axes: Axes, pair: str, index: int, data: Data) -> Any:
    colors = plotting.plane_field(
        PLANE,
        PLANE,
        data.plane_norm[index],
        data.plane_descent[index],
        limits=LIMITS,
        ax=axes,
    )
    axes.set_title(f"{pair}\n{dot_text(data.at_wrong[pair])}", fontsize=9.5)
    axes.plot(
        *WRONG, "o", color="white", markeredgecolor="black", markersize=6, zorder=5
    )
    axes.set(xticks=[-8, 0, 8], yticks=[-8, 0, 8])
    axes.set_xlabel("$z_0$ (label)", labelpad=1)
    return colors


def dot_text(norm: float) -> str:
    """The norm of the gradient at the dot, as text."""
    if not np.isfinite(norm):
        return "at the dot: undefined"
    if norm == 0:
        return "at the dot: exactly 0"
    return f"at the dot: {norm:.2g}"


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
