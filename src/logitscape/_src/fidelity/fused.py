"""A user's fused loss: how it is called, and what it and its gradient return."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.messages import in_one_line
from ..base.users_code import ending_nothing, name_of, place_of
from .batch import Batch, Inputs, Matrix
from .expected import Reduction

IGNORED_NAMES = ("ignored_label", "ignore_label", "ignore_index", "ignore_idx")
"""Names under which functions take the label that they ignore."""


class CallFailed(Exception):
    """The user's function, or its gradient, raised an error; the message quotes it."""


class Outcome(NamedTuple):
    """What a loss returned: the losses, and the gradient of every argument."""

    losses: Matrix
    gradient: dict[str, Matrix]


@dataclass(frozen=True)
class Fused:
    """A fused loss and how it is called.

    Attributes:
        function: The user's function.
        inputs: Whether it takes features, weights and labels, or logits and labels.
        takes_bias: Whether it takes a bias.
        takes_reduction: Whether it takes `reduction` as a keyword.
        reductions: Reductions that are checked.
        ignored_label: Label that it ignores, if any.
        ignored_keyword: Name under which it takes that label, if any.
        parameters: Further keywords of every call.
        jit: Whether it is compiled by `jax.jit`.
    """

    function: Callable[..., Any]
    inputs: Inputs
    takes_bias: bool
    takes_reduction: bool
    reductions: tuple[Reduction, ...]
    ignored_label: int | None
    ignored_keyword: str | None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    jit: bool = False

    @property
    def name(self) -> str:
        """Name of the function, for messages."""
        return name_of(self.function)

    @property
    def reduction(self) -> Reduction:
        """The reduction with which everything but reductions is checked."""
        return "none" if "none" in self.reductions else self.reductions[0]

    def with_parameters(self, parameters: Mapping[str, Any]) -> "Fused":
        """The function with further keywords in every call."""
        return replace(self, parameters={**self.parameters, **parameters})

    def losses(
        self,
        arrays: Mapping[str, Array],
        labels: Array,
        reduction: Reduction | None = None,
    ) -> Any:
        """Call the function on JAX arrays."""
        keywords = dict(self.parameters)
        if self.takes_reduction:
            keywords["reduction"] = reduction or self.reduction
        if self.ignored_keyword is not None:
            keywords[self.ignored_keyword] = self.ignored_label
        if "bias" in arrays:
            keywords["bias"] = arrays["bias"]
        places = ("logits",) if self.inputs == "logits" else ("features", "weights")
        return self.function(*(arrays[name] for name in places), labels, **keywords)

    def run(
        self,
        batch: Batch,
        cotangent: Any = 1.0,
        reduction: Reduction | None = None,
    ) -> Outcome:
        """The losses of a batch, and the gradient for a cotangent of them.

        Raises:
            CallFailed: If the function or its gradient raises an error.
        """
        arrays, labels = on_device(batch)
        program = self._program(reduction or self.reduction)
        return outcome(*attempt(program, arrays, labels, np.asarray(cotangent)))

    def losses_and_gradient(
        self,
        arrays: Mapping[str, Array],
        labels: Array,
        cotangent: Any = 1.0,
        reduction: Reduction | None = None,
    ) -> tuple[Array, Any]:
        """The losses and their gradient for a cotangent, of arrays that may be traced."""
        function = partial(self.losses, labels=labels, reduction=reduction)
        losses, pull = jax.vjp(function, arrays)
        full = jnp.asarray(cotangent, losses.dtype) * jnp.ones_like(losses)
        return losses, pull(full)[0]

    def _program(self, reduction: Reduction) -> Callable[..., Any]:
        """The losses and their gradient, compiled once for inputs of the same shapes."""
        if reduction not in self._programs:
            program = partial(self.losses_and_gradient, reduction=reduction)
            self._programs[reduction] = jax.jit(program) if self.jit else program
        return self._programs[reduction]

    @cached_property
    def _programs(self) -> dict[Reduction, Callable[..., Any]]:
        return {}

    def pullback(
        self, batch: Batch, reduction: Reduction | None = None
    ) -> tuple[Matrix, Callable[[Any], dict[str, Matrix]]]:
        """The losses of a batch, and the function that pulls cotangents back.

        Raises:
            CallFailed: If the function raises an error; the second function as well.
        """
        arrays, labels = on_device(batch)
        function = partial(self.losses, labels=labels, reduction=reduction)
        losses, vjp = attempt(jax.vjp, function, arrays)

        def pull(cotangent: Any) -> dict[str, Matrix]:
            full = np.broadcast_to(np.asarray(cotangent, float), losses.shape)
            (gradient,) = attempt(vjp, jnp.asarray(full, losses.dtype))
            return outcome(losses, gradient).gradient

        return as_float64(losses), pull


def outcome(losses: Any, gradient: Mapping[str, Any]) -> Outcome:
    """Losses and gradient of any dtype in float64."""
    return Outcome(
        as_float64(losses), {name: as_float64(each) for name, each in gradient.items()}
    )


def attempt(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function with products that are accurate on every device.

    Raises:
        CallFailed: If it raises an error.
    """
    try:
        with accurate_products(), ending_nothing("the loss"):
            return function(*args)
    # A user's function may raise anything.
    except Exception as error:
        place = place_of(error)
        told = f"{in_one_line(error)} ({place})" if place else in_one_line(error)
        raise CallFailed(told) from error


def accurate_products() -> AbstractContextManager[Any]:
    """Context in which devices compute products of float32 in float32."""
    context: AbstractContextManager[Any] = jax.default_matmul_precision("float32")
    return context


def on_device(batch: Batch) -> tuple[dict[str, Array], Array]:
    """The arrays of a batch in its dtype, and its labels."""
    dtype = jnp.dtype(batch.dtype)
    arrays = {name: jnp.asarray(v, dtype) for name, v in batch.arrays.items()}
    return arrays, jnp.asarray(batch.labels)


def as_float64(array: Any) -> NDArray[np.float64]:
    """An array of any dtype as one of NumPy, in float64."""
    return np.asarray(array).astype(np.float64)


def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a function; none if Python does not know them."""
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}
