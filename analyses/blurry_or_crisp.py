"""Does a normalizer answer weak inputs with a blurry distribution, and strong ones with a crisp one?

Inputs t (1, 2) against their strength t, for every normalizer (claims C01, C13): the probability of the
larger, and the norm of the gradient of cross-entropy where the smaller is the label, so that the model is
wrong. Below, what softmax can reach from inputs within [0, 1], such as the output of another softmax (C21).
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import logitscape as ls
from logitscape import analysis, plotting
from logitscape.diagnosis.gradient_law import fit_law
from logitscape.findings import Finding, proved
from logitscape.plotting.style import UNDEFINED

Array: TypeAlias = NDArray[Any]

STRENGTHS = 10.0 ** np.linspace(-1, np.log10(20), 201)
WEAK, STRONG = (0.26894142, 0.73105858), (4.53978687e-05, 0.99995460)  # as the claim has them
CLASSES = (2, 10, 100, 1000)
SURE, FAR, STEPS = 0.99, 60.0, 20
S = np.unique([*np.linspace(0, 12, 241), *10.0 ** np.linspace(-1, 3, 201)])  # on ray R1

TITLES = {
    "sure": "The stronger the input, the surer",
    "between": "Surer only up to a point",
    "never": "Never move, however strong",
}
CAPTION = (
    "Above: inputs $z = (t,\\, 2t)$, grouped by what was measured. Where the model is wrong, the smaller "
    "input is the label. Hatched: infinite loss.\n"
    "Below: the label's input is 1, all others 0, the best that [0, 1] allows (dots measured, lines "
    "$p = e/(e + K - 1)$); right: three classes on ray R1, $z = (0,\\, s,\\, 0)$, label 0."
)


class Curve(NamedTuple):
    """A normalizer over STRENGTHS: p of the larger; the gradient norm, NaN where the loss is infinite."""

    p: Array
    norm: Array


class Reached(NamedTuple):
    """The best that can be reached: the label's probability, the loss, and the pull that is left."""

    p: float
    loss: float
    pull: float


class Data(NamedTuple):
    """All by name: probabilities of [1, 2] and [10, 20]; curves; Reached by classes; slopes over S on R1."""

    examples: dict[str, Array]
    curves: dict[str, Curve]
    reached: dict[str, dict[int, Reached]]
    slopes: dict[str, Array]


def twice(logits: jax.Array) -> ls.Probs:
    """Softmax, by mistake, of what is a softmax already."""
    softmax = ls.normalizer("softmax")
    probs: ls.Probs = softmax(softmax(logits).p)
    return probs


OBJECTIVES = {
    "sum": ls.objective("sum + cross_entropy"),
    "softmax": ls.objective("softmax + cross_entropy"),
    "softmax twice": ls.compose(twice, "cross_entropy"),
}
STYLES = {name: plotting.style_of(name.split()[0]) | {"linestyle": "--" if "twice" in name else "-"} for name in OBJECTIVES}


def compute() -> Data:
    examples = {name: np.stack([ls.normalizer(name)(t * jnp.arange(1.0, 3.0)).p for t in (1, 10)])
                for name in ("softmax", "sum")}  # fmt: skip
    best = {classes: reach(classes) for classes in CLASSES}
    reached = {name: {k: Reached(*map(float, each[name])) for k, each in best.items()} for name in OBJECTIVES}
    once_and_twice = ("softmax", "softmax twice")
    found = ls.sweep({name: OBJECTIVES[name] for name in once_and_twice}, ls.ray("R1", S))
    slopes = {name: np.asarray(found.gradient[i, 0, :, 1]) for i, name in enumerate(once_and_twice)}
    return Data(examples, curves(), reached, slopes)


def curves() -> dict[str, Curve]:
    """Label 0 has the larger input on the first of two rays and the smaller one on the second."""
    order = np.array([[2.0, 1.0], [1.0, 2.0]])
    coordinates = {"ray": np.arange(2.0), "t": STRENGTHS}
    both = ls.Slice("strengths", coordinates, lambda c: c[1] * jnp.asarray(order)[c[0].astype(int)], 2, "")
    found = ls.sweep([f"{name} + cross_entropy" for name in ls.NORMALIZERS], both)
    norms = np.where(np.isfinite(found.loss), np.hypot.reduce(found.gradient, axis=-1), np.nan)
    return {name: Curve(np.asarray(found.p_label[i, 0, 0]), norms[i, 0, 1]) for i, name in enumerate(ls.NORMALIZERS)}


@partial(jax.jit, static_argnums=0)
def reach(classes: int) -> dict[str, Any]:
    """The best by descent within [0, 1]; for softmax twice, where the label leads by FAR."""
    target = jax.nn.one_hot(0, classes)
    ends = {name: descent(OBJECTIVES[name], target) for name in ("sum", "softmax")}
    return {name: at(OBJECTIVES[name], ends.get(name, FAR * target), target) for name in OBJECTIVES}


