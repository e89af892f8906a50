"""The slice that covers the probability simplex of three classes."""

from functools import partial

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.settings import one_of
from ..base.special import nan_unless
from ..base.whole_numbers import MOST_POINTS, whole_number
from .slice import Slice

LOGITS = ("log p", "p")
LEAST_PROBABILITY = 1e-12
"""Probabilities up to this one lie on the border or beyond it."""


def simplex_plane(resolution: int = 101, *, logits: str = "log p") -> Slice:
    """The probability simplex of three classes, with the coordinates "p_0" and "p_1".

    The third probability is `p_2 = 1 - p_0 - p_1`. The grid is square; its points outside
    of the simplex and on its border have logits of NaN, and so has every result there.

    Args:
        resolution: Number of points along each coordinate, at least 2. They are the
            midpoints of equal cells of (0, 1).
        logits: Logits that stand for p: "log p", whose softmax is p, or "p" itself, whose
            quotient by its sum is p.

    Returns:
        Slice "simplex" of three classes.

    Raises:
        ValueError: If `logits` has another value, or the resolution is below 2.

    >>> import logitscape as ls
    >>> corner = ls.points(ls.simplex_plane(4, logits="p"))
    >>> corner[0, 0].tolist(), corner[3, 3].tolist()
    ([0.125, 0.125, 0.75], [nan, nan, nan])
    """
    resolution = whole_number(
        "simplex_plane", "resolution", resolution, low=2, high=MOST_POINTS
    )
    one_of("simplex_plane", "logits", logits, LOGITS)
    midpoints = (np.arange(resolution) + 0.5) / resolution
    return Slice(
        name="simplex",
        coordinates={"p_0": midpoints, "p_1": midpoints},
        embed=partial(_logits_of_probabilities, logits == "log p"),
        num_classes=3,
        description=f"z = {logits}, p_2 = 1 - p_0 - p_1",
    )


def _logits_of_probabilities(take_logarithm: bool, coordinates: Array) -> Array:
    last = 1 - coordinates[0] - coordinates[1]
    p = jnp.stack([coordinates[0], coordinates[1], last])
    # Rounding can put a midpoint that lies on the border a little inside.
    inside = jnp.min(p) > LEAST_PROBABILITY
    # Outside, where the result is NaN anyway, no logarithm of a negative number is taken.
    safe = jnp.where(inside, p, 1)
    logits = jnp.log(safe) if take_logarithm else safe
    return nan_unless(inside, logits)
