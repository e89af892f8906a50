"""The tables of `time_to_correct.py`."""

from typing import Any

import jax
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from logitscape._src.objectives.catalog import (
    LOGIT_LOSSES,
    NORMALIZERS,
    PROBABILITY_LOSSES,
)

from ..harness.results import Tables
from ..harness.study import StudyRun
from .checks import against_quadrature, field, paths, steps
from .flows import growths

CLASSES = (2, 3, 10, 100)
MARGINS = np.arange(1.0, 31.0)
TELLING = (
    "softmax + exponential",
    "squared_logits",
    "softmax + cross_entropy",
    "sum + brier",
    "taylor + cross_entropy",
    "softmax + hellinger",
    "softmax + brier",
    "softmax + mae",
    "iterated_exponential + cross_entropy",
    "sparsemax + brier",
)
STEPPED: tuple[str, ...] = (
    "softmax + exponential",
    "softmax + cross_entropy",
    "taylor + cross_entropy",
    "softmax + hellinger",
)
STEPPED += ("softmax + brier", "softmax + mae", "sparsemax + brier")
RATE, STEP_MARGINS, MOST = 0.1, (5.0, 10.0, 25.0), 100_000
OVER_FIELD: tuple[str, ...] = (
    "softmax + cross_entropy",
    "softmax + brier",
    "sparsemax + brier",
)
STARTS = np.array(
    [(-5.0, 6.5), (-2.0, 7.0), (3.0, 6.5), (-7.0, 1.5), (-7.0, -5.0), (0.2, 0.6)]
)
SIDE = np.linspace(-9, 9, 41)

QUICK_CLASSES = (2, 3)
QUICK_MARGINS = np.array([1.0, 8.0, *range(16, 25)])
QUICK_STEPPED = ("softmax + cross_entropy", "softmax + mae", "sparsemax + brier")
QUICK_FAMILIES = {
    "some": ["softmax + cross_entropy", "softmax + brier", "squared_logits"]
}


def measure(plan: StudyRun) -> Tables:
    jax.config.update("jax_enable_x64", True)
    margins = QUICK_MARGINS if plan.quick else MARGINS
    families = QUICK_FAMILIES if plan.quick else everything()
    keys = [
        (family, classes)
        for classes in (QUICK_CLASSES if plan.quick else CLASSES)
        for family in families
    ]
    found = plan.gather(
        "times", keys, lambda key: growths(families[key[0]], key[1], margins), threads=2
    )
    return {
        "growth": side_by_side(found),
        "times": logarithms(found[found["objective"].isin(TELLING)], margins),
        "quadrature": against_quadrature(found, margins),
        "steps": discrete(plan),
        **trajectories(plan),
    }


def everything() -> dict[str, list[str]]:
    """The objectives that are compiled together, by name: those that share a normalizer, and the losses of logits."""
    families = {
        name: [f"{name} + {loss}" for loss in PROBABILITY_LOSSES]
        for name in NORMALIZERS
    }
    return families | {"alone": list(LOGIT_LOSSES)}


def side_by_side(found: pd.DataFrame) -> pd.DataFrame:
    """A row for each objective and ray; growth class, its number and why not, by number of classes."""
    parts = []
    for classes, part in found.groupby("classes", sort=False):
        rows = part.set_index(["objective", "ray"])[["growth", "number", "why"]]
        rows["number"] = [float(f"{number:.4g}") for number in rows["number"]]
        parts.append(rows.add_suffix(f" n={classes}"))
    return pd.concat(parts, axis=1).reset_index()


def logarithms(found: pd.DataFrame, margins: NDArray[Any]) -> pd.DataFrame:
    """The logarithms of the times, by margin."""
    return found[["objective", "ray", "classes", *(f"{m:g}" for m in margins)]]


def discrete(plan: StudyRun) -> pd.DataFrame:
    pairs = QUICK_STEPPED if plan.quick else STEPPED
    margins, most = (STEP_MARGINS[:1], 2000) if plan.quick else (STEP_MARGINS, MOST)
    optimizers = ("sgd", "momentum", "adam")
    return plan.gather(
        "steps", optimizers, lambda name: steps(name, pairs, margins, RATE, most)
    )


def trajectories(plan: StudyRun) -> Tables:
    pairs, starts, side = OVER_FIELD, STARTS, SIDE
    if plan.quick:
        pairs, starts, side = pairs[:1], starts[:2], SIDE[::2]
    return {
        "paths": plan.gather("paths", [pairs], lambda each: paths(each, starts, 25)),
        "field": plan.gather("field", [pairs], lambda each: field(each, side)),
    }
