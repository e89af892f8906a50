"""Constants and parameters of a user's function that have no effect on its loss."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.extend.core import ClosedJaxpr

from ...base.jaxpr import interpret
from ...base.xla import jit_fast_compile
from ...forms.adapt import in_form
from ...forms.call import parameters_of
from ...forms.recognised import Recognised
from ..config import DiagnosisConfig
from ..domain import Domain
from ..evaluation import Rows
from ..levels import ordinary
from ..random_logits import normal_logits, uniform_logits
from ..subject import Subject

SMALLEST, LARGEST = 1e-4, 1e3
"""Sizes of constants that are meant to do something: smaller and larger ones guard and mask."""
USUAL = (0.5, 1.0, 2.0)
"""Sizes of constants that belong to formulas."""
FACTOR = 1.5
SMALL = 0.01
"""Number in place of a parameter that is 0."""
ROWS = 32
LABELS = 10
"""Largest number of labels that are tried."""
SAME = 1e-12
"""Largest relative change that counts as none."""


def unused_parameters(subject: Subject, config: DiagnosisConfig) -> list[str]:
    """The numbers among the function's parameters that the traced program does not depend on.

    Those are given by `functools.partial`, or are defaults such as `label_smoothing=0.1`.
    """
    given, recognised = subject.given, subject.recognised
    if recognised is None or subject.opaque or subject.objective is not None:
        return []
    numbers = _numbers_of(given)
    if not numbers:
        return []
    program = str(_traced(in_form(given, recognised), config))
    return [
        name
        for name, value in numbers.items()
        if _program_with(given, name, value, recognised, config) == program
    ]


def _numbers_of(given: Callable[..., Any]) -> dict[str, float]:
    """Numbers that are given by name, and defaults that are no whole numbers, such as an axis."""
    numbers = {
        name: parameter.default
        for name, parameter in parameters_of(given).items()
        if isinstance(parameter.default, float)
    }
    keywords = given.keywords if isinstance(given, partial) else {}
    for name, value in keywords.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            numbers[name] = value
    return numbers


def _program_with(
    given: Callable[..., Any],
    name: str,
    value: float,
    recognised: Recognised,
    config: DiagnosisConfig,
) -> str:
    """The program with another number in place of one; "" if the function refuses that."""
    whole = isinstance(value, int)
    other = partial(given, **{name: value + 1 if whole else value / 2 or SMALL})
    try:
        return str(_traced(in_form(other, recognised), config))
    except Exception:  # a user's function may raise anything
        return ""


class Constants(NamedTuple):
    """Constants in the traced program that could be another number.

    Attributes:
        idle: Those that the loss does not depend on.
        shifts: Those that only its value depends on, by the same amount at all logits of a label.
    """

    idle: tuple[float, ...] = ()
    shifts: tuple[float, ...] = ()


def constants_without_effect(subject: Subject, config: DiagnosisConfig) -> Constants:
    """The constants that teach nothing: every one is changed, wherever the program has it."""
    if subject.objective is not None:
        return Constants()
    program = _traced(subject.function, config)
    # A mean over the classes, or over a batch as large, has their number.
    n, recognised = config.num_classes, subject.recognised
    sizes = (n, n if recognised is None else recognised.call.rows(n))
    values = [
        value
        for value in _constants(program)
        if _is_meant(value, config.domain) and value not in sizes
    ]
    if not values:
        return Constants()
    with_factor = partial(_with_changed, program)
    every_row = jax.vmap(with_factor, (None, None, 0, 0))
    run = jit_fast_compile(jax.vmap(every_row, (0, None, None, None)))
    z, targets = _points(config)
    distinct = np.array(sorted(set(values)))
    before = np.asarray(run(distinct, jnp.ones(()), z, targets))
    after = np.asarray(run(distinct, jnp.full((), FACTOR), z, targets))
    known = np.isfinite(before)
    change = np.where(known, after - before, 0) / (1 + np.abs(before))
    idle = (np.abs(change) <= SAME).all(axis=1) & known.any(axis=1)
    shifts = _only_shift(before, after, targets.argmax(axis=1)) & ~idle
    return Constants(tuple(distinct[idle].tolist()), tuple(distinct[shifts].tolist()))


def _only_shift(before: Rows, after: Rows, labels: Rows) -> Rows:
    """Whether the loss changes by one amount for each label, which is not 0 for all, [m]."""
    with np.errstate(invalid="ignore"):
        moved = after - before
    sizes = 1 + np.maximum(np.abs(before), np.abs(after))
    alike: Rows = np.isfinite(moved).all(axis=1)
    for label in np.unique(labels):
        of_label = moved[:, labels == label]
        allowed = SAME * sizes[:, labels == label].max(axis=1)
        # One row alone is no evidence.
        alike &= (np.ptp(of_label, axis=1) <= allowed) & (of_label.shape[1] > 1)
    return alike


def _traced(function: Any, config: DiagnosisConfig) -> ClosedJaxpr:
    z = jax.ShapeDtypeStruct((config.num_classes,), jnp.float64)
    return jax.make_jaxpr(function)(z, z)


def _constants(program: ClosedJaxpr) -> Iterator[float]:
    """All scalar constants of a program, in the order in which it is interpreted."""
    found = list[float]()

    def constant(value: Any, _: Any) -> None:
        if np.ndim(value) == 0 and np.issubdtype(np.asarray(value).dtype, np.floating):
            found.append(float(value))

    def apply(equation: Any, _: list[None]) -> list[None]:
        return [None] * len(equation.outvars)

    interpret(program, [None] * len(program.jaxpr.invars), constant, apply)
    return iter(found)


def _is_meant(value: float, domain: Domain) -> bool:
    size = abs(value)
    # What is far below all logits masks a class, and may be any number.
    is_mask = value < -ordinary(domain)
    is_size = math.isfinite(value) and SMALLEST < size < LARGEST
    return is_size and size not in USUAL and not is_mask


def _with_changed(
    program: ClosedJaxpr, chosen: Array, factor: Array, z: Array, t: Array
) -> Array:
    """The loss with one constant times a factor."""

    def constant(value: Any, dtype: Any) -> Array:
        array = jnp.asarray(value, dtype)
        if array.ndim or not jnp.issubdtype(dtype, jnp.floating):
            return array
        changed = (array * factor).astype(dtype)
        return jnp.where(jnp.abs(array - chosen) <= SAME, changed, array)

    def apply(equation: Any, inputs: list[Array]) -> list[Array]:
        primitive = equation.primitive
        outputs = primitive.bind(*inputs, **equation.params)
        return list(outputs) if primitive.multiple_results else [outputs]

    (loss,) = interpret(program, [z, t], constant, apply)
    return loss


def _points(config: DiagnosisConfig) -> tuple[Rows, Rows]:
    """Scattered logits, up to the largest that are ordinary, and their targets."""
    n = config.num_classes
    random = config.random()
    shape = (ROWS // 2, n)
    near, wide = (
        normal_logits(random, shape),
        uniform_logits(random, shape, ordinary(config.domain)),
    )
    # Every label that is tried has several rows, with a thousand classes too.
    labels = np.arange(ROWS) % min(n, LABELS)
    return np.concatenate([near, wide]), np.eye(n)[labels]
