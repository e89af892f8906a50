"""The subject of a diagnosis: an objective in the form `(logits [n], target [n]) -> scalar`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.memory import kept
from ..base.program_keys import key_of, loss_key
from ..base.stored import remembered
from ..base.target_kinds import DISTRIBUTION, TargetKind
from ..forms.adapt import BatchValues
from ..forms.opaque import Opaque
from ..forms.reading import Form, Reduction
from ..forms.recognised import Recognised
from ..objectives.objective import Objective
from ..objectives.parts import Normalizer
from .domain import ANYWHERE, Domain

UNNAMED = "your_objective"
"""Name in a shell of an objective that no spec stands for."""
ROUNDED = "a loss that is rounded to "
"""Begins the refusal of a function that runs in float64, and returns another dtype."""
TAKEN = frozenset(
    {"loss", "predict", "jax", "jnp", "ls", "np", "torch", "sys"}
    | {"z", "t", "y", "a", "b", "s", "d", "h", "f", "i", "other", "other_t", "steps"}
)
"""Names that the code of witnesses defines, or takes for itself."""


@dataclass(frozen=True, eq=False)
class Subject:
    """The subject of a diagnosis.

    Attributes:
        name: Spec, or name of the function.
        function: Traceable function (logits [n], target [n]) -> scalar.
        normalizer: Function from logits [n] to Probs; None if unknown.
        form: Form in which the function was given.
        given: Function as it was given.
        code: Expression that stands for `function` in a shell.
        objective: Objective, if the subject was given as one or as a spec.
        predictor: Expression that stands for the normalizer in a shell.
        recognised: How the function is called; None for a spec.
        description: How the function was given, in a sentence; "" for a spec.
        one_logit: Whether an example has one logit, so that there are two classes.
        reduction: How the loss of a batch follows from those of its examples.
        in_batches: Function that evaluates a batch in one call; None if none is known.
        batch_code: Call of the function with logits `{z}` and labels `y` of a batch, as code.
        opaque: What computes losses and gradients if JAX cannot look into it.
        refusal: Error that the function raises for float64, if it runs in float32 only, or what
            it returns instead of float64; it is then computed in float32 throughout.
        own_normalizer: Normalizer of the user's own, if it is none of the catalog.
        domain: Logits that it can be given; elsewhere its values count as undefined.
        targets: Kind of its targets.
    """

    name: str
    function: Callable[[Array, Array], Array] = field(repr=False)
    normalizer: Normalizer | None = field(repr=False)
    form: Form
    given: Callable[..., Any] = field(repr=False)
    code: str
    objective: Objective | None = field(default=None, repr=False)
    refusal: str = ""
    predictor: str = ""
    own_normalizer: Callable[..., Any] | None = field(default=None, repr=False)
    domain: Domain = ANYWHERE
    targets: TargetKind = field(default=DISTRIBUTION, repr=False)
    recognised: Recognised | None = field(default=None, repr=False)
    description: str = ""
    one_logit: bool = False
    reduction: Reduction | None = "none"
    in_batches: BatchValues | None = field(default=None, repr=False)
    batch_code: str = ""
    opaque: Opaque | None = field(default=None, repr=False)


# Cached, so that all programs of one subject share its traces, which take megabytes.
@kept(maxsize=6)
def value_and_grad(
    function: Callable[[Array, Array], Array],
) -> Callable[[Array, Array], tuple[Array, Array]]:
    """`jax.value_and_grad` of a loss, which JAX traces once for every shape and dtype."""
    return jax.jit(jax.value_and_grad(function))


def gradient_error(
    function: Callable[[Array, Array], Array], n: int, dtype: str
) -> str:
    """The first line of the error that the traced gradient raises; empty if it raises none.

    Args:
        function: Loss of logits [n] and target [n].
        n: Number of classes.
        dtype: Precision of the logits.
    """
    x64 = bool(jax.config.jax_enable_x64)  # type: ignore[attr-defined]
    about = ("error of the gradient", n, dtype)
    point = jax.ShapeDtypeStruct((n,), jnp.dtype(dtype))
    key = key_of(function, *about) or loss_key(function, point, point, about=about)
    return remembered(key, lambda: _gradient_error(function, n, dtype, x64))


# Cached, as several questions ask, and tracing takes most of the time of a diagnosis. What
# constants in the function are depends on whether 64 bits are switched on.
@kept(maxsize=32)
def _gradient_error(
    function: Callable[[Array, Array], Array], n: int, dtype: str, x64: bool
) -> str:
    z = jax.ShapeDtypeStruct((n,), jnp.dtype(dtype))
    try:
        jax.eval_shape(value_and_grad(function), z, z)
    except Exception as error:
        first_line = str(error).strip().partition("\n")[0]
        return f"{type(error).__name__}: {first_line}"
    return ""


def shell_name(function: Callable[..., Any], otherwise: str) -> str:
    """The name by which code in a shell calls a function, or another one if it has none.

    A function called `loss` would call itself in `loss = lambda z, t: loss(z, t.argmax())`.
    """
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() and name not in TAKEN else otherwise
