"""Where is the push, and where does it die? Gradient fields of three classes for eight telling pairs.

Claims C02 (dividing by the sum sees ratios only) and C04 (with softmax and cross-entropy a wrong model is
pushed with full strength; with squared error it is not), seen over the plane z_0, z_1 with z_2 = 0, and
over the probabilities. The label is class 0. On the triangle, p stands for one of the logits that give it,
and the arrows show how p itself moves when the logits go downhill.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting

from . import harness
from .harness.findings import Finding, proved

Values = NDArray[Any]

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
RESOLUTION = 60
LIMITS = (1e-3, 1e1)
CAPTION = (
    "Three classes, label 0. Colour: $\\|dL/dz\\|$; grey: exactly 0. "
    "Planes: $z = (z_0,\\, z_1,\\, 0)$, arrows downhill, $-dL/dz$; hatched: outside the domain; "
    "the dot: wrong by 12, $z = (-6,\\, 6,\\, 0)$.\n"
    "Triangles: the probabilities $p$, at one of the logits that give them "
    "($\\log p$ for softmax, $p$ for sum and sparsemax, the upper root for spherical and taylor).\n"
    "Their arrows: how $p$ moves as these go downhill; hatched: no logits give this $p$."
)


class Data(NamedTuple):
    """Fields by pair: on the plane [y, x, ...], on the triangle [m, ...]; undefined is NaN."""

    plane_norm: Values
    plane_descent: Values
    triangle_norm: Values
    triangle_descent: Values
    along: float
    dead: float
    at_wrong: dict[str, float]


def compute() -> Data:
    plane = ls.sweep(PAIRS, ls.plane(PLANE, PLANE))
    gradient = np.where(plane.finite[..., None], plane.gradient, np.nan)[:, 0].swapaxes(
        1, 2
    )
    norm = np.linalg.norm(gradient, axis=-1)
    z = np.stack(
        [*np.meshgrid(PLANE, PLANE), np.zeros((PLANE.size, PLANE.size))], axis=-1
    )
    blind, bounded = (
        PAIRS.index("sum + cross_entropy"),
        PAIRS.index("sparsemax + brier"),
    )
    wrong = ~plane.correct[bounded, 0].T
    return Data(
        norm,
        -gradient[..., :2],
        *triangles(),
        float(np.nanmax(np.abs(np.sum(z * gradient[blind], axis=-1)))),
        float(np.mean(norm[bounded][wrong] == 0)),
        dict(zip(PAIRS, at_wrong(norm), strict=True)),
    )


def at_wrong(norm: Values) -> Values:
    """The gradient norm at (-6, 6, 0); NaN outside the domain."""
    x, y = (int(np.argmin(np.abs(PLANE - z))) for z in WRONG)
    return np.asarray(norm[:, y, x])


def triangle_points() -> Values:
    """Centres of small triangles that fill the simplex: no point lies on its border."""
    m = RESOLUTION
    return (
        np.array(
            [
                (i + 1 / 3, j + 1 / 3, m - 1 - i - j + 1 / 3)
                for i in range(m)
                for j in range(m - i)
            ]
        )
        / m
    )


def logits_of(pair: str, p: Values) -> Any:
    """Logits that give p: log p for softmax, p for sum and sparsemax, else the upper root of g(z) = c p."""
    if pair.startswith("softmax"):
        return np.log(p)
    if pair.startswith("spherical"):
        return np.sqrt(np.maximum(p - 1e-3 / (1 + 3e-3), 0) * (1 + 3e-3))
    if pair.startswith("taylor"):
        return np.sqrt(np.maximum(2 * 10 * p - 1, 0)) - 1
    return p


def triangles() -> tuple[Values, Values]:
    """Gradient norms [pair, m] and the movement of p, -J grad, [pair, m, 3]."""
    p, y = triangle_points(), jnp.array([1.0, 0.0, 0.0])
    objectives = [ls.objective(pair) for pair in PAIRS]

    def at(objective: ls.Objective, z: Any) -> Any:
        gradient = jax.grad(objective.function)(z, y)
        _, moves = jax.jvp(lambda z: objective.predict(z).p, (z,), (-gradient,))
        return jnp.linalg.norm(gradient), moves, objective.predict(z).p

    found = jax.jit(
        lambda z: [
            jax.vmap(lambda z, o=o: at(o, z))(z[i]) for i, o in enumerate(objectives)
        ]
    )(jnp.stack([logits_of(pair, p) for pair in PAIRS]))
    norm, moves, reached = (
        np.stack([np.asarray(each[i]) for each in found]) for i in range(3)
    )
    missed = np.max(np.abs(reached - p), axis=-1) > 1e-9
    return np.where(missed, np.nan, norm), np.where(missed[..., None], np.nan, moves)


def findings(data: Data) -> list[Finding]:
    full, lost, least = (
        data.at_wrong[pair]
        for pair in ("softmax + cross_entropy", "softmax + brier", "softmax + mae")
    )
    return [
        proved(
            "C02e", "dividing by the sum: no push along z, on the whole plane", data.along, expected=0,
            tolerance=1e-12, measured="<z, grad> = {:g}",
        ),
        Finding(
            "C04m", "softmax, wrong by 12 logits: cross-entropy pushes in full, squared error no more",
            f"norms {full:.3f} against {lost:.1e}, mae {least:.1e}", "holds",
        ),
        Finding(
            "C04n", "sparsemax with squared error: a dead region where the model is wrong",
            f"gradient exactly 0 at {100 * data.dead:.0f} % of the wrong logits drawn", "holds",
        ),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    figure, grid = plt.subplots(
        4, 4, figsize=(13, 12.3), height_ratios=[1.1, 0.86, 1.1, 0.86]
    )
    planes, triangles = grid[::2].ravel(), grid[1::2].ravel()
    p = triangle_points()
    for i, pair in enumerate(PAIRS):
        colors = plotting.plane_field(
            planes[i],
            PLANE,
            PLANE,
            data.plane_norm[i],
            data.plane_descent[i],
            limits=LIMITS,
        )
        plotting.simplex_field(
            triangles[i], p, data.triangle_norm[i], data.triangle_descent[i], limits=LIMITS,
            corners=("label 0", "class 1", "class 2"),
        )  # fmt: skip
        planes[i].set_title(f"{pair}\n{told(data.at_wrong[pair])}", fontsize=9.5)
        planes[i].plot(
            *WRONG, "o", color="white", markeredgecolor="black", markersize=6, zorder=5
        )
        planes[i].set(xticks=[-8, 0, 8], yticks=[-8, 0, 8])
        planes[i].set_xlabel("$z_0$ (label)", labelpad=1)
    for axes in grid[::2, 0]:
        axes.set_ylabel("$z_1$")
    plotting.norm_bar(figure, colors, list(grid.ravel()))
    figure.suptitle(
        "Softmax with cross-entropy pushes wherever the model is wrong; others fade, die or push the wrong way"
    )
    figure.supxlabel(CAPTION, fontsize=9, x=0.008, ha="left")
    return figure


def told(norm: float) -> str:
    """The norm at the white point."""
    if not np.isfinite(norm):
        return "at the dot: undefined"
    return "at the dot: exactly 0" if norm == 0 else f"at the dot: {norm:.2g}"


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
