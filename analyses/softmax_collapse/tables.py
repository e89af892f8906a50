"""The tables of the study: every arm over its steps, and at its end."""

import pandas as pd

from ..shared.intervals import difference, holm, interval
from .arms import ACCURATE, COPIED, REMEDY, UNSCALED, USUAL

COMPARED = (
    (ACCURATE, USUAL),
    (REMEDY, USUAL),
    (REMEDY, ACCURATE),
    (COPIED, REMEDY),
    (ACCURATE, UNSCALED),
)
"""Arms whose test accuracies are compared, seed by seed."""
LATE = 0.5
"""Share of the steps from which the share of absent gradients is averaged."""
BEGUN = 0.01
"""Share of absent gradients at which collapse has begun."""


def over_steps(runs: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds at every measurement, with intervals."""
    rows = []
    for (arm, step), part in runs.groupby(["arm", "step"], sort=False):
        row = {"arm": arm, "step": step, "finite": int(part.finite.sum())}
        for name in ("absent", "margin", "train", "test"):
            row |= interval(name, part[name])
        rows.append(row)
    return pd.DataFrame(rows)


def at_the_end(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each arm: its last measurement, and the absent gradients of the later half."""
    rows = []
    for arm, part in runs.groupby("arm", sort=False):
        last = part[part.step == part.step.max()]
        late = part[part.step >= LATE * part.step.max()]
        row = {"arm": arm, "seeds": len(last), "finite": int(last.finite.sum())}
        row |= interval("absent", late.groupby("seed").absent.mean())
        row["most_absent"] = part.absent.max()
        row["begins"] = beginning(part)
        for name in ("margin", "train", "test"):
            row |= interval(name, last[name])
        rows.append(row)
    return pd.DataFrame(rows)


def beginning(runs: pd.DataFrame) -> float:
    """The first measured step at which, in the mean of the seeds, BEGUN have no gradient."""
    absent = runs.groupby("step").absent.mean()
    begun = absent.index[absent >= BEGUN]
    return float(begun.min()) if len(begun) else float("nan")


def differences(runs: pd.DataFrame) -> pd.DataFrame:
    """Differences of the test accuracies at the end, in pairs of one seed."""
    last = runs[runs.step == runs.step.max()]
    tests = {
        str(arm): part.sort_values("seed").test for arm, part in last.groupby("arm")
    }
    pairs = [
        (arm, other)
        for arm, other in COMPARED
        if arm.name in tests and other.name in tests
    ]
    found = [difference(tests[arm.name], tests[other.name]) for arm, other in pairs]
    return pd.DataFrame(
        {
            "arm": [arm.name for arm, _ in pairs],
            "other": [other.name for _, other in pairs],
            "difference": [each.mean for each in found],
            "difference_low": [each.low for each in found],
            "difference_high": [each.high for each in found],
            "holm_p": holm([each.p for each in found]),
        }
    )
