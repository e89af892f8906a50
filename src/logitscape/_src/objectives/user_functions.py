"""Losses and normalizers that users write, with checks of what they take and return.

Mistakes are reported when the function is given, or else when it is first traced.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..base.messages import quoted
from ..base.users_code import calling, definition_of, name_of
from ..normalizers.probs import Probs
from .user_remedies import remedy_for_loss


@dataclass(frozen=True, eq=False)
class UserFunction:
    """A function that can always be hashed, as JAX needs it for its caches.

    Wrappers of equal functions are equal. A function that cannot be hashed, such as an
    instance of most dataclasses, is compared by identity.

    Attributes:
        function: The user's function.
    """

    function: Callable[..., Any]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, UserFunction):
            return False
        if self._key is other._key:
            return True
        # The hashes first: `==` of arrays or data frames is no single truth value.
        return hash(self) == hash(other) and bool(self._key == other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> Any:
        try:
            hash(self.function)
        except TypeError:
            return id(self.function)
        return self.function


class UserLoss(UserFunction):
    """A function (logits or Probs, target) -> one floating-point number."""

    def __call__(self, logits_or_probs: Any, target: Array) -> Array:
        """Call the function, and check what it returns."""
        function, given = self.function, (logits_or_probs, target)
        remedy = partial(remedy_for_loss, function, *given)
        with calling(name_of(function), remedy):
            value = function(*given)
        return _one_number(function, value, remedy)


class UserNormalizer(UserFunction):
    """A function logits -> Probs, or logits -> probabilities."""

    def __call__(self, logits: Array) -> Probs:
        """Call the function, and check what it returns."""
        name = name_of(self.function)
        with calling(name, "It is called with logits [n] of one example."):
            result = self.function(logits)
        probs = result if isinstance(result, Probs) else _with_logarithm(name, result)
        shape = jnp.shape(probs.p)
        if shape != logits.shape:
            raise ValueError(
                f"the normalizer `{name}` must return Probs or an array of the logits' "
                f"shape {logits.shape}, got shape {shape}."
            )
        return probs


def user_loss(description: str, function: Any) -> UserLoss:
    """Wrap a loss, which must take two arguments.

    Args:
        description: Name of the argument that the function is given as, for errors.
        function: The user's function.

    Raises:
        TypeError: If it is no function, or does not take two arguments.
    """
    _check_arguments(description, "(logits or probs, target)", function, 2)
    return UserLoss(function)


def user_normalizer(description: str, function: Any) -> UserNormalizer:
    """Wrap a normalizer, which must take one argument.

    Args:
        description: Name of the argument that the function is given as, for errors.
        function: The user's function.

    Raises:
        TypeError: If it is no function, or does not take one argument.
    """
    _check_arguments(description, "(logits)", function, 1)
    return UserNormalizer(function)


def _check_arguments(
    description: str, arguments: str, function: Any, count: int
) -> None:
    if not callable(function):
        raise TypeError(
            f"{description} must be a spec or a function, got {quoted(function)}."
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # builtins have none
        return
    try:
        signature.bind(*[None] * count)
    except TypeError:
        place = definition_of(function)
        where = f" ({place})" if place else ""
        raise TypeError(
            f"{description} must take {arguments}, "
            f"got `{name_of(function)}{signature}`{where}."
        ) from None


def _with_logarithm(name: str, result: Any) -> Probs:
    allowed = (
        f"the normalizer `{name}` must return `ls.Probs(p, log_p)`, "
        "or floating-point probabilities"
    )
    if not hasattr(result, "dtype"):
        raise TypeError(f"{allowed}, got {type(result).__name__}.")
    if not jnp.issubdtype(result.dtype, jnp.floating):
        raise TypeError(f"{allowed}, got {result.dtype}.")
    return Probs(result, jnp.log(result))


def _one_number(function: Any, value: Any, remedy: Callable[[], str]) -> Array:
    allowed = f"`{name_of(function)}` must return one floating-point number"
    place = definition_of(function)
    where = f" ({place})" if place else ""
    try:
        number = jnp.asarray(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"{allowed}, got {type(value).__name__}{where}. {remedy()}"
        ) from None
    is_floating = jnp.issubdtype(number.dtype, jnp.floating)
    if number.shape != () or not is_floating:
        raise TypeError(
            f"{allowed} for one example, got {number.dtype} of shape "
            f"{number.shape}{where}. {remedy()}"
        )
    return number
