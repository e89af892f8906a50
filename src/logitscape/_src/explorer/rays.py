"""Loss and slope on the three probe rays, and the law of the slope on each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..diagnosis.rays import origin_of
from ..diagnosis.subjects import subject
from ..landscapes.probe_rays import PROBE_RAYS, ProbeRay
from ..objectives.sources import Source
from ..properties.fit import find_law
from .parts import Evaluate, Rows

NUM_CLASSES = 3
S = np.array(
    [
        *(
            -8.0,
            -6.0,
            -5.0,
            -4.0,
            -3.0,
            -2.5,
            -2.0,
            -1.5,
            -1.0,
            -0.5,
            0.0,
            0.5,
            1.0,
            1.5,
        ),
        *(2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0),
    ]
)
"""Places on a ray, dense where most curves bend. The label is right to the left of 0."""


@dataclass(frozen=True)
class OnRays:
    """One pair on the three rays.

    Attributes:
        base: Value of all logits at s = 0.
        values: Loss and slope dL/ds, [ray, 2, place].
        laws: Law of the slope on each ray, as text.
        kinds: Kind of each law.
    """

    base: float
    values: NDArray[np.float64]
    laws: list[str]
    kinds: list[str]


def base_of(source: Source) -> float:
    """Return the value of all logits at s = 0, as `logitscape show` chooses it."""
    return origin_of(subject(source, num_classes=NUM_CLASSES), NUM_CLASSES)


def on_rays(evaluate: Evaluate, base: float) -> OnRays:
    """Measure a pair on R1, R2 and R3, from logits that all are `base`."""
    values, laws = [], []
    for ray in PROBE_RAYS.values():
        loss, slope = loss_and_slope(evaluate, ray, base, S)
        values.append([loss, slope])

        def slopes(s: Rows, ray: ProbeRay = ray) -> Rows:
            return loss_and_slope(evaluate, ray, base, s)[1]

        laws.append(find_law(slopes))
    return OnRays(
        base=base,
        values=np.array(values),
        laws=[str(law) for law in laws],
        kinds=[law.kind for law in laws],
    )


def loss_and_slope(
    evaluate: Evaluate,
    ray: ProbeRay,
    base: float,
    s: Rows,
    temperature: float = 1.0,
) -> tuple[Rows, Rows]:
    """Return the loss at places of a ray, and its slope dL/ds there.

    Args:
        evaluate: Losses and gradients of a pair.
        ray: The ray.
        base: Value of all logits at s = 0.
        s: Places, [m].
        temperature: Number by which all logits are divided.
    """
    towards = ray.direction(NUM_CLASSES)
    logits = base + s[:, None] * towards
    loss, gradient = evaluate(logits / temperature)
    # A logit that does not move counts nothing, whatever its gradient.
    moves = towards != 0
    slope = np.where(np.isfinite(loss), gradient[:, moves] @ towards[moves], np.nan)
    return loss, slope / temperature
