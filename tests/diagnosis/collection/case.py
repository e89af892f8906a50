"""One record of the collection: a loss, where it comes from, and what a diagnosis should say."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from jax import Array

Loss = Callable[..., Array]
NOTHING: Mapping[str, Any] = MappingProxyType({})
"""No arguments."""


class Broken(NamedTuple):
    """A loss that does not do what its author wants.

    Attributes:
        loss: The loss, in a form that a diagnosis takes.
        causes: Verdicts that name the cause, the one expected first.
        source: Address of the report after which it is written, or "own".
        arguments: Arguments of the diagnosis that are not usual.
    """

    loss: Loss
    causes: tuple[str, ...]
    source: str
    arguments: Mapping[str, Any] = NOTHING


class Healthy(NamedTuple):
    """A loss that does what its author wants.

    Attributes:
        loss: The loss, in a form that a diagnosis takes.
        trades: Verdicts of the trades that its design has.
        source: Paper, program or address after which it is written.
        arguments: Arguments of the diagnosis that are not usual.
    """

    loss: Loss
    trades: tuple[str, ...]
    source: str
    arguments: Mapping[str, Any] = NOTHING
