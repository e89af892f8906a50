"""The margin from which rounding makes the gradient of a right example 0."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.program_keys import key_of_all
from ..base.settings import one_of, real_number
from ..base.stored import under_jit
from ..base.target_kinds import LABELS
from ..base.users_code import keeps_nothing
from ..base.whole_numbers import MOST_CLASSES, whole_number
from ..base.x64 import enable_x64
from ..objectives.at_label import loss_at_label
from ..objectives.objective import Objective
from ..objectives.sources import Source, objective

Rows: TypeAlias = NDArray[Any]
Gradients: TypeAlias = Callable[[Rows, str], Rows]
"""Function from logits [m, n] of label 0 and a dtype to gradients [m, n], as float64."""

DTYPES = ("float32", "bfloat16", "float16")
MARGINS = np.geomspace(0.05, 1e4, 512)
KEPT = 1e-3
"""Share of its exact size below which a component is lost, or of which that is a smaller share."""
UNDERFLOW, ROUNDED = 1e4, 0.25
"""Sizes up to which underflow ends a component, which factors of a loss may move: in smallest
normal numbers, and in distances from 1 to the next number."""


@dataclass(frozen=True)
class Collapse:
    """Where rounding ends a component of the gradient.

    Attributes:
        margin: Margin from which a component is 0, or nothing but rounding, that is not 0 in
            float64; infinite if none is up to a margin of 10,000, and NaN if the gradient
            is 0 or not finite at all margins.
        whole: Margin from which all components are; infinite if some never is.
        lost: Size of the component in float64 there; NaN if none is lost.
        by_underflow: Whether some component is then below the smallest normal number of the dtype,
            so that no form of the loss could keep all.
    """

    margin: float
    whole: float
    lost: float
    by_underflow: bool


@keeps_nothing
def collapse_margin(
    source: Source, *, dtype: str = "float32", num_classes: int = 2, base: float = 0.0
) -> float:
    """The margin from which a right example has lost a component of its gradient to rounding.

    The logits are `base` plus the margin on the label. The margin is the least one from which on a
    component of the gradient is 0 in this dtype, or nothing but rounding, although it is not 0 in
    float64. Where
    the label's component is computed as p - 1, it is 0 from a margin of 17 on in
    float32; an accurate form loses its gradient at 87, where numbers underflow. A function is
    differentiated as it is written; an objective computes half precision in float32, and rounds
    once.

    Args:
        source: Objective, or a spec or a function that `ls.objective` accepts.
        dtype: "float32", "bfloat16" or "float16".
        num_classes: Number of classes, at least 2; at least 1 for a multi-label loss.
        base: Value of the other logits, for losses that take positive ones only.

    Returns:
        The margin; infinite if no component is lost up to 10,000, and NaN if the gradient is 0 or
        not finite at all margins.

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
    loss = objective(source)
    least = 1 if loss.targets is LABELS else 2
    whole_number(
        "collapse_margin", "num_classes", num_classes, low=least, high=MOST_CLASSES
    )
    one_of("collapse_margin", "dtype", dtype, DTYPES)
    origin = np.full(num_classes, real_number("collapse_margin", "base", base))
    if isinstance(source, str | Objective):
        of_label = partial(loss_at_label, loss)
        key = key_of_all([loss], "gradients of label 0")
    else:
        # What an objective makes of a function may be more accurate than the function.
        of_label, key = partial(_as_written, loss), None
    gradients = partial(_gradients, under_jit(key, _of_rows(of_label)))
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
    if not coarse.has_gradient:
        return Collapse(math.nan, math.nan, math.nan, by_underflow=False)
    first = int(np.argmin(coarse.begins))
    if not math.isfinite(coarse.begins[first]):
        return Collapse(math.inf, math.inf, math.nan, by_underflow=False)
    # Once more between the last margin that keeps the component and the first that does not.
    index = int(coarse.place[first])
    closer = np.linspace(margins[max(index - 1, 0)], margins[index], len(margins))
    fine = _zeros(gradients, origin, dtype, closer)
    limits = jnp.finfo(dtype)  # type: ignore[no-untyped-call]
    underflow = min(UNDERFLOW * float(limits.tiny), ROUNDED * float(limits.eps))
    best = fine if math.isfinite(fine.begins[first]) else coarse
    return Collapse(
        margin=float(best.begins[first]),
        whole=float(coarse.begins.max()),
        lost=float(best.exact[first]),
        by_underflow=bool(best.least[first] <= underflow),
    )


class _Zeros(NamedTuple):
    """Where each component is lost to rounding, [n] each.

    Attributes:
        begins: Margin from which on it is; infinite if it never is, or is 0 in float64 as well.
        place: Place of that margin among those that were tried.
        exact: Its size in float64 there; NaN if it is not lost.
        least: Size of the smallest component in float64 there.
        has_gradient: Whether some component is a number other than 0 at some margin.
    """

    begins: Rows
    place: Rows
    exact: Rows
    least: Rows
    has_gradient: bool


def _zeros(gradients: Gradients, origin: Rows, dtype: str, margins: Rows) -> _Zeros:
    z = np.tile(origin, (len(margins), 1))
    z[:, 0] += margins
    z = z.astype(np.float32).astype(jnp.dtype(dtype)).astype(np.float64)
    narrow = np.abs(gradients(z, dtype))
    exact = np.abs(gradients(z, "float64"))
    # NaN is not lost, but a matter of overflow.
    is_lost = (narrow <= KEPT * exact) | (KEPT * narrow > exact)
    # From the first margin on that no other one follows.
    stays = np.logical_and.accumulate(is_lost[::-1])[::-1]
    place = stays.argmax(axis=0)
    size = exact[place, np.arange(len(origin))]
    ends = stays.any(axis=0) & (size > 0) & np.isfinite(size)
    is_number = (exact > 0) & np.isfinite(exact)
    least = np.where(is_number, exact, np.inf).min(axis=1)
    return _Zeros(
        begins=np.where(ends, z[place, 0] - origin[0], math.inf),
        place=place,
        exact=np.where(ends, size, math.nan),
        least=least[place],
        has_gradient=bool(is_number.any()),
    )


def _as_written(loss: Objective, logits: Array, label: Array) -> Array:
    target = jax.nn.one_hot(label, logits.size, dtype=logits.dtype)
    return loss.function(logits, target)


def _of_rows(loss: Callable[[Array, Array], Array]) -> Callable[..., Any]:
    return jax.vmap(jax.grad(loss), in_axes=(0, None))


def _gradients(run: Callable[..., Any], z: Rows, dtype: str) -> Rows:
    with enable_x64(dtype == "float64"):
        narrow = z.astype(np.float32) if dtype != "float64" else z
        return np.asarray(run(jnp.asarray(narrow, dtype), 0)).astype(np.float64)
