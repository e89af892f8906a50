"""Multi-label and contrastive losses against the oracle, in few programs."""

import numpy as np

import logitscape as ls

from . import CONTRASTIVE_LOSSES
from .accuracy import answers, as_in_use, evaluate
from .cases import stack
from .failures import failures
from .multilabel_cases import multilabel_cases


def wrong_numbers(specs: list[str], n: int, dtype: str) -> list[str]:
    """What the rule of the oracle does not allow, of losses that have the same cases."""
    chosen = multilabel_cases(specs[0], n, dtype)
    got = evaluate(
        [ls.objective(spec) for spec in specs],
        *stack(chosen, dtype),
        compiled=as_in_use,
    )
    found = []
    for spec, numbers in zip(specs, got, strict=True):
        expected = answers(spec, chosen, dtype)
        found += failures(spec, numbers, expected, dtype)
        lost = expected.smooth & (np.abs(expected.high) > 1e-3) & (numbers == 0)
        allowed = expected.allowed < 1e3 * np.abs(expected.high)
        found += [
            f"{spec} {dtype}: 0 at {chosen[i]}" for i, _ in np.argwhere(lost & allowed)
        ]
    return found


def sizes(name: str) -> tuple[int, int]:
    """Few classes and some more; a row has at least a positive and a negative."""
    return (2, 4) if name.partition("(")[0] in CONTRASTIVE_LOSSES else (1, 4)
