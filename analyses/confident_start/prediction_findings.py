"""Findings about the prediction of who recovers."""

from typing import TYPE_CHECKING

from ..harness.findings import Finding, Verdict
from .judgement import (
    BACK,
    EVEN,
    HALF,
    LEARNS,
    RULES,
    clopper_pearson,
    held_out,
    larger_share,
    with_outcomes,
)

if TYPE_CHECKING:
    import pandas as pd

ELSEWHERE = ("C07y", "C07z")
"""Ids of the findings about other data and other models."""


def predictions(learning: "pd.DataFrame", others: "pd.DataFrame") -> list[Finding]:
    found = [
        predicts_recovery(learning),
        predicts_half_way(learning),
        wrong_predictions(learning),
        rules_of_norms(learning),
        is_calibrated(learning),
    ]
    by_setting = others.groupby("setting", sort=False)
    for id, (setting, pairs) in zip(ELSEWHERE, by_setting, strict=True):
        found.append(predicts_elsewhere(id, str(setting), with_outcomes(pairs)))
    return found


def predicts_recovery(learning: "pd.DataFrame") -> Finding:
    """How often the prediction is right, of the pairs on which it was not chosen."""
    unseen, seen = (
        learning[learning.held_out],
        learning[~learning.held_out],
    )
    usual = larger_share(unseen.recovers)
    verdict = verdict_of(unseen, usual)
    limit = (
        f"of the pairs by which it was chosen it is right for {share_right(seen):.0%}; to say "
        f"always what is more frequent is right for {usual:.0%}; pairs share parts, so that the "
        "interval is too narrow; outcomes of a first study with fewer rates had been "
        "seen, of all pairs when the way back was taken in place of the share that is right; the "
        "model is linear, so that the descent is a small training of it, with "
        "the whole batch"
    )
    return Finding(
        id="C07o",
        claim="descent on the start's logits tells before training who recovers",
        measured="of pairs on which its kernel was not chosen it is right for "
        f"{count_right(unseen)}",
        verdict=verdict,
        limit=limit,
    )


def predicts_elsewhere(id: str, setting: str, pairs: "pd.DataFrame") -> Finding:
    """The same with other data, or with another model."""
    learning = pairs[pairs.gentle >= LEARNS]
    usual = larger_share(learning.recovers)
    unseen = learning[held_out(learning.pair)]
    return Finding(
        id=id,
        claim=f"it tells so elsewhere too ({setting})",
        measured=f"it is right for {count_right(learning)}",
        verdict=verdict_of(learning, usual),
        limit=f"to say always what is more frequent is right for {usual:.0%}; of the "
        f"{len(unseen)} pairs on which it was not chosen with digits, it is right for "
        f"{right(unseen).sum()}",
    )


def verdict_of(pairs: "pd.DataFrame", usual: float) -> Verdict:
    low, high = clopper_pearson(int(right(pairs).sum()), len(pairs))
    if low > usual:
        return "holds with a limit"
    return "does not hold" if high < usual else "cannot tell"


def right(pairs: "pd.DataFrame") -> "pd.Series[bool]":
    return pairs.predicted == pairs.recovers


def share_right(pairs: "pd.DataFrame") -> float:
    return float(right(pairs).mean())


def count_right(pairs: "pd.DataFrame") -> str:
    hits, count = int(right(pairs).sum()), len(pairs)
    low, high = clopper_pearson(hits, count)
    return f"{hits} of {count}, {hits / count:.0%} [{low:.0%}, {high:.0%}]"


def predicts_half_way(learning: "pd.DataFrame") -> Finding:
    predicted = learning.predicted_way_back >= HALF
    is_right = (predicted == ~learning.stuck).mean()
    usual = larger_share(learning.stuck)
    return Finding(
        id="C07v",
        claim="the same if half of the way back counted as recovered",
        measured=f"it is right for {is_right:.0%} of {len(learning)}",
        verdict="holds" if is_right > usual else "does not hold",
        limit=f"the more frequent outcome then has {usual:.0%}",
    )


