"""Times to correct on the probe rays, and their growth."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from numpy.typing import NDArray

import logitscape as ls
from logitscape._src.dynamics.reasons import AWAY, LEAVES, OUTSIDE, POLE, STUCK, ZERO
from logitscape._src.objectives.objective import Objective
from logitscape._src.objectives.parts import Normalizer
from logitscape._src.properties.growth import growth

Numbers: TypeAlias = NDArray[Any]

BASE = 1.0
"""The logits that do not move with the margin."""
RAYS = {"R1": (0.0, 1.0), "R2": (-1.0, 0.0), "R3": (-0.5, 0.5)}
"""How the logits of the label and of its rival move with the margin."""
WHY = {
    ZERO: "zero gradient",
    STUCK: "rests",
    LEAVES: "leaves domain",
    POLE: "infinite loss",
    AWAY: "led away",
}
"""Short forms of the reasons why an objective is never corrected."""
FURTHEST = {"iterated_exponential": 21.0, "sigmoid": 21.0}
"""Largest margins of normalizers whose p are too close further out.

There they differ by less than the 1e-12 by which the label may be behind in a tie.
"""
NUMBERS = {
    "never": "never_from",
    "bounded": "coefficient",
    "logarithmic": "coefficient",
    "linear": "coefficient",
    "polynomial": "exponent",
    "exponential": "rate",
}
"""The number that describes each kind of growth."""


def growths(specs: Sequence[str], classes: int, margins: Numbers) -> pd.DataFrame:
    """The growth of times to correct and log times by margin; one row per objective and ray."""
    objectives = {spec: folded(spec, classes) for spec in specs}
    flow = ls.flow(objectives, starts(margins))
    shape = (len(specs), len(RAYS), len(margins))
    log_times = flow.log_times.reshape(shape)
    reasons = flow.reasons.reshape(shape)
    rows = []
    for i, spec in enumerate(specs):
        normalizer = spec.split(" + ")[0]
        usable = margins <= FURTHEST.get(normalizer, np.inf)
        for r, ray in enumerate(RAYS):
            row = {"objective": spec, "ray": ray, "classes": classes}
            row |= _growth_of(
                margins[usable], log_times[i, r, usable], reasons[i, r, usable]
            )
            names = [f"{margin:g}" for margin in margins]
            rows.append(row | dict(zip(names, log_times[i, r], strict=True)))
    return pd.DataFrame(rows)


def starts(margins: Numbers) -> Numbers:
    """Starts on all rays, one ray after the other, as coordinates of `unfolded`, [rays x m, 4]."""
    rows = []
    for ray, (label, rival) in RAYS.items():
        # On R2 the rival does not move, and is one of the equal logits.
        apart = ray != "R2"
        rows += [(label * m, rival * m, 0.0, apart) for m in margins]
    return np.array(rows, float)


def folded(spec: str, classes: int) -> Objective:
    """The objective in the four coordinates of `unfolded`, label 0; its flows are the same.

    The other logits stay equal along a flow. Without them, a hundred classes cost little more than
    three, and their rounding does not limit the step size.
    """
    objective = ls.objective(spec)
    target = jnp.eye(classes)[0]
    normalizer = objective.normalizer
    loss = objective.loss
    assert normalizer is not None

    def function(w: Array, _: Any) -> Any:
        return objective.function(unfolded(classes, w), target)

    def loss_of_probs(probs: Any, _: Any) -> Any:
        assert loss is not None
        return loss(probs, target)

    return Objective(
        spec,
        function,
        _in_four_coordinates(normalizer, classes),
        None if loss is None else loss_of_probs,
    )


def unfolded(classes: int, w: Array) -> Array:
    """The logits [n] of the coordinates (label, rival, others, apart), as differences from BASE.

    "others" is the coordinate along the unit vector of all logits that are equal: those of the
    classes that are neither label nor rival, and where "apart" is 0 the rival too. The map is
    isometric, so that gradients keep their length.
    """
    # A constant that travels as a coordinate, and must not move with the flow.
    apart = jax.lax.stop_gradient(w[3])
    # With two classes and the rival apart there are no other
    # logits; 1 avoids a division by 0.
    other = w[2] / jnp.sqrt(jnp.maximum(classes - 1 - apart, 1))
    rival = apart * w[1] + (1 - apart) * other
    moving = jnp.stack([w[0], rival])
    return BASE + jnp.concatenate([moving, jnp.full(classes - 2, other)])


# Objectives that share a normalizer must share this function too: a flow runs each one once.
@cache
def _in_four_coordinates(normalizer: Normalizer, classes: int) -> Normalizer:
    return lambda w: normalizer(unfolded(classes, w))


def _growth_of(
    margins: Numbers, log_times: Numbers, reasons: Numbers
) -> dict[str, Any]:
    """The kind of growth of one objective on one ray, its number, and why it is never corrected."""
    last = reasons[-1]
    if last == OUTSIDE:
        since = _always_from(margins, reasons == OUTSIDE)
        return {"growth": "outside the domain", "number": since, "why": ""}
    if last == "" and log_times[-1] == -np.inf:
        since = _always_from(margins, log_times == -np.inf)
        return {"growth": "right", "number": since, "why": ""}
    law = growth(margins, log_times)
    number = getattr(law, NUMBERS.get(law.kind, "rate"))
    return {"growth": law.kind, "number": number, "why": WHY.get(last, last)}


def _always_from(margins: Numbers, condition: Numbers) -> float:
    """The least margin from which on a condition holds."""
    exceptions = np.flatnonzero(~condition)
    first = exceptions[-1] + 1 if exceptions.size else 0
    return float(margins[first])
