"""A traced loss that is run with steps left out, to see what each of them does to the gradient."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr

from ...base.jaxpr import interpret
from ...base.xla import jit_fast_compile
from ..evaluation import Rows

Tracked: TypeAlias = tuple[Any, bool]
"""A value of the program, and whether it depends on the logits."""


class Step(NamedTuple):
    """One step of a program, such as a sum, as it is about to be passed on.

    Attributes:
        name: Name of its primitive.
        given: Its input that depends on the logits, in the shape of the output.
        constants: Its other inputs.
        output: What it returns.
        has_constant: Whether one input depends on the logits, and another does not.
    """

    name: str
    given: Any
    constants: tuple[Any, ...]
    output: Any
    has_constant: bool


Edit: TypeAlias = Callable[[Step], Any]
"""Function of a step to what is passed on in place of its output."""


def run_edited(traced: ClosedJaxpr, z: Any, target: Rows, edit: Edit) -> Any:
    """Run a traced loss; what depends on the logits is passed on as `edit` says.

    Args:
        traced: Traced function (logits [n], target [n]) -> scalar.
        z: Logits, [n].
        target: Target, [n].
        edit: What is asked at every step that has one output.
    """

    def constant(value: Any, dtype: Any) -> Tracked:
        return jnp.asarray(value, dtype), False

    def apply(equation: Any, inputs: list[Tracked]) -> list[Tracked]:
        values = [value for value, _ in inputs]
        depends = [tracked for _, tracked in inputs]
        outputs = equation.primitive.bind(*values, **equation.params)
        if equation.primitive.multiple_results:
            return [(output, any(depends)) for output in outputs]
        if any(depends):
            outputs = edit(_step(equation.primitive.name, values, depends, outputs))
        return [(outputs, any(depends))]

    arguments = [(jnp.asarray(z), True), (jnp.asarray(target), False)]
    ((loss, _),) = interpret(traced, arguments, constant, apply)
    return loss


def notes_of_steps(
    traced: ClosedJaxpr, z: Any, target: Rows, note: Callable[[Step], Any | None]
) -> list[Any]:
    """What a function notes of a traced loss's steps, as arrays of NumPy.

    The loss runs as one compiled program: step by step, each would be one of its own.

    Args:
        traced: Traced function (logits [n], target [n]) -> scalar.
        z: Logits, [n].
        target: Target, [n].
        note: Function of a step to arrays to be kept, or None.
    """

    def run(logits: Any, answer: Any) -> list[Any]:
        found = list[Any]()

        def keep(step: Step) -> Any:
            about = note(step)
            if about is not None:
                found.append(about)
            return step.output

        run_edited(traced, logits, answer, keep)
        return found

    found: list[Any] = jax.device_get(jit_fast_compile(run)(z, target))
    return found


def gradients_of_edited(
    traced: ClosedJaxpr, z: Rows, targets: Rows, new_edit: Callable[[], Edit]
) -> Rows:
    """The gradients of an edited loss at every row, [m, n]; NaN where it has none.

    A program that is run step by step has lost the derivative rules of its parts, and some of
    these, such as a loop that ends by itself, have no derivative without a rule.

    Args:
        traced: Traced function (logits [n], target [n]) -> scalar.
        z: Logits, [m, n].
        targets: Targets, [m, n].
        new_edit: Function that makes the edit of one run, which may count the steps.
    """

    def loss(logits: Any, target: Any) -> Any:
        return run_edited(traced, logits, target, new_edit())

    # One program for all rows.
    gradients = jit_fast_compile(jax.vmap(jax.grad(loss)))
    try:
        return np.asarray(gradients(jnp.asarray(z), jnp.asarray(targets)), np.float64)
    except (TypeError, ValueError, NotImplementedError):
        return np.full(np.shape(z), np.nan)


def _step(name: str, values: list[Any], depends: list[bool], output: Any) -> Step:
    given = values[depends.index(True)]
    constants = tuple(x for x, moved in zip(values, depends, strict=True) if not moved)
    has_constant = sum(depends) == 1 and bool(constants)
    if has_constant and given.shape != output.shape:
        # A scalar is broadcast; other steps with a constant change no shape.
        has_constant = given.ndim == 0
        given = jnp.broadcast_to(given, output.shape) if has_constant else given
    return Step(name, given, constants, output, has_constant)
