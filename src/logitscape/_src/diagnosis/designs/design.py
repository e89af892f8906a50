"""A recognised design of a loss: what it is, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..answers import Answer, Severity
from ..evaluation import Rows

TaughtShares = Callable[[Rows], Rows]
OwnScores = Callable[[Rows], Rows]


def _nothing(_: Answer) -> bool:
    return False


@dataclass(frozen=True)
class Design:
    """A design that was recognised by the values of a loss.

    Attributes:
        name: Name of the design, a verdict of the question "design".
        severity: "trade" if it has a price, "note" if it has none.
        text: The design in a sentence, with its numbers.
        price: What it costs, in a sentence.
        explains: Whether an answer that would be a fault of another loss is the price of this one.
        costs: Verdicts of trades that are its price.
        has_bound: Whether it is known by this design if the loss has an upper bound.
        number: The number that decides, if a single one does.
        details: Further numbers by name, of types that JSON has.
    """

    name: str
    severity: Severity
    text: str
    price: str
    explains: Callable[[Answer], bool] = _nothing
    costs: frozenset[str] = frozenset()
    has_bound: bool = False
    number: float | None = None
    details: dict[str, Any] = field(default_factory=dict)


def predicts(taught: TaughtShares, scores: OwnScores) -> Callable[[Answer], bool]:
    """The check that a design explains a missed top label, by its own prediction.

    Args:
        taught: Function from the true shares [n] to those that the design teaches, [n].
        scores: Function from logits [n] to the scores by which the design predicts, [n].

    Returns:
        A function that tells whether, wherever the expected loss was minimised, the class of the
        largest taught share has the largest score.
    """

    def explains(answer: Answer) -> bool:
        cases = answer.details.get("cases", ())
        if answer.verdict != "top label missed" or not cases:
            return False
        for case in cases:
            shares = taught(np.array(case["eta"]))
            predicted = int(np.argmax(scores(np.array(case["z"]))))
            if shares[predicted] < shares.max() * (1 - TIE):
                return False
        return True

    return explains


TIE = 1e-3
"""Relative difference of shares that a minimum, which is flat, may confuse."""
