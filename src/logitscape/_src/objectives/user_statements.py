"""Statements of users' own functions, found in the programs that JAX traces them into.

* A normalizer that calls `ls.normalize(log_g)` once and returns the result states its weights, if
  log_g is computed class by class.
* A loss of Probs states itself if it depends on them only through sums over the classes that are
  weighted with the target: for a one-hot target it is a function of the label's probability.

Anything else has no statement, and is differentiated as it is written.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import ClosedJaxpr

from ..base.jaxpr import ELEMENTWISE, interpret
from ..base.memory import kept
from ..losses.label_shares import Pull, Shares, of_probability
from ..normalizers.normalize import recorded_calls
from ..normalizers.probs import Probs
from ..normalizers.weights import Reduction, Weights
from .user_functions import UserLoss, UserNormalizer

FIXED, PER_CLASS, TARGET, WEIGHTED, SUMMED = range(5)
"""What a value depends on: on neither probabilities nor target; on a class's own probability; it
is the target; it is a product with the target; it is made of sums of such products."""

Kind: TypeAlias = tuple[int, bool]
"""One of these, and whether it has an axis of classes."""

SMALL_LOG_P = -200.0
"""Logarithm of a probability that underflows, at which a loss of log p is still finite."""


@kept(maxsize=64)
def user_weigh(normalizer: UserNormalizer, n: int, dtype: Any) -> Any:
    """Statement of a user's normalizer for logits [n] of this dtype; None without one."""
    log_g = partial(_log_weights, normalizer)
    programs = [_traced(log_g, _vectors(size, dtype, 1)) for size in (n, 1)]
    if not _agree(programs) or not _is_per_class(programs[0]):
        return None
    return partial(_weights, log_g)


@kept(maxsize=64)
def user_of_label(loss: UserLoss, n: int, dtype: Any) -> Any:
    """Statement of a user's loss of probabilities [n] of this dtype; None without one."""
    function = partial(_loss_of_arrays, loss)
    programs = [_traced(function, _vectors(size, dtype, 4)) for size in (n, 1)]
    if not _agree(programs) or not _is_of_label(programs[0]):
        return None
    # A loss that takes the logarithm of p is infinite where p underflows, for every class. That
    # has to be seen: times a target of 0 it is NaN.
    with jax.ensure_compile_time_eval():
        at_zero = _of_probability(loss, *jnp.array([0.0, SMALL_LOG_P, 1.0], dtype))
        is_safe = bool(jnp.isfinite(at_zero))
    return of_probability(partial(_pull, loss)) if is_safe else None


def _log_weights(normalizer: UserNormalizer, logits: Array) -> Array:
    with recorded_calls() as calls:
        result = normalizer(logits)
    if len(calls) != 1 or result is not calls[0].probs:
        raise _NoStatementError
    return calls[0].log_weights


def _weights(
    log_g: Callable[[Array], Array], logits: Array, maximum: Reduction
) -> Weights:
    # Masked classes have a weight of 0.
    top = maximum(log_g(logits))

    def log_relative(z: Array) -> Array:
        return log_g(jnp.reshape(z, -1)).reshape(jnp.shape(z)) - top

    def relative(z: Array) -> Array:
        return jnp.exp(log_relative(z))

    def log_slope(z: Array) -> Array:
        flat = jnp.reshape(z, -1)
        value, slope = jax.jvp(log_g, (flat,), (jnp.ones_like(flat),))
        # A class of weight 0 has no derivative, whatever that of its logarithm is.
        return jnp.where(jnp.isneginf(value), 0, slope).reshape(jnp.shape(z))

    def slope(z: Array, weight: Array) -> Array:
        return log_slope(z) * weight

    return Weights(relative, slope, log_relative, log_slope)


class _ApartProbs(Probs):
    """Probabilities whose complements are given, so that they need no other class."""

    given: Array

    @property
    def complement(self) -> Array:
        return self.given


def _loss_of_arrays(
    loss: UserLoss, p: Array, log_p: Array, complement: Array, target: Array
) -> Array:
    probs = _ApartProbs(p, log_p)
    probs.given = complement
    return loss(probs, target)


def _of_probability(loss: UserLoss, p: Array, log_p: Array, complement: Array) -> Array:
    """The loss of the label's class alone."""
    alone = [jnp.reshape(x, 1) for x in (p, log_p, complement)]
    target = jnp.ones_like(alone[0])
    return _loss_of_arrays(loss, alone[0], alone[1], alone[2], target)


def _pull(loss: UserLoss, shares: Shares) -> Pull:
    psi = jax.value_and_grad(partial(_of_probability, loss), argnums=(0, 1, 2))
    value, (of_p, of_log_p, of_complement) = psi(
        shares.p, shares.log_p, shares.complement
    )
    return Pull(value, -of_log_p, of_complement - of_p)


class _NoStatementError(Exception):
    """The function is none that states itself."""


