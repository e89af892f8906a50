"""What are a normalizer's derivative and invariances, and what does a temperature do to it?

Claims C02 (dividing by the sum depends on ratios only), C08 (softmax is the sigmoid for many
classes), C09 (its derivative is s(1 - s)), C10 (it depends on differences only) and C12 (exp(c z)
goes from uniform to the hard maximum).
"""

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import logitscape as ls
from logitscape._src.properties.invariance import Change, Invariance, invariances

from .. import harness
from ..harness.findings import Finding, proved
from ..shared.catalogue import NORMALIZERS
from ..shared.dtypes import DTYPES, limits
from .invariances import ScaleLaws, draw_invariances, scale_laws
from .jacobians import (
    POINT,
    Differences,
    Values,
    draw_jacobians,
    jacobians,
    sigmoid_of_two,
)
from .overview import draw_blindness
from .shifts import SHIFTS, Shifts, draw_shifts, shifts
from .temperature import Temperature, draw_norms, draw_top, temperature


class Data(NamedTuple):
    """Everything measured; Jacobians by the normalizer's name, invariances by it and the change."""

    jacobians: dict[str, Values]
    sigmoid: Differences
    invariances: dict[str, dict[Change, Invariance]]
    scale_laws: ScaleLaws
    shifts: Shifts
    temperature: Temperature


def compute() -> Data:
    by_name = {name: invariances(name) for name in NORMALIZERS}
    return Data(
        jacobians=jacobians(),
        sigmoid=sigmoid_of_two(),
        invariances=by_name,
        scale_laws=scale_laws(invariant_under("scale", by_name)),
        shifts=shifts(),
        temperature=temperature(),
    )


def invariant_under(
    change: Change, by_name: dict[str, dict[Change, Invariance]]
) -> list[str]:
    return [name for name, by_change in by_name.items() if by_change[change].holds]


def findings(data: Data) -> list[Finding]:
    return [
        *of_invariances(data.invariances, data.scale_laws),
        *of_sigmoid(data.sigmoid),
        *of_jacobians(data.jacobians),
        *of_shifts(data.shifts),
        *of_temperature(data.temperature),
    ]


def of_invariances(
    by_name: dict[str, dict[Change, Invariance]], laws: ScaleLaws
) -> list[Finding]:
    scale = ", ".join(invariant_under("scale", by_name))
    shift = ", ".join(invariant_under("shift", by_name))
    return [
        Finding("C02a", "dividing by the sum treats [1,2] and [10,20] alike, and others do too",
                f"{scale} do not notice the scale", "holds"),
        Finding("C02b", "only differences of logits count",
                f"{shift} do not notice a shift", "holds"),
        proved("C02c", "where a normalizer is blind to scale, the "
                       "gradient has no part along z", laws.along,
               expected=0, tolerance=1e-11, measured="the part along z is {:g} |z| |grad|"),
        proved("C02d", "where a normalizer is blind to scale, grad(c z) = "
                       "grad(z) / c, here for c = 1000", laws.scaled,
               expected=0, tolerance=1e-11, measured="the relative difference is {:g}"),
    ]  # fmt: skip


def of_sigmoid(differences: Differences) -> list[Finding]:
    measured = "the relative difference is {:g} for |z| <= 700"
    return [
        proved("C08a", "softmax of [z, 0] is the sigmoid", differences.value,
               expected=0, tolerance=1e-12, measured=measured),
        proved("C08b", "the gradient of softmax at [z, 0] "
                       "is that of the sigmoid", differences.gradient,
               expected=0, tolerance=1e-12, measured=measured),
    ]  # fmt: skip


