"""The examples that show a number: those at the end of an order, among all of the dump."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..engine.stuck import is_stuck
from .config import Setting
from .example_numbers import Examples
from .kept import Kept, taken
from .measurement import SHOWN

DOUBT = 5.0
"""Least ratio of the probabilities of the prediction and of a suspicious label."""


class Order(NamedTuple):
    """An order of some examples.

    Attributes:
        which: The examples that are meant, [k].
        values: What they are ordered by, the largest first, [k].
    """

    which: NDArray[np.bool_]
    values: NDArray[Any]


def orders_of(setting: Setting, examples: Examples) -> Mapping[str, Order]:
    """Every order whose first examples an audit names."""
    wrong = ~examples.right
    norm, everything = examples.norm[0], np.ones(len(wrong), bool)
    stuck = stuck_at(setting, examples, 0)
    orders = {
        "loss": Order(everything, examples.loss),
        "loss of wrong": Order(wrong, examples.loss),
        "norm": Order(everything, norm),
        "norm of wrong": Order(wrong, norm),
        "stuck": Order(stuck, -norm),
        "collapsed": Order(examples.collapsed, examples.margin),
        "logit": Order(everything, examples.largest),
        "confidence of wrong": Order(wrong, examples.confidence),
        "doubt": doubt_of(examples),
    }
    for place in range(1, len(setting.names)):
        then, other = stuck_at(setting, examples, place), examples.norm[place]
        orders[f"wakes {place}"] = Order(stuck & ~then & np.isfinite(other), other)
        orders[f"sleeps {place}"] = Order(then & ~stuck, norm)
    return orders


def stuck_at(setting: Setting, examples: Examples, place: int) -> NDArray[np.bool_]:
    """Which examples are stuck under the loss at this place of the setting."""
    stuck = is_stuck(
        examples.right, examples.norm[place], examples.reference, setting.threshold
    )
    return np.asarray(stuck, bool)


def doubt_of(examples: Examples) -> Order:
    """Wrong examples by how much more the model believes in another class than in the label."""
    tiny = np.finfo(np.float32).tiny
    with np.errstate(invalid="ignore"):
        clear = examples.confidence >= DOUBT * examples.p_label
        doubt = np.log(np.maximum(examples.confidence, tiny)) - np.log(
            np.maximum(examples.p_label, tiny)
        )
    return Order(clear & ~examples.right, doubt)


def first_of(
    order: Order, index: NDArray[np.int64], among: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """The places of the first few examples of an order; of equal ones the earlier comes first.

    Args:
        order: Order.
        index: Places of its examples in the dump.
        among: Mask of the examples that it is limited to.
    """
    which = order.which if among is None else order.which & among
    places = np.flatnonzero(which)
    if len(places) > SHOWN:
        # No more are sorted than can be among the first; NaN comes last.
        values = np.where(np.isnan(order.values[places]), -np.inf, order.values[places])
        least = np.partition(values, -SHOWN)[-SHOWN]
        places = places[values >= least]
    by_value = np.lexsort((index[places], -order.values[places]))
    return places[by_value[:SHOWN]]


def extremes(setting: Setting, kept: Kept) -> Kept:
    """The first few examples of every order."""
    orders = orders_of(setting, kept.examples).values()
    places = np.concatenate([first_of(order, kept.index) for order in orders])
    return taken(kept, np.unique(places))
