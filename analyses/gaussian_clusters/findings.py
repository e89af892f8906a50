"""What the tables of gaussian_clusters.py say about the claims."""

import pandas as pd

from ..harness.findings import Finding, Verdict, proved

HERO = "softmax + cross_entropy"
REACHED, ALIKE, LEVEL = 1e-3, 1e-5, 0.05
TEMPERED = ("exponential", "hellinger", "generalized_cross_entropy")
PARAMETERS = 6  # (classes - 1) (features + 1): half of it over n is the KL divergence that maximum likelihood expects
WITHOUT_PROBABILITIES = (
    "perceptron",
    "crammer_singer",
    "weston_watkins",
    "squared_logits",
)


def findings(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    pairs = tables["pairs"].set_index("pair")
    values = tables["identities"].set_index("what")["value"]
    trained = pairs[pairs["outcome"] == "trained"]
    return [
        *posterior(trained, tables["fits"], values),
        *elsewhere(trained, values),
        against_hero(pairs, tables["comparisons"]),
        *exponential_family(trained),
        *likelihood(trained, values, tables["ties"], tables["comparisons"]),
    ]


def posterior(
    trained: pd.DataFrame, fits: pd.DataFrame, values: pd.Series
) -> list[Finding]:
    hero = fits[fits["pair"] == HERO].iloc[-1]
    n = hero["examples"]
    mean, width = n * hero["kl"], n * hero["kl_half_width"]
    efficient = abs(mean - PARAMETERS / 2) <= width
    normalizers = trained[trained["loss"] == "cross_entropy"].set_index("normalizer")[
        "limit_tv"
    ]
    others = normalizers.drop("softmax").sort_values()
    exact = others[others < REACHED]
    own = trained[
        (trained["normalizer"] == "") & ~trained["loss"].isin(WITHOUT_PROBABILITIES)
    ].set_index("loss")["limit_tv"]
    return [
        proved("C16a", "a Gaussian cluster per class: a softmax of linear functions is the posterior",
               trained.loc[HERO, "limit_kl"], expected=0, tolerance=1e-8, measured="KL {:.0g} with unlimited data"),
        Finding("C16b", "a fit to n examples comes as near as maximum likelihood can: KL 3/n",
                f"n KL = {mean:.2f} ± {width:.2f} at n = {n:,.0f}",
                verdict(efficient), "" if efficient else "for large n"),
        Finding("C16c", "clusters of unequal widths: linear functions do no more",
                f"KL {values['unlike clusters, linear functions']:.3f} is left", "holds with a limit",
                "equal covariances only"),
        proved("C16d", "clusters of unequal widths: a softmax of quadratic functions is the posterior",
               values["unlike clusters, quadratic functions"], expected=0, tolerance=1e-8, measured="KL {:.0g} is left"),
        Finding("C16k", "losses of the logits find it as well",
                ", ".join(own[own < REACHED].index) or "none", "holds with a limit",
                f"the others with probabilities end {span(own[own >= REACHED])} away, the hinge losses have none"),
        Finding("C16e", "other normalizers find it as well, with cross-entropy and linear logits",
                ", ".join(exact.index) or "none", "holds with a limit",
                f"far out, where they are softmax; the others end {span(others[others >= REACHED])} away (total variation)"),
    ]  # fmt: skip


def elsewhere(trained: pd.DataFrame, values: pd.Series) -> list[Finding]:
    softmax = trained[trained["normalizer"] == "softmax"].set_index("loss")
    tempered = softmax.loc[softmax.index.isin(TEMPERED), "limit_tv_from_theory"]
    improper = softmax[softmax["asked_tv"] > REACHED]
    nearer = improper["limit_tv_from_theory"] < improper["limit_tv"]
    asked = trained[trained["normalizer"] != ""]
    followed = asked["asked_tv_from_theory"] < REACHED
    strays = sorted(set(asked.loc[~followed, "normalizer"]))
    return [
        proved("C16f", "improper losses ask for powers of the posterior: exponential 1/2, hellinger 2, gce 10/3",
               values["tempered posteriors"], expected=0, tolerance=1e-9, measured="difference {:.0g}"),
        proved("C16g", "and with softmax and unlimited data they end exactly there",
               tempered.max() if len(tempered) else 0.0, expected=0, tolerance=1e-4, measured="total variation {:.0g}"),
        Finding("C16h", "improper losses with softmax end nearer to what theory says than to the truth",
                f"{nearer.sum()} of {len(improper)}", verdict(bool(nearer.all())),
                "" if nearer.all() else f"not {', '.join(nearer.index[~nearer])}: linear logits cannot give what it asks for"),
        Finding("C16i", "free to give any p, a pair gives what theory says of its loss alone",
                f"{followed.sum()} of {len(asked)} pairs", "holds with a limit" if strays else "holds",
                f"not {', '.join(strays)}: p beyond reach, or no gradient" if strays else ""),
    ]  # fmt: skip


def against_hero(pairs: pd.DataFrame, comparisons: pd.DataFrame) -> Finding:
    found = comparisons[
        (comparisons["family"] == "all pairs") & (comparisons["examples"] == 1000)
    ]
    clear = found["p_holm"] < LEVEL
    worse, better = (
        (clear & (found["difference"] > 0)).sum(),
        (clear & (found["difference"] < 0)).sum(),
    )
    untrained = (pairs["outcome"] != "trained").sum()
    return Finding(
        "C16j", "1,000 examples: no pair comes nearer to the posterior than softmax + cross_entropy",
        f"farther {worse}, nearer {better}, cannot tell {(~clear).sum()} (Holm)", verdict(not better),
        f"{untrained} more cannot be trained: no gradient, or no finite loss",
    )  # fmt: skip


def exponential_family(trained: pd.DataFrame) -> list[Finding]:
    started = trained.dropna(subset=["moments"])
    others = started.drop(HERO)
    matched = sorted(others.index[others["moments"] < ALIKE])
    several = others["solutions"] > 1
    return [
        proved("C17m", "at the fit the model's moments are the data's: mean of p x = mean of y x",
               started.loc[HERO, "moments"], expected=0, tolerance=ALIKE, measured="largest difference {:.0g}"),
        Finding("C17n", "other pairs do not match the moments",
                f"{len(others) - len(matched)} of {len(others)} do not", "holds with a limit" if matched else "holds",
                f"{', '.join(matched)} do: their gradient is p - y too" if matched else ""),
        proved("C17o", "the fit is unique: ten wild starts, one loss", started.loc[HERO, "largest_loss_difference"],
               expected=0, tolerance=1e-8, measured="largest difference {:.0g}"),
        Finding("C17p", "other pairs end at several solutions, by where they start",
                f"{several.sum()} of {len(others)}, up to {others['solutions'].max():.0f} of 10 starts",
                "holds with a limit", "not those that are convex, and some that are not"),
    ]  # fmt: skip


def likelihood(
    trained: pd.DataFrame,
    values: pd.Series,
    ties: pd.DataFrame,
    comparisons: pd.DataFrame,
) -> list[Finding]:
    softmax = (
        trained[trained["normalizer"] == "softmax"]
        .set_index("loss")["asked_tv"]
        .drop("cross_entropy")
    )
    crossed = (
        trained[trained["loss"] == "cross_entropy"]
        .set_index("normalizer")["asked_tv"]
        .drop("softmax")
    )
    distances = ties.set_index("normalizer")["relative_distance"].dropna()
    tied = distances[distances < ALIKE].index.drop("softmax")
    return [
        proved("C18a", "maximum likelihood, least cross-entropy, least KL divergence: one value",
               values["three objectives, values"], expected=0, tolerance=1e-12, measured="largest difference {:.0g}"),
        proved("C18b", "and one gradient", values["three objectives, gradients"], expected=0, tolerance=1e-12,
               measured="largest difference {:.0g}"),
        proved("C18c", "the expected loss is least at the true distribution", trained.loc[HERO, "asked_tv"],
               expected=0, tolerance=1e-6, measured="total variation {:.0g}"),
        Finding("C18d", "so would dividing by the sum, with cross-entropy",
                f"{(crossed < REACHED).sum()} of {len(crossed)} other normalizers", "holds",
                "if p is free; with linear logits see C16e"),
        Finding("C18e", "so would other losses, with softmax",
                ", ".join(softmax[softmax < REACHED].index) or "none", "holds with a limit", "the proper ones, no others"),
        proved("C18f", "softmax's own: dL/dz is a fixed multiple of p - y", distances["softmax"], expected=0, tolerance=1e-12,
               measured="relative distance {:.0g}"),
        Finding("C18g", "with cross-entropy no other normalizer has that",
                f"{span(distances.drop(['softmax', *tied]))} off (relative)", "holds with a limit",
                f"{', '.join(tied)} has it: the same exponential"),
        efficiency(comparisons),
    ]  # fmt: skip


def efficiency(comparisons: pd.DataFrame) -> Finding:
    found = comparisons[comparisons["family"] == "proper losses"]
    found = found[found["examples"] == found["examples"].max()]
    clear = (found["p_holm"] < LEVEL) & (found["difference"] > 0)
    result: Verdict = (
        "holds"
        if clear.all()
        else "holds with a limit"
        if clear.any()
        else "cannot tell"
    )
    names = [pair.removeprefix("softmax + ") for pair in found["pair"][~clear]]
    return Finding(
        "C18h", "maximum likelihood wants the fewest data: other proper losses are farther from the truth",
        f"{clear.sum()} of {len(found)} clearly, at n = {found['examples'].max():,} (Holm)", result,
        f"not told apart: {', '.join(names)}" if names else "",
    )  # fmt: skip


def span(values: pd.Series) -> str:
    return f"{values.min():.2g} to {values.max():.2g}" if len(values) else "none"


def verdict(holds: bool) -> Verdict:
    return "holds" if holds else "holds with a limit"
