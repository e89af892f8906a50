"""In which form a loss comes, recognised by trying, on shapes alone."""

from collections.abc import Callable
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
"""(z [n], t [n]) -> scalar; (z [n], y) -> scalar; (z [N, n], y [N]) -> [N]; (z [N, n], t [N, n]) -> [N]."""

OneExample: TypeAlias = Callable[[Array, Array], Array]
"""(z [n], t [n]) -> scalar."""

BATCH = 7


def recognise(
    function: Callable[..., Any], num_classes: int, told: Form | None = None
) -> Form:
    """The form of a function, by trying in float64, or in float32 if that fails; a form that is told is only checked.

    Raises:
        TypeError: if it takes none of the forms, or not the one that is told.
        ValueError: if it reduces the batch to one number.
    """
    n = num_classes if num_classes != BATCH else num_classes + 1
    said = dict[Form, str]()
    shapes = dict[Form, tuple[int, ...]]()
    for dtype in (jax.dtypes.canonicalize_dtype(np.float64), np.dtype(np.float32)):
        for form, arguments in _trials(n, dtype).items():
            if form not in shapes:
                _try(function, form, arguments, said, shapes)
    wanted: dict[Form, tuple[int, ...]] = {
        "one example": (),
        "batch, labels": (BATCH,),
        "batch, one-hot": (BATCH,),
    }
    wanted["one example, label"] = ()
    if told is not None:
        if shapes.get(told) != wanted[told]:
            raise TypeError(_no_form(function, said, shapes))
        return told
    if (
        "batch, labels" in shapes
        and shapes["batch, labels"] == ()
        and shapes.get("one example") != ()
    ):
        raise ValueError(_reduces(function))
    for form, shape in wanted.items():
        if shapes.get(form) == shape:
            return form
    if shapes.get("batch, one-hot") == ():
        raise ValueError(_reduces(function))
    raise TypeError(_no_form(function, said, shapes))


def _try(
    function: Callable[..., Any],
    form: Form,
    arguments: tuple[Any, Any],
    said: dict[Form, str],
    shapes: dict[Form, tuple[int, ...]],
) -> None:
    """Note which shape the function returns, or what it raises."""
    try:
        shapes[form] = _shape(jax.eval_shape(function, *arguments))
    except Exception as error:
        said.setdefault(
            form, f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        )


def _trials(n: int, kind: Any) -> dict[Form, tuple[Any, Any]]:
    z, t, y = (
        jax.ShapeDtypeStruct(*each)
        for each in (((n,), kind), ((n,), kind), ((), np.int32))
    )
    zs, ts, ys = (
        jax.ShapeDtypeStruct((BATCH, *each.shape), each.dtype) for each in (z, t, y)
    )
    return {
        "one example": (z, t),
        "batch, labels": (zs, ys),
        "one example, label": (z, y),
        "batch, one-hot": (zs, ts),
    }


def _shape(result: Any) -> tuple[int, ...]:
    if not hasattr(result, "shape"):
        raise TypeError(f"returned a {type(result).__name__}; return the losses only")
    shape: tuple[int, ...] = result.shape
    return shape


def _reduces(function: Callable[..., Any]) -> str:
    return (
        f"`{name_of(function)}` returns one number for a batch of {BATCH} examples: a mean or sum over the batch is taken "
        'inside. Return the losses of the examples, shape [N] (often `reduction="none"`), and take the mean outside.'
    )


def _no_form(
    function: Callable[..., Any],
    said: dict[Form, str],
    shapes: dict[Form, tuple[int, ...]],
) -> str:
    wanted: dict[Form, str] = {
        "one example": "(logits [n], target [n]) -> scalar",
        "one example, label": "(logits [n], label) -> scalar",
        "batch, labels": f"(logits [N, n], labels [N]) -> [N], N = {BATCH}",
        "batch, one-hot": f"(logits [N, n], one-hot [N, n]) -> [N], N = {BATCH}",
    }
    answers = {
        form: said.get(form) or f"returned shape {shapes[form]}" for form in wanted
    }
    lines = [f"  {wanted[form]}: {answer}" for form, answer in answers.items()]
    if any("Tracer" in answer for answer in answers.values()):
        lines.append(
            "It has to be traceable: `jnp.where` instead of `if` on values, `jnp` instead of `np`."
        )
    return "\n".join(
        [f"`{name_of(function)}` is no loss in any of the known forms. Tried:", *lines]
    )


def as_one_example(source: Source, num_classes: int) -> OneExample:
    """A spec, an Objective or a function of any form as (logits [n], target [n]) -> scalar."""
    if isinstance(source, str | Objective):
        return objective(source).function
    return in_form(source, recognise(source, num_classes))


def in_form(function: Callable[..., Any], form: Form) -> OneExample:
    """A function of a known form as (logits [n], target [n]) -> scalar."""
    return partial(_FORMS[form], function)


def _one(function: Callable[..., Any], z: Array, t: Array) -> Array:
    value: Array = function(z, t)
    return value


def _one_label(function: Callable[..., Any], z: Array, t: Array) -> Array:
    value: Array = function(z, _label(t))
    return value


def _batch_labels(function: Callable[..., Any], z: Array, t: Array) -> Array:
    value: Array = function(z[None], _label(t)[None])[0]
    return value


def _batch_one_hot(function: Callable[..., Any], z: Array, t: Array) -> Array:
    value: Array = function(z[None], t[None])[0]
    return value


_FORMS: dict[Form, Callable[..., Array]] = {
    "one example": _one,
    "one example, label": _one_label,
    "batch, labels": _batch_labels,
    "batch, one-hot": _batch_one_hot,
}


def _label(target: Array) -> Array:
    return jnp.argmax(target).astype(jnp.int32)
