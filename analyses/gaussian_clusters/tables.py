"""The tables of gaussian_clusters.py: all pairs fitted, and what is made of the ten data sets."""

from collections.abc import Sequence
from functools import cache, partial

import jax
import numpy as np
import pandas as pd
from scipy import stats

from logitscape._src.objectives.catalog import (
    LOGIT_LOSSES,
    NORMALIZERS,
    PROBABILITY_LOSSES,
)

from ..harness.results import Tables
from ..harness.study import StudyRun
from ..shared.intervals import half_width, holm
from .fits import MANY, MOST, MOST_OF_MANY, TRAINED, data, measured
from .identities import three_objectives, tie, unlike_clusters
from .theory import bayes, grid, ideal, softmax

HERO = "softmax + cross_entropy"
SIZES, LARGEST = (100, 1000, 10_000), 100_000
LOSSES = [loss for loss in PROBABILITY_LOSSES if loss != "kl"]
PAIRS = [
    f"{normalizer} + {loss}" for normalizer in NORMALIZERS for loss in LOSSES
] + list(LOGIT_LOSSES)
CLOSELY = {HERO, *LOGIT_LOSSES}
CLOSELY |= {f"softmax + {loss}" for loss in LOSSES}
CLOSELY |= {
    f"{normalizer} + {loss}"
    for normalizer in NORMALIZERS
    for loss in ("cross_entropy", "brier")
}
"""Fitted to 10,000 examples, and from many starts too."""
WIDELY = {
    f"softmax + {loss}"
    for loss in LOSSES
    if loss not in ("mae", "clipped_cross_entropy")
}
WIDELY |= {
    f"{normalizer} + cross_entropy"
    for normalizer in ("spherical", "taylor", "abs", "softplus", "sigsoftmax")
}
"""Fitted to 100,000 examples too."""
PROPER_PAIRS = [
    "softmax + brier",
    "softmax + spherical_score",
    "softmax + tsallis_score",
]
QUICK = [HERO, "softmax + brier", "argmax + brier", "sum + cross_entropy", "z_loss"]
QUICK_TIES = ("softmax", "taylor", "softmax_one")
SAME = 1e-3
TEMPERED = {"exponential": 1 / 2, "hellinger": 2.0, "generalized_cross_entropy": 10 / 3}
"""With softmax the logits of the posterior, times this, are what the loss asks for: exactly linear."""


def measure(plan: StudyRun) -> Tables:
    jax.config.update("jax_enable_x64", True)
    everything = cache(partial(data, SIZES[:2] if plan.quick else (*SIZES, LARGEST)))

    def part(pair: str) -> pd.DataFrame:
        return measured(pair, everything(), sizes_of(pair, plan.quick), pair in CLOSELY)

    everything()
    fits = plan.gather("fits", QUICK if plan.quick else PAIRS, part, threads=2)
    ties = plan.gather(
        "ties", QUICK_TIES if plan.quick else list(NORMALIZERS), _tie, threads=2
    )
    return {
        "fits": by_size(fits),
        "pairs": by_pair(fits),
        "comparisons": comparisons(fits),
        "ties": ties,
        "identities": identities(),
    }


def sizes_of(pair: str, quick: bool) -> Sequence[int]:
    if quick or pair not in CLOSELY | WIDELY:
        return SIZES[:2]
    return (*SIZES, LARGEST) if pair in WIDELY else SIZES


def _tie(normalizer: str) -> pd.DataFrame:
    return pd.DataFrame(
        [{"normalizer": normalizer, "relative_distance": tie(normalizer)}]
    )


def identities() -> pd.DataFrame:
    values, gradients = three_objectives()
    rows = {
        "three objectives, values": values,
        "three objectives, gradients": gradients,
        "unlike clusters, linear functions": unlike_clusters(squares=False),
        "unlike clusters, quadratic functions": unlike_clusters(squares=True),
        "tempered posteriors": max(
            tempering(loss, power) for loss, power in TEMPERED.items()
        ),
    }
    return pd.DataFrame({"what": list(rows), "value": list(rows.values())})


def tempering(loss: str, power: float) -> float:
    """How far what a loss asks for is from the softmax of the posterior's logits, times a power."""
    eta = bayes(grid()[0])
    return float(np.abs(ideal(loss, eta) - softmax(power * np.log(eta))).max())


