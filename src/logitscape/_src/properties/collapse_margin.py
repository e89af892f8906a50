"""The margin from which rounding makes the gradient of a right example 0."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..base.stored import key_of_all, under_jit
from ..base.whole_numbers import whole_number
from ..base.x64 import enable_x64
from ..objectives.at_label import loss_at_label
from ..objectives.objective import Objective, Source, objective

Rows: TypeAlias = NDArray[Any]
Gradients: TypeAlias = Callable[[Rows, str], Rows]
"""Function from logits [m, n] of label 0 and a dtype to gradients [m, n], as float64."""

DTYPES = ("float32", "bfloat16", "float16")
MARGINS = np.geomspace(0.05, 1e4, 512)
NORMAL = 4
"""Number of smallest normal numbers up to which a component is lost by underflow."""


@dataclass(frozen=True)
class Collapse:
    """Where rounding makes a component of the gradient 0.

    Attributes:
        margin: Margin from which a component is exactly 0 that is not 0 in float64; infinite if
            none is up to a margin of 10,000.
        whole: Margin from which all components are; infinite if some never is.
        lost: Size of the component in float64 there; NaN if none is lost.
        by_underflow: Whether some component is then below the smallest normal number of the dtype,
            so that no form of the loss could keep all.
    """

    margin: float
    whole: float
    lost: float
    by_underflow: bool


def collapse_margin(
    source: Source, *, dtype: str = "float32", num_classes: int = 2, base: float = 0.0
) -> float:
    """The margin from which a right example has lost a component of its gradient to rounding.

    The logits are `base` plus the margin on the label. The margin is the least one from which on a
    component of the gradient is exactly 0 in this dtype, although it is not 0 in float64. Where
    the label's component is computed as p - 1, it is 0 from a margin of 17 on in
    float32; an accurate form loses its gradient at 87, where numbers underflow. As
    `ls.objective` does, half precision is computed in float32 and rounded once.

    Args:
        source: Objective, or a spec or a function that `ls.objective` accepts.
        dtype: "float32", "bfloat16" or "float16".
        num_classes: Number of classes, at least 2.
        base: Value of the other logits, for losses that take positive ones only.

    Returns:
        The margin; infinite if no component is lost up to 10,000.

    Raises:
        ValueError: If the dtype is none of these, or there are fewer than 2 classes.

    Source: Prieto, Barsbey, Mediano and Birdal, Grokking at the edge of numerical stability, ICLR
    2025, arXiv 2501.04697, where it is called softmax collapse.

    Example:
        >>> import jax, logitscape as ls
        >>> usual = lambda z, t: -jax.nn.log_softmax(z) @ t
        >>> round(ls.collapse_margin(usual)), round(ls.collapse_margin("softmax + cross_entropy"))
        (17, 87)
        >>> ls.collapse_margin("sum + cross_entropy", base=1.0)
        inf
    """
    whole_number("collapse_margin", "num_classes", num_classes, low=2)
    if dtype not in DTYPES:
        known = ", ".join(map(repr, DTYPES))
        raise ValueError(
            f"`collapse_margin(dtype=...)` must be one of {known}, got {dtype!r}."
        )
    origin = np.full(num_classes, float(base))
    gradients = partial(_gradients, objective(source))
    return collapse_of(gradients, origin, dtype).margin


def collapse_of(
    gradients: Gradients, origin: Rows, dtype: str, margins: Rows = MARGINS
) -> Collapse:
    """Where the gradient of label 0 is lost to rounding, as its logit rises from the origin.

    Args:
        gradients: Function to gradients in a dtype.
        origin: Logits at a margin of 0, [n].
        dtype: Precision.
        margins: Margins to try first, [512].
    """
    coarse = _zeros(gradients, origin, dtype, margins)
    first = int(np.argmin(coarse.begins))
    if not math.isfinite(coarse.begins[first]):
        return Collapse(math.inf, math.inf, math.nan, by_underflow=False)
    # Once more between the last margin that keeps the component and the first that does not.
    index = int(coarse.index[first])
    closer = np.linspace(margins[max(index - 1, 0)], margins[index], len(margins))
    fine = _zeros(gradients, origin, dtype, closer)
    best = fine if math.isfinite(fine.begins[first]) else coarse
    return Collapse(
        margin=float(best.begins[first]),
        whole=float(coarse.begins.max()),
        lost=float(best.exact[first]),
        by_underflow=bool(best.least[first] <= NORMAL * float(jnp.finfo(dtype).tiny)),
    )


class _Zeros(NamedTuple):
    """Where each component is 0 by rounding, [n] each.

    Attributes:
        begins: Margin from which on it is 0; infinite if it never is, or in float64 as well.
        index: Place of that margin among those that were tried.
        exact: Its size in float64 there; NaN if it is not lost.
        least: Size of the smallest component in float64 there.
    """

    begins: Rows
    index: Rows
    exact: Rows
    least: Rows


def _zeros(gradients: Gradients, origin: Rows, dtype: str, margins: Rows) -> _Zeros:
    z = np.tile(origin, (len(margins), 1))
    z[:, 0] += margins
    z = z.astype(np.float32).astype(jnp.dtype(dtype)).astype(np.float64)
    is_zero = gradients(z, dtype) == 0
    exact = np.abs(gradients(z, "float64"))
    # From the first margin on that only zeros follow.
    stays = np.logical_and.accumulate(is_zero[::-1])[::-1]
    index = stays.argmax(axis=0)
    size = exact[index, np.arange(len(origin))]
    is_lost = stays.any(axis=0) & (size > 0) & np.isfinite(size)
    least = np.where(exact > 0, exact, np.inf).min(axis=1)
    return _Zeros(
        begins=np.where(is_lost, z[index, 0] - origin[0], math.inf),
        index=index,
        exact=np.where(is_lost, size, math.nan),
        least=least[index],
    )


def _gradients(loss: Objective, z: Rows, dtype: str) -> Rows:
    with enable_x64(dtype == "float64"):
        run = under_jit(
            key_of_all([loss], "gradients of label 0"),
            jax.vmap(jax.grad(partial(loss_at_label, loss)), in_axes=(0, None)),
        )
        narrow = z.astype(np.float32) if dtype != "float64" else z
        return np.asarray(run(jnp.asarray(narrow, dtype), 0)).astype(np.float64)
