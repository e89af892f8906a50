"""Budget: sparsemax of classes that do not exclude each other; their parts sum to a number."""

from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.argmax import kth_largest
from ..base.classes import whole_of_batch
from ..base.formula import on_logits
from ..base.loops import with_loop
from ..base.parameters import parameter
from ..base.special import nan_unless
from ..base.top import nan_unless_top_is_finite
from ..base.types import Parameter, Scalar, Vector
from .probs import Probs
from .sparsemax import log_of

Parts: TypeAlias = tuple[Vector, Vector]
"""Parts of the classes, and their logarithms."""

MOST_STEPS = 100
"""Maximum number of steps of Newton's method."""


@on_logits
def budget(logits: Vector, *, total: Parameter = 2.0) -> Probs:
    """`p_k = min(max(z_k - tau, 0), 1)` with tau such that p sums to B ("k-subsets"): the nearest
    point to z of all from 0 to 1 that sum to B.

    What it gives sums to B, not to 1, and with a whole B is a mean of subsets of B classes. B = 1
    is sparsemax. Where p_k is 0 or 1 its derivative is 0, also at the kinks. -inf is a mask. The
    result is NaN if fewer than B classes are not masked, or one is +inf.

    >>> import jax.numpy as jnp, numpy as np, logitscape as ls
    >>> logits = jnp.array([3.0, 1.0, 0.5, -2.0])
    >>> print(np.asarray(ls.normalizers.budget(logits, total=2).p).round(3))
    [1.   0.75 0.25 0.  ]

    Args:
        logits: Logits z of one example, [n].
        total: Sum B, greater than 0 and at most n.

    Returns:
        Numbers from 0 to 1 and their logarithms, [n], which sum to B.

    Raises:
        ValueError: If the total is out of range or not finite (NaN if it is traced).

    Source: Blondel, Martins and Niculae, arXiv 1901.02324, section 7.3; the package entmax
    (`budget_bisect`).
    """
    known, z, b = _checked(logits, total)
    return Probs(*_parts(known, z, b))


def raised_parts(logits: Vector, total: Parameter) -> tuple[Vector, Vector]:
    """The parts of the classes and 1 less each; no derivative passes through them."""
    return _raised(*_checked(logits, total))


def _checked(logits: Vector, total: Parameter) -> tuple[int | None, Vector, Array]:
    """The total rounded up if it is known, and the logits and the total as arrays."""
    size = logits.size
    b = parameter("budget", "total", total, logits.dtype, low=0, high=size, open=True)
    z = nan_unless_top_is_finite(logits)
    is_known = not isinstance(total, jax.core.Tracer)
    # As the dtype rounds it.
    known = int(np.ceil(np.asarray(total, logits.dtype))) if is_known else None
    return known, nan_unless(~jnp.isnan(b), z), b


def _raised(known: int | None, z: Vector, total: Array) -> tuple[Vector, Vector]:
    # The class of this place has a part, and all before it would have 1 if it had.
    if known is None:
        place = jnp.ceil(total).astype(jnp.int32) - 1
        reference = -jnp.sort(-z)[place]
    else:
        # Sorting all would take longer than everything else.
        reference = kth_largest(z, known)
    above = nan_unless(jnp.isfinite(reference), z) - reference
    raised = _search(above, total)
    return jnp.clip(above + raised, 0, 1), jnp.clip((1 - raised) - above, 0, 1)


# Reverse mode cannot pass through the search for tau; see `sparsemax.project`.
@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _parts(known: int | None, z: Vector, total: Array) -> Parts:
    p, complement = _raised(known, z, total)
    return p, log_of(p, complement)


@_parts.defjvp
def _parts_jvp(
    known: int | None,
    primals: tuple[Vector, Array],
    tangents: tuple[Vector, Array],
) -> tuple[Parts, Parts]:
    """Between 0 and 1, dp is dz less its mean there; what the total gains is shared equally."""
    dz, d_total = tangents
    p, log_p = _parts(known, *primals)
    moves = (p > 0) & (p < 1)
    count = jnp.maximum(jnp.sum(moves.astype(p.dtype)), 1)
    mean = (jnp.sum(jnp.where(moves, dz, 0)) - d_total) / count
    nan_outside = p - p
    dp = jnp.where(moves, dz - mean, nan_outside * mean)
    return (p, log_p), (dp, jnp.where(moves, dp / jnp.where(moves, p, 1), dp))


@with_loop()
def _search(above: Vector, total: Array) -> Scalar:
    """The number from 0 to 1 by which all are raised, so that they sum to the total.

    Newton's method, kept inside a bracket by bisection: the sum is a rising function of straight
    pieces.
    """
    eps = float(jnp.finfo(above.dtype).eps)  # type: ignore[no-untyped-call]
    zero = jnp.zeros_like(total)

    def step(state: tuple[Array, ...]) -> tuple[Array, ...]:
        raised, low, high, _, steps = state
        newton, excess = _newton(above, total, raised)
        low = jnp.where(excess <= 0, raised, low)
        high = jnp.where(excess >= 0, raised, high)
        is_root = jnp.abs(newton - raised) <= 2 * eps
        # The ends have been tried; a step onto one would go back and forth.
        is_inside = (newton > low) & (newton < high)
        new = jnp.where(is_inside | is_root, newton, (low + high) / 2)
        moves = (jnp.abs(new - raised) > 2 * eps) & ~is_root
        return new, low, high, moves, steps + 1

    def goes_on(state: tuple[Array, ...]) -> Array:
        return state[3] & (state[4] < MOST_STEPS)

    first: tuple[Array, ...] = (zero + 1, zero, zero + 1, jnp.array(True), jnp.array(0))
    raised, *_ = jax.lax.while_loop(goes_on, step, first)
    return raised


def _newton(above: Vector, total: Array, raised: Array) -> tuple[Array, Array]:
    """Where the piece at hand reaches the total, and by how much the sum exceeds it."""
    at_one = above + raised >= 1
    moves = (above + raised > 0) & ~at_one
    # In one pass over the classes, if they are many.
    full, count, of_moving = whole_of_batch(above).sums(
        at_one.astype(above.dtype),
        moves.astype(above.dtype),
        jnp.where(moves, above, 0),
    )
    missing = total - full
    excess = of_moving + count * raised - missing
    newton = (missing - of_moving) / jnp.maximum(count, 1)
    return jnp.where(count > 0, newton, raised - jnp.sign(excess)), excess
