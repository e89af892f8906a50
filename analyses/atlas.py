"""What becomes of the gradient, for every normalizer with every loss, as the model gets more wrong?

The atlas (claims C04, C05): three classes from z = (1, 1, 1), where only min_shift is undefined. A cell is
the law of the slope dL/ds on ray R1, on which a wrong logit rises, z_j = 1 + s: how hard the gradient pushes
that logit down. Framed: the slope is constant on ray R2 too, on which the label's logit falls. In its
corners: the kind of law of the whole gradient's norm, where it is another, and the one when right, as the
label's logit rises. The laws of loss, slope, pull and norm on these rays and on R3, both at once, are in `atlas.csv`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

import logitscape as ls
from logitscape import plotting
from logitscape._src.plotting.style import LAWS
from logitscape._src.properties.law import Law

from . import harness
from .harness.findings import Finding, proved
from .shared.probe_rays import Behaviour, Laws, follow, laws, vanishes

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

NUMBERS = ("coefficient", "power", "log_power", "rate", "order", "inner_rate", "begins")
S = np.unique([0.5, 2.0, *10.0 ** np.linspace(-2, 14, 801)])
SPANS = {
    "iterated_exponential": (2.5, 708.0)
}  # further out e^z is no float64, nearer 1e-7 is no small p
CORNER = 0.13  # of a cell

CAPTION = (
    "Three classes, label 0, ray R1: $z = (1,\\, 1 + s,\\, 1)$. "
    "A cell is the law of the slope $dL/ds$: how hard the gradient pushes the wrong logit down. "
    "Fitted up to $s = 10^{14}$ (708 for iterated_exponential).\n"
    "Framed: the slope is constant on ray R2 too, $z = (1 - s,\\, 1,\\, 1)$. "
    "$\\infty$: the loss is infinite, as $p_0 = 0$; $s \\geq$: from there on. "
    "Lower left corner: the kind of law of the gradient's norm, where it is another.\n"
    "Lower right corner: that of the norm when right, $z = (1 + s,\\, 1,\\, 1)$. All laws, also on R3: atlas.csv."
)

Data: TypeAlias = dict[str, dict[str, Laws]]
"""By ray and objective."""


def compute() -> Data:
    found = follow([*PAIRS.values(), *ALONE], S)
    return {
        ray: {name: far_out(name, each) for name, each in by_name.items()}
        for ray, by_name in found.items()
    }


def far_out(name: str, found: Behaviour) -> Laws:
    first, last = SPANS.get(name.split(" + ")[0], (S[0], S[-1]))
    far = (first <= S) & (last >= S)
    return laws(S[far], Behaviour(*[values[far] for values in found]))


def as_table(data: Data) -> pd.DataFrame:
    """A law a row, with its constants and the range of s."""
    rows = [
        {
            "objective": name,
            "ray": ray,
            "quantity": quantity,
            "kind": law.kind,
            "law": str(law),
        }
        | {
            number: None
            if (value := getattr(law, number)) is None
            else plotting.settled(value)
            for number in NUMBERS
        }
        | dict(
            zip(
                ("from", "to"),
                law.range if kind_of(law) in LAWS else (None, None),
                strict=True,
            )
        )
        for ray, by_name in data.items()
        for name, each in by_name.items()
        for quantity, law in each._asdict().items()
    ]
    return pd.DataFrame(rows)


def findings(data: Data) -> list[Finding]:
    return [*while_wrong(data), *when_right(data["right"])]


def while_wrong(data: Data) -> list[Finding]:
    kinds = Counter(data["R1"][pair].slope.kind.split()[-1] for pair in PAIRS.values())
    predicted = {PAIRS[row, column] for row in EXPONENTIAL for column in LOGARITHMIC}
    steady = set(constant(data)) & set(PAIRS.values())
    alone = [name for name in ALONE if name in constant(data)]
    pulled = sum(data["R1"][pair].pull.kind == "constant" for pair in PAIRS.values())
    others = ", ".join(
        f"{kind} {count}" for kind, count in kinds.items() if kind != "constant"
    )
    unlike = [
        pair
        for pair in PAIRS.values()
        if kind_of(data["R1"][pair].norm) != kind_of(data["R1"][pair].slope)
    ]
    kept = sum(not vanishes(data["R1"][pair].norm) for pair in unlike)
    steadily = {
        ray: {
            pair for pair in PAIRS.values() if data[ray][pair].slope.kind == "constant"
        }
        for ray in ("R1", "R2", "R3")
    }
    everywhere, on_two = (
        set.intersection(*steadily.values()),
        (steadily["R2"] & steadily["R3"]) - steadily["R1"],
    )
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
        Finding("C04k", "the gradient's norm has a law of the slope's kind (R1)",
                f"{len(PAIRS) - len(unlike)} of {len(PAIRS)} pairs", "holds with a limit",
                f"{kept} of the others keep or raise a norm that pulls at the label and leaves the rival alone"),
        Finding("C04l", "the slope is constant on R3 too, where both move",
                f"on R1, R2 and R3: {len(everywhere)} pairs; on R2 and R3 alone: {len(on_two)}", "holds with a limit",
                f"{' and '.join(sorted({pair.split()[0] for pair in on_two}))} are like e^z on the left only"),
    ]  # fmt: skip


def counted(several: Iterable[Law]) -> str:
    """How many laws grow, decay and so on."""
    return ", ".join(
        f"{kind} {count}"
        for kind, count in sorted(
            Counter(law.kind.split()[-1] for law in several).items()
        )
    )


def when_right(right: dict[str, Laws]) -> list[Finding]:
    kinds = {pair: vanishing(right[pair].loss) for pair in PAIRS.values()}
    predicted = {
        pair
        for (row, column), pair in PAIRS.items()
        if row != "sigmoid" and column not in SMOOTHED
    }
    reached = {pair for pair, kind in kinds.items() if kind}
    resting = {pair for pair in PAIRS.values() if vanishes(right[pair].norm)}
    to_rest = {
        pair
        for (row, column), pair in PAIRS.items()
        if row != "sigmoid" and column != "label_smoothing"
    }
    counts = Counter(filter(None, kinds.values()))
    return [
        proved("C05d", "when right, the loss goes to 0 for every pair", len(reached ^ predicted), expected=0,
               tolerance=0, measured=f"{len(reached)} of {len(PAIRS)} pairs, {{:.0f}} unpredicted",
               verdict="holds with a limit",
               limit="not with reverse_kl or label_smoothing, nor with sigmoid, whose p stays below 1; clipped, to 1e-7"),
        Finding("C05e", "when right, how fast the loss goes to 0",
                ", ".join(f"{kind} {count}" for kind, count in counts.items()), "holds"),
        proved("C05g", "when right, the gradient goes to 0 for every pair", len(resting ^ to_rest), expected=0,
               tolerance=0, measured=f"{len(resting)} of {len(PAIRS)} pairs, {{:.0f}} unpredicted",
               verdict="holds with a limit",
               limit="not with sigmoid, nor with label_smoothing, whose target a sure model misses"),
        Finding("C05h", "when right, how the gradient's norm ends",
                counted(right[pair].norm for pair in PAIRS.values()), "holds"),
    ]  # fmt: skip


def constant(data: Data) -> list[str]:
    """The objectives whose slope is constant on R1 and R2."""
    wrong = data["R1"], data["R2"]
    return [
        name
        for name in data["R1"]
        if all(ray[name].slope.kind == "constant" for ray in wrong)
    ]


def vanishing(law: Law) -> str:
    """How a loss goes to 0, or to the 1e-7 by which a clipped logarithm misses it; empty if it does not."""
    kind = kind_of(law)
    if kind == "constant" and abs(law.coefficient) < 1e-6:
        return "clipped"
    return kind if vanishes(law) else ""


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
    table(
        pairs,
        ROWS,
        COLUMNS,
        [[PAIRS[row, column] for column in COLUMNS] for row in ROWS],
        data,
    )
    table(alone, ["losses of the logits"], ALONE, [ALONE], data)
    alone.set_xlim(pairs.get_xlim())
    shown = {
        kind_of(law) for each in data["R1"].values() for law in (each.slope, each.norm)
    }
    shown |= {kind_of(each.norm) for each in data["right"].values()}
    legend = plotting.law_legend(
        figure, [kind for kind in plotting.LAWS if kind in shown]
    )
    legend.set_title(CAPTION, prop=FontProperties(size=8.5))
    return figure


def table(
    axes: Axes,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[Sequence[str]],
    data: Data,
) -> None:
    wrong, right, steady = data["R1"], data["right"], constant(data)
    kinds = [[kind_of(wrong[name].slope) for name in row] for row in names]
    texts = [[short(wrong[name].slope) for name in row] for row in names]
    plotting.law_table(axes, rows, columns, kinds, texts)
    for i, row in enumerate(names):
        for j, name in enumerate(row):
            if name in steady:
                axes.add_patch(
                    Rectangle(
                        (j - 0.45, i - 0.42), 0.9, 0.84, fill=False, linewidth=1.2
                    )
                )
            if kind_of(wrong[name].norm) != kinds[i][j]:
                corner(axes, j - 0.47, i, kind_of(wrong[name].norm))
            corner(axes, j + 0.47 - CORNER, i, kind_of(right[name].norm))


def corner(axes: Axes, x: float, i: int, kind: str) -> None:
    """Empty where rounding leaves nothing but noise."""
    if kind not in LAWS:
        return
    look = LAWS[kind]
    square: dict[str, Any] = {
        "facecolor": look.color,
        "hatch": look.hatch,
        "edgecolor": "0.35",
        "linewidth": 0.5,
    }
    axes.add_patch(Rectangle((x, i + 0.45 - 2 * CORNER), CORNER, 2 * CORNER, **square))


def short(law: Law) -> str:
    """The law with two digits; an infinite loss as such."""
    rounded = replace(
        law, coefficient=float(f"{law.coefficient:.2g}"), rate=float(f"{law.rate:.2g}")
    )
    return rounded.math.replace(r"\mathrm{undefined}", r"\infty")


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, table=as_table)
