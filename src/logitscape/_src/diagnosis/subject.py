"""What is diagnosed: an objective in one form, `(logits [n], target [n]) -> scalar`, whatever form it was given in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.formula import rounded_once
from ..objectives.bound import BoundFormula
from ..objectives.catalog import formula_of
from ..objectives.objective import Normalizer, Objective, Source, objective
from ..objectives.signatures import Form, in_form, recognise


@dataclass(frozen=True, eq=False)
class Subject:
    """What is diagnosed.

    Attributes:
        name: the spec, or the function's name.
        function: (logits [n], target [n]) -> scalar, traceable.
        normalizer: logits [n] -> Probs; None if unknown.
        form: the form in which it was given.
        given: the function as it was given.
        code: an expression that stands for `function` in a shell.
        objective: the Objective, if it was one or a spec.
        predictor: an expression for the normalizer in a shell.
        refusal: what the function says to float64, if it runs in float32 only; it is then computed in that throughout.
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


def subject(
    source: Source | Subject,
    *,
    num_classes: int,
    normalizer: str | Normalizer | None = None,
    form: Form | None = None,
    name: str | None = None,
) -> Subject:
    """Recognise what is to be diagnosed.

    Args:
        source: a spec, an Objective, or a function in one of the four forms.
        num_classes: n.
        normalizer: how a function of the user's own predicts.
        form: the form, instead of recognising it by trying.
        name: instead of the spec, or of the function's name.

    Raises:
        TypeError: if the function takes none of the forms; the message has what it said to each.
        ValueError: if it reduces the batch to one number, with the remedy.
    """
    if isinstance(source, Subject):
        return source
    made = objective(source, normalizer=normalizer, name=name)
    if isinstance(source, str | Objective):
        return _known(made)
    found = recognise(source, num_classes, form)
    run = in_form(source, found)
    if refusal := _refusal(run, num_classes):
        run = partial(_in_float32, run)
    return Subject(
        made.name,
        run,
        made.normalizer,
        found,
        source,
        _shell_form(source, found),
        refusal=refusal,
        predictor=_shell_normalizer(normalizer),
    )


@lru_cache(maxsize=64)
def _known(made: Objective) -> Subject:
    """The subject of an objective; the same one every time, so that its programs are compiled once."""
    run = partial(_of_objective, made)
    code = f"ls.objective({made.name!r})"
    return Subject(
        made.name,
        run,
        made.normalizer,
        "one example",
        made,
        code,
        made,
        predictor="" if made.normalizer is None else "loss.predict",
    )


def _refusal(function: Callable[[Array, Array], Array], n: int) -> str:
    """What the gradient raises in float64 if it does not in float32, as code with hard-wired precision does."""

    def said(dtype: Any) -> str:
        z = jax.ShapeDtypeStruct((n,), dtype)
        try:
            jax.eval_shape(jax.grad(function), z, z)
        except Exception as error:
            return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        return ""

    return said(np.float64) and ("" if said(np.float32) else said(np.float64))


def _in_float32(function: Callable[[Array, Array], Array], z: Array, t: Array) -> Array:
    return function(z.astype(jnp.float32), t.astype(jnp.float32)).astype(z.dtype)


def _of_objective(made: Objective, z: Array, t: Array) -> Array:
    value: Array = rounded_once(made.function, z.dtype, z, t)
    return value


def _shell_normalizer(normalizer: str | Normalizer | None) -> str:
    if normalizer is None:
        return ""
    if isinstance(normalizer, str | BoundFormula):
        return f"ls.normalizer({str(normalizer)!r})"
    formula = formula_of(normalizer)
    if formula is not None:
        return f"ls.normalizer({formula.name!r})"
    return str(getattr(normalizer, "__name__", "your_normalizer"))


def _shell_form(function: Callable[..., Any], form: Form) -> str:
    name = getattr(function, "__name__", "")
    name = name if name.isidentifier() else "your_function"
    of_target = {
        "one example": name,
        "one example, label": f"lambda z, t: {name}(z, t.argmax())",
        "batch, labels": f"lambda z, t: {name}(z[None], t.argmax()[None])[0]",
        "batch, one-hot": f"lambda z, t: {name}(z[None], t[None])[0]",
    }
    return of_target[form]
