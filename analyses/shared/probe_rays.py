"""Rays from z = (1, 1, 1), where only min_shift is undefined, and what pairs do on them.

For `linear_or_saturating.py`, `right_and_confident.py` and `atlas.py`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import logitscape as ls
from logitscape._src.properties.fit import fit_law
from logitscape._src.properties.law import Law

Array: TypeAlias = NDArray[Any]

HERO, SQUARED_ERROR, SUM = (
    "softmax + cross_entropy",
    "softmax + brier",
    "sum + cross_entropy",
)
PAIRS = (
    "softmax + exponential",
    HERO,
    "sparsemax_loss",
    SUM,
    "taylor + cross_entropy",
    "softmax + hellinger",
    SQUARED_ERROR,
    "sparsemax + brier",
)
SHOWN = 12.0
NEAR_POLE = 1 - 10.0 ** -np.arange(3, 12)  # on R2 the label's logit is 0 at s = 1
S = np.unique(
    [*np.linspace(0, SHOWN, 601), *NEAR_POLE, *10.0 ** np.linspace(-2, 14, 801)]
)

LABEL = 0
NOISE = 4 * np.finfo(float).eps
"""Of a sum, relative to its terms."""
RAYS = {
    "R1": (0.0, 1.0, 0.0),
    "R2": (-1.0, 0.0, 0.0),
    "R3": (-0.5, 0.5, 0.0),
    "right": (1.0, 0.0, 0.0),
}
"""By name, the direction: a wrong logit rises, the label's falls, both at once; the label's rises."""


class Behaviour(NamedTuple):
    """An objective on a ray, over s; NaN where the loss is not finite."""

    loss: Array
    slope: Array
    """dL/ds: what the gradient does about s."""
    pull: Array
    """-dL/dz of the label."""
    norm: Array
    """Of the gradient."""


class Laws(NamedTuple):
    """Of the quantities of an objective on a ray."""

    loss: Law
    slope: Law
    pull: Law
    norm: Law


def follow(
    objectives: Sequence[str], s: Array, rays: Sequence[str] = tuple(RAYS)
) -> dict[str, dict[str, Behaviour]]:
    """By ray and objective. All rays are one slice, so that they share a program."""
    directions = np.array([RAYS[ray] for ray in rays])
    coordinates = {"ray": np.arange(float(len(rays))), "s": s}
    fan = ls.Slice(
        "fan",
        coordinates,
        lambda c: 1 + c[1] * jnp.asarray(directions)[c[0].astype(int)],
        3,
        "",
    )
    found = ls.sweep(objectives, fan)
    loss, gradient = (
        np.asarray(found.loss[:, LABEL]),
        np.asarray(found.gradient[:, LABEL]),
    )
    return {
        ray: {
            name: behaviour(loss[i, r], gradient[i, r], directions[r])
            for i, name in enumerate(objectives)
        }
        for r, ray in enumerate(rays)
    }


def behaviour(loss: Array, gradient: Array, direction: Array) -> Behaviour:
    moving = (
        direction != 0
    )  # an infinite component that stands still says nothing of the slope
    terms = gradient[:, moving] * direction[moving]
    slope = np.sum(terms, axis=-1)
    slope = np.where(np.abs(slope) < NOISE * np.sum(np.abs(terms), axis=-1), 0.0, slope)
    quantities = loss, slope, -gradient[:, LABEL], np.hypot.reduce(gradient, axis=-1)
    return Behaviour(
        *[np.where(np.isfinite(loss), each, np.nan) for each in quantities]
    )


def laws(s: Array, found: Behaviour) -> Laws:
    """Of what was found beyond s = 0."""
    return Laws(*[fit_law(s[s > 0], values[s > 0]) for values in found])


def vanishes(law: Law) -> bool:
    return law.kind == "zero" or law.kind.endswith("decay")