def descent(objective: ls.Objective, target: jax.Array) -> jax.Array:
    """From 1/2, in steps so long that it ends on the border of [0, 1]."""

    def step(_: int, logits: jax.Array) -> jax.Array:
        return jnp.clip(logits - target.size * jax.grad(objective)(logits, target), 0, 1)

    end: jax.Array = jax.lax.fori_loop(0, STEPS, step, jnp.full_like(target, 0.5))
    return end


def at(objective: ls.Objective, logits: jax.Array, target: jax.Array) -> Any:
    loss, gradient = jax.value_and_grad(objective)(logits, target)
    return objective.predict(logits).p[0], loss, -gradient[0]


def findings(data: Data) -> list[Finding]:
    return [
        *strength(data.examples),
        *monotone(data.curves),
        *within_bounds(data.reached),
        softmax_twice(data.slopes["softmax twice"]),
    ]


def strength(examples: Mapping[str, Array]) -> list[Finding]:
    weak, strong = examples["softmax"]
    divided = examples["sum"]
    return [
        proved("C01a", f"softmax([1, 2]) = {WEAK}", abs(weak - WEAK).max(), expected=0, tolerance=1e-8,
               measured="({:.8f}, {:.8f})".format(*weak)),
        proved("C01b", f"softmax([10, 20]) = {STRONG}", abs(strong - STRONG).max(), expected=0,
               tolerance=1e-8, measured="({:.8e}, {:.8f})".format(*strong)),
        proved("C01c", "dividing by the sum gives (1/3, 2/3) both times",
               abs(divided - np.array([1, 2]) / 3).max(), expected=0, tolerance=1e-15,
               measured="({:.8f}, {:.8f})".format(*divided[1])),
    ]  # fmt: skip


def monotone(found: Mapping[str, Curve]) -> list[Finding]:
    groups = grouped(found)
    falls = [name for name, curve in found.items() if np.diff(curve.p).min() < -1e-12]
    rising = [name for name in found if name not in (*groups["never"], *falls)]
    first, last = found["sum"].norm[[0, -1]]
    return [
        Finding("C01d", "strong inputs give a sure answer: p > 0.99 at (20, 40)",
                f"{len(groups['sure'])} of {len(found)} normalizers", "holds with a limit",
                f"not {', '.join(groups['between'])}, nor the scale-invariant ones"),
        proved("C01e", "sure and wrong, softmax has a gradient to match: norm sqrt 2 at (20, 40)",
               found["softmax"].norm[-1], expected=2**0.5, tolerance=1e-7, measured="{:.4f}"),
        Finding("C01f", "dividing by the sum: the stronger the inputs, the weaker the gradient",
                f"norm {first:.3g} at (0.1, 0.2), {last:.3g} at (20, 40)", "holds"),
        Finding("C13a", "at a fixed ratio, larger inputs give the largest more",
                f"{len(rising)} of {len(found)}", "holds with a limit",
                f"not the scale-invariant ones, nor {', '.join(falls)}, which falls again"),
        Finding("C13b", "the scale-invariant ones give the same p for any strength",
                f"{len(groups['never'])}: {', '.join(groups['never'])}", "holds"),
    ]  # fmt: skip


def within_bounds(reached: Mapping[str, Mapping[int, Reached]]) -> list[Finding]:
    best = {classes: np.e / (np.e + classes - 1) for classes in CLASSES}
    theory = {classes: Reached(p, -np.log(p), 1 - p) for classes, p in best.items()}

    def agree(id: str, claim: str, field: str, name: str = "softmax") -> Finding:
        values = {classes: getattr(each, field) for classes, each in reached[name].items()}
        worst = max(abs(values[classes] - getattr(theory[classes], field)) for classes in CLASSES)
        text = ", ".join(f"{value:.4g}" for value in values.values())
        return proved(id, claim, worst, expected=0, tolerance=1e-12, measured=text)

    return [
        agree("C21a", "inputs in [0, 1]: softmax reaches e/(e+K-1) at best (K = 2, 10, 100, 1000)", "p"),
        agree("C21b", "there its loss cannot fall below log(e+K-1) - 1", "loss"),
        agree("C21c", "there its gradient never rests: the pull that is left is (K-1)/(e+K-1)", "pull"),
        proved("C21d", "dividing by the sum has no such floor: its loss there",
               max(each.loss for each in reached["sum"].values()), expected=0, tolerance=1e-12,
               measured="{:.0f}"),
        agree("C21e", "softmax applied twice has the same bound, whatever the logits", "p", "softmax twice"),
    ]  # fmt: skip


