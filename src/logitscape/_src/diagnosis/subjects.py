"""Subjects made from what users give: specs, objectives and functions of any form."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import rounded_once
from ..base.memory import kept
from ..base.messages import printable, quoted
from ..base.program_keys import set_key
from ..base.target_kinds import DISTRIBUTION, LABELS, TargetKind
from ..base.users_code import name_of
from ..forms.adapt import (
    as_batch_code,
    as_code,
    description,
    in_batches,
    in_form,
)
from ..forms.any_framework import recognised_in_any_framework
from ..forms.framework import NUMPY, Inside
from ..forms.numpy_loss import NumPyLoss, both_of, code_of
from ..forms.opaque import Opaque, traceable
from ..forms.reading import Form
from ..forms.recognise import recognise
from ..forms.recognised import Recognised
from ..objectives.bound import BoundFormula
from ..objectives.catalog import formula_of
from ..objectives.objective import Objective
from ..objectives.parts import Normalizer, normalizer_from
from ..objectives.sources import Source, objective
from .domain import ANYWHERE, Domain
from .subject import ROUNDED, UNNAMED, Subject, gradient_error, shell_name


def subject(
    source: Source | Subject,
    *,
    num_classes: int,
    normalizer: str | Normalizer | None = None,
    form: Form | None = None,
    name: str | None = None,
    domain: Domain = ANYWHERE,
    argument: str = "source",
) -> Subject:
    """Recognise the subject of a diagnosis.

    Args:
        source: A spec, an Objective, a function in one of the known forms, or a module or
            function of PyTorch.
        num_classes: Number of classes n; 1 for a loss of one logit.
        normalizer: Normalizer with which a user's function predicts.
        form: Form of the function, instead of trying which one it takes.
        name: Name, instead of the spec or the function's name.
        domain: Logits with which a function is tried.
        argument: Name of the argument that the source was given as, for the messages.

    Raises:
        TypeError: If the function takes none of the forms; the message quotes the error
            of every form, and has a call that works.
    """
    if isinstance(source, Subject):
        return source
    if isinstance(source, str | Objective):
        resolved = objective(source, normalizer=normalizer, name=name)
        if num_classes > 1:
            return _of_objective(resolved)
        source = resolved
    if not callable(source):
        raise TypeError(
            f"`{argument}` must be a spec or a function, got {quoted(source)}."
        )
    if num_classes == 1:
        form = "binary"
    found, opaque = recognised_in_any_framework(
        source, num_classes, form, domain.squeezed
    )
    given = _Given(
        name=printable(name or name_of(source)),
        source=source,
        normalizer=normalizer,
        recognised=found,
    )
    return _of_opaque(given, opaque) if opaque else _of_function(given, num_classes)


def subject_of_gradient(
    value_and_grad: Any,
    *,
    num_classes: int,
    normalizer: str | Normalizer | None = None,
    form: Form | None = None,
    name: str | None = None,
    domain: Domain = ANYWHERE,
) -> Subject:
    """Recognise a loss that is given as a function of NumPy to loss and gradient.

    Args:
        value_and_grad: Function (logits, target) -> (loss, gradient), or a pair of functions.
        num_classes: Number of classes n.
        normalizer: Normalizer with which it predicts.
        form: Form of the function, instead of trying which one it takes.
        name: Name, instead of the function's.
        domain: Logits with which it is tried.

    Raises:
        TypeError: If it is none of these, or takes none of the forms.
    """
    function = both_of(value_and_grad)
    form = "binary" if num_classes == 1 else form
    found = recognise(function, num_classes, form, Inside(NUMPY, domain.squeezed))
    given = _Given(
        name=printable(name or name_of(function)),
        source=function,
        normalizer=normalizer,
        recognised=found,
    )
    code, names = code_of(value_and_grad)
    return _of_opaque(given, NumPyLoss(function, found, code=code, names=names))


@dataclass(frozen=True)
class _Given:
    """A function as it was given, and what has been found out about it."""

    name: str
    source: Any
    normalizer: str | Normalizer | None
    recognised: Recognised

    def subject(
        self, function: Callable[[Array, Array], Array], **fields: Any
    ) -> Subject:
        return Subject(
            name=self.name,
            function=function,
            normalizer=None
            if self.normalizer is None
            else normalizer_from(self.normalizer),
            form=self.recognised.form,
            given=self.source,
            predictor=_shell_normalizer(self.normalizer),
            own_normalizer=_own_normalizer(self.normalizer),
            recognised=self.recognised,
            description=description(self.recognised),
            reduction=self.recognised.reduction,
            one_logit=self.recognised.reading.is_binary,
            targets=self._targets(),
            **fields,
        )

    def _targets(self) -> TargetKind:
        """What the targets are; who names a normalizer means one label among the classes."""
        is_of_labels = self.recognised.each_class and self.normalizer is None
        return LABELS if is_of_labels else DISTRIBUTION


def _of_function(given: _Given, num_classes: int) -> Subject:
    n = 2 if given.recognised.reading.is_binary else num_classes
    function = in_form(given.source, given.recognised)
    refusal = _refusal_of_float64(function, n)
    if refusal:
        function = partial(_in_float32, function)
    return given.subject(
        function,
        code=as_code(shell_name(given.source, "your_function"), given.recognised),
        in_batches=in_batches(given.source, given.recognised),
        batch_code=as_batch_code(
            shell_name(given.source, "your_function"), given.recognised
        ),
        refusal=refusal,
    )


def _of_opaque(given: _Given, opaque: Opaque) -> Subject:
    name = opaque.code or shell_name(given.source, "your_function")
    return given.subject(
        traceable(opaque),
        code=as_code(name, given.recognised, opaque.array),
        in_batches=opaque.in_batches if given.recognised.in_batches else None,
        opaque=opaque,
    )


# Cached, as programs are compiled once per subject.
@kept(maxsize=8)
def _of_objective(objective: Objective) -> Subject:
    function = partial(_objective_value, objective)
    code = UNNAMED
    if _is_of_a_spec(objective):
        code = f"ls.objective({objective.name!r})"
        set_key(function, f"objective {objective.name}")
        _set_key_of_normalizer(objective.normalizer, objective.name)
    return Subject(
        name=printable(objective.name),
        function=function,
        normalizer=objective.normalizer,
        form="one example",
        given=objective,
        code=code,
        objective=objective,
        predictor="" if objective.normalizer is None else "loss.predict",
        targets=objective.targets,
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


def _own_normalizer(
    normalizer: str | Normalizer | None,
) -> Callable[..., Any] | None:
    if normalizer is None or isinstance(normalizer, str | BoundFormula):
        return None
    return normalizer if formula_of(normalizer) is None else None
