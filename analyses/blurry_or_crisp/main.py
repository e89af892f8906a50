"""Does a normalizer answer weak inputs blurrily, and strong inputs crisply?

Inputs t (1, 2) against their strength t, for every normalizer (claims C01 and C13): the probability
of the larger input, and the norm of the gradient of cross-entropy where the smaller input is the
label, so that the model is wrong. Below, the best that softmax can reach from inputs within [0, 1],
such as the output of another softmax (claim C21).
"""

from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from .. import harness
from ..harness.findings import Finding
from . import findings as claims
from .bounded_inputs import Best, best_values, draw_best, draw_slopes, slopes
from .strength import Array, Curve, curves, draw_strength, examples

TITLE = (
    "Weak inputs, blurry answer; strong inputs, crisp answer: softmax. "
    "Dividing by the sum never moves"
)
CAPTION = (
    "Above: inputs $z = (t,\\, 2t)$, grouped by what was measured. Where the model is wrong, "
    "the smaller input is the label. Hatched: infinite loss ($\\infty$).\n"
    "Below: the label's input is 1, all others 0, the best that [0, 1] allows (dots measured, "
    "lines $p = e/(e + K - 1)$); right: three classes on ray R1, $z = (0,\\, s,\\, 0)$, label 0."
)


class Data(NamedTuple):
    """What was computed.

    Attributes:
        examples: Probabilities of [1, 2] and of [10, 20], by normalizer.
        curves: Curves over the strength, by normalizer.
        best: Best values within [0, 1], by objective and number of classes.
        slopes: Slopes on ray R1, by objective.
    """

    examples: dict[str, Array]
    curves: dict[str, Curve]
    best: dict[str, dict[int, Best]]
    slopes: dict[str, Array]


def compute() -> Data:
    return Data(examples(), curves(), best_values(), slopes())


def findings(data: Data) -> list[Finding]:
    return [
        *claims.strength(data.examples),
        *claims.strong_and_wrong(data.curves),
        *claims.monotone(data.curves),
        *claims.within_bounds(data.best),
        claims.fading_slope(data.slopes["softmax twice"]),
    ]


def draw(data: Data) -> Figure:
    figure, panels = plt.subplots(3, 3, figsize=(12, 9.6))
    figure.suptitle(TITLE, x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    draw_strength(panels[0], panels[1], data.curves)
    panels[0, 0].set_ylabel("probability of the larger input")
    panels[1, 0].set_ylabel("gradient norm where wrong")
    draw_best(panels[2, 0], panels[2, 1], data.best)
    draw_slopes(panels[2, 2], data.slopes)
    return figure


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
