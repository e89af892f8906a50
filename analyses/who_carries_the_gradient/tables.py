"""The tables of the study: shares of the gradient, and the bounds of its norm in theory."""

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import logitscape as ls

from ..shared.intervals import difference, holm, interval
from ..shared.scattered import scattered
from .training import REFERENCE

Values: TypeAlias = NDArray[Any]

AT = 0.05
"""The share of the examples that are wrong where pairs are compared."""
CLASSES = 10
PROBES = 10_000
"""Number of random logits at which the bounds are tested."""


def by_pair(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each pair and model, with its differences from the reference."""
    carried = {}
    rows = []
    for key, part in runs.groupby("key", sort=False):
        carried[str(key)] = carried_at(part)
        rows.append(summary(part, carried[str(key)]))
    return pd.DataFrame(rows).assign(**_differences(carried))


def summary(runs: pd.DataFrame, carried: Values) -> dict[str, Any]:
    """The share that the wrong carry where AT of the images are wrong, and the end of training.

    Args:
        runs: All epochs of a pair with a model.
        carried: `carried_at` of the runs.
    """
    first = runs.iloc[0]
    last = runs[runs.epoch == runs.epoch.max()]
    scores = [name for name in runs.columns if name.startswith("validation")]
    return {
        "pair": first.pair,
        "model": first.model,
        **interval("carried", carried),
        **interval("end_wrong", last.wrong),
        **interval("end_carried", last.carried),
        **interval("test", last.test),
        "seeds": len(last),
        "never_there": int(np.isnan(carried).sum()),
        "diverged": int(last.diverged.sum()),
        "learning_rate": first.learning_rate,
        "edge": first.edge,
        **{name: first[name] for name in scores},
    }


def carried_at(runs: pd.DataFrame) -> Values:
    """The share carried where AT of the images are wrong, [seed]; NaN if it never gets there."""
    shares = []
    for _, part in runs.groupby("seed"):
        shares.append(crossing(part.wrong.to_numpy(), part.carried.to_numpy()))
    return np.array(shares)


def crossing(wrong: Values, carried: Values, at: float = AT) -> float:
    """The share carried when the share that is wrong first falls to `at`.

    It is interpolated linearly between the epochs before and after. NaN if no epoch lies before, or
    none after.
    """
    below = np.flatnonzero(wrong <= at)
    if not below.size or below[0] == 0:
        return float("nan")
    around = [below[0], below[0] - 1]
    return float(np.interp(at, wrong[around], carried[around]))


def _differences(carried: dict[str, Values]) -> dict[str, Any]:
    """Columns of paired differences from the reference with the same model, and their p-values."""
    differences = []
    p_values = []
    for key, shares in carried.items():
        pair, model = key.split(" | ")
        paired = difference(shares, carried[f"{REFERENCE} | {model}"])
        differences.append(paired)
        # The reference is not compared with itself.
        p_values.append(np.nan if pair == REFERENCE else paired.p)
    return {
        "difference_mean": [paired.mean for paired in differences],
        "difference_low": [paired.low for paired in differences],
        "difference_high": [paired.high for paired in differences],
        "holm_p": holm(p_values),
    }


def by_epoch(runs: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds after every epoch, with the interval of the share carried."""
    groups = runs.groupby(["pair", "model", "epoch"], sort=False)
    rows = []
    for (pair, model, epoch), part in groups:
        row = {"pair": pair, "model": model, "epoch": epoch}
        row["wrong"] = part.wrong.mean()
        rows.append(row | interval("carried", part.carried))
    return pd.DataFrame(rows)


def bounds() -> pd.DataFrame:
    """The number of random logits where the norm for softmax + cross_entropy leaves its bounds.

    They are sqrt(K / (K - 1)) and sqrt(2), times 1 - p_y.
    """
    random = np.random.default_rng(0)
    directions = random.normal(size=(PROBES, CLASSES))
    logits = directions * random.uniform(0, 15, size=(PROBES, 1))
    sweep = ls.sweep(REFERENCE, scattered("random", logits))
    gradient = np.asarray(sweep.gradient)[0, 0]
    norm = np.hypot.reduce(gradient, axis=-1)
    missing = -gradient[:, 0]
    low = missing * (CLASSES / (CLASSES - 1)) ** 0.5
    high = missing * 2**0.5
    outside = (norm < low * (1 - 1e-9)) | (norm > high * (1 + 1e-9))
    wrong = ~np.asarray(sweep.correct)[0, 0]
    row = {
        "logits": PROBES,
        "outside": outside.sum(),
        "least_while_wrong": norm[wrong].min(),
    }
    return pd.DataFrame([row])
