"""Losses that are given as functions of NumPy, with their gradients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from threading import Lock
from typing import Any

import numpy as np

from ..base.messages import quoted
from .framework import Library, Rows
from .reading import arguments_of_one, loss_of_one, target_for
from .recognised import Recognised


@dataclass(frozen=True, eq=False)
class NumPyLoss:
    """A loss and its gradient as a function of arrays of NumPy.

    Attributes:
        function: Function (logits, target) -> (loss, gradient), in the form that is recognised.
        recognised: Form of the function.
    """

    function: Callable[..., Any]
    recognised: Recognised
    library: str = "NumPy"
    dtypes: tuple[str, ...] = ("float64", "float32")
    array: Library = "np"
    code: str = ""
    names: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def values(self, z: Rows, t: Rows) -> tuple[Rows, Rows]:
        """Losses and gradients, in one call for a function of batches."""
        reading = self.recognised.reading
        target = target_for(reading, self.recognised.targets, t, np)
        # Questions are asked in two threads, for which few users' functions are made.
        with self._lock:
            in_one_call = reading.takes_batch and self.recognised.reduction == "none"
            if in_one_call and not reading.is_binary:
                loss, gradient = self._both(z, target)
                return loss.reshape(-1), gradient
            rows = [self._of_one(*pair) for pair in zip(z, target, strict=True)]
        losses, gradients = zip(*rows, strict=True)
        return np.array(losses), np.array(gradients)

    def hessians(self, z: Rows, t: Rows) -> Rows:
        """Refuse: a gradient in NumPy cannot be differentiated."""
        raise TypeError("loss and gradient are given as functions of NumPy")

    def in_batches(self, z: Rows, t: Rows) -> tuple[Rows, Rows]:
        """Loss and gradient of a batch; the losses' sum has the gradient that is given."""
        target = target_for(self.recognised.reading, self.recognised.targets, t, np)
        loss, gradient = self._both(z, target)
        if loss.ndim == 0:
            return loss, gradient
        own = np.eye(len(z))[:, :, None] * gradient
        return loss, own

    def _of_one(self, z: Rows, target: Any) -> tuple[Any, Rows]:
        reading = self.recognised.reading
        loss, gradient = self._both(*arguments_of_one(reading, z, target))
        value = loss_of_one(reading, loss, len(z))
        if reading.form == "similarities":
            share = 1 if loss.ndim else len(z)
            return value, share * (target[0] * gradient).sum(0)
        if reading.is_binary:
            return value, gradient.reshape(()) * np.array([-1.0, 1.0])
        return value, gradient.reshape(z.shape)

    def _both(self, *arguments: Any) -> tuple[Rows, Rows]:
        call = self.recognised.call
        # What overflows is what is measured, here and in the threads of callbacks.
        with np.errstate(all="ignore"):
            result = call.result(self.function, *arguments)
        loss, gradient = pair_of(result)
        if np.shape(gradient) != np.shape(arguments[0]):
            raise ValueError(
                "`diagnose(value_and_grad=...)`: the gradient must have the logits' shape "
                f"{np.shape(arguments[0])}, got {np.shape(gradient)}."
            )
        return np.asarray(loss), np.asarray(gradient)


def pair_of(result: Any) -> tuple[Any, Any]:
    """Loss and gradient of what a function returned.

    Raises:
        TypeError: If it is no pair.
    """
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise TypeError(
            "`diagnose(value_and_grad=...)` must return loss and gradient, "
            f"got {type(result).__name__}."
        )
    return result[0], result[1]


def both_of(given: Any) -> Callable[..., Any]:
    """One function to loss and gradient, from one or from a pair of functions.

    Raises:
        TypeError: If it is neither.
    """
    if callable(given):
        function: Callable[..., Any] = given
        return function
    is_pair = isinstance(given, tuple | list) and len(given) == 2
    if not is_pair or not all(map(callable, given)):
        raise TypeError(
            "`diagnose(value_and_grad=...)` must be a function that returns loss and "
            f"gradient, or a pair of functions, got {quoted(given)}."
        )
    loss, gradient = given

    @wraps(loss)
    def both(*arguments: Any, **keywords: Any) -> tuple[Any, Any]:
        return loss(*arguments, **keywords), gradient(*arguments, **keywords)

    return both


def code_of(given: Any) -> tuple[str, dict[str, Any]]:
    """Code of one function from a pair, and the names in it; "" for one function."""
    if callable(given):
        return "", {}
    names = [getattr(function, "__name__", "") for function in given]
    if not all(name.isidentifier() for name in names) or names[0] == names[1]:
        names = ["your_loss", "your_gradient"]
    loss, gradient = names
    code = f"(lambda *given: ({loss}(*given), {gradient}(*given)))"
    return code, dict(zip(names, given, strict=True))