def softmax_twice(slope: Array) -> Finding:
    law = fit_law(S[S > 0], slope[S > 0])
    claim = "softmax applied twice loses the constant gradient: the slope while wrong (R1)"
    return proved("C21f", claim, law.rate, expected=1, tolerance=1e-6, measured=f"{law}")


def grouped(found: Mapping[str, Curve]) -> dict[str, list[str]]:
    """The normalizers by what strength does to them."""
    groups: dict[str, list[str]] = {group: [] for group in TITLES}
    for name, (p, _) in found.items():
        group = "never" if np.ptp(p) < 1e-12 else "sure" if p[-1] > SURE else "between"
        groups[group].append(name)
    return groups


def draw(data: Data) -> Figure:
    figure, panels = plt.subplots(3, 3, figsize=(12, 9.6))
    title = "Weak inputs, blurry answer; strong inputs, crisp answer: softmax. Dividing by the sum never moves"
    figure.suptitle(title, x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for (top, norm), (group, names) in zip(panels[:2].T, grouped(data.curves).items(), strict=True):
        draw_group(top, norm, TITLES[group], {name: data.curves[name] for name in names})
    panels[0, 0].set_ylabel("probability of the larger input")
    panels[1, 0].set_ylabel("gradient norm where wrong")
    draw_reached(panels[2, 0], panels[2, 1], data.reached)
    draw_twice(panels[2, 2], data.slopes)
    return figure


def draw_group(top: Axes, norm: Axes, title: str, found: Mapping[str, Curve]) -> None:
    top.set(title=title, ylim=(0.3, 1.03))
    norm.set(yscale="log", ylim=(1e-4, 1e3), xlabel="strength $t$, log axis")
    for axes in (top, norm):
        axes.set(xscale="log", xlim=(STRENGTHS[0], STRENGTHS[-1]))
    norms = {name: curve.norm for name, curve in found.items() if np.isfinite(curve.norm).any()}
    plotting.labelled_curves(top, STRENGTHS, {name: curve.p for name, curve in found.items()})
    plotting.labelled_curves(norm, STRENGTHS, norms)
    draw_infinite(norm, {name: ~np.isfinite(curve.norm) for name, curve in found.items()})


def draw_infinite(axes: Axes, infinite: Mapping[str, Array]) -> None:
    """A hatched strip along the bottom, where and for whom the loss is infinite."""
    names = [name for name, where in infinite.items() if where.any()]
    for start in STRENGTHS[np.any([*infinite.values()], axis=0)][:1]:
        axes.axvspan(start, STRENGTHS[-1], 0, 0.16, zorder=3, **UNDEFINED)
        look: dict[str, Any] = {
            "fontsize": 8,
            "fontstyle": "italic",
            "ha": "center",
            "va": "center",
            "zorder": 4,
        }
        look |= {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
        middle = (start * STRENGTHS[-1]) ** 0.5
        axes.text(middle, 0.08, "infinite loss:\n" + ", ".join(names), transform=axes.get_xaxis_transform(), **look)


def draw_reached(best: Axes, lowest: Axes, reached: Mapping[str, Mapping[int, Reached]]) -> None:
    """Lines from the formulas, dots as measured."""
    many = np.geomspace(CLASSES[0], CLASSES[-1], 100)
    bound = np.e / (np.e + many - 1)
    best.set(title="Inputs within [0, 1]: the best $p$", ylim=(-0.03, 1.05), ylabel="probability of the label")
    lowest.set(title="Inputs within [0, 1]: the lowest loss", ylim=(-0.3, 7), ylabel="cross-entropy")
    for axes, quantity, softmax, divided in ((best, "p", bound, 1.0), (lowest, "loss", -np.log(bound), 0.0)):
        axes.set(xscale="log", xlim=(CLASSES[0] * 0.9, CLASSES[-1] * 1.1), xlabel="classes $K$, log axis")
        lines = {"sum": np.full_like(many, divided), "softmax,\nonce or twice": softmax}
        plotting.labelled_curves(axes, many, lines, styles=dict(zip(lines, STYLES.values(), strict=False)))
        for name, by_classes in reached.items():
            dots = [getattr(each, quantity) for each in by_classes.values()]
            axes.plot(CLASSES, np.round(dots, 8) + 0.0, "o", color=STYLES[name]["color"], markersize=5)


def draw_twice(axes: Axes, slopes: Mapping[str, Array]) -> None:
    near = S <= 12
    axes.set(title="Softmax twice: the gradient fades", yscale="log", ylim=(1e-6, 1e1), xlabel="$s$", xlim=(0, 12))
    axes.set_ylabel("slope $dL/ds$, log axis")
    plotting.labelled_curves(axes, S[near], {name: each[near] for name, each in slopes.items()}, styles=STYLES)


if __name__ == "__main__":
    analysis.main(__file__, compute, findings, draw)
