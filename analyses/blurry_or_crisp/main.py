"""Does a normalizer answer weak inputs with a blurry distribution, and strong ones with a crisp one?

Inputs t (1, 2) against their strength t, for every normalizer (claims C01, C13): the probability of the
larger, and the norm of the gradient of cross-entropy where the smaller is the label, so that the model is
wrong. Below, what softmax can reach from inputs within [0, 1], such as the output of another softmax (C21).
"""

from collections.abc import Mapping
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from logitscape._src.properties.fit import fit_law

from .. import harness
from ..harness.findings import Finding, proved
from .bounded_inputs import CLASSES, Reached, S, best, draw_best, draw_slopes, slopes
from .strength import SURE, Array, Curve, curves, draw_strength, examples, grouped

WEAK, STRONG = (
    (0.26894142, 0.73105858),
    (4.53978687e-05, 0.99995460),
)  # as the claim has them
CAPTION = (
    "Above: inputs $z = (t,\\, 2t)$, grouped by what was measured. Where the model is wrong, the smaller "
    "input is the label. Hatched: infinite loss ($\\infty$).\n"
    "Below: the label's input is 1, all others 0, the best that [0, 1] allows (dots measured, lines "
    "$p = e/(e + K - 1)$); right: three classes on ray R1, $z = (0,\\, s,\\, 0)$, label 0."
)


class Data(NamedTuple):
    """All by name: probabilities of [1, 2] and [10, 20]; curves; the best by number of classes; slopes over S on R1."""

    examples: dict[str, Array]
    curves: dict[str, Curve]
    best: dict[str, dict[int, Reached]]
    slopes: dict[str, Array]


def compute() -> Data:
    return Data(examples(), curves(), best(), slopes())


def findings(data: Data) -> list[Finding]:
    return [
        *strength(data.examples),
        *monotone(data.curves),
        *within_bounds(data.best),
        softmax_twice(data.slopes["softmax twice"]),
    ]


def strength(found: Mapping[str, Array]) -> list[Finding]:
    (weak, strong), divided = found["softmax"], found["sum"]
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
    unsure = [name for name, curve in found.items() if curve.p[-1] <= SURE]
    falls = [name for name, curve in found.items() if np.diff(curve.p).min() < -1e-12]
    rising = [name for name in found if name not in (*groups["never"], *falls)]
    first, last = found["sum"].norm[[0, -1]]
    return [
        Finding("C01d", "strong inputs give a sure answer: p > 0.99 at (20, 40)",
                f"{len(found) - len(unsure)} of {len(found)} normalizers", "holds with a limit",
                f"not {', '.join(unsure)}"),
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


def within_bounds(found: Mapping[str, Mapping[int, Reached]]) -> list[Finding]:
    bounds = {classes: np.e / (np.e + classes - 1) for classes in CLASSES}
    theory = {classes: Reached(p, -np.log(p), 1 - p) for classes, p in bounds.items()}

    def agree(id: str, claim: str, field: str, name: str = "softmax") -> Finding:
        values = {
            classes: getattr(each, field) for classes, each in found[name].items()
        }
        worst = max(
            abs(values[classes] - getattr(theory[classes], field))
            for classes in CLASSES
        )
        text = ", ".join(f"{value:.4g}" for value in values.values())
        return proved(id, claim, worst, expected=0, tolerance=1e-12, measured=text)

    return [
        agree("C21a", "inputs in [0, 1]: softmax reaches e/(e+K-1) at best (K = 2, 10, 100, 1000)", "p"),
        agree("C21b", "there its loss cannot fall below log(e+K-1) - 1", "loss"),
        agree("C21c", "there its gradient never rests: the pull that is left is (K-1)/(e+K-1)", "pull"),
        proved("C21d", "dividing by the sum has no such floor: its loss there",
               max(each.loss for each in found["sum"].values()), expected=0, tolerance=1e-12,
               measured="{:.0f}"),
        agree("C21e", "softmax applied twice has the same bound, whatever the logits", "p", "softmax twice"),
    ]  # fmt: skip


def softmax_twice(slope: Array) -> Finding:
    law = fit_law(S[S > 0], slope[S > 0])
    claim = (
        "softmax applied twice loses the constant gradient: the slope while wrong (R1)"
    )
    return proved(
        "C21f",
        claim,
        law.rate,
        expected=1,
        tolerance=1e-6,
        measured=f"rate {{:.4f}}: {law}",
    )


def draw(data: Data) -> Figure:
    figure, panels = plt.subplots(3, 3, figsize=(12, 9.6))
    title = "Weak inputs, blurry answer; strong inputs, crisp answer: softmax. Dividing by the sum never moves"
    figure.suptitle(title, x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    draw_strength(panels[0], panels[1], data.curves)
    draw_best(panels[2, 0], panels[2, 1], data.best)
    draw_slopes(panels[2, 2], data.slopes)
    return figure


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
