"""What losses say of themselves for a one-hot label: their value, and how they pull on the weights.

A separable normalizer gives the classes weights, and the label has a share of them. A loss that is
stated in these shares can be put on top of any such normalizer with a derivative that costs a
single pass over the classes (see objectives/pair_rule.py).

A class can be moved by its weight g_k or by the logarithm of that. With the derivatives of both in
the logit, g'_k and h_k = g'_k / g_k, the derivative of the loss in the logit is
`label g'_y + log_label h_y` for the label, and `rivals_k g'_k + log_rivals h_k` for a rival.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import jax.numpy as jnp
from jax import Array

from ..normalizers.chances import Chance


class Shares(NamedTuple):
    """The weights of one example, with the label apart from its rivals.

    Attributes:
        p: Probability of the label.
        log_p: Its logarithm.
        complement: `1 - p`, accurate where p is near 1.
        label: Weight of the label.
        log_label: Its logarithm, which is finite where the label has a share.
        is_label: Mask of the label, [n].
        place: Number of the label.
        rivals: Weights of the other classes, [n]; 0 for the label.
        log_rivals: Function () -> their logarithms, [n]; 0 for the label.
        others: Sum of the rivals' weights.
        total: Sum of all weights, W; it may be infinite where no class has a share.
        log_total: Its logarithm, which is finite.
        p_sink: Share of no class; 0 for most normalizers.
        largest: Largest weight, if it is known exactly; else None.
        log_scale: Logarithm of the scale of the weights, if it is softmax that gave them.
        num_classes: Number of classes n.
        sum: Function that sums over the classes, some of which may be on other devices.
        sums: The same of several vectors at once.
        maximum: Function that takes the maximum over the classes.
    """

    p: Array
    log_p: Array
    complement: Array
    label: Array
    log_label: Array
    is_label: Array
    place: Array | int
    rivals: Array
    log_rivals: Callable[[], Array]
    others: Array
    total: Array
    log_total: Array
    p_sink: Array | float
    largest: Array | float | None
    log_scale: Array | float
    num_classes: int
    sum: Callable[[Array], Array]
    sums: Callable[..., tuple[Array, ...]]
    maximum: Callable[[Array], Array]


class Slopes(NamedTuple):
    """A loss, and its derivatives in the weights.

    Attributes:
        value: Loss.
        rivals: Derivatives in the weights of the other classes, [n] or one number for all.
        label: Part of the derivative in the weight of the label.
        log_label: Part of the derivative in the logarithm of the label's weight.
        log_rivals: Part of the derivative in the logarithms of the other classes' weights, [n] or
            one number for all.
    """

    value: Array
    rivals: Array
    label: Array | float
    log_label: Array | float
    log_rivals: Array | float = 0.0


class Pull(NamedTuple):
    """A loss of the label's probability p.

    Attributes:
        value: Loss.
        on_log_p: Part of the derivative that is taken in log p, with the opposite sign. It has
            no effect where p is 0.
        on_p: Part of the derivative that is taken in p, with the opposite sign.
    """

    value: Array
    on_log_p: Array | float
    on_p: Array | float


OfLabel: TypeAlias = Callable[..., Slopes]
"""Function (shares, **parameters) -> Slopes, the statement of a loss."""


@dataclass(frozen=True)
class OfProbability:
    """Statement of a loss of the label's probability alone.

    Attributes:
        pull: Function (Chance, **parameters) -> Pull.
    """

    pull: Callable[..., Pull]

    def __call__(self, shares: Shares, **parameters: Any) -> Slopes:
        """The derivatives in the weights."""
        chance = Chance(shares.p, shares.log_p, shares.complement)
        return slopes_of(self.pull(chance, **parameters), shares)


def slopes_of(pull: Pull, shares: Shares) -> Slopes:
    """The derivatives in the weights of a loss of the label's probability."""
    value, on_log_p, on_p = counted_pull(pull, shares.log_p)
    if isinstance(on_p, float):  # which is 0: most losses are stated in log p alone
        return Slopes(
            value=value,
            rivals=on_log_p / shares.total,
            label=0.0,
            log_label=-on_log_p * shares.complement,
        )
    return Slopes(
        value=value,
        rivals=(on_log_p + on_p * shares.p) / shares.total,
        label=-on_p * (shares.complement / shares.total),
        log_label=-on_log_p * shares.complement,
    )


def counted_pull(pull: Pull, log_p: Array) -> Pull:
    """The pull, in which the derivative of log p = -inf is taken as 0."""
    on_log_p = jnp.where(jnp.isneginf(log_p), 0, pull.on_log_p)
    return pull._replace(on_log_p=on_log_p)


def combined(parts: tuple[Slopes, Slopes], weights: tuple[Array, Array]) -> Slopes:
    """The weighted sum of two losses."""
    first, second = parts

    def added(x: Array | float, y: Array | float) -> Array | float:
        # A derivative that nobody needs stays the number 0.
        if isinstance(x, float) and isinstance(y, float):
            return 0.0
        return weights[0] * x + weights[1] * y

    return Slopes(
        value=weights[0] * first.value + weights[1] * second.value,
        rivals=weights[0] * first.rivals + weights[1] * second.rivals,
        label=added(first.label, second.label),
        log_label=added(first.log_label, second.log_label),
        log_rivals=added(first.log_rivals, second.log_rivals),
    )
