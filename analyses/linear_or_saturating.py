"""Is the loss linear and the gradient constant while the model is wrong, and for which pairs?

Softmax with cross-entropy beside alternatives (claim C04), for three classes from z = (1, 1, 1). On
ray R1 a wrong logit rises, z_j = 1 + s; on ray R2 the label's logit falls, z_y = 1 - s. Drawn are
the loss and its slope dL/ds, the effect of the gradient on s: on R1 the push on the rival, on R2
the pull on the label. The laws are fitted far out, up to s = 1e14.
"""

from collections import Counter
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape import plotting
from logitscape._src.plotting.style import UNDEFINED
from logitscape._src.properties.law import Law

from . import harness
from .harness.findings import Finding, proved
from .shared.probe_rays import (
    PAIRS,
    REFERENCE,
    SHOWN,
    SQUARED_ERROR,
    SUM,
    Behaviour,
    Laws,
    S,
    follow,
    laws,
)

TITLES = {
    "R1": "A wrong logit rises (ray R1: $z = (1,\\, 1 + s,\\, 1)$)",
    "R2": "The label's logit falls (ray R2: $z = (1 - s,\\, 1,\\, 1)$)",
}
CHANGES = {
    "explodes": (2.9, 300.0),
    "constant": (8.2, 1.6),
    "fade": (4.6, 1.5e-3),
    "dies": (1.15, 1e-5),
}
"""Descriptions of the slopes on R1, and their positions in the panel."""
STRIP = 0.07
"""Height of the hatched strip, relative to that of the panel."""
TITLE = (
    "While the model is wrong, "
    "softmax with cross-entropy has a linear loss and a constant gradient;\n"
    "others fade, explode, die or turn around"
)
CAPTION = (
    "Three classes, label $y = 0$. The slope is what the gradient does about $s$: "
    "on the left the push on the rival, on the right the pull on the label.\n"
    "Beside each name stands the law that was fitted up to $s = 10^{14}$; "
    "where the slope is negative, training drives $s$ further out. Hatched: outside the domain."
)


class Data(NamedTuple):
    """Behaviour of the pairs over S and its laws, by ray and pair."""

    behaviour: dict[str, dict[str, Behaviour]]
    laws: dict[str, dict[str, Laws]]


def compute() -> Data:
    behaviour = follow(PAIRS, S, ("R1", "R2"))
    return Data(
        behaviour, {ray: all_laws(by_pair) for ray, by_pair in behaviour.items()}
    )


def all_laws(by_pair: dict[str, Behaviour]) -> dict[str, Laws]:
    return {pair: laws(S, behaviour) for pair, behaviour in by_pair.items()}


def findings(data: Data) -> list[Finding]:
    rival_up = data.laws["R1"]
    label_down = data.laws["R2"]
    return [
        *linear_and_constant(rival_up[REFERENCE], label_down[REFERENCE]),
        squared_error_fades(rival_up[SQUARED_ERROR]),
        alternatives(rival_up, label_down),
    ]


def linear_and_constant(rival_up: Laws, label_down: Laws) -> list[Finding]:
    return [
        proved(
            id="C04a",
            claim="log and exp cancel: while wrong, the loss is linear (R1: its power of s)",
            value=rival_up.loss.power,
            expected=1,
            tolerance=1e-6,
            measured="the loss grows like s^{:.3f}",
        ),
        proved(
            id="C04b",
            claim="while wrong, the pull on the label stays constant (R1)",
            value=rival_up.pull.coefficient,
            expected=1,
            tolerance=1e-6,
            measured="it stays at {:.4f}",
        ),
        proved(
            id="C04c",
            claim="while wrong, the pull on the label stays constant (R2)",
            value=label_down.pull.coefficient,
            expected=1,
            tolerance=1e-6,
            measured="it stays at {:.4f}",
        ),
        proved(
            id="C04d",
            claim="while wrong, the gradient's norm stays constant, sqrt 2 (R1)",
            value=rival_up.norm.coefficient,
            expected=2**0.5,
            tolerance=1e-6,
            measured="it stays at {:.4f}",
        ),
    ]


