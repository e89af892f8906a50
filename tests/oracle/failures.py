"""Numbers that the rule of this package does not allow, as text for the failures of tests."""

from collections.abc import Sequence

import numpy as np

from tests.oracle.accuracy import Reference, ratios

# A factor of the chain rule underflows, but the product does not: no sum of products of numbers of
# the dtype gives such a component. Where a probability underflows, these formulas promise no more
# than that nothing is NaN.
UNDERFLOW = {
    "exponential": "dp_j/dz_k = -p_j p_k underflows before 1/p_j^2 makes it large again",
    "active_passive": "with square: p_y underflows before the slope 2/z_y makes it large again",
    "bi_tempered": "with power: the weight of a logit of 1e-300 underflows before its slope",
    "normalized_cross_entropy": "with power: the same",
    "clipped_cross_entropy": "with square: p_y / epsilon underflows before the slope 2/z_y "
    "makes it large again",
    "generalized_cross_entropy": "with square: p_y^q underflows before the slope 2/z_y "
    "makes it large again",
}


LOOSER = {"ranked_probability_score": 2}
"""Factors of the allowed error: a running sum of 100 classes adds up that of each."""


def spec_of(normalizer: str, loss: str) -> str:
    return f"{normalizer} + {loss}" if normalizer else loss


def judged(spec: str, got: np.ndarray, expected: Reference, dtype: str) -> np.ndarray:
    """Error over allowed error of all numbers, [cases, 1 + n]; 0 where none is promised."""
    ratio = ratios(got, expected, dtype)
    loss = spec.rpartition(" + ")[2]
    if loss in UNDERFLOW:
        ratio[expected.underflows[:, None] & ~np.isnan(got)] = 0
    return ratio / LOOSER.get(loss, 1)


def failures(spec: str, got: np.ndarray, expected: Reference, dtype: str) -> list[str]:
    """The worst offenders, as text."""
    ratio = judged(spec, got, expected, dtype)
    worst = sorted(np.argwhere(ratio > 1), key=lambda at: -ratio[tuple(at)])
    return [describe(spec, got, expected, dtype, ratio, *at) for at in worst[:5]]


def describe(
    spec: str,
    got: np.ndarray,
    expected: Reference,
    dtype: str,
    ratio: np.ndarray,
    i: int,
    k: int,
    names: Sequence[str] | None = None,
) -> str:
    """One wrong number: value (k = 0) or component k - 1 of the gradient of case i.

    Other numbers than these have names of their own.
    """
    case = expected.cases[i]
    name = names[k] if names else f"gradient[{k - 1}]" if k else "value"
    return (
        f"{spec} {dtype}, {case.name} ({expected.status[i]}): {name} = {got[i, k]!r}, "
        f"want {expected.high[i, k]!r}, "
        f"error / allowed = {ratio[i, k]:.3g}, "
        f"sum |terms| = {expected.allowed[i, k]:.3g}; z = {case.z[:10]}, "
        f"target = {case.target[:10]}"
    )
