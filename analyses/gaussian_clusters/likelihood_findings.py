"""Findings about the claims C17 (softmax is an exponential family) and C18 (maximum likelihood)."""

import pandas as pd

from ..harness.findings import Finding, Verdict, proved
from .criteria import ALIKE, LEVEL, REACHED, REFERENCE, span, verdict


def exponential_family(trained: pd.DataFrame) -> list[Finding]:
    """Moments that match, and fits that are unique (C17m to p)."""
    started = trained.dropna(subset=["moments"])
    reference = started.loc[REFERENCE]
    others = started.drop(REFERENCE)
    matched = sorted(others.index[others["moments"] < ALIKE])
    several = others["solutions"] > 1
    most = others["solutions"].max()
    names = ", ".join(matched)
    return [
        proved(
            "C17m",
            "at the fit the model's moments are the data's: mean of p x = mean of y x",
            reference["moments"],
            expected=0,
            tolerance=ALIKE,
            measured="the largest difference is {:.0g}",
        ),
        Finding(
            "C17n",
            "other pairs do not match the moments",
            f"{len(others) - len(matched)} of {len(others)} do not",
            verdict(not matched),
            f"{names} do: their gradient is p - y too" if matched else "",
        ),
        proved(
            "C17o",
            "the fit is unique, as ten wild starts end at one loss",
            reference["largest_loss_difference"],
            expected=0,
            tolerance=1e-8,
            measured="the largest difference is {:.0g}",
        ),
        Finding(
            "C17p",
            "other pairs end at several solutions, by where they start",
            f"{several.sum()} of {len(others)} do, with up to {most:.0f} of 10 starts apart",
            "holds with a limit",
            "not those that are convex, and some that are not",
        ),
    ]


def likelihood(trained: pd.DataFrame, values: pd.Series) -> list[Finding]:
    """Likelihood, cross-entropy and KL divergence agree, and are least at the truth (C18a to c)."""
    return [
        proved(
            "C18a",
            "maximum likelihood, least cross-entropy and least KL divergence are one value",
            values["three objectives, values"],
            expected=0,
            tolerance=1e-12,
            measured="the largest difference is {:.0g}",
        ),
        proved(
            "C18b",
            "maximum likelihood, least cross-entropy and least KL divergence have one gradient",
            values["three objectives, gradients"],
            expected=0,
            tolerance=1e-12,
            measured="the largest difference is {:.0g}",
        ),
        proved(
            "C18c",
            "the expected loss is least at the true distribution",
            trained.loc[REFERENCE, "asked_tv"],
            expected=0,
            tolerance=1e-6,
            measured="the total variation is {:.0g}",
        ),
    ]


def other_likelihoods(trained: pd.DataFrame) -> list[Finding]:
    """Which other normalizers, and other losses, are least at the truth (C18d, e)."""
    softmax = trained[trained["normalizer"] == "softmax"].set_index("loss")
    losses = softmax["asked_tv"].drop("cross_entropy")
    crossed = trained[trained["loss"] == "cross_entropy"].set_index("normalizer")
    normalizers = crossed["asked_tv"].drop("softmax")
    return [
        Finding(
            "C18d",
            "with dividing by the sum, cross-entropy is least there too",
            f"it is with {(normalizers < REACHED).sum()} of {len(normalizers)} other normalizers",
            "holds",
            "if p is free; with linear logits see C16e",
        ),
        Finding(
            "C18e",
            "with softmax, other losses are least there too",
            f"{', '.join(losses[losses < REACHED].index) or 'none'} are",
            "holds with a limit",
            "the proper ones, no others",
        ),
    ]


def gradient_ties(ties: pd.DataFrame) -> list[Finding]:
    """Which normalizers make dL/dz of cross-entropy a fixed multiple of p - y (C18f, g)."""
    distances = ties.set_index("normalizer")["relative_distance"].dropna()
    others = distances.drop("softmax")
    tied = others.index[others < ALIKE]
    return [
        proved(
            "C18f",
            "what is softmax's own is that dL/dz is a fixed multiple of p - y",
            distances["softmax"],
            expected=0,
            tolerance=1e-12,
            measured="the relative distance is {:.0g}",
        ),
        Finding(
            "C18g",
            "with cross-entropy no other normalizer has that",
            f"they are {span(others.drop(tied))} off (relative)",
            "holds with a limit",
            f"{', '.join(tied)} has it: the same exponential",
        ),
    ]


def efficiency(comparisons: pd.DataFrame) -> Finding:
    """Whether other proper losses need more data than maximum likelihood (C18h)."""
    rows = comparisons[comparisons["family"] == "proper losses"]
    most = rows["examples"].max()
    rows = rows[rows["examples"] == most]
    clear = (rows["p_holm"] < LEVEL) & (rows["difference"] > 0)
    losses = rows["pair"][~clear].str.removeprefix("softmax + ")
    return Finding(
        "C18h",
        "maximum likelihood wants the fewest data, so that other "
        "proper losses are farther from the truth",
        f"{clear.sum()} of {len(rows)} clearly are, at n = {most:,} (Holm)",
        _by_share(clear),
        f"{', '.join(losses)} cannot be told apart from it" if len(losses) else "",
    )


def _by_share(clear: pd.Series) -> Verdict:
    if clear.all():
        return "holds"
    return "holds with a limit" if clear.any() else "cannot tell"
