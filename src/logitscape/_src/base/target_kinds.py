"""What the targets of a formula are: distributions over the classes, or one answer per class."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .arguments import is_distribution, numbers


@dataclass(frozen=True)
class TargetKind:
    """A kind of targets.

    Attributes:
        name: Name of the kind.
        is_valid: Function that tests whether a target, [n], is of this kind.
        allowed: What is allowed, in words.
    """

    name: str
    is_valid: Callable[[Any], Any]
    allowed: str


def are_shares(target: Any) -> Any:
    """Whether all entries of a target, [n], lie between 0 and 1."""
    return ((target >= 0) & (target <= 1)).all()


DISTRIBUTION = TargetKind(
    "distribution", is_distribution, "a distribution: at least 0 and summing to 1"
)
LABELS = TargetKind("labels", are_shares, "numbers from 0 to 1, one for each class")
"""Every class has an answer of its own: 1 for yes, 0 for no, or a share in between."""

POSITIVES = TargetKind(
    "positives", are_shares, "numbers from 0 to 1, one for each similarity of the row"
)
"""Every similarity of a row is marked: 1 for a positive, 0 for a negative."""


def remedy_for(kind: TargetKind, target: Any) -> str:
    """What to do with a target of another kind, as a sentence behind the error; "" if unclear."""
    if kind is not DISTRIBUTION:
        signs = ((target == -1) | (target == 1)).all()
        return " Signs t of -1 and 1 become `(t + 1) / 2`." if signs else ""
    if not ((target == 0) | (target == 1)).all():
        return ""
    if target.any():
        return (
            " Several classes at once are the target of a multi-label loss, such as "
            "'sigmoid_cross_entropy'; `t / t.sum()` is a distribution."
        )
    return " No class at all can be the target of a multi-label loss only."


def target_like(
    function_name: str,
    z: Array,
    target: Any,
    kind: TargetKind,
    name: str = "target",
) -> Array:
    """The target as an array of the logits' dtype.

    Args:
        function_name: Name of the public function, for the messages.
        z: Logits, or probabilities, [n].
        target: Target, [n].
        kind: Kind that it must be of.
        name: Name of the argument.

    Raises:
        TypeError: If it is not an array of real numbers.
        ValueError: If its shape differs from that of z, or if it is known (not traced) and is not
            of this kind.
    """
    array = numbers(function_name, f"..., {name}", target)
    argument = f"`{function_name}(..., {name})`"
    is_extended = jnp.issubdtype(array.dtype, jax.dtypes.extended)
    if is_extended or jnp.issubdtype(array.dtype, jnp.complexfloating):
        raise TypeError(f"{argument} must be real, got {array.dtype}.")
    if array.shape != z.shape:
        hint = " A label is turned into a target by `jax.nn.one_hot(label, n)`."
        raise ValueError(
            f"{argument} must have the logits' shape {z.shape}, got {array.shape}."
            f"{hint if array.ndim == 0 else ''}"
        )
    is_known = not isinstance(array, jax.core.Tracer)
    # In NumPy: inside `jax.jit` JAX would trace the test even of a known target.
    if is_known and not kind.is_valid(np.asarray(array)):
        given = np.asarray(array)
        hint = remedy_for(kind, given)
        raise ValueError(
            f"{argument} must be {kind.allowed}, got {np.asarray(target)}.{hint}"
        )
    return array.astype(z.dtype)