def by_size(fits: pd.DataFrame) -> pd.DataFrame:
    """Means over the data sets, with the half widths of their intervals."""
    drawn = fits[fits["data"].astype(str).str.isdigit()].assign(
        examples=lambda rows: rows["data"].astype(int)
    )
    rows = []
    for (pair, examples), lanes in drawn.groupby(["pair", "examples"], sort=False):
        cut = lanes["evaluations"] >= (MOST_OF_MANY if examples >= MANY else MOST)
        row = {"pair": pair, "examples": examples}
        for name in ("kl", "tv"):
            row |= {
                name: lanes[name].mean(),
                f"{name}_half_width": half_width(lanes[name].to_numpy()),
            }
        ended = {
            "cut_off": int(cut.sum()),
            "infinite_loss": int((~np.isfinite(lanes["loss"])).sum()),
        }
        rows.append(row | {"undefined": lanes["undefined"].mean()} | ended)
    return pd.DataFrame(rows)


def by_pair(fits: pd.DataFrame) -> pd.DataFrame:
    """Of every pair why it was not trained, or what it asks for, its limit, and what many starts have reached."""
    return pd.DataFrame(
        [_of_pair(str(pair), rows) for pair, rows in fits.groupby("pair", sort=False)]
    )


def _of_pair(pair: str, rows: pd.DataFrame) -> dict[str, object]:
    normalizer, _, loss = pair.rpartition(" + ")
    row: dict[str, object] = {
        "pair": pair,
        "normalizer": normalizer,
        "loss": loss,
        "outcome": rows["outcome"].iloc[0],
    }
    if row["outcome"] != TRAINED:
        return row
    asked, limit, starts = (
        rows[rows["data"] == name] for name in ("labels alone", "infinite", "starts")
    )
    last = limit.loc[limit["loss"].fillna(np.inf).idxmin()]
    row |= {
        "asked_tv": asked["tv"].max(),
        "asked_tv_from_theory": asked["tv_ideal"].max(),
        "limit_loss": last["loss"],
    }
    if np.isfinite(last["loss"]):
        row |= {f"limit_{name}": last[name] for name in ("kl", "tv", "undefined")} | {
            "limit_tv_from_theory": last["tv_ideal"]
        }
    return row | (_of_starts(starts) if len(starts) else {})


def _of_starts(starts: pd.DataFrame) -> dict[str, object]:
    """How many different losses were reached, and how often the least; a start where the loss is infinite reaches none."""
    reached = np.sort(starts["loss"][np.isfinite(starts["loss"])].to_numpy())
    tolerance = SAME * np.abs(reached).max(initial=0)
    return {
        "solutions": int((np.diff(reached, prepend=-np.inf) > tolerance).sum()),
        "starts_at_best": int(
            (reached <= reached.min(initial=np.inf) + tolerance).sum()
        ),
        "largest_loss_difference": float(np.ptp(reached))
        if len(reached)
        else float("nan"),
        "moments": starts["moments"].max(),
    }


def comparisons(fits: pd.DataFrame) -> pd.DataFrame:
    """Distances less those of softmax + cross_entropy, by data set; every family of one size is corrected as a whole."""
    families = {
        "all pairs": ("tv", [pair for pair in PAIRS if pair != HERO]),
        "proper losses": ("kl", PROPER_PAIRS),
    }
    rows = []
    for examples in sorted(
        int(name) for name in fits["data"].astype(str).unique() if name.isdigit()
    ):
        drawn = fits[fits["data"].astype(str) == str(examples)]
        for family, (measure, pairs) in families.items():
            lanes = drawn.pivot(index="lane", columns="pair", values=measure)
            differences = lanes[[pair for pair in pairs if pair in lanes]].sub(
                lanes[HERO], axis=0
            )
            rows.append(
                _from_zero(differences).assign(
                    family=family, measure=measure, examples=examples
                )
            )
    return pd.concat(rows, ignore_index=True)


def _from_zero(differences: pd.DataFrame) -> pd.DataFrame:
    values = differences.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        p = stats.ttest_1samp(values, 0).pvalue
    p = np.where(np.ptp(values, axis=0) > 0, p, 1.0)
    columns = {
        "pair": differences.columns,
        "difference": values.mean(axis=0),
        "half_width": [half_width(v) for v in values.T],
    }
    return pd.DataFrame(columns).assign(p_holm=holm(p))
