"""e^e^z and e^e^e^z in place of e^z: how far they reach, and their gradients."""

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

# In float64 e^z overflows at 709.8, and e^e^z at the logarithm of that, 6.57.
ENDS = {1: 1e8, 2: 700.0, 3: 6.5}
"""By depth, how far out on R1 the gradient is followed."""
SHOWN = 20.0
"""How far out the figure shows it."""
COLORS = {1: BLACK, 2: BLUE, 3: VERMILLION}
HEIGHTS = {1: 6.0, 2: 1e3, 3: 1e11}
"""Gradient norms at which the text about each depth stands."""
OVERFLOW = 1e300


class Depth(NamedTuple):
    """An iterated exponential with cross-entropy.

    Attributes:
        reach: By dtype, how far a wrong logit can rise.
        law: The law of the gradient norm on R1.
        s: Positions on R1.
        norm: Gradient norm there.
    """

    reach: dict[str, float]
    law: Law
    s: Values
    norm: Values


def depths() -> dict[int, Depth]:
    return {depth: _measure(depth, end) for depth, end in ENDS.items()}


def _measure(depth: int, end: float) -> Depth:
    spec = f"iterated_exponential(depth={depth}) + cross_entropy"
    s = np.linspace(0, min(end, SHOWN), 201)
    return Depth(
        reach={dtype: last_finite(spec, dtype) for dtype in ("float64", "float32")},
        law=ls.gradient_law(spec, end=end).norm,
        s=s,
        norm=gradient_norm(spec, s),
    )


def last_finite(spec: str, dtype: str) -> float:
    """The largest s for which loss and gradient are finite at z = (0, s, 0), label 0."""
    program = jax.jit(jax.value_and_grad(ls.objective(spec).function))
    target = jnp.array([1, 0, 0], dtype)

    def finite(s: float) -> bool:
        loss, gradient = program(jnp.array([0, s, 0], dtype), target)
        return bool(jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient)))

    low = 1.0
    high = float(limits(dtype).max)
    if finite(high):
        return high
    while high / low > 1 + float(limits(dtype).eps):
        # The geometric mean halves the ratio; the product of both would overflow.
        middle = math.sqrt(low) * math.sqrt(high)
        if finite(middle):
            low = middle
        else:
            high = middle
    return low


def gradient_norm(spec: str, s: Values) -> Values:
    """The gradient norm along R1."""
    gradient = ls.sweep(spec, ls.ray("R1", s)).gradient[0, 0]
    # Divided by the largest component first, as its square may overflow.
    largest = np.max(np.abs(gradient), axis=-1)
    scaled = np.linalg.norm(gradient / largest[:, None], axis=-1)
    return np.asarray(largest * scaled)


def draw_depths(axes: Axes, depths: dict[int, Depth]) -> None:
    axes.set(yscale="log", ylim=(0.3, 1e12), xlim=(0, SHOWN))
    for depth, measured in depths.items():
        color = COLORS[depth]
        norm = plotting.settled_digits(np.minimum(measured.norm, OVERFLOW))
        axes.plot(measured.s, norm, color=color)
        text = f"depth {depth}: {measured.law.math}, {_domain(measured)}"
        axes.text(19.5, HEIGHTS[depth], text, color=color, fontsize=8, ha="right")
    axes.set(
        title="iterated exponentials + cross_entropy\non R1, z = (0, s, 0), label 0",
        xlabel="s",
        ylabel="gradient norm",
    )


def _domain(measured: Depth) -> str:
    limit = measured.reach["float64"]
    return f"z ≤ {limit:.4g}" if limit < OVERFLOW else "any z"
