"""Is the loss linear and the gradient constant while the model is wrong, and for which pairs?

Softmax with cross-entropy beside telling alternatives (claim C04), for three classes from z = (1, 1, 1): on
R1 a wrong logit rises, z_j = 1 + s; on R2 the label's falls, z_y = 1 - s. Drawn are the loss and its slope
dL/ds, what the gradient does about s: on R1 the push on the rival, on R2 the pull on the label. The laws are
fitted far out, up to s = 1e14.
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
    HERO,
    PAIRS,
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
WORDS = {
    "explodes": (2.9, 300.0),
    "constant": (8.2, 1.6),
    "fade": (4.6, 1.5e-3),
    "dies": (1.15, 1e-5),
}
STRIP = 0.07  # of a panel's height
CAPTION = (
    "Three classes, label $y = 0$. The slope is what the gradient does about $s$: "
    "on the left the push on the rival, on the right the pull on the label.\n"
    "Beside each name stands the law that was fitted up to $s = 10^{14}$; "
    "where the slope is negative, training drives $s$ further out. Hatched: outside the domain."
)


class Data(NamedTuple):
    """By ray and pair: what was found over S, and its laws."""

    found: dict[str, dict[str, Behaviour]]
    laws: dict[str, dict[str, Laws]]


def compute() -> Data:
    found = follow(PAIRS, S, ("R1", "R2"))
    return Data(
        found,
        {
            ray: {pair: laws(S, each) for pair, each in pairs.items()}
            for ray, pairs in found.items()
        },
    )


def findings(data: Data) -> list[Finding]:
    hero, falling, squared = (
        data.laws["R1"][HERO],
        data.laws["R2"][HERO],
        data.laws["R1"][SQUARED_ERROR],
    )
    wrong = [
        {pair: each.slope.kind for pair, each in laws.items()}
        for laws in data.laws.values()
    ]
    steady = [
        pair for pair in PAIRS if all(kinds[pair] == "constant" for kinds in wrong)
    ]
    others = Counter(wrong[0][pair].split()[-1] for pair in PAIRS if pair not in steady)
    return [
        proved("C04a", "log and exp cancel: while wrong, the loss is linear (R1: its power of s)",
               hero.loss.power, expected=1, tolerance=1e-6, measured="s^{:.3f}"),
        proved("C04b", "while wrong, the pull on the label stays constant (R1)", hero.pull.coefficient,
               expected=1, tolerance=1e-6, measured="{:.4f}"),
        proved("C04c", "while wrong, the pull on the label stays constant (R2)", falling.pull.coefficient,
               expected=1, tolerance=1e-6, measured="{:.4f}"),
        proved("C04d", "while wrong, the gradient's norm stays constant, sqrt 2 (R1)",
               hero.norm.coefficient, expected=2**0.5, tolerance=1e-6, measured="{:.4f}"),
        proved("C04e", "squared error does not have this: with softmax its pull fades like e^-s (R1)",
               squared.pull.rate, expected=1, tolerance=1e-6, measured=f"rate {{:.4f}}: {squared.pull}"),
        Finding("C04f", "none of seven alternatives has a constant slope on R1 and R2",
                f"constant {len(steady) - 1}, " + ", ".join(f"{end} {n}" for end, n in others.items()),
                "holds with a limit", f"{', '.join(steady[1:])} has it too: its normalizer and loss match"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    figure, panels = plt.subplots(2, 2, figsize=(11.4, 6.8), sharex=True)
    title = "While the model is wrong, softmax with cross-entropy has a linear loss and a constant gradient;"
    figure.suptitle(
        f"{title}\nothers fade, explode, die or turn around", x=0.008, ha="left"
    )
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for (losses, slopes), (ray, title) in zip(panels.T, TITLES.items(), strict=True):
        losses.set(title=title, xlim=(0, SHOWN), ylim=(-1.2, 13))
        slopes.set(xlabel="$s$", yscale="log", ylim=(1e-6, 3e3))
        draw_curves(losses, "loss", data, ray)
        draw_curves(slopes, "slope", data, ray)
    panels[0, 0].set_ylabel("loss $L$")
    panels[1, 0].set_ylabel("slope $dL/ds$, log axis")
    say(panels[0, 0], "linear", 5.8, 6.9, rotation=38)
    for word, (x, y) in WORDS.items():
        say(panels[1, 0], word, x, y)
    say(panels[1, 1], "turns around", 2.15, 1e-4)
    return figure


def draw_curves(axes: Axes, quantity: str, data: Data, ray: str) -> None:
    near = S <= SHOWN
    curves = {
        pair: getattr(each, quantity)[near] for pair, each in data.found[ray].items()
    }
    notes = {
        pair: note(getattr(each, quantity), quantity)
        for pair, each in data.laws[ray].items()
    }
    labels = plotting.labelled_curves(axes, S[near], curves, notes=notes)
    labels[PAIRS.index(HERO)].set_fontweight("bold")
    for start in S[near][~np.isfinite(curves[SUM])][:1]:
        axes.axvspan(start, SHOWN, 0, STRIP, zorder=3, **UNDEFINED)
        middle, paper = (
            (start + SHOWN) / 2,
            {"facecolor": "white", "edgecolor": "none", "pad": 1.2},
        )
        centred: dict[str, Any] = {"ha": "center", "va": "center", "bbox": paper}
        say(
            axes,
            f"no {SUM}",
            middle,
            STRIP / 2,
            transform=axes.get_xaxis_transform(),
            **centred,
        )


def say(axes: Axes, word: str, x: float, y: float, **look: Any) -> None:
    axes.text(
        x, y, word, fontsize=8, fontstyle="italic", color="0.25", zorder=4, **look
    )


def note(law: Law, quantity: str) -> str:
    if law.kind == "undefined":
        return rf"$\infty$ at $s = {law.begins:.3g}$"
    return (
        rf"$\to${law.math}"
        if (law.kind, quantity) == ("constant", "loss")
        else law.math
    )


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
