"""The dense form that a fused loss stands for, evaluated in float64."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.memory import kept
from ..base.messages import quoted
from ..base.names import suggestion
from ..base.users_code import name_of
from ..base.x64 import enable_x64
from ..objectives.objective import Objective
from ..objectives.sources import objective

Dense: TypeAlias = Callable[..., Array]
"""Function (logits [m, K], labels [m], **parameters) -> losses [m]."""

PARAMETERS = ("label_smoothing", "soft_cap", "z_loss", "inverse_temperature")
"""Parameters that the dense form of a spec takes."""


@dataclass(frozen=True)
class Reference:
    """A dense loss.

    Attributes:
        name: Name, for messages.
        dense: Function (logits [m, K], labels [m], **parameters) -> losses [m].
        takes: Names of the parameters that it takes; None if that is its own affair.
        parameters: Parameters that it is called with.
    """

    name: str
    dense: Dense
    takes: tuple[str, ...] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def with_parameters(self, parameters: Mapping[str, Any]) -> "Reference":
        """The reference, called with parameters."""
        return replace(self, parameters=parameters)

    def evaluate(
        self, logits: NDArray[np.float64], labels: NDArray[np.int32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The losses, [m], and the derivative of each in its own logits, [m, K]."""
        with enable_x64():
            run = _compiled(self.dense, tuple(self.parameters.items()))
            losses, slopes = run(jnp.asarray(logits), jnp.asarray(labels))
            return np.asarray(losses), np.asarray(slopes)

    def check(self) -> None:
        """Raise ValueError unless the reference returns losses in float64."""
        logits, labels = np.array([[1.0, 2.0, 3.0]] * 2), np.array([0, 2], np.int32)
        try:
            losses, _ = self.evaluate(logits, labels)
        # A user's function may raise anything.
        except Exception as error:
            raise ValueError(
                f"the reference `{self.name}` must take logits [m, K] of float64 and "
                f"labels [m] and return losses [m]; it raised {_first_line(error)}"
            ) from error
        if losses.shape != (2,) or losses.dtype != np.float64:
            raise ValueError(
                f"the reference `{self.name}` must return losses [m] of float64, "
                f"got shape {losses.shape} of {losses.dtype} for m = 2."
            )


def reference_from(source: str | Objective | Dense | None) -> Reference:
    """Make a reference of a spec, an Objective or a dense function.

    Raises:
        TypeError: If it is none of these.
        ValueError: If the spec is malformed or unknown.
    """
    if source is None:
        source = "softmax + cross_entropy"
    if isinstance(source, str | Objective):
        loss = objective(source)
        return Reference(loss.name, _dense(loss), PARAMETERS)
    if not callable(source):
        raise TypeError(
            "`assert_faithful(..., reference)` must be a spec such as "
            "'softmax + cross_entropy', an Objective, or a function of logits [m, K] "
            f"and labels [m], got {quoted(source)}."
        )
    return Reference(name_of(source), source)


def check_parameters(reference: Reference, parameters: Mapping[str, Any]) -> None:
    """Raise ValueError if the dense form of a spec does not take a parameter."""
    for name in parameters:
        if reference.takes is not None and name not in reference.takes:
            raise ValueError(
                f"`assert_faithful(parameters=...)`: the dense form of "
                f"{reference.name!r} has no {name!r}. "
                f"{suggestion(name, reference.takes)} Give a function of logits, labels "
                f"and {name!r} as `reference` otherwise."
            )


@kept(maxsize=16)
def _dense(loss: Objective) -> Dense:
    """The dense form of an objective, with the additions that fused losses have."""

    def losses(
        logits: Array,
        labels: Array,
        *,
        label_smoothing: float = 0.0,
        soft_cap: float | None = None,
        z_loss: float = 0.0,
        inverse_temperature: float = 1.0,
    ) -> Array:
        num_classes = logits.shape[1]
        if soft_cap is not None:
            logits = soft_cap * jnp.tanh(logits / soft_cap)
        logits = logits * inverse_temperature
        one_hot = jax.nn.one_hot(labels, num_classes, dtype=logits.dtype)
        target = (1 - label_smoothing) * one_hot + label_smoothing / num_classes
        values: Array = jax.vmap(loss)(logits, target)
        if z_loss:
            values += z_loss * jax.nn.logsumexp(logits, axis=1) ** 2
        return values

    return losses


@kept(maxsize=16)
def _compiled(dense: Dense, parameters: tuple[tuple[str, Any], ...]) -> Any:
    def losses_and_slopes(logits: Array, labels: Array) -> tuple[Array, Array]:
        def losses(z: Array) -> Array:
            return dense(z, labels, **dict(parameters))

        values, pull = jax.vjp(losses, logits)
        return values, pull(jnp.ones_like(values))[0]

    return jax.jit(losses_and_slopes)


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
