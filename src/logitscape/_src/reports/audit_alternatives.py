"""What another loss would do, as rows of a table and as numbers with their intervals."""

from collections.abc import Mapping
from typing import NamedTuple

from ..audit.alternatives import Alternative
from ..audit.finding import percent
from .audit_numbers import written


class Shown(NamedTuple):
    """How a number about an alternative is shown, and what it is."""

    is_share: bool
    text: str


NUMBERS = {
    "norm": Shown(False, "mean norm of its gradient"),
    "carriers": Shown(True, "share of the examples that carry half of its gradient"),
    "carried_by_wrong": Shown(True, "share of its gradient that is of wrong examples"),
    "cosine": Shown(
        False, "mean cosine between its gradient and the present one, by example"
    ),
    "cosine_of_sum": Shown(
        False, "cosine between the sums of both gradients over all examples"
    ),
    "rank_agreement": Shown(
        False, "Spearman's correlation between the norms of both gradients"
    ),
    "wakes": Shown(True, "share of the examples that are stuck and would not be"),
    "sleeps": Shown(True, "share of the examples that are not stuck and would be"),
    "loss_change": Shown(False, "change of the present mean loss by one step"),
    "accuracy_change": Shown(True, "change of the accuracy by one step"),
    "undefined": Shown(True, "share of the examples at which it has no gradient"),
}
"""Numbers of an alternative in the order in which they are shown."""


def alternative_numbers(each: Alternative) -> Mapping[str, tuple[str, str]]:
    """Every number with its interval, and what it is, by name."""
    return {
        name: (written(getattr(each, name), is_share=shown.is_share), shown.text)
        for name, shown in NUMBERS.items()
    }


def alternative_rows(alternatives: tuple[Alternative, ...]) -> list[tuple[str, ...]]:
    """The heads of the columns, and a row for every loss."""
    head = (
        "loss",
        "norm",
        "half by",
        "cosine",
        "ranks",
        "wakes",
        "sleeps",
        "Δ loss",
        "Δ acc.",
    )
    return [head, *(_cells(each) for each in alternatives)]


def _cells(each: Alternative) -> tuple[str, ...]:
    return (
        each.name,
        f"{each.norm.value:.2g}",
        f"{100 * each.carriers.value:.2g} %",
        f"{each.cosine.value:.2f}",
        f"{each.rank_agreement.value:.2f}",
        f"{100 * each.wakes.value:.2g} %",
        f"{100 * each.sleeps.value:.2g} %",
        f"{each.loss_change.value:+.2g}",
        f"{100 * each.accuracy_change.value:+.2g} %",
    )


def about_alternatives(alternatives: tuple[Alternative, ...]) -> str:
    """What the columns are, and which losses are not defined everywhere."""
    sentences = [
        "One step by which logits move by 0.1 on average, to first order and in logits only: a "
        "direction, no promise. Half by: share of the examples that carry half of the gradient; "
        "cosine and ranks: agreement with the present gradient.",
        *(
            f"{each.name} has no finite gradient for {percent(each.undefined.value)} of the "
            "examples, which it does not move."
            for each in alternatives
            if each.undefined.value > 0
        ),
    ]
    return " ".join(sentences)
