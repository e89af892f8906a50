"""The forms in which loss functions come, recognised by calling them on shapes alone.

A loss may take one example or a batch, and labels or one-hot targets. Which of these a
function takes is found out with `jax.eval_shape`, which traces it and computes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .objective import Objective, Source, objective
from .user_functions import name_of

Form: TypeAlias = Literal[
    "one example", "one example, label", "batch, labels", "batch, one-hot"
]

OneExample: TypeAlias = Callable[[Array, Array], Array]
"""Function (logits [n], target [n]) -> scalar."""

Shape: TypeAlias = tuple[int, ...]

BATCH = 7
"""Number of examples in the batches that functions are tried on."""

SIGNATURES: dict[Form, str] = {
    "one example": "(logits [n], target [n]) -> scalar",
    "one example, label": "(logits [n], label) -> scalar",
    "batch, labels": f"(logits [N, n], labels [N]) -> [N], N = {BATCH}",
    "batch, one-hot": f"(logits [N, n], one-hot [N, n]) -> [N], N = {BATCH}",
}

RESULT_SHAPES: dict[Form, Shape] = {
    "one example": (),
    "batch, labels": (BATCH,),
    "batch, one-hot": (BATCH,),
    "one example, label": (),
}
"""Shape that a function of each form returns; the form that comes first takes precedence."""


@dataclass
class _Attempts:
    """Results of calling a function in every form.

    Attributes:
        shapes: Shape that it returned, for the forms in which it returned anything.
        errors: First error that it raised, for the forms in which it raised one.
    """

    shapes: dict[Form, Shape] = field(default_factory=dict)
    errors: dict[Form, str] = field(default_factory=dict)


def recognise(
    function: Callable[..., Any], num_classes: int, form: Form | None = None
) -> Form:
    """Form of a function; a form that is given is only checked.

    Args:
        function: Loss function.
        num_classes: Number of classes that it is called with.
        form: Form that the function is known to have.

    Raises:
        TypeError: If the function takes none of the forms, or not the one that is given.
        ValueError: If it reduces the batch to one number.
    """
    attempts = _try_every_form(function, num_classes)
    if form is None:
        return _first_form(function, attempts)
    if attempts.shapes.get(form) != RESULT_SHAPES[form]:
        raise TypeError(_no_form(function, attempts))
    return form


def _first_form(function: Callable[..., Any], attempts: _Attempts) -> Form:
    shapes = attempts.shapes
    takes_one_example = shapes.get("one example") == ()
    if shapes.get("batch, labels") == () and not takes_one_example:
        raise ValueError(_reduces_batch(function))
    for form, shape in RESULT_SHAPES.items():
        if shapes.get(form) == shape:
            return form
    if shapes.get("batch, one-hot") == ():
        raise ValueError(_reduces_batch(function))
    raise TypeError(_no_form(function, attempts))


def _try_every_form(function: Callable[..., Any], num_classes: int) -> _Attempts:
    """Try in float64, as JAX has it enabled, then in float32 where that failed."""
    # With as many classes as examples, a result [n] could not be told from one [N].
    n = num_classes + 1 if num_classes == BATCH else num_classes
    attempts = _Attempts()
    widest = jax.dtypes.canonicalize_dtype(np.float64)
    for dtype in (widest, np.dtype(np.float32)):
        for form, arguments in _arguments(n, dtype).items():
            if form not in attempts.shapes:
                _try_form(function, form, arguments, attempts)
    return attempts


def _try_form(
    function: Callable[..., Any],
    form: Form,
    arguments: tuple[Any, Any],
    attempts: _Attempts,
) -> None:
    """Note the shape that the function returns, or the error that it raises."""
    try:
        result = jax.eval_shape(function, *arguments)
        attempts.shapes[form] = _shape(result)
    # Called in a form that it does not take, a user's function may raise anything.
    except Exception as error:
        lines = str(error).splitlines() or [""]
        attempts.errors.setdefault(form, f"{type(error).__name__}: {lines[0]}")


def _arguments(num_classes: int, dtype: Any) -> dict[Form, tuple[Any, Any]]:
    """Shapes and dtypes of the two arguments that each form takes."""
    vector = jax.ShapeDtypeStruct((num_classes,), dtype)
    matrix = jax.ShapeDtypeStruct((BATCH, num_classes), dtype)
    label = jax.ShapeDtypeStruct((), np.int32)
    labels = jax.ShapeDtypeStruct((BATCH,), np.int32)
    return {
        "one example": (vector, vector),
        "batch, labels": (matrix, labels),
        "one example, label": (vector, label),
        "batch, one-hot": (matrix, matrix),
    }


def _shape(result: Any) -> Shape:
    if not hasattr(result, "shape"):
        raise TypeError(f"returned a {type(result).__name__}; return the losses only")
    shape: Shape = result.shape
    return shape


def _reduces_batch(function: Callable[..., Any]) -> str:
    return (
        f"`{name_of(function)}` returns one number for a batch of {BATCH} examples: "
        "a mean or sum over the batch is taken inside. Return the losses of the "
        'examples, shape [N] (often `reduction="none"`), and take the mean outside.'
    )


def _no_form(function: Callable[..., Any], attempts: _Attempts) -> str:
    lines = [f"`{name_of(function)}` is no loss in any of the known forms. Tried:"]
    for form, signature in SIGNATURES.items():
        outcome = attempts.errors.get(form)
        if outcome is None:
            outcome = f"returned shape {attempts.shapes[form]}"
        lines.append(f"  {signature}: {outcome}")
    if any("Tracer" in line for line in lines[1:]):
        lines.append(
            "It has to be traceable: `jnp.where` instead of `if` on values, "
            "`jnp` instead of `np`."
        )
    return "\n".join(lines)


def as_one_example(source: Source, num_classes: int) -> OneExample:
    """Convert a spec, an Objective or a function of any form to one of one example."""
    if isinstance(source, str | Objective):
        return objective(source).function
    return in_form(source, recognise(source, num_classes))


def in_form(function: Callable[..., Any], form: Form) -> OneExample:
    """Convert a function of a known form to (logits [n], target [n]) -> scalar."""
    return partial(_CALLS[form], function)


def _call_one(function: Callable[..., Any], z: Array, t: Array) -> Array:
    value: Array = function(z, t)
    return value


def _call_one_with_label(function: Callable[..., Any], z: Array, t: Array) -> Array:
    value: Array = function(z, _label(t))
    return value


def _call_batch_with_labels(function: Callable[..., Any], z: Array, t: Array) -> Array:
    values: Array = function(z[None], _label(t)[None])
    return values[0]


def _call_batch_with_one_hot(function: Callable[..., Any], z: Array, t: Array) -> Array:
    values: Array = function(z[None], t[None])
    return values[0]


_CALLS: dict[Form, Callable[..., Array]] = {
    "one example": _call_one,
    "one example, label": _call_one_with_label,
    "batch, labels": _call_batch_with_labels,
    "batch, one-hot": _call_batch_with_one_hot,
}


def _label(target: Array) -> Array:
    return jnp.argmax(target).astype(jnp.int32)