def _vectors(size: int, dtype: Any, count: int) -> list[jax.ShapeDtypeStruct]:
    return [jax.ShapeDtypeStruct((size,), dtype)] * count


def _traced(function: Callable[..., Array], inputs: Sequence[Any]) -> Any:
    """The traced function; None if it cannot be traced for this number of classes."""
    try:
        return _without_dead_code(jax.make_jaxpr(function)(*inputs))
    except Exception:
        # Whatever a user's function raises, it raises again where it is called.
        return None


def _without_dead_code(program: ClosedJaxpr) -> ClosedJaxpr:
    """The program without the operations that its results do not need.

    `ls.normalize` leaves some behind, which differ between few classes and many.
    """
    needed = set(map(id, program.jaxpr.outvars))
    equations = []
    for equation in reversed(program.jaxpr.eqns):
        if needed.isdisjoint(map(id, equation.outvars)):
            continue
        needed.update(map(id, equation.invars))
        equations.append(equation)
    needed_only = program.jaxpr.replace(eqns=equations[::-1])
    result: ClosedJaxpr = program.replace(jaxpr=needed_only)
    return result


def _agree(programs: Sequence[ClosedJaxpr | None]) -> bool:
    """Whether a function does the same for any number of classes, and closes over no tracer.

    A derivative rule may not close over traced values.
    """
    steps = []
    for program in programs:
        if program is None:
            return False
        if any(isinstance(x, jax.core.Tracer) or jnp.ndim(x) for x in program.consts):
            return False
        steps.append(_steps(program))
    first, second = steps
    return first == second


def _steps(program: ClosedJaxpr) -> list[str]:
    """The operations of a program with their numbers, but without shapes."""
    steps = list[str]()

    def apply(equation: Any, inputs: list[str]) -> list[str]:
        numbers = [x for x in equation.params.values() if isinstance(x, int | float)]
        steps.append(f"{equation.primitive.name}({', '.join(inputs)}; {numbers})")
        return [""] * len(equation.outvars)

    def constant(value: Any, dtype: Any) -> str:
        return str(value)

    interpret(program, [""] * len(program.jaxpr.invars), constant, apply)
    return steps


def _is_per_class(program: ClosedJaxpr) -> bool:
    """Whether the result at every class depends on the input at this class only."""
    (result,) = _kinds(program, [(PER_CLASS, True)])
    is_per_class: bool = result == (PER_CLASS, True)
    return is_per_class


def _is_of_label(program: ClosedJaxpr) -> bool:
    """Whether the result depends on the label's class only, for a one-hot target."""
    per_class = (PER_CLASS, True)
    (result,) = _kinds(program, [per_class, per_class, per_class, (TARGET, True)])
    is_of_label: bool = result == (SUMMED, False)
    return is_of_label


def _kinds(program: ClosedJaxpr, inputs: list[Kind]) -> list[Any]:
    """What the results of a program depend on; None where it cannot be said."""

    def constant(value: Any, dtype: Any) -> Any:
        return (FIXED, False) if jnp.ndim(value) == 0 else None

    return interpret(program, inputs, constant, _kinds_of_equation)


def _kinds_of_equation(equation: Any, inputs: list[Any]) -> list[Any]:
    unknown = [None] * len(equation.outvars)
    if any(kind is None for kind in inputs):
        return unknown
    name = equation.primitive.name
    if name == "broadcast_in_dim" and inputs[0] == (FIXED, False):
        return [(FIXED, True)]
    if name == "reduce_sum" and inputs[0][0] == WEIGHTED:
        return [(SUMMED, False)]
    if name == "dot_general" and _is_product_with_target(inputs):
        return [(SUMMED, False)]
    if name not in ELEMENTWISE:
        return unknown
    kind = _kind_of_elementwise(name, {kind for kind, _ in inputs})
    has_classes = any(has_classes for _, has_classes in inputs)
    return unknown if kind is None else [(kind, has_classes)]


def _is_product_with_target(inputs: list[Any]) -> bool:
    kinds = {kind for kind, _ in inputs}
    return bool(kinds & {TARGET, WEIGHTED}) and SUMMED not in kinds


def _kind_of_elementwise(name: str, kinds: set[int]) -> int | None:
    """What the result of an elementwise operation depends on; None where it cannot be said."""
    if kinds <= {FIXED}:
        return FIXED
    if kinds <= {FIXED, PER_CLASS}:
        return PER_CLASS
    if kinds <= {FIXED, SUMMED}:
        return SUMMED
    if SUMMED in kinds:
        return None
    # What is left has the target in it. Where that is 0, the result has to be 0 as well.
    if name == "mul":
        return WEIGHTED
    if name == "convert_element_type" and kinds == {TARGET}:
        return TARGET
    if name in ("neg", "convert_element_type") and kinds == {WEIGHTED}:
        return WEIGHTED
    if name in ("add", "sub", "add_any") and kinds == {WEIGHTED}:
        return WEIGHTED
    return None
