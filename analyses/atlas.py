"""What becomes of the gradient, for every normalizer with every loss, as the model gets more wrong?

The atlas (claims C04, C05): three classes from z = (1, 1, 1), where only min_shift is undefined. A cell is
the law of the slope dL/ds on ray R1, on which a wrong logit rises, z_j = 1 + s: how hard the gradient pushes
that logit down. Framed: the slope is constant on ray R2 too, on which the label's logit falls. On a third
ray, where the label's logit rises, the loss should vanish.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

import logitscape as ls
from logitscape import analysis, plotting
from logitscape.diagnosis.gradient_law import fit_law
from logitscape.diagnosis.law import Law
from logitscape.findings import Finding, proved

Array: TypeAlias = NDArray[Any]

EXPONENTIAL = ("softmax", "softmax_one", "sigsoftmax")  # like e^z or e^2z at both ends
LOGARITHMIC = (
    "cross_entropy",
    "kl",
    "focal",
    "poly1",
    "symmetric_cross_entropy",
    "label_smoothing",
)  # at p = 0
SMOOTHED = ("label_smoothing", "reverse_kl")
ROWS = (
    *EXPONENTIAL,
    *("softplus", "sum", "abs", "relu", "taylor", "square", "spherical"),
    *("sigmoid", "iterated_exponential", "min_shift", "argmax", "sparsemax", "entmax"),
)
COLUMNS = (
    *LOGARITHMIC,
    *("exponential", "tsallis_score", "hellinger", "generalized_cross_entropy"),
    *("mae", "brier", "spherical_score", "reverse_kl", "clipped_cross_entropy"),
)
PAIRS = {(row, column): f"{row} + {column}" for row in ROWS for column in COLUMNS}
ALONE = tuple(ls.LOGIT_LOSSES)

RAYS = {"R1": (1, 1.0), "R2": (0, -1.0), "right": (0, 1.0)}  # the logit that moves, and which way
LABEL = 0
S = np.unique([0.5, 2.0, *10.0 ** np.linspace(-2, 14, 801)])
SPANS = {"iterated_exponential": (2.5, 708.0)}  # further out e^z is no float64, nearer 1e-7 is no small p

CAPTION = (
    "Three classes, label 0, ray R1: $z = (1,\\, 1 + s,\\, 1)$. "
    "A cell is the law of the slope $dL/ds$: how hard the gradient pushes the wrong logit down. "
    "Fitted up to $s = 10^{14}$ (708 for iterated_exponential).\n"
    "Framed: the slope is constant on ray R2 too, $z = (1 - s,\\, 1,\\, 1)$. "
    "$\\infty$: the loss is infinite, as $p_0 = 0$; $s \\geq$: from there on."
)


class Laws(NamedTuple):
    """The laws of an objective on a ray."""

    slope: Law
    loss: Law
    pull: Law


Data: TypeAlias = dict[str, dict[str, Laws]]
"""By ray and objective."""


def compute() -> Data:
    found = ls.sweep([*PAIRS.values(), *ALONE], fan())
    return {
        ray: {name: laws(found, i, r, *motion) for i, name in enumerate(found.objectives)}
        for r, (ray, motion) in enumerate(RAYS.items())
    }


def fan() -> ls.Slice:
    """All rays in one slice, so that they share a program."""
    directions = np.array([sign * np.eye(3)[moving] for moving, sign in RAYS.values()])
    coordinates = {"ray": np.arange(float(len(RAYS))), "s": S}
    return ls.Slice("fan", coordinates, lambda c: 1 + c[1] * jnp.asarray(directions)[c[0].astype(int)], 3, "")


def laws(found: ls.Landscape, objective: int, ray: int, moving: int, sign: float) -> Laws:
    first, last = SPANS.get(found.objectives[objective].split(" + ")[0], (S[0], S[-1]))
    far = (first <= S) & (last >= S)
    loss, gradient = found.loss[objective, 0, ray], found.gradient[objective, 0, ray]
    values = (sign * gradient[:, moving], loss, -gradient[:, LABEL])
    known = [np.where(np.isfinite(loss), each, np.nan)[far] for each in values]
    return Laws(*[fit_law(S[far], each) for each in known])


def findings(data: Data) -> list[Finding]:
    return [*while_wrong(data), *when_right({name: each.loss for name, each in data["right"].items()})]


def while_wrong(data: Data) -> list[Finding]:
    kinds = Counter(data["R1"][pair].slope.kind.split()[-1] for pair in PAIRS.values())
    predicted = {PAIRS[row, column] for row in EXPONENTIAL for column in LOGARITHMIC}
    steady = set(constant(data)) & set(PAIRS.values())
    alone = [name for name in ALONE if name in constant(data)]
    pulled = sum(data["R1"][pair].pull.kind == "constant" for pair in PAIRS.values())
    others = ", ".join(f"{kind} {count}" for kind, count in kinds.items() if kind != "constant")
    return [
        proved("C04g", "the slope stays constant while wrong, R1 and R2, for e^z with -log p only",
               len(steady ^ predicted), expected=0, tolerance=0,
               measured=f"{len(steady)} of {len(PAIRS)} pairs, {{:.0f}} unpredicted"),
        Finding("C04h", "the other pairs do not have it (R1)", others, "holds with a limit",
                f"{kinds['constant'] - len(steady)} more are constant on R1 alone: the loss undoes 1/s"),
        Finding("C04i", "losses of the logits have it too", f"{len(alone)} of {len(ALONE)}",
                "holds with a limit", f"not {', '.join(name for name in ALONE if name not in alone)}"),
        Finding("C04j", "the pull on the label stays constant (R1)", f"{pulled} of {len(PAIRS)} pairs",
                "holds with a limit",
                "the label's logit stands still on R1: the slope can fade all the same"),
    ]  # fmt: skip


def when_right(losses: dict[str, Law]) -> list[Finding]:
    kinds = {pair: vanishing(losses[pair]) for pair in PAIRS.values()}
    predicted = {pair for (row, column), pair in PAIRS.items() if row != "sigmoid" and column not in SMOOTHED}
    reached = {pair for pair, kind in kinds.items() if kind}
    counts = Counter(filter(None, kinds.values()))
    return [
        proved("C05d", "when right, the loss goes to 0 for every pair", len(reached ^ predicted), expected=0,
               tolerance=0, measured=f"{len(reached)} of {len(PAIRS)} pairs, {{:.0f}} unpredicted",
               verdict="holds with a limit",
               limit="not to a smoothed target, nor with sigmoid, whose p stays below 1"),
        Finding("C05e", "when right, how fast the loss goes to 0",
                ", ".join(f"{kind} {count}" for kind, count in counts.items()), "holds"),
    ]  # fmt: skip


def constant(data: Data) -> list[str]:
    """The objectives whose slope is constant on R1 and R2."""
    wrong = data["R1"], data["R2"]
    return [name for name in data["R1"] if all(ray[name].slope.kind == "constant" for ray in wrong)]


def vanishing(law: Law) -> str:
    """How a loss goes to 0, or to the 1e-7 by which a clipped logarithm misses it; empty if it does not."""
    kind = kind_of(law)
    if kind == "constant" and abs(law.coefficient) < 1e-6:
        return "clipped"
    return kind if kind == "zero" or kind.endswith("decay") else ""


def kind_of(law: Law) -> str:
    """The kind of a law, as it is coloured."""
    return law.kind.removeprefix("super-").replace("logarithmic", "polynomial")


def draw(data: Data) -> Figure:
    figure, (pairs, alone) = plt.subplots(2, 1, figsize=(13, 9), height_ratios=[16, 1])
    figure.suptitle(
        "Which gradients stay constant while the model gets more wrong? Those of $e^z$ with a loss like $-\\log p$ (framed)",
        x=0.008,
        ha="left",
    )
    slopes, steady = {name: each.slope for name, each in data["R1"].items()}, constant(data)
    table(pairs, ROWS, COLUMNS, [[PAIRS[row, column] for column in COLUMNS] for row in ROWS], slopes, steady)
    table(alone, ["losses of the logits"], ALONE, [ALONE], slopes, steady)
    alone.set_xlim(pairs.get_xlim())
    shown = {kind_of(law) for law in slopes.values()}
    legend = plotting.law_legend(figure, [kind for kind in plotting.LAWS if kind in shown])
    legend.set_title(CAPTION, prop=FontProperties(size=8.5))
    return figure


def table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
    slopes: dict[str, Law],
    framed: Iterable[str],
) -> None:
    kinds = [[kind_of(slopes[name]) for name in row] for row in names]
    texts = [[short(slopes[name]) for name in row] for row in names]
    plotting.law_table(axes, rows, columns, kinds, texts)
    for i, row in enumerate(names):
        for j in (j for j, name in enumerate(row) if name in framed):
            axes.add_patch(Rectangle((j - 0.45, i - 0.42), 0.9, 0.84, fill=False, linewidth=1.2))


def short(law: Law) -> str:
    """The law with two digits; an infinite loss as such."""
    rounded = replace(law, coefficient=float(f"{law.coefficient:.2g}"), rate=float(f"{law.rate:.2g}"))
    return rounded.math.replace(r"\mathrm{undefined}", r"\infty")


if __name__ == "__main__":
    analysis.main(__file__, compute, findings, draw)
