"""What the logits of a loss can be, where they are no arbitrary numbers.

Cosines lie in [-1, 1], and rows of unit length on a sphere. A loss of such logits may do
anything elsewhere, so nothing is evaluated there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.messages import quoted
from ..base.settings import real_number, real_numbers, truth_value
from ..base.types import Number

Rows = NDArray[Any]

MARGIN = 0.05
"""Share of the half width by which random logits stay away from the ends."""


@dataclass(frozen=True)
class Domain:
    """The logits that a loss can be given.

    Attributes:
        low: Least logit.
        high: Largest logit.
        scale: Factor by which random logits are larger than usual, or the length of a row.
        normalised: Whether every row of logits is scaled to one length.
    """

    low: float = -math.inf
    high: float = math.inf
    scale: float = 1.0
    normalised: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether logits have a least or a largest value."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def centre(self) -> float:
        """A logit in the middle of the domain."""
        if math.isfinite(self.low) and math.isfinite(self.high):
            return (self.low + self.high) / 2
        if not self.is_bounded:
            return 0.0
        # With one end only, as far from it as is usual, and 0 where that is in the domain.
        inside = (self.low + self.scale, self.high - self.scale)
        return float(np.clip(0.0, *inside))

    @property
    def size(self) -> float:
        """How many times as large as usual logits are; rows of one length have no other size."""
        return 1.0 if self.normalised else self.scale

    @property
    def half_width(self) -> float:
        """The distance from the centre to the nearest end."""
        return min(self.high - self.centre, self.centre - self.low)

    def contains(self, z: Rows) -> Rows:
        """Whether all logits of a row are in the domain, [m]."""
        inside: Rows = np.all((z >= self.low) & (z <= self.high), axis=-1)
        return inside

    def fit(self, z: Rows) -> Rows:
        """Move logits that were drawn for any loss into the domain, [..., n].

        Rows that do not fit shrink towards the centre, so that what is equal stays equal.
        """
        if self.normalised or (self.scale == 1 and not self.is_bounded):
            return z
        moved = self.centre + self.scale * z if self.is_bounded else self.scale * z
        distance = np.abs(moved - self.centre).max(axis=-1, keepdims=True)
        room = (1 - MARGIN) * self.half_width
        factor = np.minimum(1.0, room / np.maximum(distance, 1e-300))
        fitted: Rows = self.centre + factor * (moved - self.centre)
        return fitted

    def squeezed(self, z: Rows) -> Rows:
        """Move logits that were drawn for any loss into the domain, every one on its own.

        What is the same or in order stays so, in whichever rows it stands.
        """
        if not self.is_bounded:
            return z
        room = (1 - MARGIN) * self.half_width
        moved: Rows = self.centre + room * np.tanh(z / room)
        return moved.astype(z.dtype)

    def reach(self, largest: float) -> float:
        """A distance from the centre, or as much of it as stays in the domain."""
        return min(largest, (1 - MARGIN) * self.half_width)

    def step(self, size: float) -> float:
        """A step that leads from where `fit` has moved logits to others in the domain."""
        return min(size, MARGIN / 2 * self.half_width)

    def placed(self, z: Array) -> Array:
        """The logits that the loss is given, for logits [..., n] that may be any."""
        if not self.normalised:
            return z
        square = jnp.sum(z * z, axis=-1, keepdims=True)
        somewhere = square > 0
        # Where there is no direction, all logits are 0, and have no slope.
        length = jnp.sqrt(jnp.where(somewhere, square, 1))
        factor = jnp.where(somewhere, self.scale / length, 0)
        return z * factor.astype(z.dtype)

    def code_of(self, logits: str) -> str:
        """The logits that the loss is given, as code."""
        if not self.normalised:
            return logits
        return f"{self.scale:g} * {logits} / jnp.linalg.norm({logits})"

    def __str__(self) -> str:
        if self.normalised:
            return f"rows of length {self.scale:g}"
        if self.is_bounded:
            return f"logits from {self.low:g} to {self.high:g}"
        return (
            "any logits" if self.scale == 1 else f"logits {self.scale:g} times as large"
        )


ANYWHERE = Domain()


def domain_of(
    caller: str,
    ends: Sequence[Number] | None,
    scale: Number,
    normalised: bool,
) -> Domain:
    """The domain that arguments describe.

    Args:
        caller: Name of the function that the arguments were given to.
        ends: Least and largest logit; None for no such ends.
        scale: Factor of random logits, or the length of a row.
        normalised: Whether every row has one length.

    Raises:
        ValueError: If the ends are no interval, the scale is not positive, or both ends and
            normalised rows are asked for.
    """
    scale = real_number(caller, "logit_scale", scale, low=0, open=True)
    truth_value(caller, "normalised", normalised)
    if ends is None:
        return Domain(scale=float(scale), normalised=bool(normalised))
    if normalised:
        raise ValueError(
            f"`{caller}(domain=..., normalised=True)`: rows of one length have a domain already."
        )
    low_and_high = real_numbers(caller, "domain", ends)
    if len(low_and_high) != 2 or low_and_high[0] >= low_and_high[1]:
        raise ValueError(
            f"`{caller}(domain=...)` must be two numbers (low, high) with low < high, "
            f"got {quoted(ends)}."
        )
    low, high = low_and_high
    return Domain(low=low, high=high, scale=scale)