def wrong_predictions(learning: "pd.DataFrame") -> Finding:
    false = learning.predicted & ~learning.recovers
    missed = ~learning.predicted & learning.recovers
    names = ", ".join(learning.pair[false | missed]) or "none"
    return Finding(
        id="C07p",
        claim="where the prediction is wrong, it expects too much",
        measured=f"{false.sum()} were to recover and do not, and "
        f"{missed.sum()} do and were not to",
        verdict="does not hold"
        if missed.sum() >= false.sum()
        else "holds with a limit",
        limit=f"they are {names}; the prediction knows no mini-batches and no test images",
    )


def rules_of_norms(learning: "pd.DataFrame") -> Finding:
    """How often the law of the gradient's norm alone is right."""
    shares = {"all three rays": share_of_rule(learning, "evenness")}
    shares |= {name: share_of_rule(learning, column) for column, name in RULES.items()}
    ours = share_right(learning)
    worse = max(shares.values()) < ours
    return Finding(
        id="C07q",
        claim="how even the gradient's norm is over the margins tells less",
        measured="a norm within a factor of 100 is right for "
        + ", ".join(f"{share:.0%} ({name})" for name, share in shares.items())
        + f", and descent for {ours:.0%} of the same pairs",
        verdict="holds" if worse else "does not hold",
    )


def share_of_rule(learning: "pd.DataFrame", column: str) -> float:
    predicted = learning[column] >= EVEN
    return float((predicted == learning.recovers).mean())


def is_calibrated(learning: "pd.DataFrame") -> Finding:
    """Whether the predicted way back is the one that is measured.

    Asked of the pairs on which the prediction was not chosen.
    """
    unseen = learning[learning.held_out]
    predicted, measured = (
        unseen[name].clip(0, 1) for name in ("predicted_way_back", "way_back")
    )
    predicted = predicted.fillna(0)
    error = (predicted - measured).abs().mean()
    usual = (measured - measured.mean()).abs().mean()
    parts = []
    for low, high in ((0.0, HALF), (HALF, BACK), (BACK, 1.01)):
        inside = (predicted >= low) & (predicted < high)
        if inside.any():
            ends = f"{low:.0%} to {min(high, 1):.0%}"
            recovered = f"{unseen.recovers[inside].sum()} of {inside.sum()} recover"
            parts.append(f"{measured[inside].mean():.0%} with {ends} ({recovered})")
    brier, of_base_rate, of_failing = brier_scores(learning)
    return Finding(
        id="C07x",
        claim="the way back that is predicted is the one that is measured",
        measured=f"the mean difference is {100 * error:.0f} points, where to say always the mean "
        f"has {100 * usual:.0f}; measured are " + ", ".join(parts) + " predicted",
        verdict="holds with a limit" if error < usual / 2 else "does not hold",
        limit="of pairs on which it was not chosen; as a probability to recover it has a Brier "
        f"score of {brier:.2f}, the share that recovers of the other pairs {of_base_rate:.2f}, and "
        f"to say always that a pair fails {of_failing:.2f}; it is no probability: what lies "
        "between the ends fails",
    )


def brier_scores(learning: "pd.DataFrame") -> tuple[float, float, float]:
    """Brier scores, over the pairs on which it was not chosen, of three probabilities to recover.

    Returns:
        Those of the predicted way back, between 0 and 1; of the share that recovers of the pairs
        on which it was chosen, which is known without them; and of 0.
    """
    unseen, seen = learning[learning.held_out], learning[~learning.held_out]
    recovers = unseen.recovers.astype(float)
    predicted = unseen.predicted_way_back.clip(0, 1).fillna(0)
    known = seen.recovers.mean()
    return (
        float(((predicted - recovers) ** 2).mean()),
        float(((known - recovers) ** 2).mean()),
        float((recovers**2).mean()),
    )
