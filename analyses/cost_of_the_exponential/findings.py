"""Findings about the cost of an output layer's parts."""

from typing import TYPE_CHECKING

import numpy as np

from ..harness.findings import Finding, Verdict, proved
from .tables import percent, rows_of

if TYPE_CHECKING:
    import pandas as pd

PASSES = ("forward", "gradient")


def share_of_exponential(id: str, parts: "pd.DataFrame", name: str) -> Finding:
    """Whether the exponential is most of the layer anywhere, in the pass of that name."""
    exp = rows_of(parts[parts["pass"] == name], "exp")
    by_width = [
        f"{percent(rows['share'].max())} with {hidden}"
        for hidden, rows in exp.groupby("hidden")
    ]
    never_half = exp["share_high"].max() < 0.5
    worst = exp.loc[exp["share"].idxmax()]
    quartiles = f"{percent(worst['share_low'])} to {percent(worst['share_high'])}"
    limit = (
        f"most at K = {worst['classes']:,} with {worst['hidden']} hidden units, "
        f"quartiles {quartiles}"
    )
    return Finding(
        id=id,
        claim=f"the exponential is an expensive part of an output layer, {name}",
        measured=f"it takes at most {', '.join(by_width)} hidden units",
        verdict="does not hold" if never_half else "holds with a limit",
        limit=limit,
    )


def sum_or_exponential(parts: "pd.DataFrame") -> Finding:
    """The reply taken literally: whether normalising takes longer without the exponential.

    Two shares differ if the intervals between their quartiles are disjoint.
    """
    exp = rows_of(parts, "exp")
    rest = rows_of(parts, "square")
    longer = int((rest["share_low"] > exp["share_high"]).sum())
    shorter = int((exp["share_low"] > rest["share_high"]).sum())
    least, most = percent(rest["share"].min()), percent(rest["share"].max())
    limit = (
        f"of the layer: sum {least} to {most}, "
        f"exp at most {percent(exp['share'].max())}, the product the rest"
    )
    return Finding(
        id="C19c",
        claim="it is the sum that costs, as max, sum, log and division take longer than exp",
        measured=f"they take longer in {longer} of {len(exp)} cases, and less in {shorter}",
        verdict=verdict_of_counts(longer, shorter, len(exp)),
        limit=limit,
    )


def verdict_of_counts(longer: int, shorter: int, total: int) -> Verdict:
    if longer == total:
        return "holds"
    if longer > 0:
        return "holds with a limit"
    if shorter > 0:
        return "does not hold"
    return "cannot tell"


def all_classes(parts: "pd.DataFrame") -> Finding:
    """The reply as it is meant: everything that is done for every class costs.

    The layer over all classes is compared with one over a few sampled classes.
    """
    sampled = rows_of(parts, "whole, sampled")
    ratios = [
        f"{name} {1 / relative:.0f} times"
        for name, relative in zip(sampled["pass"], sampled["relative"], strict=True)
    ]
    classes = f"{parts['classes'].max():,} classes"
    clearly_longer = (1 / sampled["relative_high"] > 2).all() and len(sampled) > 0
    return Finding(
        id="C19d",
        claim=f"the layer of {classes} takes longer than one of 512 sampled ones",
        measured=f"it takes {', '.join(ratios)}",
        verdict="holds" if clearly_longer else "cannot tell",
        limit=f"the product is most of it; {parts['hidden'].max()} hidden units",
    )


def squares(parts: "pd.DataFrame") -> Finding:
    """Whether squares in place of exponentials make the whole layer cheaper."""
    square = rows_of(parts, "whole, square")
    least = percent(square["relative"].min())
    most = percent(square["relative"].max())
    clear = int((square["relative_high"] < 0.95).sum())
    count = f"{clear} of {len(square)} cases"
    return Finding(
        id="C19e",
        claim="squares instead of exponentials make the output layer cheaper",
        measured=f"the time is {least} to {most} of softmax's",
        verdict="holds with a limit" if clear else "does not hold",
        limit=f"more than 5 % saved, at three quartiles, in {count}",
    )


def counts(parts: "pd.DataFrame") -> list[Finding]:
    """The compiler's counts against those of theory; none where the backend does not count."""
    forward = parts[parts["pass"] == "forward"]
    flop_excess = relative_excess_of_flop(rows_of(forward, "product"))
    exponentials = exponentials_per_logit(rows_of(forward, "exp"))
    if not np.isfinite([*flop_excess, *exponentials]).all():
        return []
    hidden = int(parts["hidden"].max())
    return [
        proved(
            id="C19f",
            claim="by the compiler's count the product takes 2 x "
            f"{hidden} FLOP a logit",
            value=max(map(abs, flop_excess)),
            expected=0,
            tolerance=1e-3,
            measured="the relative difference is {:.3f}",
        ),
        proved(
            id="C19g",
            claim="by the compiler's count the loss takes one exponential a logit, forward",
            value=max(exponentials),
            expected=1,
            tolerance=1e-3,
            measured="it takes {:.3f}",
        ),
    ]


def relative_excess_of_flop(product: "pd.DataFrame") -> list[float]:
    """The excess over the FLOP of theory: a multiplication and an addition per hidden unit."""
    theory = 2 * product["hidden"] * product["batch"] * product["classes"]
    excess: list[float] = (product["flops"] / theory - 1).tolist()
    return excess


def exponentials_per_logit(loss: "pd.DataFrame") -> list[float]:
    logits = loss["batch"] * loss["classes"]
    # Each example needs one transcendental more: the logarithm of its sum.
    exponentials = loss["transcendentals"] - loss["batch"]
    per_logit: list[float] = (exponentials / logits).tolist()
    return per_logit
