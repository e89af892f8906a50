"""The causes of losses that are not finite, told apart by the places of failure.

exp overflows near log(max), a probability is 0 near -log(tiny), and 1 - p is 0 near
-log(eps).
"""

from collections.abc import Sequence
from typing import get_args

import jax.numpy as jnp
import numpy as np

from ..evaluation import Rows
from ..programs import Precision

TOO_LARGE = "the value itself grows too large"
UNKNOWN = "unknown"


def explain_failure(
    *,
    z: Rows,
    offset_up: Rows,
    is_offset_down: bool,
    size: float,
    dtype: Precision,
    finite_in_float64: bool,
) -> str:
    """The cause of a failure, in words.

    Args:
        z: Logits of the failure, [n].
        offset_up: Logits of the failure with a common positive offset, [n].
        is_offset_down: Whether the failing logits have a common negative offset.
        size: Size of the last finite value.
        dtype: Precision of the logits.
        finite_in_float64: Whether the loss is finite in float64. The computation then has
            the precision of the logits, or float32 if that is narrower; otherwise it may
            have any.
    """
    # Derivatives multiply large values: these overflow before the value itself does.
    if size > float_info(dtype, "max") ** 0.85:
        return TOO_LARGE
    computed_in: Sequence[Precision] = (dtype, *get_args(Precision))
    if finite_in_float64:
        computed_in = (dtype, "float32")
    for kind in computed_in:
        cause = _cause_in(kind, z, offset_up, is_offset_down)
        if cause:
            return cause if kind == dtype else f"{cause} in {kind} inside"
    return UNKNOWN


def _cause_in(dtype: Precision, z: Rows, offset_up: Rows, is_offset_down: bool) -> str:
    """The cause that fits a computation in this precision; empty if none does."""
    # A sum of exp ends between the logarithms of the smallest normal number, where XLA
    # flushes to 0, and of half the smallest subnormal one, which rounds to 0.
    underflow = -np.log(float_info(dtype, "tiny"))
    subnormal = -np.log(float_info(dtype, "smallest_subnormal")) + np.log(2)
    overflow = np.log(float_info(dtype, "max"))
    rounding = -np.log(float_info(dtype, "eps"))
    total = np.logaddexp.reduce(z)
    others = np.logaddexp.reduce(z[1:])
    top = np.logaddexp.reduce(offset_up)
    if _near(total, underflow, overflow) and _near(top, underflow, overflow):
        return "exp overflows"
    # Derivatives square a sum, which then underflows at half the way.
    sum_underflows = _near(-total, underflow, subnormal)
    square_underflows = _near(-2 * total, underflow - 3, subnormal)
    if is_offset_down and (sum_underflows or square_underflows):
        return "a sum of exp underflows"
    for surprisal in (total - z[0], total - min(z), -min(z)):
        if _near(surprisal, underflow, subnormal):
            return "a probability is 0"
    for margin in (total - others, total - z[0], max(z)):
        if _near(margin, rounding, rounding + 1.4):
            return "1 - p is 0"
    return ""


def _near(x: float, low: float, high: float) -> bool:
    return bool(0.98 * low <= x <= 1.02 * high)


def float_info(dtype: Precision, name: str) -> float:
    """One of the numbers of `jnp.finfo`, such as "eps" or "max"."""
    return float(getattr(jnp.finfo(dtype), name))  # type: ignore[no-untyped-call]
