"""Ordinal losses in which a wrong class costs the more, the further it is from the label."""

import numpy as np

from ..evaluation import Rows
from .design import Design, predicts
from .samples import Samples, is_close

SURE = 20.0
"""Logit of the class that is predicted with all others at 0."""
TOLERANCE = 1e-6


def ordinal_costs(samples: Samples) -> list[Design]:
    """Costs that depend on the distance of two classes only, and rise with it.

    Cross-entropy weighted by distances is of this kind, and so is the ranked probability score.
    """
    n = samples.num_classes
    if n < 3 or len(samples.labels) < n:
        return []
    costs = samples.evaluate(SURE * np.eye(n))
    if not np.isfinite(costs).all() or not _rise_with_distance(costs):
        return []
    price = (
        "What costs least is a class between those that may be true, which need not be the "
        "most probable one."
    )
    return [
        Design(
            name="ordinal costs",
            severity="note",
            text="A wrong class costs the more, the further it is from the label.",
            price=price,
            explains=predicts(lambda eta: costs.max() - eta @ costs, lambda z: z),
        )
    ]


def _rise_with_distance(costs: Rows) -> bool:
    """Whether the costs [n, n] of a label and a predicted class are a rising function of that."""
    n = len(costs)
    diagonals = [
        np.concatenate([np.diagonal(costs, k), np.diagonal(costs, -k)])
        for k in range(1, n)
    ]
    means = np.array([diagonal.mean() for diagonal in diagonals])
    alike = all(
        is_close(diagonal, np.full_like(diagonal, mean), TOLERANCE)
        for diagonal, mean in zip(diagonals, means, strict=True)
    )
    return bool(alike and (np.diff(means) > TOLERANCE * (1 + np.abs(means[1:]))).all())
