"""Findings about alternatives to softmax."""

from typing import TYPE_CHECKING

import numpy as np

from ..harness.findings import Finding, Verdict
from ..shared.intervals import Difference, difference
from .comparisons import (
    IMAGES,
    LANGUAGE,
    SPARSE,
    SPHERICAL,
    TASKS,
    TAYLOR,
    Comparison,
    Comparisons,
    Key,
    by_accuracy,
    is_better,
    is_worse,
    reference_values,
)

if TYPE_CHECKING:
    import pandas as pd

DIRECTIONS = {
    "C20a": ("with few classes, Taylor softmax does better", IMAGES, TAYLOR, 1),
    "C20b": ("with few classes, spherical softmax does better", IMAGES, SPHERICAL, 1),
    "C20c": ("with many classes, Taylor softmax does worse", LANGUAGE, TAYLOR, -1),
    "C20d": (
        "with many classes, spherical softmax does worse",
        LANGUAGE,
        SPHERICAL,
        -1,
    ),
}
"""By id: the claim, the task, the pair, and the sign of the difference that is claimed."""


def directions(compared: Comparisons) -> list[Finding]:
    """Findings on the claims of the paper, for those of its pairs that were measured."""
    findings = []
    for id, (claim, task, pair, sign) in DIRECTIONS.items():
        if Key(task, pair, "nll") in compared:
            accuracy = compared[Key(task, pair, "accuracy")]
            nll = compared[Key(task, pair, "nll")]
            claim = f"{claim} than softmax, as arXiv 1511.05042 has it"
            findings.append(direction(id, claim, accuracy, nll, sign))
    return findings


def direction(
    id: str, claim: str, accuracy: Comparison, nll: Comparison, sign: int
) -> Finding:
    """Whether both metrics, one of them or none differ as claimed."""
    verdict, limit = verdict_of(agreement(accuracy, sign), agreement(nll, sign))
    return Finding(
        id=id,
        claim=claim,
        measured=f"its accuracy differs by {accuracy.gain} points, its NLL by {flipped(nll.gain)}",
        verdict=verdict,
        limit=limit,
    )


def agreement(comparison: Comparison, sign: int) -> int:
    """1 if the difference has the claimed sign, -1 if the other, 0 if it is not significant."""
    if not comparison.significant:
        return 0
    return int(np.sign(comparison.gain.mean)) * sign


def verdict_of(accuracy: int, nll: int) -> tuple[Verdict, str]:
    """The verdict and its limit, from the agreement of both metrics with the claim."""
    if accuracy == nll == 1:
        return "holds", ""
    if accuracy == nll == 0:
        return "cannot tell", "neither difference is significant"
    if accuracy == nll == -1:
        return "does not hold", "both go the other way"
    texts = {1: "is as claimed", 0: "is not significant", -1: "goes the other way"}
    limit = f"accuracy {texts[accuracy]}, NLL {texts[nll]}"
    if 1 in (accuracy, nll):
        return "holds with a limit", limit
    return "does not hold", limit


def flipped(gain: Difference) -> Difference:
    """A gain in NLL as a difference in NLL, where less is better."""
    return Difference(mean=-gain.mean, low=-gain.high, high=-gain.low, p=gain.p)


def more_accurate(id: str, classes: str, task: str, compared: Comparisons) -> Finding:
    """Whether any pair is more accurate than softmax with cross-entropy."""
    by_pair = by_accuracy(compared, task)
    better = [pair for pair, comparison in by_pair.items() if is_better(comparison)]
    worse = [pair for pair, comparison in by_pair.items() if is_worse(comparison)]
    equal = len(by_pair) - len(better) - len(worse)
    counts = f"{len(better)} of {len(by_pair)} are better, {len(worse)} are worse"
    verdict: Verdict = "cannot tell"
    limit = "none is significantly better"
    if better:
        best = max(better, key=lambda pair: by_pair[pair].gain.mean)
        verdict = "holds"
        limit = f"most: {best}, {by_pair[best].gain} points"
    elif len(worse) == len(by_pair):
        verdict = "does not hold"
        limit = ""
    return Finding(
        id=id,
        claim=f"{classes}: some other pair is more accurate "
        "than softmax with cross-entropy",
        measured=f"{counts}, and {equal} are not told apart",
        verdict=verdict,
        limit=limit,
    )


def impossible_labels(compared: Comparisons) -> Finding:
    texts = []
    all_positive = True
    for task in TASKS:
        shares = impossible_shares(compared, task)
        if shares:
            name = task.split(",")[0]
            texts.append(f"{min(shares):.2g} to {max(shares):.2g} ({name})")
            all_positive = all_positive and min(shares) > 0
    return Finding(
        id="C20g",
        claim="sparse normalizers give test labels probability 0, "
        "so that their NLL is infinite",
        measured=f"the share of such labels is {' and '.join(texts)}",
        verdict="holds" if all_positive else "holds with a limit",
        limit="" if all_positive else "not every one",
    )


def impossible_shares(compared: Comparisons, task: str) -> list[float]:
    """Shares of the labels with probability 0, for the sparse pairs of a task."""
    return [
        comparison.impossible
        for key, comparison in compared.items()
        if key.task == task and key.pair in SPARSE
    ]


def has_learned(results: "pd.DataFrame", baselines: "pd.DataFrame") -> Finding:
    counted = baselines.set_index("seed")
    softmax = reference_values(results, LANGUAGE, "nll").reindex(counted.index)
    gain = difference(counted["unigram_nll"], softmax)
    losses = {
        "unigram": counted["unigram_nll"],
        "softmax": softmax,
        "bigram": counted["bigram_nll"],
    }
    perplexities = [
        f"{np.exp(values.mean()):.0f} ({name})" for name, values in losses.items()
    ]
    return Finding(
        id="C20h",
        claim="with many classes, the models have learned more than the frequencies of tokens",
        measured=f"their perplexities are {', '.join(perplexities)}",
        verdict="holds" if gain.low > 0 else "cannot tell",
    )
