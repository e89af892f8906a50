"""The loss among what a function returns."""

from collections.abc import Mapping
from typing import Any

LOSSES = ("loss", "total_loss")
"""Names of the loss among several results."""


def loss_of(result: Any) -> Any:
    """The loss of `(loss, aux)`, of `{"loss": ...}` or of `result.loss`, or the result itself."""
    return _part(result)[1]


def part_of(result: Any) -> str:
    """Code that takes the loss from a result; "" if the result is the loss itself."""
    return _part(result)[0]


def _part(result: Any) -> tuple[str, Any]:
    is_mapping = isinstance(result, Mapping)
    for name in LOSSES:
        if is_mapping and name in result:
            return f'["{name}"]', result[name]
        if not is_mapping and hasattr(result, name):
            return f".{name}", getattr(result, name)
    if isinstance(result, tuple | list) and result:
        return "[0]", result[0]
    return "", result