def squared_error_fades(rival_up: Laws) -> Finding:
    return proved(
        id="C04e",
        claim="squared error does not have this: with softmax its pull fades like e^-s (R1)",
        value=rival_up.pull.rate,
        expected=1,
        tolerance=1e-6,
        measured=f"its rate is {{:.4f}}, and its law {rival_up.pull}",
    )


def alternatives(rival_up: dict[str, Laws], label_down: dict[str, Laws]) -> Finding:
    constant = []
    others: Counter[str] = Counter()
    for pair in PAIRS:
        kind = rival_up[pair].slope.kind
        if kind == label_down[pair].slope.kind == "constant":
            constant.append(pair)
        else:
            others[kind.split()[-1]] += 1
    alternatives = [pair for pair in constant if pair != REFERENCE]
    counts = [f"constant in {len(alternatives)}"]
    counts += [f"{kind} in {count}" for kind, count in others.items()]
    return Finding(
        id="C04f",
        claim="none of seven alternatives has a constant slope on R1 and R2",
        measured=f"their slopes end in these ways: {', '.join(counts)}",
        verdict="holds with a limit",
        limit=f"{', '.join(alternatives)} has it too, as its normalizer and loss match",
    )


def draw(data: Data) -> Figure:
    figure, panels = plt.subplots(2, 2, figsize=(11.4, 6.8), sharex=True)
    figure.suptitle(TITLE, x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for (losses, slopes), (ray, title) in zip(panels.T, TITLES.items(), strict=True):
        losses.set(title=title, xlim=(0, SHOWN), ylim=(-1.2, 13))
        slopes.set(xlabel="$s$", yscale="log", ylim=(1e-6, 3e3))
        draw_curves(losses, "loss", data, ray)
        draw_curves(slopes, "slope", data, ray)
    panels[0, 0].set_ylabel("loss $L$")
    panels[1, 0].set_ylabel("slope $dL/ds$, log axis")
    write(panels[0, 0], "linear", 5.8, 6.9, rotation=38)
    for word, (x, y) in CHANGES.items():
        write(panels[1, 0], word, x, y)
    write(panels[1, 1], "turns around", 2.15, 1e-4)
    return figure


def draw_curves(axes: Axes, quantity: str, data: Data, ray: str) -> None:
    near = S <= SHOWN
    curves = {
        pair: getattr(behaviour, quantity)[near]
        for pair, behaviour in data.behaviour[ray].items()
    }
    notes = {
        pair: note(getattr(laws, quantity), quantity)
        for pair, laws in data.laws[ray].items()
    }
    labels = plotting.labelled_curves(S[near], curves, notes=notes, ax=axes)
    labels[PAIRS.index(REFERENCE)].set_fontweight("bold")
    undefined = S[near][~np.isfinite(curves[SUM])]
    if undefined.size:
        draw_undefined(axes, undefined[0])


def draw_undefined(axes: Axes, start: float) -> None:
    """Hatch a strip at the bottom from where dividing by the sum has left its domain."""
    axes.axvspan(start, SHOWN, 0, STRIP, zorder=3, **UNDEFINED)
    write(
        axes,
        f"no {SUM}",
        (start + SHOWN) / 2,
        STRIP / 2,
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
    )


def write(axes: Axes, text: str, x: float, y: float, **text_options: Any) -> None:
    axes.text(
        x,
        y,
        text,
        fontsize=8,
        fontstyle="italic",
        color="0.25",
        zorder=4,
        **text_options,
    )


def note(law: Law, quantity: str) -> str:
    """The law as a formula, for the label of a curve."""
    if law.kind == "undefined":
        return rf"$\infty$ at $s = {law.begins:.3g}$"
    if quantity == "loss" and law.kind == "constant":
        return rf"$\to${law.math}"
    return law.math


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
