"""The laws of the atlas, and the ways in which a loss goes to 0."""

from logitscape._src.properties.law import Law

from ..shared.far_out import Data, kind_of, laws_of
from ..shared.probe_rays import vanishes
from .objectives import ALONE, PAIRS

CLIPPED = 1e-6
"""Bound of a constant that counts as the loss left by a clipped logarithm, 1e-7."""


def compute() -> Data:
    return laws_of([*PAIRS.values(), *ALONE])


def vanishing(law: Law) -> str:
    """The way in which a loss goes to 0; empty if it does not.

    It is "clipped" if the loss ends at the 1e-7 by which a clipped logarithm misses 0.
    """
    kind = kind_of(law)
    if kind == "constant" and abs(law.coefficient) < CLIPPED:
        return "clipped"
    if vanishes(law):
        return kind
    return ""
