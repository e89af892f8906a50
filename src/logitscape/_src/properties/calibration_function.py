"""How an excess of the loss bounds an excess of errors: the calibration function of a loss."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..base.messages import quoted
from ..base.settings import real_numbers
from ..base.types import Number
from ..base.users_code import keeps_nothing
from ..base.x64 import enable_x64
from ..objectives.sources import Source
from .by_label import ByLabel, by_label, of_one_label
from .calibration_search import Case, least_risks

GAPS = (0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.7, 0.95)
NEAR_0, NEAR_0_IN_FLOAT32 = (0.01, 0.02), (0.1, 0.2)
"""Gaps whose excesses say how it behaves near 0."""
WIDE = 0.4
"""Gap with whose excess those near 0 are compared."""
NOTHING = 1e-6
"""Share of the excess at the wide gap below which another one is an error of the search."""
ROUNDING = 1e3
"""Number of roundings of the expected loss below which an excess is nothing but rounding."""


@dataclass(frozen=True)
class CalibrationFunction:
    """The least excess of a loss by which a wrong class can be predicted, T(b).

    Attributes:
        gaps: Differences b of the true shares of two classes, [m].
        excess: T(b) for each, [m].
        exponent: Exponent of b in T(b) near 0; infinite if T(b) is 0 there, so that the wrong
            class can have the least loss.
        coefficient: Factor of that power; NaN if T(b) is 0.
    """

    gaps: tuple[float, ...]
    excess: tuple[float, ...]
    exponent: float
    coefficient: float

    @property
    def is_calibrated(self) -> bool:
        """Whether the least loss predicts the right class, as far as two classes tell."""
        return math.isfinite(self.exponent)


@keeps_nothing
def calibration_function(
    source: Source, *, gaps: Sequence[Number] = GAPS
) -> CalibrationFunction:
    """The calibration function of a loss of two classes: what an excess loss says about errors.

    Let two classes have the true shares (1 + b)/2 and (1 - b)/2. Then T(b) is the least expected
    loss among logits that predict the wrong class (or both), minus the least of all:
    an excess of the expected loss below T(b) excludes that error. Where T(b) is convex it is the
    psi-transform, and `T(excess error) <= excess loss` holds on the average as well. Near 0
    it is a power of b: 2 for smooth proper losses, where errors only fall like the root of the
    excess loss, and 1 for a hinge. The least losses are found by a search in float64.

    Args:
        source: Objective, or a spec or a function that `ls.objective` accepts. The predicted class
            is that of its normalizer, and the largest logit without one.
        gaps: Differences b, each above 0 and below 1.

    Returns:
        The excess at each gap, and the power of b near 0.

    Raises:
        ValueError: If a gap is out of range, if the loss is nowhere finite, if the expected
            loss falls without bound, or if every class has a target of its own.

    Sources: Bartlett, Jordan and McAuliffe, Convexity, classification, and risk bounds, JASA 2006;
    for losses of probabilities: Mao, Mohri and Zhong, Cross-entropy loss functions, ICML 2023,
    arXiv 2304.07288; exponents: arXiv 2405.05968.

    Example:
        >>> import logitscape as ls
        >>> found = ls.calibration_function("softmax + cross_entropy", gaps=[0.1, 0.5])
        >>> [round(excess, 6) for excess in found.excess]
        [0.005008, 0.130812]
        >>> round(found.exponent, 2)
        2.0
        >>> round(ls.calibration_function("crammer_singer").exponent, 2)
        1.0
    """
    wanted = tuple(
        real_numbers("calibration_function", "gaps", gaps, low=0, high=1, open=True)
    )
    if 1.0 in wanted:
        raise ValueError(
            "`calibration_function(gaps=...)` must be numbers, each greater than 0 and less than "
            f"1, got {quoted(gaps)}."
        )
    loss = of_one_label("calibration_function", source)
    with enable_x64():
        found = calibration_function_of(by_label(loss), wanted)
    if isinstance(found, str):
        raise ValueError(f"`calibration_function({source!r})`: {found}.")
    return found


def calibration_function_of(
    loss: ByLabel, gaps: Sequence[float] = GAPS
) -> CalibrationFunction | str:
    """The calibration function of a loss of two classes, or why there is none."""
    near_0 = NEAR_0 if loss.eps < 1e-10 else NEAR_0_IN_FLOAT32
    every = sorted({*gaps, *near_0, WIDE})
    cases = [Case(gap, majority) for gap in every for majority in (0, 1)]
    risks = least_risks(loss, cases)
    if isinstance(risks, str):
        return risks
    with np.errstate(invalid="ignore"):
        excess = (risks.wrong - risks.least).reshape(-1, 2).min(axis=1)
    size = np.abs(risks.least).reshape(-1, 2).max(axis=1)
    noise = np.maximum(NOTHING * excess[every.index(WIDE)], ROUNDING * loss.eps * size)
    of_gap = {
        gap: float(value) if value > least else 0.0
        for gap, value, least in zip(every, excess, noise, strict=True)
    }
    first, second = (of_gap[gap] for gap in near_0)
    exponent, coefficient = math.inf, math.nan
    if first > 0:
        exponent = math.log(second / first) / math.log(near_0[1] / near_0[0])
        coefficient = first / near_0[0] ** exponent
    return CalibrationFunction(
        gaps=tuple(gaps),
        excess=tuple(of_gap[gap] for gap in gaps),
        exponent=exponent,
        coefficient=coefficient,
    )
