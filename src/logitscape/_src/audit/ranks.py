"""Spearman's correlation of the ranks, and how sure it is."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .estimates import NORMAL, NOTHING, Estimate

Numbers = NDArray[np.float64]


def rank_correlation(a: Numbers, b: Numbers) -> Estimate:
    """Spearman's correlation, with the interval of the infinitesimal jackknife.

    The correlation is a function of the joint distribution of both. Its derivative in the weight
    of one example says how much that example moves it, its ranks and those of all others included
    (Efron 1981, "Nonparametric estimates of standard error"); its error is the spread of these
    derivatives divided by the root of the number of examples. Ties share their mean rank.

    Args:
        a: Numbers of the examples, [m].
        b: Other numbers of the same examples, [m].
    """
    count = len(a)
    if count < 2:
        return NOTHING
    first, second = _Ranks(a), _Ranks(b)
    product, one, other = (
        float((x.centred * y.centred).mean())
        for x, y in ((first, second), (first, first), (second, second))
    )
    if one * other == 0:
        return NOTHING
    value = product / math.sqrt(one * other)
    moves = _moves(first, second, product) / math.sqrt(one * other)
    moves -= value / 2 * _moves(first, first, one) / one
    moves -= value / 2 * _moves(second, second, other) / other
    half = NORMAL * float(moves.std(ddof=1)) / math.sqrt(count)
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0))


class _Ranks:
    """Ranks of some numbers, as shares from -1/2 to 1/2, and sums over all that rank higher."""

    def __init__(self, values: NDArray[Any]) -> None:
        count = len(values)
        self._order = np.argsort(values, kind="stable")
        ordered = values[self._order]
        is_new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        self._first = np.flatnonzero(is_new)
        self._tie = np.cumsum(is_new) - 1
        self._sizes = np.diff(self._first, append=count)
        middle = self._first + (self._sizes - 1) / 2
        self.centred = self._back((middle + 0.5) / count - 0.5)

    def above(self, weights: Numbers) -> Numbers:
        """Return the mean of the weights where the rank is higher; ties count by half."""
        of_ties = np.add.reduceat(weights[self._order], self._first)
        higher = of_ties[::-1].cumsum()[::-1] - of_ties / 2
        return self._back(higher / len(weights))

    def _back(self, of_ties: Numbers) -> Numbers:
        """Put one number for every tie into the order of the examples."""
        result = np.empty(len(self._order))
        result[self._order] = of_ties[self._tie]
        return result


def _moves(a: _Ranks, b: _Ranks, product: float) -> Numbers:
    """The derivative of the mean product of two ranks in the weight of every example."""
    direct = a.centred * b.centred
    through_ranks = a.above(b.centred) + b.above(a.centred)
    moves: Numbers = direct + through_ranks - 3 * product
    return moves
