"""Findings about the time of gradient flow, and how it grows with the margin."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..harness.findings import Finding, proved
from .cases import FAST, REFERENCE, always_fast, main_case

SATURATED = {
    "mae": ("softmax + mae", 1.0),
    "brier": ("softmax + brier", 1.0),
    "hellinger": ("softmax + hellinger", 0.5),
}
"""Bounded losses, with the factor of M in the exponent of their time for two classes."""


def of_reference(cases: pd.DataFrame, differences: pd.Series) -> list[Finding]:
    """The time of softmax with cross-entropy, and the accuracy of all times (C07a to c).

    Args:
        cases: The growth in each case.
        differences: Relative differences from closed forms and quadratures, by objective.
    """
    rows = cases[cases["objective"] == REFERENCE]
    linear = int((rows["growth"] == "linear").sum())
    always = linear == len(rows)
    least = rows["number"].min()
    largest = rows["number"].max()
    return [
        proved(
            "C07a",
            "wrong by a margin M, softmax + cross_entropy is right after T = (M + 1 - e^-M)/2",
            differences[REFERENCE],
            expected=0,
            tolerance=1e-6,
            measured="the relative difference is {:.0g} for M = 1 to 30 and 2 classes",
        ),
        Finding(
            "C07b",
            "so the model can correct itself quickly: T is linear in M",
            f"it is for {linear} of {len(rows)} rays and numbers of classes, from "
            f"{least:.2f} M to {largest:.2f} M",
            "holds" if always else "holds with a limit",
            "" if always else "not on all",
        ),
        proved(
            "C07c",
            "times agree with closed forms and quadratures, where two classes have them",
            differences.max(),
            expected=0,
            tolerance=1e-6,
            measured=f"for {len(differences)} objectives the relative difference is {{:.0g}}",
        ),
    ]


def of_all_objectives(cases: pd.DataFrame) -> list[Finding]:
    """Which objectives correct themselves as quickly, and which never do (C07d to f)."""
    main = main_case(cases)
    is_pair = main.index.str.contains("+", regex=False)
    pairs = main[is_pair]
    logit_losses = main[~is_pair]
    kinds = Counter(pairs["growth"])
    fast = sum(kinds[kind] for kind in FAST)
    slow = {kind: kinds[kind] for kind in ("polynomial", "exponential", "never")}
    reasons = Counter(pairs.loc[pairs["growth"] == "never", "why"])
    return [
        Finding(
            "C07d",
            "every pair corrects itself as quickly (R1, 3 classes)",
            f"the time is at most linear for {fast} of {len(pairs)} pairs",
            "does not hold",
            f"the other times are {_counted(slow)}",
        ),
        _always_fast(cases, len(pairs), len(logit_losses)),
        Finding(
            "C07f",
            "some pairs never correct themselves (R1, 3 classes)",
            f"they end like this: {_counted(reasons)}" if reasons else "none does",
            "holds" if reasons else "does not hold",
        ),
    ]


def _always_fast(cases: pd.DataFrame, num_pairs: int, num_losses: int) -> Finding:
    fast = always_fast(cases)
    pairs = [name for name in fast if "+" in name]
    normalizers = dict.fromkeys(name.split(" + ")[0] for name in pairs)
    return Finding(
        "C07e",
        "the time is at most linear on R1, R2 and R3, for all numbers of classes",
        f"it is for {len(pairs)} of {num_pairs} pairs and "
        f"{len(fast) - len(pairs)} of {num_losses} losses of logits",
        "holds with a limit",
        f"these pairs are of {', '.join(normalizers)} only",
    )


def _counted(kinds: Mapping[str, int]) -> str:
    """Kinds and their numbers; those that do not occur are left out."""
    return ", ".join(f"{kind} in {count}" for kind, count in kinds.items() if count)


def of_exponents(cases: pd.DataFrame) -> list[Finding]:
    """How fast exponential times grow, by the number of classes (C07g and h)."""
    exponential = cases[(cases["ray"] == "R3") & (cases["growth"] == "exponential")]
    rates = exponential.set_index(["objective", "classes"])["number"]
    return [_of_saturated(rates.xs(2, level="classes")), _of_brier(rates)]


def _of_saturated(rates: pd.Series) -> Finding:
    errors = {}
    for loss, (pair, expected) in SATURATED.items():
        if pair in rates:
            errors[loss] = abs(rates[pair] - expected)
    return proved(
        "C07g",
        "bounded losses with softmax take e^(r M), "
        "r = 1 for mae and brier, 1/2 for hellinger (2 classes)",
        max(errors.values()),
        expected=0,
        tolerance=0.01,
        measured=f"{', '.join(errors)} are off by {{:.2f}} at most",
    )


def _of_brier(rates: pd.Series) -> Finding:
    brier = rates["softmax + brier"]
    expected = brier.index / (2 * (brier.index - 1))
    numbers = ", ".join(f"{rate:.2f} for n = {n}" for n, rate in brier.items())
    return proved(
        "C07h",
        "softmax + brier takes e^(M n/(2n - 2)) on R3, as n - 1 "
        "classes share the rival's lead first",
        np.max(np.abs(brier - expected)),
        expected=0,
        tolerance=0.01,
        measured=f"the rates are {numbers}, off by {{:.2f}} at most",
    )
