"""The optimizers that are known by name."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import optax

Optimizer: TypeAlias = Callable[[Any], optax.GradientTransformation]
"""Function from a learning rate, which may be traced, to an optimizer."""

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": optax.sgd,
    "momentum": partial(optax.sgd, momentum=0.9),
    "adam": optax.adam,
}
"""Optimizers by name, as in `OPTIMIZERS["adam"](0.1)`."""
