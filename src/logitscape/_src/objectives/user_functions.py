"""Functions of the user's own, held to what is asked of them: by clear errors at the door, or when first traced."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax.numpy as jnp
from jax import Array

from ..normalizers.simplex import Probs


@dataclass(frozen=True, eq=False)
class UserFunction:
    """A function of the user's own; one that cannot be hashed, as an instance of most dataclasses, is equal to itself only."""

    function: Callable[..., Any]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, UserFunction):
            return False
        return self._key is other._key or bool(
            hash(self) == hash(other) and self._key == other._key
        )

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
    """A function of two arguments, (logits or Probs, target) -> one number."""

    def __call__(self, first: Any, target: Array) -> Array:
        """Call it, and check what it returns."""
        try:
            value = self.function(first, target)
        except Exception as error:
            if isinstance(first, Probs):
                error.add_note(
                    f"`{name_of(self.function)}(probs, target)` gets Probs: use `probs.p` and `probs.log_p`."
                )
            raise
        return _one_number(name_of(self.function), value)


class UserNormalizer(UserFunction):
    """A function logits -> Probs, or the probabilities alone, of which the logarithm is taken."""

    def __call__(self, logits: Array) -> Probs:
        """Call it, and check what it returns."""
        result = self.function(logits)
        probs = (
            result
            if isinstance(result, Probs)
            else _with_logarithm(name_of(self.function), result)
        )
        if jnp.shape(probs.p) != logits.shape:
            raise ValueError(
                f"the normalizer `{name_of(self.function)}` must return Probs or an array of the logits' shape {logits.shape}, "
                f"got shape {jnp.shape(probs.p)}."
            )
        return probs


def user_loss(what: str, function: Any) -> UserLoss:
    """The function, which must take two arguments. `what` it is, as errors call it."""
    _must_take(what, "(logits or probs, target)", function, 2)
    return UserLoss(function)


def user_normalizer(what: str, function: Any) -> UserNormalizer:
    """The function, which must take one argument."""
    _must_take(what, "(logits)", function, 1)
    return UserNormalizer(function)


def name_of(source: Any) -> str:
    """What a spec, an objective or a function is called."""
    if isinstance(source, str):
        return source
    if isinstance(source, partial):
        return name_of(source.func)
    return str(
        getattr(source, "name", None)
        or getattr(source, "__name__", type(source).__name__)
    )


def _must_take(what: str, arguments: str, function: Any, count: int) -> None:
    if not callable(function):
        raise TypeError(f"{what} must be a spec or a function, got {function!r}.")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # builtins have none
        return
    try:
        signature.bind(*[None] * count)
    except TypeError:
        raise TypeError(
            f"{what} must take {arguments}, got `{name_of(function)}{signature}`."
        ) from None


def _with_logarithm(name: str, result: Any) -> Probs:
    allowed = f"the normalizer `{name}` must return `ls.Probs(p, log_p)`, or floating-point probabilities"
    if not hasattr(result, "dtype"):
        raise TypeError(f"{allowed}, got {type(result).__name__}.")
    if not jnp.issubdtype(result.dtype, jnp.floating):
        raise TypeError(f"{allowed}, got {result.dtype}.")
    return Probs(result, jnp.log(result))


def _one_number(name: str, value: Any) -> Array:
    try:
        number = jnp.asarray(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"`{name}` must return one floating-point number, got {type(value).__name__}."
        ) from None
    if number.shape != () or not jnp.issubdtype(number.dtype, jnp.floating):
        raise TypeError(
            f"`{name}` must return one floating-point number for one example, got {number.dtype} of shape {number.shape}; "
            "a function of a batch is mapped by `lambda z, t: function(z[None], t[None])[0]`."
        )
    return number
