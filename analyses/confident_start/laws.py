"""The gradient law before training: norms over the margins that a confident start has to pass."""

from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import logitscape as ls
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.landscapes.slice import points as points_on

from ..shared.catalogue import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
from ..shared.scattered import scattered

Values: TypeAlias = NDArray[Any]

GENTLE = 0.01
"""Standard deviation of the weights at the gentle start."""
CONFIDENT = 4.0
"""Standard deviation of the weights at the confident start."""
RAYS = ("R1", "R2", "R3")
CLASSES = 10
EXAMPLES = 128
"""Number of training examples whose logits at the start are used."""
SCALES = 8
"""Number of smaller margins to which the logits of each example are scaled down."""
LEAST_SHARE = 0.9
"""Share of the examples that must have a finite loss and gradient at the gentle start.

If the gradient of more than this share is exactly 0 there, a pair is not trained either.
"""
ALONE = "alone"
TRAINED = "trained"
RIGHT = -1.0
"""Marker in place of a norm where the model is right; norms are never negative."""


class Points(NamedTuple):
    """Points at which the gradient is measured before training, with label 0.

    Attributes:
        logits: Logits of all points, [m, classes].
        rays: Rows of the points on the rays, [ray, margin].
        scaled: Rows of the logits of a confident start, scaled down to smaller margins,
            [example, margin].
        gentle: Rows of the logits of a gentle start, [example].
        margin: Margin by which a confident start is wrong: the median over the training examples.
    """

    logits: Values
    rays: Values
    scaled: Values
    gentle: Values
    margin: float


def catalog() -> dict[str, tuple[str, ...]]:
    """The losses of every normalizer, and those of the logits."""
    losses = dict.fromkeys(NORMALIZERS, PROBABILITY_LOSSES)
    return losses | {ALONE: LOGIT_LOSSES}


def points_of(digits: Dataset) -> Points:
    """Points on the three rays, and logits of a start that is drawn like those of the training."""
    random = np.random.default_rng(0)
    inputs, labels = digits.train
    weights = random.standard_normal((digits.features, CLASSES))
    # Logits are in proportion to the weights, so that one draw serves both starts.
    z = label_first(inputs @ weights, labels)
    margins = z.max(axis=1) - z[:, 0]
    wrong = margins > 0
    margin = CONFIDENT * float(np.median(margins[wrong]))
    on_rays = ray_points(margin)
    scaled = scaled_logits(z[wrong][:EXAMPLES], margins[wrong][:EXAMPLES])
    gentle = GENTLE * z[:EXAMPLES]
    logits = np.concatenate([on_rays, scaled, gentle])
    first_scaled = len(on_rays)
    first_gentle = first_scaled + len(scaled)
    ray_rows, scaled_rows, gentle_rows = np.split(
        np.arange(len(logits)), [first_scaled, first_gentle]
    )
    return Points(
        logits=logits,
        rays=ray_rows.reshape(len(RAYS), -1),
        scaled=scaled_rows.reshape(-1, SCALES),
        gentle=gentle_rows,
        margin=margin,
    )


def ray_points(margin: float) -> Values:
    """Points on the rays, from margin 1 to the given one, [ray * margin, classes]."""
    s = np.linspace(1, margin, 3 * SCALES)
    rays = [ls.ray(name, s, num_classes=CLASSES, base=1.0) for name in RAYS]
    return np.concatenate([np.asarray(points_on(ray)) for ray in rays])


def scaled_logits(z: Values, margins: Values) -> Values:
    """The logits scaled to margins from 1 to those of a confident start, [m * margin, classes]."""
    target_margins = np.linspace(1, CONFIDENT * margins, SCALES, axis=1)
    factors = target_margins / margins[:, None]
    return (factors[:, :, None] * z[:, None]).reshape(-1, CLASSES)


def label_first(z: Values, labels: Values) -> Values:
    """Logits in which each row's label has changed places with class 0."""
    rows = np.arange(len(z))
    swapped = z.copy()
    swapped[rows, labels] = z[:, 0]
    swapped[:, 0] = z[rows, labels]
    return swapped


