"""What the gradient law says before training: the gradient's norm over the margins that a confident start has to pass."""

from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import logitscape as ls
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.landscapes.slice import points as points_on

from ..shared.scattered import scattered

Values: TypeAlias = NDArray[Any]

GENTLE, CONFIDENT = 0.01, 4.0
RAYS = ("R1", "R2", "R3")
CLASSES = 10
EXAMPLES, SCALES = (
    128,
    8,
)  # of the start's own logits, and how often each is scaled down
MOST = 0.9  # of the examples must have a finite loss and gradient at the gentle start
LOGIT_LOSSES = "alone"
TRAINED = "trained"


class Points(NamedTuple):
    """Where the gradient is looked at before training, label 0; which rows of `logits` are what."""

    logits: Values
    rays: Values
    """[ray, margin]"""
    own: Values
    """[example, margin], the logits of a confident start scaled down to smaller margins."""
    gentle: Values
    margin: float
    """By which a confident start is wrong: the median over the training examples."""


def catalogue() -> dict[str, tuple[str, ...]]:
    """The losses of every normalizer, and those of the logits."""
    return {name: tuple(ls.PROBABILITY_LOSSES) for name in ls.NORMALIZERS} | {
        LOGIT_LOSSES: tuple(ls.LOGIT_LOSSES)
    }


def points_of(digits: Dataset) -> Points:
    """Points of the three rays, and logits of a start that is drawn like those of the training."""
    random = np.random.default_rng(0)
    inputs, labels = digits.train
    z = label_first(inputs @ random.standard_normal((digits.features, CLASSES)), labels)
    margins = z.max(axis=1) - z[:, 0]
    wrong = margins > 0
    margin = CONFIDENT * float(np.median(margins[wrong]))
    s = np.linspace(1, margin, 3 * SCALES)
    rays = np.concatenate(
        [
            np.asarray(points_on(ls.ray(ray, s, num_classes=CLASSES, base=1.0)))
            for ray in RAYS
        ]
    )
    rows = np.flatnonzero(wrong)[:EXAMPLES]
    scaled = (
        np.linspace(1, CONFIDENT * margins[rows], SCALES, axis=1) / margins[rows, None]
    )
    own = (scaled[:, :, None] * z[rows, None]).reshape(-1, CLASSES)
    sizes = [len(rays), len(own), EXAMPLES]
    of_rays, of_own, of_gentle = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    logits = np.concatenate([rays, own, GENTLE * z[:EXAMPLES]])
    return Points(
        logits,
        of_rays.reshape(len(RAYS), -1),
        of_own.reshape(-1, SCALES),
        of_gentle,
        margin,
    )


def label_first(z: Values, labels: Values) -> Values:
    """Logits in which each row's label has changed places with class 0."""
    swapped, rows = z.copy(), np.arange(len(z))
    swapped[:, 0], swapped[rows, labels] = z[rows, labels], z[:, 0]
    return swapped


def laws_of(family: str, losses: tuple[str, ...], points: Points) -> pd.DataFrame:
    """What is known of each pair before training."""
    pairs = (
        losses
        if family == LOGIT_LOSSES
        else tuple(f"{family} + {loss}" for loss in losses)
    )
    found = ls.sweep(pairs, scattered("points", points.logits))
    norms = np.where(
        found.finite, np.hypot.reduce(np.nan_to_num(found.gradient), axis=-1), np.nan
    )[:, 0]
    same = twins(
        pairs,
        np.concatenate([found.loss[:, 0, :, None], found.gradient[:, 0]], axis=-1),
    )
    wrong = ~found.correct[:, 0]
    return pd.DataFrame(
        [law(points, *each) for each in zip(pairs, norms, wrong, same, strict=True)]
    )


def law(
    points: Points, pair: str, norms: Values, wrong: Values, same_as: str
) -> dict[str, Any]:
    masked = np.where(wrong, norms, -1.0)  # -1 where the model is right
    rays = {
        ray: evenness(masked[rows]) for ray, rows in zip(RAYS, points.rays, strict=True)
    }
    own = float(np.median([evenness(masked[rows]) for rows in points.own]))
    worst = min(rays, key=lambda ray: rays[ray])
    finite, moving = (
        np.isfinite(norms[points.gentle]).mean(),
        (norms[points.gentle] > 0).mean(),
    )
    return {
        "pair": pair,
        "use": use(float(finite), float(moving), same_as),
        **rays,
        "own": own,
        "kind": kind(masked[points.rays[RAYS.index(worst)]]),
    }


def evenness(norms: Values) -> float:
    """The smallest of the gradient's norms while wrong over the largest; 0 if one is not finite, 1 if there is none."""
    while_wrong = norms[norms != -1]
    if not while_wrong.size:
        return 1.0
    if not np.isfinite(while_wrong).all() or while_wrong.max() == 0:
        return 0.0
    return float(while_wrong.min() / while_wrong.max())


def kind(norms: Values) -> str:
    """What becomes of the gradient as the margin grows."""
    while_wrong = norms[norms != -1]
    if not np.isfinite(while_wrong).all():
        return "undefined"
    if not while_wrong.size or while_wrong.min() == 0:
        return "exactly 0" if while_wrong.size else "never wrong"
    return "fades" if np.argmin(while_wrong) > np.argmax(while_wrong) else "grows"


def use(finite: float, moving: float, same_as: str) -> str:
    """That a pair is trained, or why it is not."""
    if same_as:
        return f"the same as {same_as}"
    if finite < MOST:
        return f"loss or gradient not finite for {1 - finite:.0%} of the examples at the gentle start"
    return TRAINED if moving >= 1 - MOST else "gradient exactly 0 at the gentle start"


def twins(pairs: tuple[str, ...], values: Values) -> list[str]:
    """For each pair an earlier one with the same losses and gradients, "" if there is none."""
    same = dict[int, str]()
    for i, k in combinations(range(len(pairs)), 2):
        if (
            np.allclose(values[i], values[k], rtol=1e-9, atol=1e-12, equal_nan=True)
            and np.isfinite(values[i]).any()
        ):
            same.setdefault(k, pairs[i])
    return [same.get(k, "") for k in range(len(pairs))]
