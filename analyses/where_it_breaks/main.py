"""Where does each normalizer break: by domain, overflow, rounding, or leaving the simplex?

Claims C11 (dividing by the sum fails for negative numbers and a zero sum; subtracting the minimum
mends it at a price), C15 (one could as well use e^e^z), C22 (a z-score is no distribution), and of
C10 the part about the formulas that people write, which lose cross-entropy or its gradient. Breaks
are found by narrowing down real evaluations, domains by evaluations on both sides of their borders.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from .. import harness
from ..harness.findings import Finding, proved
from ..shared.dtypes import DTYPES, limits
from .cross_entropy_forms import FORMS, breaks, draw_breaks
from .domains import (
    DOMAINS,
    Values,
    draw_domains,
    lowest_that_wins,
    outputs,
    outside_their_domains,
)
from .iterated_exponentials import Depth, depths, draw_depths
from .overview import draw_table
from .z_score import EXAMPLE, ZScore, at_example, draw_z_score


class Data(NamedTuple):
    """Everything measured.

    Attributes:
        outputs: Outputs for the inputs of the table, by name, [input, class].
        lowest_wins: Number of points where min_shift leaves the lowest class a chance.
        misjudged: Number of points on the wrong side of a domain's border, and of all points.
        breaks: Gaps at which the forms of cross-entropy break, by dtype, [form, side].
        depths: Iterated exponentials, by depth.
        z_score: The z-score at the example.
    """

    outputs: dict[str, Values]
    lowest_wins: int
    misjudged: tuple[int, int]
    breaks: dict[str, Values]
    depths: dict[int, Depth]
    z_score: ZScore


def compute() -> Data:
    return Data(
        outputs=outputs(),
        lowest_wins=lowest_that_wins(),
        misjudged=outside_their_domains(),
        breaks={dtype: breaks(dtype) for dtype in DTYPES},
        depths=depths(),
        z_score=at_example(),
    )


def findings(data: Data) -> list[Finding]:
    return [
        *of_domains(data),
        *of_forms(data.breaks),
        *of_depths(data.depths),
        *of_z_score(data.z_score, data.outputs["z-score"][0]),
    ]


def of_domains(data: Data) -> list[Finding]:
    misjudged, points = data.misjudged
    written = ", ".join(f"{value:g}" for value in data.outputs["z / Σ z as written"][0])
    domains = ", ".join(f"{words} ({name})" for name, (words, _) in DOMAINS.items())
    not_positive = np.sum(data.outputs["softmax"][0] <= 0)
    shifted = data.outputs["min_shift"][0] - np.array([0, 1, 3, 4]) / 8
    return [
        Finding("C11a", "dividing by the sum fails at [-2, -1, 1, 2]",
                f"z / sum z is ({written})", "holds"),
        Finding("C11b", "other normalizers fail outside of their domains too",
                f"they ask for {domains}", "holds"),
        proved("C11c", "exp is always positive", not_positive, expected=0, tolerance=0,
               measured="{:.0f} of 4 probabilities are not, at [-2, -1, 1, 2]"),
        proved("C11d", "subtracting the minimum mends "
                       "it, to [0, 1, 3, 4] / 8", np.abs(shifted).max(),
               expected=0, tolerance=1e-13, measured="the largest difference is {:g}"),
        proved("C11e", "but then the lowest class has p = 0, and infinite loss", data.lowest_wins,
               expected=0, tolerance=0, measured="{:.0f} of 1000 random points are exceptions"),
        proved("C11f", "all normalizers are defined within their domains and nowhere else",
               misjudged, expected=0, tolerance=0,
               measured=f"{{:.0f}} of {points} points, on both sides of the borders, are not"),
    ]  # fmt: skip


def of_forms(breaks: dict[str, Values]) -> list[Finding]:
    single = dict(zip(FORMS, breaks["float32"], strict=True))
    wrong, _ = single["−log(softmax(z))"]
    _, right = single["−log_softmax(z)"]
    row = list(FORMS).index("logitscape")
    broken = sum(np.isfinite(gaps[row]).sum() for gaps in breaks.values())
    return [
        Finding("C10g", "-log(softmax(z)) breaks when wrong, float32",
                f"it is infinite from a gap of {wrong:.4g} on", "holds"),
        Finding("C10h", "-log_softmax(z) loses its small values when right, float32",
                f"it is 0 from a gap of {right:.4g} on", "holds"),
        proved("C10i", "logitscape loses neither, in any dtype", broken, expected=0, tolerance=0,
               measured="there are {:.0f} breaks within the dtypes' normal range"),
    ]  # fmt: skip


def of_depths(depths: dict[int, Depth]) -> list[Finding]:
    laws = ", ".join(
        f"{measured.law} (depth {depth})" for depth, measured in depths.items()
    )
    return [
        of_reach("C15a", "float64", depths),
        of_reach("C15b", "float32", depths),
        Finding("C15c", "the same reasoning gives the same gradient",
                f"the slopes follow the laws {laws}", "does not hold",
                "only e^z has a constant push"),
    ]  # fmt: skip


def of_reach(id: str, dtype: str, depths: dict[int, Depth]) -> Finding:
    top = math.log(float(limits(dtype).max))
    return proved(
        id,
        f"e^e^z instead of e^z is finite up to a limit in {dtype}",
        depths[2].reach[dtype],
        expected=top,
        tolerance=1e-6 * top,
        measured="it is finite up to z = {:.2f}",
        verdict="holds with a limit",
        limit=f"depth 3 up to z = {depths[3].reach[dtype]:.2f}",
    )


def of_z_score(at_example: ZScore, scores: Values) -> list[Finding]:
    along = at_example.jacobian @ np.array(EXAMPLE)
    columns = at_example.jacobian.sum(axis=0)
    norm = at_example.gradient_norm
    return [
        # The mean of the example is 0, and its variance 2.5.
        proved("C22a", "a z-score still gives negative outputs", scores.min(),
               expected=-2 / math.sqrt(2.5), tolerance=1e-12,
               measured="one is {:.3f} at [-2, -1, 1, 2]"),
        proved("C22b", "its gradient has no part along z, and the columns sum to 0",
               np.abs([along, columns]).max(), expected=0, tolerance=1e-12,
               measured="the largest is {:g}"),
        Finding("C22c", "its cross-entropy is NaN where the label's is negative",
                f"the loss is {at_example.loss}, yet JAX's gradient has a norm of {norm:.3f}",
                "holds"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    return draw_table(data.outputs)


def draw_details(data: Data) -> Figure:
    figure = plt.figure(figsize=(14.2, 10.6))
    halves: Any = figure.subfigures(1, 2, width_ratios=[1.6, 1])
    left, right = halves
    draw_domains(left, data.outputs)
    gaps, lower = right.subfigures(2, 1, height_ratios=[1.15, 1])
    draw_breaks(gaps, data.breaks)
    curves, jacobian = lower.subplots(1, 2, width_ratios=[1.25, 1])
    draw_depths(curves, data.depths)
    draw_z_score(jacobian, data.z_score.jacobian, data.outputs["z-score"][0])
    return figure


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, details=draw_details)
