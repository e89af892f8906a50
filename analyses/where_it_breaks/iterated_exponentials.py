"""e^e^z and e^e^e^z in place of e^z, how far they reach and what their gradients do: a panel of `where_it_breaks.py`."""

import math
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting
from logitscape._src.plotting.style import BLACK, BLUE, VERMILLION
from logitscape._src.properties.law import Law

from ..shared.dtypes import limits

Values: TypeAlias = NDArray[Any]

ENDS = {1: 1e8, 2: 700.0, 3: 6.5}
"""By depth: how far out on R1 the gradient is followed."""
SHOWN = 20.0
COLORS = {1: BLACK, 2: BLUE, 3: VERMILLION}
HEIGHTS = {1: 6.0, 2: 1e3, 3: 1e11}  # of the text beside a curve


class Depth(NamedTuple):
    """An iterated exponential with cross-entropy: the law of its gradient norm on R1, and that norm at s."""

    reach: dict[str, float]
    """By dtype, how far a wrong logit can rise."""
    law: Law
    s: Values
    norm: Values


def depths() -> dict[int, Depth]:
    specs = {
        depth: f"iterated_exponential(depth={depth}) + cross_entropy" for depth in ENDS
    }
    return {depth: measured(spec, ENDS[depth]) for depth, spec in specs.items()}


def measured(spec: str, end: float) -> Depth:
    reach = {dtype: last_finite(spec, dtype) for dtype in ("float64", "float32")}
    s = np.linspace(0, min(end, SHOWN), 201)
    return Depth(reach, ls.gradient_law(spec, end=end).norm, s, norms(spec, s))


def last_finite(spec: str, dtype: str) -> float:
    """How far a wrong logit can rise, the others 0, with loss and gradient finite: by bisection."""
    run = jax.jit(jax.value_and_grad(ls.objective(spec).function))
    target = jnp.array([1, 0, 0], dtype)

    def finite(s: float) -> bool:
        loss, gradient = run(jnp.array([0, s, 0], dtype), target)
        return bool(jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient)))

    low, high = 1.0, float(limits(dtype).max)
    if finite(high):
        return high
    while high / low > 1 + float(limits(dtype).eps):
        middle = math.sqrt(low) * math.sqrt(high)
        low, high = (middle, high) if finite(middle) else (low, middle)
    return low


def norms(spec: str, s: Values) -> Values:
    """The gradient norm along R1, whose squares may overflow."""
    gradient = ls.sweep(spec, ls.ray("R1", s)).gradient[0, 0]
    largest = np.max(np.abs(gradient), axis=-1)
    return np.asarray(largest * np.linalg.norm(gradient / largest[:, None], axis=-1))


def draw_depths(axes: Axes, found: dict[int, Depth]) -> None:
    axes.set(yscale="log", ylim=(0.3, 1e12), xlim=(0, SHOWN))
    for depth, each in found.items():
        axes.plot(
            each.s,
            plotting.settled_digits(np.minimum(each.norm, 1e300)),
            color=COLORS[depth],
        )
        limit = each.reach["float64"]
        end = f"z ≤ {limit:.4g}" if limit < 1e300 else "any z"
        text = f"depth {depth}: {each.law.math}, {end}"
        axes.text(
            19.5, HEIGHTS[depth], text, color=COLORS[depth], fontsize=8, ha="right"
        )
    axes.set(
        title="iterated exponentials + cross_entropy\non R1, z = (0, s, 0), label 0",
        xlabel="s",
        ylabel="gradient norm",
    )