def laws_of(family: str, losses: tuple[str, ...], points: Points) -> pd.DataFrame:
    """A row for each pair of a family, with the law of its gradient before training.

    Args:
        family: Normalizer of the pairs, or ALONE.
        losses: Losses of the pairs.
        points: Points at which the gradients are measured.
    """
    pairs = pairs_of(family, losses)
    sweep = ls.sweep(pairs, scattered("points", points.logits))
    gradients = np.asarray(sweep.gradient[:, 0])
    norms = np.hypot.reduce(np.nan_to_num(gradients), axis=-1)
    norms = np.where(sweep.finite[:, 0], norms, np.nan)
    values = np.concatenate([sweep.loss[:, 0, :, None], gradients], axis=-1)
    same = earlier_equals(pairs, values)
    right = sweep.correct[:, 0]
    return pd.DataFrame(
        [law(points, pair, norms[i], right[i], same[i]) for i, pair in enumerate(pairs)]
    )


def pairs_of(family: str, losses: tuple[str, ...]) -> tuple[str, ...]:
    if family == ALONE:
        return losses
    return tuple(f"{family} + {loss}" for loss in losses)


def law(
    points: Points, pair: str, norms: Values, right: Values, same_as: str
) -> dict[str, Any]:
    """The row of one pair.

    Args:
        points: Points at which the gradient was measured.
        pair: The pair.
        norms: Norms of its gradients at the points.
        right: Whether the model is right there.
        same_as: Earlier pair with the same losses and gradients, "" if there is none.
    """
    while_wrong = np.where(right, RIGHT, norms)
    by_ray = {
        ray: evenness(while_wrong[rows])
        for ray, rows in zip(RAYS, points.rays, strict=True)
    }
    of_scaled = [evenness(while_wrong[rows]) for rows in points.scaled]
    worst = int(np.argmin(list(by_ray.values())))
    return {
        "pair": pair,
        "use": use(norms[points.gentle], same_as),
        **by_ray,
        "own": float(np.median(of_scaled)),
        "kind": kind(while_wrong[points.rays[worst]]),
    }


def evenness(norms: Values) -> float:
    """The smallest norm of the gradient while the model is wrong, over the largest.

    It is 0 if a norm is not finite or all are 0, and 1 if the model is never wrong.
    """
    while_wrong = norms[norms != RIGHT]
    if not while_wrong.size:
        return 1.0
    largest = while_wrong.max()
    if not np.isfinite(while_wrong).all() or largest == 0:
        return 0.0
    return float(while_wrong.min() / largest)


def kind(norms: Values) -> str:
    """The kind of change of the gradient as the margin grows."""
    while_wrong = norms[norms != RIGHT]
    if not while_wrong.size:
        return "never wrong"
    if not np.isfinite(while_wrong).all():
        return "undefined"
    if while_wrong.min() == 0:
        return "exactly 0"
    if np.argmin(while_wrong) > np.argmax(while_wrong):
        return "fades"
    return "grows"


def use(norms: Values, same_as: str) -> str:
    """TRAINED, or the reason why a pair is not trained, from its norms at the gentle start."""
    if same_as:
        return f"the same as {same_as}"
    finite = float(np.isfinite(norms).mean())
    if finite < LEAST_SHARE:
        examples = f"{1 - finite:.0%} of the examples"
        return f"loss or gradient not finite for {examples} at the gentle start"
    if float((norms > 0).mean()) < 1 - LEAST_SHARE:
        return "gradient exactly 0 at the gentle start"
    return TRAINED


def earlier_equals(pairs: tuple[str, ...], values: Values) -> list[str]:
    """For each pair the first one with the same losses and gradients, "" if there is none."""
    same: dict[int, str] = {}
    for i, k in combinations(range(len(pairs)), 2):
        if _are_same(values[i], values[k]):
            same.setdefault(k, pairs[i])
    return [same.get(k, "") for k in range(len(pairs))]


def _are_same(first: Values, second: Values) -> bool:
    equal = np.allclose(first, second, rtol=1e-9, atol=1e-12, equal_nan=True)
    # Two pairs that are NaN everywhere are equal too, but that says nothing.
    return equal and bool(np.isfinite(first).any())
