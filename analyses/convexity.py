"""Which pairs are convex in the logits, and where do the others bend down?

Claim C17 (the multinomial is an exponential family, and softmax is what that gives): gradient p - y,
Hessian diag(p) - p p^T, so softmax with cross-entropy is convex. The others by a search of logit space, and
for functions of the label's probability by the pull theorem: convex exactly when the pull (1 - p) w(p), w =
-p psi'(p), is never negative and never weakens as the model gets more wrong.
"""

from collections import Counter
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting
from logitscape._src.properties.convexity import Convexity, convexities

from . import harness
from .harness.findings import Finding, proved
from .shared import cells

Values = NDArray[Any]

PAIRS = [
    f"{normalizer} + {loss}"
    for normalizer in ls.NORMALIZERS
    for loss in ls.PROBABILITY_LOSSES
]
MAPPED = ["softmax + cross_entropy", "softmax + brier", "taylor + cross_entropy"]
PLANE = np.linspace(-8, 8, 81)
WRONG = np.linspace(-6, 22, 141)
P = np.array([0.2, 0.5, 0.3])
CONVEX, MILD, STRONG, KINK = "#0072B2", "#FBE3C3", "#C4560A", "#F3ECD9"
LOOKS = {
    "convex (≥ 0 or ∞: where it is finite)": (CONVEX, ""),
    "bends down: the least eigenvalue of the Hessian": ("#E6A15C", ""),
    "no negative curvature, but a kink or a jump": (KINK, ""),
    "infinite almost everywhere": ("#F7F7F7", "//////"),
}
CAPTION = (
    "Three classes, label 0. The least eigenvalue found among logits of norm 1 and more, $|z_k| \\leq 12$; "
    "$<$: it falls on towards a pole or a border. A witness for each: convexity.csv.\n"
    "Below, left: the pull of losses of the label's probability; right: the least eigenvalue on the plane $z_2 = 0$, "
    "$\\times$ where it is least."
)
FAR = -6000.0
"""Common value of logits where the sum of exponentials is so small that z_loss bends down."""
BENDS = LinearSegmentedColormap.from_list(
    "bends", [STRONG, MILD, "#FFFFFF", "#8FC1E3", CONVEX]
)


class Data(NamedTuple):
    """A verdict for each objective, pulls by loss, least curvatures on a plane, two identities, and z_loss at FAR."""

    found: dict[str, Convexity]
    pulls: dict[str, Values]
    maps: Values
    gradient_error: float
    hessian_error: float
    z_loss_far_out: float


def compute() -> Data:
    found = convexities(PAIRS + list(ls.LOGIT_LOSSES))
    swept = ls.sweep(MAPPED, ls.plane(PLANE, PLANE), hessian=True)
    maps = np.where(swept.finite, swept.curvatures[..., 0], np.nan)[:, 0]
    return Data(found, pulls(), maps, *identities(), z_loss_far_out())


def pulls() -> dict[str, Values]:
    """(1 - p) w(p) at the margins, for the losses psi(p) that see nothing but the label's probability p."""
    margins = jnp.asarray(-WRONG)

    def psi(loss: Any, log_p: Any) -> Any:
        log_p = jnp.stack([log_p, jnp.log(-jnp.expm1(log_p))])
        return loss(ls.Probs(jnp.exp(log_p), log_p), jnp.array([1.0, 0.0]))

    def measure(loss: Any) -> Any:
        slopes = jax.grad(loss)(
            ls.Probs(jnp.asarray(P), jnp.log(P)), jnp.array([1.0, 0.0, 0.0])
        )
        w = -jax.vmap(jax.grad(partial(psi, loss)))(jax.nn.log_sigmoid(margins))
        return slopes, w * jax.nn.sigmoid(-margins)

    found = jax.jit(
        lambda: {name: measure(loss) for name, loss in ls.PROBABILITY_LOSSES.items()}
    )()
    only_label = {
        name: not any(np.asarray(slope)[1:].any() for slope in found[name][0])
        for name in found
    }
    return {
        name: np.asarray(found[name][1])
        for name in ls.PROBABILITY_LOSSES
        if only_label[name]
    }


def identities() -> tuple[float, float]:
    """How far softmax with cross-entropy is from gradient p - y, and from Hessian diag(p) - p p^T."""
    z, y = (
        jnp.asarray(np.random.default_rng(1).uniform(-6, 6, (200, 3))),
        jnp.array([1.0, 0.0, 0.0]),
    )
    loss = ls.objective("softmax + cross_entropy").function

    @jax.jit
    @jax.vmap
    def differences(z: Any) -> Any:
        p = ls.NORMALIZERS["softmax"](z).p
        of_gradient = jax.grad(loss)(z, y) - (p - y)
        return of_gradient, jax.hessian(loss)(z, y) - (jnp.diag(p) - jnp.outer(p, p))

    of_gradient, of_hessian = (float(jnp.max(jnp.abs(each))) for each in differences(z))
    return of_gradient, of_hessian


