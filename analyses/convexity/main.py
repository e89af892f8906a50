"""Which pairs are convex in the logits, and where do the others bend down?

Claim C17: the multinomial is an exponential family, and softmax is what follows from it. The
gradient is p - y and the Hessian diag(p) - p p^T, so softmax with cross-entropy is convex. The
other pairs are searched in logit space. For functions psi of the label's probability p there is
also the pull theorem: such a loss is convex exactly if its pull (1 - p) w(p), with
w = -p psi'(p), is never negative and never weakens as the model gets more wrong.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from logitscape._src.properties.convexity import Convexity, convexities

from .. import harness
from ..harness.findings import Finding
from ..shared.catalogue import LOGIT_LOSSES
from . import findings as claims
from .overview import draw_table
from .panels import draw_maps, draw_pulls
from .softmax import identities, least_curvatures, pulls, z_loss_far_out
from .verdicts import PAIRS, Values, draw_verdicts

CAPTION = (
    "Three classes, label 0. The least eigenvalue found among logits of norm 1 and more, "
    "$|z_k| \\leq 12$; "
    "$<$: it falls on towards a pole or a border. A witness for each: convexity.csv.\n"
    "Below, left: the pull of losses of the label's probability; "
    "right: the least eigenvalue on the plane $z_2 = 0$, $\\times$ where it is least."
)
CONVEX_TEXT = {True: "yes", False: "no", None: "nowhere finite"}


class Data(NamedTuple):
    """What was computed.

    Attributes:
        searches: Result of the search, by objective.
        pulls: Pulls at the margins, by loss.
        curvatures: Least curvatures of some pairs on a plane, [pair, z_0, z_1].
        gradient_error: Largest distance of a gradient from p - y.
        hessian_error: Largest distance of a Hessian from diag(p) - p p^T.
        z_loss_far_out: Least curvature of z_loss where all logits are very negative.
    """

    searches: dict[str, Convexity]
    pulls: dict[str, Values]
    curvatures: Values
    gradient_error: float
    hessian_error: float
    z_loss_far_out: float


def compute() -> Data:
    gradient_error, hessian_error = identities()
    return Data(
        searches=convexities([*PAIRS, *LOGIT_LOSSES]),
        pulls=pulls(),
        curvatures=least_curvatures(),
        gradient_error=gradient_error,
        hessian_error=hessian_error,
        z_loss_far_out=z_loss_far_out(),
    )


def witnesses(data: Data) -> pd.DataFrame:
    """A table with a row per objective.

    It has the verdict, the least curvature with its logits, and the chord whose middle lies
    furthest below the loss.
    """
    rows = []
    for name, search in data.searches.items():
        row: dict[str, Any] = {
            "objective": name,
            "convex": CONVEX_TEXT[search.convex],
            "curvature": search.curvature,
            "settled": "yes" if search.settled else "no",
        }
        row |= logit_columns("z", search.witness)
        row["excess"] = search.excess
        start, end = search.chord
        row |= logit_columns("from", start)
        row |= logit_columns("to", end)
        rows.append(row)
    return pd.DataFrame(rows)


def logit_columns(name: str, logits: tuple[float, ...]) -> dict[str, str]:
    """The logits with all their digits, as columns `NAME_0`, `NAME_1` and so on."""
    return {f"{name}_{k}": repr(logit) for k, logit in enumerate(logits)}


def findings(data: Data) -> list[Finding]:
    return [
        *claims.softmax_with_cross_entropy(
            data.searches, data.gradient_error, data.hessian_error
        ),
        *claims.pairs(data.searches),
        claims.pull_theorem_agrees(data.searches, data.pulls),
        claims.losses_of_logits(data.searches, data.z_loss_far_out),
        claims.witnesses(data.searches),
    ]


def draw(data: Data) -> Figure:
    return draw_table(data.searches)


def draw_details(data: Data) -> Figure:
    figure = plt.figure(figsize=(13.6, 11.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=[2.15, 1])
    top, bottom = parts
    draw_verdicts(top, data.searches)
    bottom.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    curves, *maps = bottom.subplots(1, 4, width_ratios=[1.35, 1, 1, 1])
    draw_pulls(curves, data.pulls)
    draw_maps(bottom, maps, np.asarray(data.curvatures))
    return figure


if __name__ == "__main__":
    harness.main(
        __file__, compute, findings, draw, details=draw_details, table=witnesses
    )
