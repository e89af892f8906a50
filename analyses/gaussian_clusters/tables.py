"""The tables of the study: fits of all pairs, summaries by size and by pair, and comparisons."""

from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from ..harness.study import StudyRun
from ..shared.catalogue import NORMALIZERS
from ..shared.intervals import half_width, holm
from .criteria import REFERENCE
from .fits import TRAINED, fit_pair, most_evaluations
from .identities import relative_distance
from .pairs import (
    ALL_SIZES,
    PAIRS,
    PROPER_PAIRS,
    QUICK_NORMALIZERS,
    QUICK_PAIRS,
    SIZES,
    UP_TO_10_000,
    sizes_of,
)
from .samples import Samples, make_samples

SAME = 1e-3
"""Losses that differ by less than this fraction of the largest are one solution."""


def fit_pairs(run: StudyRun) -> pd.DataFrame:
    """Fit every pair; one row for each lane of each data set of each pair."""

    @cache
    def samples() -> Samples:
        return make_samples(SIZES[:2] if run.quick else ALL_SIZES)

    def fit(pair: str) -> pd.DataFrame:
        return fit_pair(
            pair, samples(), sizes_of(pair, run.quick), pair in UP_TO_10_000
        )

    samples()  # made here, before two threads would make them at the same time
    return run.gather("fits", QUICK_PAIRS if run.quick else PAIRS, fit, threads=2)


def measure_ties(run: StudyRun) -> pd.DataFrame:
    """How closely each normalizer's gradient with cross-entropy is tied to p - y."""

    def measure(normalizer: str) -> pd.DataFrame:
        row = {
            "normalizer": normalizer,
            "relative_distance": relative_distance(normalizer),
        }
        return pd.DataFrame([row])

    normalizers = QUICK_NORMALIZERS if run.quick else list(NORMALIZERS)
    return run.gather("ties", normalizers, measure, threads=2)


def by_size(fits: pd.DataFrame) -> pd.DataFrame:
    """Means over the data sets, with half widths of their intervals, for every pair and size."""
    drawn = fits[fits["data"].astype(str).str.isdigit()]
    drawn = drawn.assign(examples=drawn["data"].astype(int))
    rows = []
    for (pair, examples), lanes in drawn.groupby(["pair", "examples"], sort=False):
        row = {"pair": pair, "examples": examples}
        rows.append(row | _of_size(lanes, most_evaluations(examples)))
    return pd.DataFrame(rows)


def _of_size(lanes: pd.DataFrame, most: int) -> dict[str, float]:
    row = {}
    for name in ("kl", "tv"):
        row[name] = lanes[name].mean()
        row[f"{name}_half_width"] = half_width(lanes[name].to_numpy())
    row["undefined"] = lanes["undefined"].mean()
    row["cut_off"] = int((lanes["evaluations"] >= most).sum())
    row["infinite_loss"] = int((~np.isfinite(lanes["loss"])).sum())
    return row


def by_pair(fits: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair: its outcome, what it asks for, its limit, and its many starts."""
    rows = [
        _of_pair(str(pair), part) for pair, part in fits.groupby("pair", sort=False)
    ]
    return pd.DataFrame(rows)


def _of_pair(pair: str, fits: pd.DataFrame) -> dict[str, object]:
    normalizer, _, loss = pair.rpartition(" + ")
    outcome = fits["outcome"].iloc[0]
    row = {"pair": pair, "normalizer": normalizer, "loss": loss, "outcome": outcome}
    if outcome != TRAINED:
        return row
    asked = fits[fits["data"] == "labels alone"]
    row["asked_tv"] = asked["tv"].max()
    row["asked_tv_from_theory"] = asked["tv_ideal"].max()
    row |= _limit(fits[fits["data"] == "infinite"])
    starts = fits[fits["data"] == "starts"]
    return row | _of_starts(starts) if len(starts) else row


def _limit(lanes: pd.DataFrame) -> dict[str, object]:
    """The best fit to the distribution itself; its distances only where its loss is finite."""
    fit = lanes.loc[lanes["loss"].fillna(np.inf).idxmin()]
    row = {"limit_loss": fit["loss"]}
    if not np.isfinite(fit["loss"]):
        return row
    row["limit_kl"] = fit["kl"]
    row["limit_tv"] = fit["tv"]
    row["limit_undefined"] = fit["undefined"]
    row["limit_tv_from_theory"] = fit["tv_ideal"]
    return row


def _of_starts(starts: pd.DataFrame) -> dict[str, object]:
    """The number of different finite losses reached, and how often the least was."""
    losses = np.sort(starts["loss"][np.isfinite(starts["loss"])].to_numpy())
    tolerance = SAME * np.abs(losses).max(initial=0)
    # The least loss is a solution as well, hence a jump before it.
    jumps = np.diff(losses, prepend=-np.inf) > tolerance
    at_best = losses <= losses.min(initial=np.inf) + tolerance
    largest = float(np.ptp(losses)) if len(losses) else float("nan")
    return {
        "solutions": int(jumps.sum()),
        "starts_at_best": int(at_best.sum()),
        "largest_loss_difference": largest,
        "moments": starts["moments"].max(),
    }


def comparisons(fits: pd.DataFrame) -> pd.DataFrame:
    """Distances minus those of the reference pair, paired by data set.

    The comparisons of one family and one size are corrected together for their number.
    """
    names = fits["data"].astype(str)
    others = [pair for pair in PAIRS if pair != REFERENCE]
    tables = []
    for examples in sorted(int(name) for name in names.unique() if name.isdigit()):
        drawn = fits[names == str(examples)]
        everything = _compared(drawn, "tv", others)
        proper = _compared(drawn, "kl", PROPER_PAIRS)
        tables += [
            everything.assign(family="all pairs", measure="tv", examples=examples),
            proper.assign(family="proper losses", measure="kl", examples=examples),
        ]
    return pd.concat(tables, ignore_index=True)


def _compared(fits: pd.DataFrame, measure: str, pairs: list[str]) -> pd.DataFrame:
    """Student's t tests of each pair's difference from the reference pair, corrected by Holm."""
    lanes = fits.pivot(index="lane", columns="pair", values=measure)
    fitted = [pair for pair in pairs if pair in lanes]
    differences = lanes[fitted].sub(lanes[REFERENCE], axis=0)
    values = differences.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stats.ttest_1samp(values, 0).pvalue
    # The t statistic of equal differences is not defined.
    p = np.where(np.ptp(values, axis=0) > 0, p, 1.0)
    columns = {
        "pair": differences.columns,
        "difference": values.mean(axis=0),
        "half_width": [half_width(column) for column in values.T],
    }
    return pd.DataFrame(columns).assign(p_holm=holm(p))