def of_jacobians(jacobians: dict[str, Values]) -> list[Finding]:
    p = np.asarray(ls.drop_in("softmax")(POINT))
    whole = np.diag(p) - np.outer(p, p)
    softmax = jacobians["softmax"]
    from_quoted = np.abs(softmax - jacobians["s(1 − s), as quoted"]).max()
    from_whole = np.abs(softmax - whole).max()
    sums = [
        np.abs(softmax.sum(axis=0)).max(),
        np.abs(jacobians["divided by the sum"].sum(axis=0)).max(),
    ]
    return [
        proved("C09a", "the derivative of softmax is s(1 - s)", from_quoted,
               expected=p[0] * p[1], tolerance=1e-12,
               measured="the whole Jacobian is off by up to {:.3f}",
               verdict="does not hold", limit="this is its diagonal only"),
        proved("C09b", "the whole Jacobian is diag(p) - p p^T", from_whole,
               expected=0, tolerance=1e-13, measured="the largest difference is {:g}"),
        proved("C09c", "softmax is no element-wise function: each column sums to 0", max(sums),
               expected=0, tolerance=1e-13, measured="the largest sum is {:g}"),
    ]  # fmt: skip


def of_shifts(shifts: Shifts) -> list[Finding]:
    at = np.argmin(np.abs(SHIFTS - 1e4))
    errors = ", ".join(f"{dtype} {shifts.errors[dtype][at]:.0e}" for dtype in DTYPES)
    ids = dict(zip(DTYPES, ("C10c", "C10d", "C10e", "C10f"), strict=True))
    return [
        proved("C10a", "softmax(z) = softmax(z + c), where z + c is exact", shifts.changed,
               expected=0, tolerance=0, measured="{:.0f} bits differ for c up to 2^44"),
        Finding("C10b", "softmax(z) = softmax(z + c) in finite precision",
                f"at c = 1e4 the errors are {errors}", "holds with a limit",
                "z + c is rounded before softmax sees it, which is an error of about eps c"),
        *(of_overflow(ids[dtype], dtype, shifts.overflows[dtype]) for dtype in DTYPES),
    ]  # fmt: skip


def of_overflow(id: str, dtype: str, value: float) -> Finding:
    """e^z is infinite from log(largest number) on, to within the spacing of numbers there."""
    dtype_limits = limits(dtype)
    expected = math.log(float(dtype_limits.max))
    return proved(
        id,
        f"without max-subtraction e^z overflows, {dtype}",
        value,
        expected=expected,
        tolerance=expected * float(dtype_limits.eps) * 2,
        measured="it overflows from {:.5g} on",
    )


def of_temperature(temperature: Temperature) -> list[Finding]:
    errors = temperature.errors
    wrong = temperature.norms["label last"]
    right = temperature.norms["label first"]
    growth = float(np.log10(wrong[-1] / wrong[-21]))  # over the last decade
    fade = float(-np.log(right[80] / right[60]))  # from c = 10 to 100
    return [
        proved("C12a", "exp(c z) tends to the hard maximum, ties shared", errors.hard,
               expected=0, tolerance=1e-12, measured="the difference is {:g} at c = 1e6"),
        proved("C12b", "exp(c z) tends to uniform as c goes to 0", errors.uniform,
               expected=0, tolerance=1e-12, measured="the difference is {:g} at c = 0"),
        proved("C12c", "the gradient scales with c: c (p - y)", errors.law,
               expected=0, tolerance=1e-13, measured="the largest difference is {:g} c"),
        proved("C12d", "a wrong label's gradient grows like c", growth,
               expected=1, tolerance=1e-6, measured="it grows like c^{:.4f}",
               verdict="holds with a limit",
               limit=f"where the label is ahead it fades: by e^-{fade:.0f} from c = 10 to 100"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    return draw_blindness(data.invariances)


def draw_details(data: Data) -> Figure:
    figure = plt.figure(figsize=(13.4, 11.6))
    rows: Any = figure.subfigures(2, 1, height_ratios=[1, 3.55])
    top, bottom = rows
    draw_jacobians(top, data.jacobians)
    left, right = bottom.subfigures(1, 2, width_ratios=[2.05, 1])
    draw_invariances(left.subplots(), data.invariances)
    shift, top_class, norm = right.subplots(3, 1)
    draw_shifts(shift, data.shifts)
    draw_top(top_class, data.temperature.top)
    draw_norms(norm, data.temperature.norms)
    return figure


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, details=draw_details)