def z_loss_far_out() -> float:
    """The least curvature of z_loss where all logits are FAR: 1/K + 2 c log K + 2 c FAR across, for c = 1e-4."""
    hessian = jax.jit(jax.hessian(ls.objective("z_loss").function))(
        jnp.full(3, FAR), jnp.array([1.0, 0.0, 0.0])
    )
    return float(np.linalg.eigvalsh(np.asarray(hessian))[0])


def pull_theorem(pulls: Values) -> bool:
    """Convex, says the pull theorem: never negative, never weaker where the model is more wrong."""
    slack = 1e-9 * np.max(np.abs(pulls))
    return bool(np.all(pulls >= -slack) and np.all(np.diff(pulls) >= -slack))


def findings(data: Data) -> list[Finding]:
    hero, found = data.found["softmax + cross_entropy"], data.found
    disagree = sum(
        found[f"softmax + {loss}"].convex != pull_theorem(pulls)
        for loss, pulls in data.pulls.items()
    )
    nowhere = sum(found[name].convex is None for name in PAIRS)
    bends = sum(found[name].convex is not True for name in ls.LOGIT_LOSSES)
    return [
        proved(
            "C17a", "softmax with cross-entropy: the gradient is p - y", data.gradient_error, expected=0,
            tolerance=1e-13, measured="largest difference {:g}",
        ),
        proved(
            "C17b", "its Hessian is diag(p) - p p^T", data.hessian_error, expected=0, tolerance=1e-13,
            measured="largest difference {:g}",
        ),
        proved(
            "C17c", "it is convex in the logits", max(0.0, -hero.curvature, hero.excess), expected=0,
            tolerance=1e-12, measured="most negative curvature {:g}",
        ),
        Finding("C17d", "which pairs are convex: few", convex_pairs(found), "holds with a limit",
                "sparse ones where finite: infinite off their support"),
        Finding("C17e", "squared error with softmax is convex",
                bent(found, "softmax + brier"), "does not hold"),
        Finding("C17f", "dividing by the sum, with cross-entropy, is convex",
                bent(found, "sum + cross_entropy"), "does not hold"),
        proved(
            "C17g", f"the pull theorem tells the {len(data.pulls)} losses of p_y apart", disagree, expected=0,
            tolerance=0, measured="{:.0f} disagree with the search",
        ),
        proved(
            "C17h", "all losses of the logits themselves are convex", bends, expected=0, tolerance=0,
            measured=f"{{:.0f}} of {len(ls.LOGIT_LOSSES)} are not, for |z| <= 12", verdict="holds with a limit",
            limit=f"z_loss bends down far out: curvature {data.z_loss_far_out:.3f} where all logits are {FAR:g}",
        ),
        Finding(
            "C17i", "every other pair has a witness where it bends, kinks or jumps",
            f"{sum(found[name].convex is False for name in PAIRS)} pairs, in convexity.csv", "holds with a limit",
            f"{nowhere} are infinite almost everywhere",
        ),
    ]  # fmt: skip


def convex_pairs(found: dict[str, Convexity]) -> str:
    counts = Counter(name.split(" + ")[0] for name in PAIRS if found[name].convex)
    return f"{counts.total()} of {len(PAIRS)}: " + ", ".join(
        f"{name} {count}" for name, count in counts.items()
    )


def bent(found: dict[str, Convexity], name: str) -> str:
    at = ", ".join(f"{z:.2f}" for z in plotting.settled(found[name].witness))
    return f"curvature {found[name].curvature:.3f} at z = ({at})"


