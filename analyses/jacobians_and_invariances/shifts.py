"""Softmax of shifted logits in finite precision, and the z from which e^z overflows."""

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
    """Effects of shifts on softmax.

    Attributes:
        changed: Number of probabilities that exact shifts change.
        errors: By dtype, the worst change of a probability at each of SHIFTS.
        overflows: By dtype, the least z whose e^z is infinite.
    """

    changed: int
    errors: dict[str, Values]
    overflows: dict[str, float]


def shifts() -> Shifts:
    return Shifts(
        changed=changed_by_exact_shifts(),
        errors={dtype: shift_errors(dtype) for dtype in DTYPES},
        overflows={dtype: overflow(dtype) for dtype in DTYPES},
    )


def changed_by_exact_shifts() -> int:
    """The number of probabilities that change in a bit when z is shifted by powers of 2.

    The logits are multiples of 1/16, so that z + c is exact.
    """
    z = np.random.default_rng(1).integers(-64, 64, (200, 3)) / 16
    softmax = jax.jit(ls.drop_in("softmax"))
    before = np.asarray(softmax(z))
    changed = 0
    # 2^44 and sixteenths need 49 bits, of which float64 has 53.
    for exponent in range(0, 45, 4):
        after = np.asarray(softmax(z + 2.0**exponent))
        changed += int(np.sum(after != before))
    return changed


def shift_errors(dtype: str) -> Values:
    """The worst change of a probability by the rounding of z + c, over logits in [-4, 4].

    Where rounding moves z by d, p_k moves by p_k expm1(d_k - log1p(sum_j p_j expm1(d_j))). This
    form has no cancellation.

    Returns:
        The change for each of SHIFTS; NaN where it is 0, or c is beyond the dtype.
    """
    representable = float(limits(dtype).max) / 2 > SHIFTS
    # 0 in place of a shift that would be infinite; its result is left out below.
    c = jnp.asarray(np.where(representable, SHIFTS, 0), dtype)[:, None, None]
    z = jnp.asarray(np.random.default_rng(2).uniform(-4, 4, (256, 3)), dtype)
    shifted = z + c  # not compiled: a compiled program need not round it
    exact = np.asarray(z, float)
    d = np.asarray(shifted, float) - np.asarray(c, float) - exact
    p = np.asarray(ls.drop_in("softmax")(exact))
    normalization = np.log1p(np.sum(p * np.expm1(d), axis=-1, keepdims=True))
    moved = p * np.expm1(d - normalization)
    worst = np.max(np.abs(moved), axis=(1, 2))
    return np.where(representable & (worst > 0), worst, np.nan)


def overflow(dtype: str) -> float:
    """The least z whose e^z is infinite, by bisection down to neighbouring numbers."""
    low = jnp.ones((), dtype)
    high = jnp.full((), 1000, dtype)
    middle = low / 2 + high / 2
    while low < middle < high:
        if jnp.isfinite(jnp.exp(middle)):
            low = middle
        else:
            high = middle
        middle = low / 2 + high / 2
    return float(high)


def draw_shifts(axes: Axes, shifts: Shifts) -> None:
    axes.set(xscale="log", yscale="log", ylim=(1e-17, 3), xlim=(1, 1e17))
    for dtype, errors in shifts.errors.items():
        color = DTYPES[dtype]
        axes.plot(SHIFTS, plotting.settled_digits(errors), color=color, label=dtype)
        axes.axvline(shifts.overflows[dtype], color=color, linestyle=":", linewidth=1.2)
    axes.legend(loc="lower right")
    axes.set(title="softmax(z + c), |z| ≤ 4: worst change of p", xlabel="shift c")
    text = "dotted: where e$^z$ overflows\nwithout max-subtraction"
    axes.text(1100, 2e-16, text, fontsize=7.5, va="center")
