"""The tables of the study: what is measured of which objectives."""

import numpy as np
import pandas as pd

from logitscape._src.base.optimizers import OPTIMIZERS
from logitscape._src.dynamics.discrete import steps_to_correct

from ..harness.study import StudyRun
from ..shared.catalogue import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
from .flows import BASE, RAYS, Numbers, growths
from .plane import field, paths
from .quadratures import compare_times

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
"""Objectives whose times are drawn."""
STEPPED: tuple[str, ...] = (
    "softmax + exponential",
    "softmax + cross_entropy",
    "taylor + cross_entropy",
    "softmax + hellinger",
    "softmax + brier",
    "softmax + mae",
    "sparsemax + brier",
)
"""Pairs whose discrete steps are counted."""
LEARNING_RATE = 0.1
STEP_MARGINS = (5.0, 10.0, 25.0)
MOST_STEPS = 100_000
OVER_FIELD = ("softmax + cross_entropy", "softmax + brier", "sparsemax + brier")
"""Pairs whose paths are drawn over their gradient field."""
STARTS = np.array(
    [(-5.0, 6.5), (-2.0, 7.0), (3.0, 6.5), (-7.0, 1.5), (-7.0, -5.0), (0.2, 0.6)]
)
SIDE = np.linspace(-9, 9, 41)
POINTS = 25
"""Number of points on a path."""

QUICK_CLASSES = (2, 3)
# A growth is fitted to 8 margins or more in the last third, which is from 16 on.
QUICK_MARGINS = np.array([1.0, 8.0, *range(16, 25)])
QUICK_STEPPED = ("softmax + cross_entropy", "softmax + mae", "sparsemax + brier")
QUICK_STEPS = 2000
QUICK_FAMILIES = {
    "some": ["softmax + cross_entropy", "softmax + brier", "squared_logits"]
}


def measure_times(run: StudyRun) -> pd.DataFrame:
    """Measure the times of all objectives; one row for each with each number of classes and ray."""
    families = QUICK_FAMILIES if run.quick else _families()
    margins = _margins(run)
    keys = []
    for classes in QUICK_CLASSES if run.quick else CLASSES:
        keys += [(family, classes) for family in families]

    def measure(key: tuple[str, int]) -> pd.DataFrame:
        family, classes = key
        return growths(families[family], classes, margins)

    return run.gather("times", keys, measure, threads=2)


def _margins(run: StudyRun) -> Numbers:
    return QUICK_MARGINS if run.quick else MARGINS


def _families() -> dict[str, list[str]]:
    """Objectives compiled together: those that share a normalizer, and the losses of logits."""
    families = {}
    for normalizer in NORMALIZERS:
        families[normalizer] = [f"{normalizer} + {loss}" for loss in PROBABILITY_LOSSES]
    families["alone"] = list(LOGIT_LOSSES)
    return families


def side_by_side(times: pd.DataFrame) -> pd.DataFrame:
    """One row for each objective and ray, with columns of the growth for each number of classes."""
    parts = []
    for classes, part in times.groupby("classes", sort=False):
        rows = part.set_index(["objective", "ray"])[["growth", "number", "why"]]
        rows["number"] = [float(f"{number:.4g}") for number in rows["number"]]
        parts.append(rows.add_suffix(f" n={classes}"))
    return pd.concat(parts, axis=1).reset_index()


def telling_times(times: pd.DataFrame) -> pd.DataFrame:
    """The logarithms of the times that are drawn, by margin."""
    drawn = times[times["objective"].isin(TELLING)]
    return drawn.drop(columns=["growth", "number", "why"])


def compare_with_quadrature(times: pd.DataFrame, run: StudyRun) -> pd.DataFrame:
    return compare_times(times, _margins(run))


def measure_steps(run: StudyRun) -> pd.DataFrame:
    """Count discrete steps on R1, three classes; one row for each optimizer, pair and margin."""
    pairs = QUICK_STEPPED if run.quick else STEPPED
    margins = STEP_MARGINS[:1] if run.quick else STEP_MARGINS
    most = QUICK_STEPS if run.quick else MOST_STEPS

    def count(optimizer: str) -> pd.DataFrame:
        return _steps(optimizer, pairs, margins, most)

    return run.gather("steps", ("sgd", "momentum", "adam"), count)


def _steps(
    optimizer: str, pairs: tuple[str, ...], margins: tuple[float, ...], most: int
) -> pd.DataFrame:
    """The numbers of steps of one optimizer; -1 where it fails."""
    directions = np.array([*RAYS["R1"], 0.0])
    starts = np.array([BASE + margin * directions for margin in margins])
    update = OPTIMIZERS[optimizer](LEARNING_RATE)
    result = steps_to_correct(list(pairs), starts, update, most=most)
    rows = []
    for i, pair in enumerate(pairs):
        for m, margin in enumerate(margins):
            row = {
                "optimizer": optimizer,
                "learning_rate": LEARNING_RATE,
                "objective": pair,
                "margin": margin,
                "steps": result.counts[i, m],
                "why": result.reasons[i, m],
            }
            rows.append(row)
    return pd.DataFrame(rows)


def measure_paths(run: StudyRun) -> pd.DataFrame:
    starts = STARTS[:2] if run.quick else STARTS
    key = _pairs_over_field(run)
    return run.gather("paths", [key], lambda pairs: paths(pairs, starts, POINTS))


def measure_field(run: StudyRun) -> pd.DataFrame:
    side = SIDE[::2] if run.quick else SIDE
    key = _pairs_over_field(run)
    return run.gather("field", [key], lambda pairs: field(pairs, side))


def _pairs_over_field(run: StudyRun) -> tuple[str, ...]:
    return OVER_FIELD[:1] if run.quick else OVER_FIELD
