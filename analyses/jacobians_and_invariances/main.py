"""What is the derivative of a normalizer, what does it not notice, and what does a temperature do to it?

Claims C02 (dividing by the sum sees ratios only), C08 (softmax is the many-class sigmoid), C09 (its
derivative is s(1 - s)), C10 (it sees differences only) and C12 (exp(c z) goes from uniform to the hard
maximum).
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
from .shifts import SHIFTS, Shifts, draw_shifts, shifts
from .temperature import Temperature, draw_norms, draw_top, temperature


class Data(NamedTuple):
    """Everything measured; Jacobians and invariances by name."""

    jacobians: dict[str, Values]
    sigmoid: Differences
    invariances: dict[str, dict[Change, Invariance]]
    scale_laws: ScaleLaws
    shifts: Shifts
    temperature: Temperature


def compute() -> Data:
    found = {name: invariances(name) for name in ls.NORMALIZERS}
    blind_to_scale = [name for name, each in found.items() if each["scale"].holds]
    return Data(
        jacobians(),
        sigmoid_of_two(),
        found,
        scale_laws(blind_to_scale),
        shifts(),
        temperature(),
    )


def findings(data: Data) -> list[Finding]:
    return [
        *of_invariances(data.invariances, data.scale_laws),
        *of_sigmoid(data.sigmoid),
        *of_jacobians(data.jacobians),
        *of_shifts(data.shifts),
        *of_temperature(data.temperature),
    ]


def of_invariances(
    found: dict[str, dict[Change, Invariance]], laws: ScaleLaws
) -> list[Finding]:
    def blind(change: Change) -> str:
        return f"blind to {change}: " + ", ".join(
            name for name, each in found.items() if each[change].holds
        )

    return [
        Finding("C02a", "dividing by the sum treats [1,2] and [10,20] alike; others too", blind("scale"), "holds"),
        Finding("C02b", "only differences of logits count", blind("shift"), "holds"),
        proved("C02c", "blind to scale: no gradient along z", laws.along, expected=0, tolerance=1e-11,
               measured="<z, grad> = {:g} |z| |grad|"),
        proved("C02d", "blind to scale: grad(c z) = grad(z) / c, c = 1000", laws.scaled, expected=0,
               tolerance=1e-11, measured="relative difference {:g}"),
    ]  # fmt: skip


def of_sigmoid(off: Differences) -> list[Finding]:
    measured = "relative difference {:g} for |z| <= 700"
    return [
        proved(
            "C08a",
            "softmax of [z, 0] is the sigmoid",
            off.value,
            expected=0,
            tolerance=1e-12,
            measured=measured,
        ),
        proved(
            "C08b",
            "and so is its gradient",
            off.gradient,
            expected=0,
            tolerance=1e-12,
            measured=measured,
        ),
    ]


def of_jacobians(found: dict[str, Values]) -> list[Finding]:
    softmax, quoted = found["softmax"], found["s(1 − s), as quoted"]
    p = np.asarray(ls.drop_in("softmax")(POINT))
    whole = np.diag(p) - np.outer(p, p)
    columns = max(
        np.abs(found[name].sum(axis=0)).max()
        for name in ("softmax", "divided by the sum")
    )
    return [
        proved("C09a", "the derivative of softmax is s(1 - s)", np.abs(softmax - quoted).max(),
               expected=p[0] * p[1], tolerance=1e-12, measured="the whole Jacobian is off by up to {:.3f}",
               verdict="does not hold", limit="that is its diagonal only"),
        proved("C09b", "the whole Jacobian is diag(p) - p p^T", np.abs(softmax - whole).max(), expected=0,
               tolerance=1e-13, measured="largest difference {:g}"),
        proved("C09c", "softmax is no element-wise function: each column sums to 0", columns, expected=0,
               tolerance=1e-13, measured="largest sum {:g}"),
    ]  # fmt: skip


def of_shifts(found: Shifts) -> list[Finding]:
    at = np.argmin(np.abs(SHIFTS - 1e4))
    errors = ", ".join(f"{dtype} {found.errors[dtype][at]:.0e}" for dtype in DTYPES)
    return [
        proved("C10a", "softmax(z) = softmax(z + c), where z + c is exact", found.changed, expected=0,
               tolerance=0, measured="{:.0f} bits differ for c up to 2^44"),
        Finding("C10b", "softmax(z) = softmax(z + c) in finite precision", f"{errors} at 1e4", "holds with a limit",
                "z + c is rounded before softmax sees it: an error of about eps c"),
        *(of_overflow(id, dtype, found.overflows[dtype])
          for id, dtype in zip(("C10c", "C10d", "C10e", "C10f"), DTYPES, strict=True)),
    ]  # fmt: skip


def of_overflow(id: str, dtype: str, value: float) -> Finding:
    """e^z is infinite from log(largest number) on, to within the spacing of the numbers there."""
    known = limits(dtype)
    expected = math.log(float(known.max))
    claim = f"without max-subtraction e^z overflows, {dtype}"
    tolerance = expected * float(known.eps) * 2
    return proved(
        id,
        claim,
        value,
        expected=expected,
        tolerance=tolerance,
        measured="from {:.5g} on",
    )


def of_temperature(found: Temperature) -> list[Finding]:
    errors, wrong, right = (
        found.errors,
        found.norms["label last"],
        found.norms["label first"],
    )
    growth = float(np.log10(wrong[-1] / wrong[-21]))  # over the last decade
    fade = float(-np.log(right[80] / right[60]))
    return [
        proved("C12a", "exp(c z) tends to the hard maximum, ties shared", errors.hard, expected=0,
               tolerance=1e-12, measured="difference {:g} at c = 1e6"),
        proved("C12b", "exp(c z) tends to uniform as c goes to 0", errors.uniform, expected=0,
               tolerance=1e-12, measured="difference {:g} at c = 0"),
        proved("C12c", "the gradient scales with c: c (p - y)", errors.law, expected=0, tolerance=1e-13,
               measured="largest difference {:g} c"),
        proved("C12d", "a wrong label's gradient grows like c", growth, expected=1, tolerance=1e-6,
               measured="c^{:.4f}", verdict="holds with a limit",
               limit=f"the label first, it fades: by e^-{fade:.0f} from c = 10 to 100"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    figure = plt.figure(figsize=(13.4, 11.6))
    parts: Any = figure.subfigures(2, 1, height_ratios=[1, 3.55])
    top, bottom = parts
    draw_jacobians(top, data.jacobians)
    parts = bottom.subfigures(1, 2, width_ratios=[2.05, 1])
    left, right = parts
    draw_invariances(left.subplots(), data.invariances)
    shift, top_class, norm = right.subplots(3, 1)
    draw_shifts(shift, data.shifts)
    draw_top(top_class, data.temperature.top)
    draw_norms(norm, data.temperature.norms)
    return figure


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
