"""Findings about claim C16: which pairs find the posterior, and where the others end."""

import pandas as pd

from ..harness.findings import Finding, proved
from .criteria import LEVEL, REACHED, REFERENCE, span, verdict

TEMPERED = ("exponential", "hellinger", "generalized_cross_entropy")
"""Losses that ask for a power of the posterior."""
PARAMETERS = 6
"""(classes - 1) (features + 1): maximum likelihood expects a KL divergence of half of it over n."""
WITHOUT_PROBABILITIES = (
    "perceptron",
    "crammer_singer",
    "weston_watkins",
    "squared_logits",
)


def linear_posterior(trained: pd.DataFrame) -> Finding:
    """Whether a softmax of linear functions gives the posterior (C16a)."""
    return proved(
        "C16a",
        "with a Gaussian cluster per class, a softmax of linear functions is the posterior",
        trained.loc[REFERENCE, "limit_kl"],
        expected=0,
        tolerance=1e-8,
        measured="the KL divergence is {:.0g} with unlimited data",
    )


def efficient_fit(fits: pd.DataFrame) -> Finding:
    """Whether the reference pair's KL divergence is that of maximum likelihood (C16b)."""
    row = fits[fits["pair"] == REFERENCE].iloc[-1]
    n = row["examples"]
    mean = n * row["kl"]
    width = n * row["kl_half_width"]
    efficient = abs(mean - PARAMETERS / 2) <= width
    return Finding(
        "C16b",
        "a fit to n examples comes as near as maximum likelihood can, to a KL of 3/n",
        f"n KL is {mean:.2f} ± {width:.2f} at n = {n:,.0f}",
        verdict(efficient),
        "" if efficient else "for large n",
    )


def unlike_clusters(values: pd.Series) -> list[Finding]:
    """Whether linear or quadratic functions give the posterior of unequal clusters (C16c, d)."""
    linear = values["unlike clusters, linear functions"]
    return [
        Finding(
            "C16c",
            "for clusters of unequal widths, linear functions do no more",
            f"a KL divergence of {linear:.3f} is left",
            "holds with a limit",
            "equal covariances only",
        ),
        proved(
            "C16d",
            "for clusters of unequal widths, a softmax of quadratic functions is the posterior",
            values["unlike clusters, quadratic functions"],
            expected=0,
            tolerance=1e-8,
            measured="a KL divergence of {:.0g} is left",
        ),
    ]


def other_ways(trained: pd.DataFrame) -> list[Finding]:
    """Which other normalizers, and which losses of the logits, find the posterior (C16e, k)."""
    crossed = trained[trained["loss"] == "cross_entropy"].set_index("normalizer")
    normalizers = crossed["limit_tv"].drop("softmax").sort_values()
    exact = normalizers[normalizers < REACHED]
    inexact = normalizers[normalizers >= REACHED]
    of_logits = trained[trained["normalizer"] == ""].set_index("loss")["limit_tv"]
    of_logits = of_logits[~of_logits.index.isin(WITHOUT_PROBABILITIES)]
    far = span(of_logits[of_logits >= REACHED])
    return [
        Finding(
            "C16k",
            "losses of the logits find it as well",
            f"{', '.join(of_logits[of_logits < REACHED].index) or 'none'} does",
            "holds with a limit",
            f"the others with probabilities end {far} away, the hinge losses have none",
        ),
        Finding(
            "C16e",
            "other normalizers find it as well, with cross-entropy and linear logits",
            f"{', '.join(exact.index) or 'none'} do",
            "holds with a limit",
            "far out, where they are softmax; "
            f"the others end {span(inexact)} away (total variation)",
        ),
    ]


def improper_losses(trained: pd.DataFrame, values: pd.Series) -> list[Finding]:
    """Where the losses that ask for other probabilities end (C16f, g, h)."""
    softmax = trained[trained["normalizer"] == "softmax"].set_index("loss")
    from_theory = softmax["limit_tv_from_theory"]
    tempered = from_theory[softmax.index.isin(TEMPERED)]
    improper = softmax[softmax["asked_tv"] > REACHED]
    nearer = improper["limit_tv_from_theory"] < improper["limit_tv"]
    strays = ", ".join(nearer.index[~nearer])
    return [
        proved(
            "C16f",
            "improper losses ask for powers of the posterior, "
            "exponential for 1/2, hellinger for 2, gce for 10/3",
            values["tempered posteriors"],
            expected=0,
            tolerance=1e-9,
            measured="the difference is {:.0g}",
        ),
        proved(
            "C16g",
            "with softmax and unlimited data improper losses end exactly at these powers",
            tempered.max() if len(tempered) else 0.0,
            expected=0,
            tolerance=1e-4,
            measured="the total variation is {:.0g}",
        ),
        Finding(
            "C16h",
            "improper losses with softmax end nearer to what theory says than to the truth",
            f"{nearer.sum()} of {len(improper)} do",
            verdict(bool(nearer.all())),
            f"{strays} does not, as linear logits cannot give what it asks for"
            if strays
            else "",
        ),
    ]


def free_probabilities(trained: pd.DataFrame) -> Finding:
    """Whether a pair that can give any p gives what theory says of its loss (C16i)."""
    asked = trained[trained["normalizer"] != ""]
    followed = asked["asked_tv_from_theory"] < REACHED
    strays = ", ".join(sorted(set(asked.loc[~followed, "normalizer"])))
    return Finding(
        "C16i",
        "free to give any p, a pair gives what theory says of its loss alone",
        f"{followed.sum()} of {len(asked)} pairs do",
        verdict(not strays),
        f"{strays} do not: the p is beyond reach, or there is no gradient"
        if strays
        else "",
    )


def compared_with_reference(pairs: pd.DataFrame, comparisons: pd.DataFrame) -> Finding:
    """Which pairs come nearer to the posterior than the reference, with 1,000 examples (C16j)."""
    rows = comparisons[comparisons["family"] == "all pairs"]
    rows = rows[rows["examples"] == 1000]
    clear = rows["p_holm"] < LEVEL
    worse = (clear & (rows["difference"] > 0)).sum()
    better = (clear & (rows["difference"] < 0)).sum()
    untrained = (pairs["outcome"] != "trained").sum()
    return Finding(
        "C16j",
        "from 1,000 examples no pair comes nearer to the posterior than softmax + cross_entropy",
        f"{worse} are farther, {better} nearer, and {(~clear).sum()} are not told apart (Holm)",
        verdict(not better),
        f"{untrained} more cannot be trained: no gradient, or no finite loss",
    )
