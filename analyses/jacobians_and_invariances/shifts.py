"""Softmax of shifted logits in finite precision, and where e^z overflows: a panel of `jacobians_and_invariances.py`."""

from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting

from ..shared.dtypes import DTYPES, limits

Values: TypeAlias = NDArray[Any]

SHIFTS = 10.0 ** np.linspace(0, 17, 69)


class Shifts(NamedTuple):
    """How many probabilities exact shifts change; by dtype, errors over SHIFTS and the least z whose e^z is infinite."""

    changed: int
    errors: dict[str, Values]
    overflows: dict[str, float]


def shifts() -> Shifts:
    errors = {dtype: shift_errors(dtype) for dtype in DTYPES}
    return Shifts(
        changed_by_exact_shifts(), errors, {dtype: overflow(dtype) for dtype in DTYPES}
    )


def changed_by_exact_shifts() -> int:
    """How many probabilities change in a bit when z, in sixteenths, is shifted so that z + c is exact."""
    z = np.random.default_rng(1).integers(-64, 64, (200, 3)) / 16
    softmax = jax.jit(ls.drop_in("softmax"))
    before = np.asarray(softmax(z))
    return sum(
        int(np.sum(np.asarray(softmax(z + 2.0**k)) != before)) for k in range(0, 45, 4)
    )


def shift_errors(dtype: str) -> Values:
    """Worst change of a probability by the rounding of z + c to that dtype, over logits in [-4, 4], by shift.

    With d what rounding does to z, p_k moves by p_k expm1(d_k - log1p(sum_j p_j expm1(d_j))), uncancelled.
    """
    representable = float(limits(dtype).max) / 2 > SHIFTS
    c = jnp.asarray(np.where(representable, SHIFTS, 0), dtype)[:, None, None]
    z = jnp.asarray(np.random.default_rng(2).uniform(-4, 4, (256, 3)), dtype)
    shifted = z + c  # not compiled: there it need not be rounded
    exact, d = (
        np.asarray(z, float),
        np.asarray(shifted, float) - np.asarray(c, float) - np.asarray(z, float),
    )
    p = np.asarray(ls.drop_in("softmax")(exact))
    moved = p * np.expm1(d - np.log1p(np.sum(p * np.expm1(d), axis=-1, keepdims=True)))
    worst = np.max(np.abs(moved), axis=(1, 2))
    return np.where(representable & (worst > 0), worst, np.nan)


def overflow(dtype: str) -> float:
    """The least z whose e^z is infinite, by bisection down to neighbouring numbers."""
    low, high = jnp.ones((), dtype), jnp.full((), 1000, dtype)
    while low < (middle := low / 2 + high / 2) < high:
        low, high = (middle, high) if jnp.isfinite(jnp.exp(middle)) else (low, middle)
    return float(high)


def draw_shifts(axes: Axes, found: Shifts) -> None:
    axes.set(xscale="log", yscale="log", ylim=(1e-17, 3), xlim=(1, 1e17))
    for name, errors in found.errors.items():
        axes.plot(
            SHIFTS, plotting.settled_digits(errors), color=DTYPES[name], label=name
        )
        axes.axvline(
            found.overflows[name], color=DTYPES[name], linestyle=":", linewidth=1.2
        )
    axes.legend(loc="lower right")
    axes.set(title="softmax(z + c), |z| ≤ 4: worst change of p", xlabel="shift c")
    axes.text(
        1100,
        2e-16,
        "dotted: where e$^z$ overflows\nwithout max-subtraction",
        fontsize=7.5,
        va="center",
    )
