"""The reference pair, and the limits below which a distance counts as none."""

import pandas as pd

from ..harness.findings import Verdict

REFERENCE = "softmax + cross_entropy"
REACHED = 1e-3
"""A total variation below this counts as none."""
ALIKE = 1e-5
"""Moments, or directions of gradients, that differ by less than this count as equal."""
LEVEL = 0.05
"""Comparisons whose corrected p-value is below this are clear."""


def span(values: pd.Series) -> str:
    """The least and the largest value as text."""
    return f"{values.min():.2g} to {values.max():.2g}" if len(values) else "none"


def verdict(holds: bool) -> Verdict:
    """The verdict on a claim that holds in all cases, or only in some."""
    return "holds" if holds else "holds with a limit"
