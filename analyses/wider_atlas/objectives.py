"""The objectives of the wider atlas: every formula of the catalogue, in the plainest company."""

from collections.abc import Mapping

from logitscape._src.objectives.catalog import FORMULAS

GROUPS = {
    "Normalizers and logit maps,\nwith cross_entropy": {
        "normalizer": "{} + cross_entropy",
        "logit map": "{} > softmax + cross_entropy",
    },
    "Losses of probabilities,\nwith softmax": {
        "loss of probabilities": "softmax + {}",
    },
    "Losses that take\nthe logits themselves": {
        "loss of logits": "{}",
        "multi-label loss": "{}",
        "contrastive loss": "{}",
    },
}
"""Objectives by the title of their table: how a formula of each kind becomes an objective."""


def objectives_of(patterns: Mapping[str, str]) -> dict[str, str]:
    """The objectives of one table by the name of their formula.

    A loss of cosines has no law far out, where no cosines are.
    """
    return {
        formula.name: patterns[formula.kind].format(formula.name)
        for formula in FORMULAS
        if formula.kind in patterns and formula.domain is None
    }


TABLES = {title: objectives_of(patterns) for title, patterns in GROUPS.items()}
"""For every table its objectives by the name of their formula."""
