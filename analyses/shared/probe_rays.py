"""Rays from z = (1, 1, 1), where only min_shift is undefined, and the behaviour of pairs on them.

Used by `linear_or_saturating.py`, `right_and_confident.py` and `atlas`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import logitscape as ls
from logitscape._src.properties.fit import fit_law
from logitscape._src.properties.law import Law

Array: TypeAlias = NDArray[Any]

REFERENCE = "softmax + cross_entropy"
SQUARED_ERROR = "softmax + brier"
SUM = "sum + cross_entropy"
PAIRS = (
    "softmax + exponential",
    REFERENCE,
    "sparsemax_loss",
    SUM,
    "taylor + cross_entropy",
    "softmax + hellinger",
    SQUARED_ERROR,
    "sparsemax + brier",
)

SHOWN = 12.0
"""Largest s that is drawn."""
NEAR_POLE = 1 - 10.0 ** -np.arange(3, 12)  # on R2 the label's logit is 0 at s = 1
LINEAR = np.linspace(0, SHOWN, 601)
LOGARITHMIC = 10.0 ** np.linspace(-2, 14, 801)
S = np.unique([*LINEAR, *NEAR_POLE, *LOGARITHMIC])

LABEL = 0
NOISE = 4 * np.finfo(float).eps
"""Rounding error of a sum, relative to its terms."""
SETTLED = 1e6
"""Ratio to its rounding error from which on a value has the digits that a law is told with."""
RAYS = {
    "R1": (0.0, 1.0, 0.0),
    "R2": (-1.0, 0.0, 0.0),
    "R3": (-0.5, 0.5, 0.0),
    "right": (1.0, 0.0, 0.0),
}
"""Directions of the rays.

On R1 a wrong logit rises, on R2 the label's logit falls, on R3 both happen at once; on "right" the
label's logit rises.
"""


class Behaviour(NamedTuple):
    """An objective on a ray, at every s; NaN where the loss is not finite.

    Attributes:
        loss: Loss L.
        slope: dL/ds, the effect of the gradient on s.
        pull: -dL/dz of the label.
        norm: Norm of the gradient.
        error: Rounding error of the slope.
    """

    loss: Array
    slope: Array
    pull: Array
    norm: Array
    error: Array


class Laws(NamedTuple):
    """Laws of the quantities of an objective on a ray, as in `Behaviour`."""

    loss: Law
    slope: Law
    pull: Law
    norm: Law


def follow(
    objectives: Sequence[str], s: Array, rays: Sequence[str] = tuple(RAYS)
) -> dict[str, dict[str, Behaviour]]:
    """The behaviour of the objectives on the rays, by ray and objective."""
    directions = np.array([RAYS[ray] for ray in rays])
    sweep = ls.sweep(objectives, _rays_slice(directions, s))
    loss = np.asarray(sweep.loss[:, LABEL])
    gradient = np.asarray(sweep.gradient[:, LABEL])
    by_ray: dict[str, dict[str, Behaviour]] = {}
    for r, ray in enumerate(rays):
        by_ray[ray] = {
            name: behaviour(loss[i, r], gradient[i, r], directions[r])
            for i, name in enumerate(objectives)
        }
    return by_ray


def _rays_slice(directions: Array, s: Array) -> ls.Slice:
    """All rays as one slice, so that they share a compiled program."""

    def logits(coordinates: jax.Array) -> jax.Array:
        direction = jnp.asarray(directions)[coordinates[0].astype(int)]
        return 1 + coordinates[1] * direction

    return ls.Slice(
        name="fan",
        coordinates={"ray": np.arange(float(len(directions))), "s": s},
        embed=logits,
        num_classes=directions.shape[-1],
        description="",
    )


def behaviour(loss: Array, gradient: Array, direction: Array) -> Behaviour:
    """The behaviour from loss [s] and gradient [s, 3] on a ray of that direction."""
    defined = np.isfinite(loss)

    def where_defined(values: Array) -> Array:
        return np.where(defined, values, np.nan)

    slope, error = _slope(gradient, direction)
    return Behaviour(
        loss=where_defined(loss),
        slope=where_defined(slope),
        pull=where_defined(-gradient[:, LABEL]),
        # By hypot, as the squares of gradients beyond 1e154 overflow and
        # those below 1e-154 underflow.
        norm=where_defined(np.hypot.reduce(gradient, axis=-1)),
        error=where_defined(error),
    )


def _slope(gradient: Array, direction: Array) -> tuple[Array, Array]:
    """The derivative along the ray, and its rounding error, below which it is 0."""
    # A component of the gradient may be infinite where its logit does not move. It says nothing
    # about the slope, but 0 times infinity would be NaN.
    moving = direction != 0
    terms = gradient[:, moving] * direction[moving]
    slope: Array = np.sum(terms, axis=-1)
    error: Array = NOISE * np.sum(np.abs(terms), axis=-1)
    slope[np.abs(slope) < error] = 0.0
    return slope, error


def laws(s: Array, behaviour: Behaviour) -> Laws:
    """The laws that fit the behaviour at s > 0."""
    loss, slope, pull, norm, error = behaviour
    positive = s > 0
    # Far out the terms of a slope may cancel, so that rounding would decide its constants.
    cancels = (slope != 0) & (np.abs(slope) < SETTLED * error)
    settled = positive & ~cancels
    return Laws(
        loss=fit_law(s[positive], loss[positive]),
        slope=fit_law(s[settled], slope[settled]),
        pull=fit_law(s[positive], pull[positive]),
        norm=fit_law(s[positive], norm[positive]),
    )


def vanishes(law: Law) -> bool:
    """Whether the quantity is 0 or goes to 0."""
    return law.kind == "zero" or law.kind.endswith("decay")
