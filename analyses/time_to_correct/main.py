"""How long does a wrong model take to correct itself, as it is more and more wrong?

Claim C07, by gradient flow on the logits, dz/dt = -grad L, for every normalizer with every loss and
for the losses of logits, with 2, 3, 10 and 100 classes.

From z = (1, ..., 1), inside every domain but that of min_shift, the label 0 is made wrong by a
margin M from 1 to 30: on R1 a rival rises by M, on R2 the label falls by M, on R3 both move by M/2.
T is the time until the label is predicted, the argmax of p. The law of its growth is fitted over M
from 20 to 30 (iterated_exponential and sigmoid: 14 to 21, as further out they hardly tell wrong
from right). Nothing is random, and nothing is tuned.

The times are compared with closed forms and quadratures where two classes leave one unknown. The
paths are drawn over the gradient in the plane of z_0 - z_2 and z_1 - z_2, with three classes.
Discrete steps are those of plain descent, momentum 0.9 and Adam, with learning rate 0.1 for all, on
R1 with three classes, 100,000 steps at most.
"""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from .. import harness
from ..harness.findings import Finding
from ..harness.study import StudyRun
from ..shared.titles import headline
from . import flow_findings, step_findings
from .cases import by_case
from .growth_table import draw_table
from .panels import draw_curves, draw_paths, draw_steps


def measure(run: StudyRun) -> dict[str, pd.DataFrame]:
    import jax  # here, as a figure is redrawn without JAX

    from . import tables

    jax.config.update("jax_enable_x64", True)
    times = tables.measure_times(run)
    return {
        "growth": tables.side_by_side(times),
        "times": tables.telling_times(times),
        "quadrature": tables.compare_with_quadrature(times, run),
        "steps": tables.measure_steps(run),
        "paths": tables.measure_paths(run),
        "field": tables.measure_field(run),
    }


def findings(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    cases = by_case(tables["growth"])
    quadrature = tables["quadrature"].set_index("objective")
    return [
        *flow_findings.of_reference(cases, quadrature["largest relative difference"]),
        *flow_findings.of_all_objectives(cases),
        *flow_findings.of_exponents(cases),
        *step_findings.of_optimizers(tables["steps"]),
    ]


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    figure, axes = plt.subplots(figsize=(8.4, 4.6))
    headline(
        figure,
        "How long until a wrong model is right again? With cross-entropy in proportion to its\n"
        "error; where the gradient fades, millions of times longer; where it is 0, never",
    )
    draw_curves(axes, tables["times"], by_case(tables["growth"]))
    axes.set_title("")
    axes.set_xlabel("how wrong it is at the start: margin $M$")
    axes.set_ylabel("time of gradient flow until it is right")
    return figure


def draw_details(tables: dict[str, pd.DataFrame]) -> Figure:
    cases = by_case(tables["growth"])
    steps = tables["steps"]
    figure = plt.figure(figsize=(13, 16.5))
    figure.suptitle(
        "Softmax with cross-entropy is right again after a time in proportion to its error; "
        "most take far longer, or for ever",
        x=0.008,
        ha="left",
    )
    rows = figure.subfigures(3, 1, height_ratios=[8.2, 4.4, 3.9])
    top, middle, bottom = np.asarray(rows)
    draw_table(top, cases)
    curves, near, far = middle.subplots(1, 3, width_ratios=[1.25, 1, 1])
    draw_curves(curves, tables["times"], cases)
    margins = sorted(steps["margin"].unique())[-2:]
    for axes, margin in zip((near, far), margins, strict=False):
        draw_steps(axes, steps, margin)
    far.set_yticklabels([])
    near.legend(loc="upper right")
    draw_paths(bottom, tables["paths"], tables["field"])
    return figure


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, details=draw_details, level=1)