def draw(data: Data) -> Figure:
    figure = plt.figure(figsize=(13.6, 11.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=[2.15, 1])
    top, bottom = parts
    pairs, alone = top.subplots(2, 1, height_ratios=[16, 1])
    losses = list(ls.PROBABILITY_LOSSES)
    table(
        pairs,
        list(ls.NORMALIZERS),
        losses,
        [[data.found[f"{n} + {loss}"] for loss in losses] for n in ls.NORMALIZERS],
    )
    logit_losses = list(ls.LOGIT_LOSSES)
    table(
        alone,
        ["(of the logits)"],
        logit_losses,
        [[data.found[name] for name in logit_losses]],
    )
    alone.set_xlim(-0.5, len(losses) - 0.5)
    top.suptitle(
        "Softmax with cross-entropy is convex (blue), most other pairs bend down somewhere: least curvature in the logits",
        fontsize=12,
    )
    cells.legend(top, LOOKS)
    bottom.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    curves, *maps = bottom.subplots(1, 4, width_ratios=[1.35, 1, 1, 1])
    draw_pulls(curves, data)
    images = [
        draw_map(axes, name, values)
        for axes, name, values in zip(maps, MAPPED, data.maps, strict=True)
    ]
    bottom.colorbar(
        images[0], ax=maps, label="least curvature", extend="both", aspect=22, pad=0.02
    )
    return figure


def table(
    axes: Axes, rows: list[str], columns: list[str], found: list[list[Convexity]]
) -> None:
    for i, row in enumerate(found):
        for j, each in enumerate(row):
            cell(axes, i, j, each)
    names = [
        name.replace("_", "_\n", 1) if len(name) > 13 else name for name in columns
    ]
    cells.frame(axes, rows, names, rotation=30, ha="left", rotation_mode="anchor")


def cell(axes: Axes, i: int, j: int, found: Convexity) -> None:
    color, text = look(found)
    hatch = "//////" if found.convex is None else ""
    cells.square(
        axes,
        i,
        j,
        facecolor=color,
        edgecolor="0.75" if hatch else "white",
        hatch=hatch,
        linewidth=1.2,
    )
    ink = plotting.ink_on(color)
    axes.text(j, i, text, ha="center", va="center_baseline", color=ink, fontsize=8)


def look(found: Convexity) -> tuple[Any, str]:
    if found.convex is None:
        return "#F7F7F7", ""
    if found.convex:
        return CONVEX, "≥ 0 or ∞" if found.infinite > 0.01 else "≥ 0"
    if found.curvature >= 0:
        return KINK, "kink"
    strength = np.clip((np.log10(-found.curvature) + 1.2) / 4.2, 0, 1)
    return LinearSegmentedColormap.from_list("strength", [MILD, STRONG])(strength)[
        :3
    ], number(found.curvature, found.settled)


def number(curvature: float, settled: bool) -> str:
    """To two digits; a bound where it is large, or was still falling."""
    if curvature <= -1000:
        return r"$<\!-10^3$"
    return ("" if settled else "<") + f"−{float(f'{-curvature:.2g}'):g}"


def witnesses(data: Data) -> pd.DataFrame:
    """An objective a row: the verdict, the least curvature and where it is, and the chord that lies lowest below the loss."""
    rows = [
        {
            "objective": name,
            "convex": {True: "yes", False: "no", None: "nowhere finite"}[each.convex],
        }
        | {"curvature": each.curvature, "settled": "yes" if each.settled else "no"}
        | {f"z_{k}": repr(z) for k, z in enumerate(each.witness)}
        | {"excess": each.excess}
        | {
            f"{end}_{k}": repr(z)
            for end, at in zip(("from", "to"), each.chord, strict=True)
            for k, z in enumerate(at)
        }
        for name, each in data.found.items()
    ]
    return pd.DataFrame(rows)


def draw_pulls(axes: Axes, data: Data) -> None:
    axes.set(xlim=(WRONG[0], WRONG[-1]), ylim=(-0.03, 2.6))
    notes = {
        name: "convex" if pull_theorem(pulls) else ""
        for name, pulls in data.pulls.items()
    }
    plotting.labelled_curves(axes, WRONG, data.pulls, notes=notes)
    axes.set(
        title="softmax is convex where the pull never falls",
        xlabel="right ← log-odds against the label → wrong",
    )
    axes.set_ylabel("pull (1 − p) w(p)")


def draw_map(axes: Axes, name: str, values: Values) -> Any:
    values = plotting.settled(values)
    half = (PLANE[1] - PLANE[0]) / 2
    extent = (PLANE[0] - half, PLANE[-1] + half) * 2
    image = axes.imshow(
        values.T, extent=extent, origin="lower", cmap=BENDS, vmin=-0.5, vmax=0.5
    )
    if np.nanmin(values) < 0:
        lowest = np.argwhere(values < np.nanmin(values) + 1e-3)
        i, j = min(lowest, key=lambda at: float(np.abs(PLANE[at]).sum()))
        axes.plot(
            PLANE[i],
            PLANE[j],
            "x",
            color="black",
            markersize=7,
            markeredgewidth=1.6,
            clip_on=False,
        )
    else:
        axes.text(
            0.5,
            0.5,
            "nowhere\nbelow 0",
            transform=axes.transAxes,
            ha="center",
            va="center",
            color="0.4",
        )
    normalizer, loss = name.split(" + ")
    least = f"{np.nanmin(values):.2f}".replace("-", "−")
    axes.set_title(f"{normalizer} +\n{loss}\nleast: {least}", fontsize=9)
    axes.set(xlabel="$z_0$ (label)", ylabel="$z_1$")
    axes.grid(visible=False)
    return image


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, table=witnesses)
