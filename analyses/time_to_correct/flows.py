"""What `time_to_correct.py` measures of flows: times to correct on the probe rays, and how they grow."""

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
from logitscape._src.dynamics.flow import AWAY, LEAVES, OUTSIDE, POLE, STUCK, ZERO
from logitscape._src.objectives.objective import Normalizer, Objective
from logitscape._src.properties.growth import growth

Numbers: TypeAlias = NDArray[Any]

BASE = 1.0
RAYS = {"R1": (0.0, 1.0), "R2": (-1.0, 0.0), "R3": (-0.5, 0.5)}
"""How the logits of the label and of its rival move with the margin."""
WHY = {
    ZERO: "zero gradient",
    STUCK: "rests",
    LEAVES: "leaves domain",
    POLE: "infinite loss",
    AWAY: "led away",
}
FURTHEST = {"iterated_exponential": 21.0, "sigmoid": 21.0}
"""Further out their p differ by less than the 1e-12 by which the label may be behind in a tie."""
NUMBERS = {
    "bounded": "coefficient",
    "logarithmic": "coefficient",
    "linear": "coefficient",
    "polynomial": "exponent",
}


def growths(specs: Sequence[str], classes: int, margins: Numbers) -> pd.DataFrame:
    """A row for each objective and ray: how its time to correct grows, and its logarithm by margin."""
    found = ls.flow({spec: folded(spec, classes) for spec in specs}, starts(margins))
    shape = (len(specs), len(RAYS), len(margins))
    log_times, reasons = found.log_times.reshape(shape), found.reasons.reshape(shape)
    usable = [margins <= FURTHEST.get(spec.split(" + ")[0], np.inf) for spec in specs]
    return pd.DataFrame(
        {"objective": spec, "ray": ray, "classes": classes}
        | told(margins[usable[i]], log_times[i, r, usable[i]], reasons[i, r, usable[i]])
        | {f"{margin:g}": log_times[i, r, m] for m, margin in enumerate(margins)}
        for i, spec in enumerate(specs)
        for r, ray in enumerate(RAYS)
    )


def starts(margins: Numbers) -> Numbers:
    """Of all rays, one after the other, as `folded` objectives take them, [rays x m, 4]."""
    rows = [
        (label * m, rival * m, 0.0, ray != "R2")
        for ray, (label, rival) in RAYS.items()
        for m in margins
    ]
    return np.array(rows, float)


def folded(spec: str, classes: int) -> Objective:
    """The objective as one of four numbers, from which `unfolded` makes all logits: its flows are the same.

    For the others stay equal along them; without them a hundred classes cost little more than three, and their rounding
    does not set the pace.
    """
    whole = ls.objective(spec)
    target, loss = jnp.eye(classes)[0], whole.loss
    assert whole.normalizer is not None
    return Objective(
        spec,
        lambda w, _: whole.function(unfolded(classes, w), target),
        _on_folded(whole.normalizer, classes),
        None if loss is None else lambda probs, _: loss(probs, target),
    )


def unfolded(classes: int, w: Array) -> Array:
    """The logits [n] that (label, rival, others, apart) stand for, counted from BASE.

    Isometric, so that gradients are the same too: "others" is along the unit vector of those that are equal. They are all
    but label and rival, and where "apart" is 0 the rival as well.
    """
    apart = jax.lax.stop_gradient(w[3])
    other = w[2] / jnp.sqrt(jnp.maximum(classes - 1 - apart, 1))
    rival = apart * w[1] + (1 - apart) * other
    return BASE + jnp.concatenate(
        [jnp.stack([w[0], rival]), jnp.full(classes - 2, other)]
    )


@cache
def _on_folded(normalizer: Normalizer, classes: int) -> Normalizer:
    """One function for each normalizer, so that objectives that share it run it once."""
    return lambda w: normalizer(unfolded(classes, w))


def told(margins: Numbers, log_times: Numbers, reasons: Numbers) -> dict[str, Any]:
    """The growth class, its number and, where it is never corrected, why, of one objective on one ray."""
    last = reasons[-1]
    if last == OUTSIDE:
        return {
            "growth": "outside the domain",
            "number": _from(margins, reasons == OUTSIDE),
            "why": "",
        }
    if last == "" and log_times[-1] == -np.inf:
        return {
            "growth": "right",
            "number": _from(margins, log_times == -np.inf),
            "why": "",
        }
    found = growth(margins, log_times)
    number = (
        found.never_from
        if found.kind == "never"
        else getattr(found, NUMBERS.get(found.kind, "rate"))
    )
    return {"growth": found.kind, "number": number, "why": WHY.get(last, last)}


def _from(margins: Numbers, which: Numbers) -> float:
    """The least margin from which on it is so."""
    others = np.flatnonzero(~which)
    return float(margins[others[-1] + 1 if others.size else 0])
