"""The subject of a diagnosis: an objective in the form `(logits [n], target [n]) -> scalar`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import rounded_once
from ..base.memory import kept
from ..base.stored import key_of, remembered, set_key
from ..normalizers.probs import Probs
from ..objectives.bound import BoundFormula
from ..objectives.catalog import formula_of
from ..objectives.objective import Objective, Source, objective
from ..objectives.parts import Normalizer
from ..objectives.signatures import Form, in_form, recognise
from .domain import ANYWHERE, Domain

ROUNDED = "a loss that is rounded to "
"""Begins the refusal of a function that runs in float64, and returns another dtype."""


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
        refusal: Error that the function raises for float64, if it runs in float32 only, or what
            it returns instead of float64; it is then computed in float32 throughout.
        own_normalizer: Normalizer of the user's own, if it is none of the catalog.
        domain: Logits that it can be given; elsewhere its values count as undefined.
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


def subject(
    source: Source | Subject,
    *,
    num_classes: int,
    normalizer: str | Normalizer | None = None,
    form: Form | None = None,
    name: str | None = None,
) -> Subject:
    """Recognise the subject of a diagnosis.

    Args:
        source: A spec, an Objective, or a function in one of the four forms.
        num_classes: Number of classes n.
        normalizer: Normalizer with which a user's function predicts.
        form: Form of the function, instead of trying which one it takes.
        name: Name, instead of the spec or the function's name.

    Raises:
        TypeError: If the function takes none of the forms; the message quotes the error
            of every form.
        ValueError: If the function reduces the batch to one number; the message has the
            remedy.
    """
    if isinstance(source, Subject):
        return source
    resolved = objective(source, normalizer=normalizer, name=name)
    if isinstance(source, str | Objective):
        return _of_objective(resolved)
    recognised = recognise(source, num_classes, form)
    function = in_form(source, recognised)
    refusal = _refusal_of_float64(function, num_classes)
    if refusal:
        function = partial(_in_float32, function)
    return Subject(
        name=resolved.name,
        function=function,
        normalizer=resolved.normalizer,
        form=recognised,
        given=source,
        code=_shell_function(source, recognised),
        refusal=refusal,
        predictor=_shell_normalizer(normalizer),
        own_normalizer=_own_normalizer(normalizer),
    )


def within(given: Subject, domain: Domain) -> Subject:
    """The same subject for logits of a domain only."""
    if domain == ANYWHERE:
        return given
    if not domain.normalised:
        return replace(given, domain=domain)
    normalizer = given.normalizer
    return replace(
        given,
        function=partial(_placed, given.function, domain),
        normalizer=None
        if normalizer is None
        else partial(_predicted, normalizer, domain),
        code=f"lambda z, t: ({given.code})({domain.code_of('z')}, t)",
        predictor=(
            f"lambda z: ({given.predictor})({domain.code_of('z')})"
            if normalizer
            else ""
        ),
        # The rules of an objective are those of logits of any size.
        objective=None,
        domain=domain,
    )


def _placed(
    function: Callable[[Array, Array], Array], domain: Domain, z: Array, t: Array
) -> Array:
    return function(domain.placed(z), t)


def _predicted(normalizer: Normalizer, domain: Domain, z: Array) -> Probs:
    predicted: Probs = normalizer(domain.placed(z))
    return predicted


# Cached, as programs are compiled once per subject.
@kept(maxsize=8)
def _of_objective(objective: Objective) -> Subject:
    function = partial(_objective_value, objective)
    if _is_of_a_spec(objective):
        set_key(function, f"objective {objective.name}")
        _set_key_of_normalizer(objective.normalizer, objective.name)
    return Subject(
        name=objective.name,
        function=function,
        normalizer=objective.normalizer,
        form="one example",
        given=objective,
        code=f"ls.objective({objective.name!r})",
        objective=objective,
        predictor="" if objective.normalizer is None else "loss.predict",
    )


def _is_of_a_spec(given: Objective) -> bool:
    """Whether the name says all, as a spec gives the same objective every time."""
    try:
        return objective(given.name) is given
    except ValueError:
        return False


def _set_key_of_normalizer(normalizer: Normalizer | None, name: str) -> None:
    if isinstance(normalizer, BoundFormula):
        set_key(normalizer, f"normalizer {normalizer}")
    elif normalizer is not None:
        set_key(normalizer, f"predictor of {name}")


def _refusal_of_float64(function: Callable[[Array, Array], Array], n: int) -> str:
    """Why a function runs in float32 only, as code with a fixed precision does; "" if it does not.

    Its gradient raises an error in float64, or its loss is rounded to a narrower dtype.
    """
    error = gradient_error(function, n, "float64")
    if error:
        return "" if gradient_error(function, n, "float32") else error
    z = jax.ShapeDtypeStruct((n,), jnp.float64)
    returned = jax.eval_shape(function, z, z).dtype
    return "" if returned == z.dtype else f"{ROUNDED}{returned}"


# Cached, so that all programs of one subject share its traces.
@kept(maxsize=16)
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
    key = key_of(function, "error of the gradient", n, dtype)
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


def _in_float32(function: Callable[[Array, Array], Array], z: Array, t: Array) -> Array:
    return function(z.astype(jnp.float32), t.astype(jnp.float32)).astype(z.dtype)


def _objective_value(objective: Objective, z: Array, t: Array) -> Array:
    # As it is composed: the objective itself would also trace its form for one-hot targets.
    value: Array = rounded_once(objective.composed, z.dtype, z, t)
    return value


def _shell_normalizer(normalizer: str | Normalizer | None) -> str:
    if normalizer is None:
        return ""
    if isinstance(normalizer, str | BoundFormula):
        return f"ls.normalizer({str(normalizer)!r})"
    formula = formula_of(normalizer)
    if formula is not None:
        return f"ls.normalizer({formula.name!r})"
    return shell_name(normalizer, "your_normalizer")


def shell_name(function: Callable[..., Any], otherwise: str) -> str:
    """The name by which code in a shell calls a function, or another one if it has none."""
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() else otherwise


def _own_normalizer(
    normalizer: str | Normalizer | None,
) -> Callable[..., Any] | None:
    if normalizer is None or isinstance(normalizer, str | BoundFormula):
        return None
    return normalizer if formula_of(normalizer) is None else None


def _shell_function(function: Callable[..., Any], form: Form) -> str:
    name = shell_name(function, "your_function")
    code: dict[Form, str] = {
        "one example": name,
        "one example, label": f"lambda z, t: {name}(z, t.argmax())",
        "batch, labels": f"lambda z, t: {name}(z[None], t.argmax()[None])[0]",
        "batch, one-hot": f"lambda z, t: {name}(z[None], t[None])[0]",
    }
    return code[form]
