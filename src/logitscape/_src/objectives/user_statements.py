"""Statements of users' own functions, found in the programs that JAX traces them into.

* A normalizer that calls `ls.normalize(log_g)` once and returns the result states its weights, if
  log_g is computed class by class.
* A loss of Probs states itself if it depends on them only through sums over the classes that are
  weighted with the target: for a one-hot target it is a function of the label's probability.

Anything else has no statement, and is differentiated as it is written.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from ..base.classes import Classes
from ..base.memory import kept
from ..losses.label_shares import OfProbability, Pull
from ..normalizers.chances import Chance
from ..normalizers.normalize import recorded_calls
from ..normalizers.powers import divide_by
from ..normalizers.probs import Probs
from ..normalizers.weights import Weights
from .class_dependence import is_of_label, is_per_class, traced_for_any_number
from .user_functions import UserLoss, UserNormalizer

SMALL_LOG_P = -200.0
"""Logarithm of a probability that underflows, at which a loss of log p is still finite."""


@kept(maxsize=64)
def user_weigh(normalizer: UserNormalizer, n: int, dtype: Any) -> Any:
    """Statement of a user's normalizer for logits [n] of this dtype; None without one."""
    log_g = partial(_log_weights, normalizer)
    program = traced_for_any_number(log_g, 1, n, dtype)
    if program is None or not is_per_class(program):
        return None
    if _last_logarithm(program) is not None:
        return partial(_weights, partial(_before_logarithm, log_g), log_g)
    return partial(_weights_by_logarithm, log_g)


@kept(maxsize=64)
def user_of_label(loss: UserLoss, n: int, dtype: Any) -> Any:
    """Statement of a user's loss of probabilities [n] of this dtype; None without one."""
    function = partial(_loss_of_arrays, loss)
    program = traced_for_any_number(function, 4, n, dtype)
    if program is None or not is_of_label(program):
        return None
    # A loss that takes the logarithm of p is infinite where p underflows, for every class. That
    # has to be seen: times a target of 0 it is NaN.
    with jax.ensure_compile_time_eval():
        at_zero = _of_probability(loss, *jnp.array([0.0, SMALL_LOG_P, 1.0], dtype))
        is_safe = bool(jnp.isfinite(at_zero))
    return OfProbability(partial(_pull, loss)) if is_safe else None


def _log_weights(normalizer: UserNormalizer, logits: Array) -> Array:
    with recorded_calls() as calls:
        result = normalizer(logits)
    if len(calls) != 1 or result is not calls[0].probs:
        raise _NoStatementError
    return calls[0].log_weights


def _last_logarithm(program: ClosedJaxpr) -> Any:
    """The equation `log x` or `log(1 + x)` that gives the result of a program; None without one."""
    (result,) = program.jaxpr.outvars
    for equation in program.jaxpr.eqns:
        if result in equation.outvars and equation.primitive.name in ("log", "log1p"):
            return equation
    return None


def _before_logarithm(log_g: Callable[[Array], Array], z: Array) -> Array:
    """The weights g, [n], of which a function takes the logarithm in its last step."""
    program = jax.make_jaxpr(log_g)(z)
    equation = _last_logarithm(program)
    jaxpr = program.jaxpr.replace(outvars=equation.invars)
    (x,) = jaxpr_as_fun(program.replace(jaxpr=jaxpr))(z)
    g: Array = 1 + x if equation.primitive.name == "log1p" else x
    return g


def _weights(
    g: Callable[[Array], Array],
    log_g: Callable[[Array], Array],
    logits: Array,
    classes: Classes,
) -> Weights:
    top = classes.maximum(g(logits))
    log_top = jnp.log(top)
    ratio = divide_by(top)
    of_one = partial(_elementwise, g)

    def relative(z: Array) -> Array:
        weight = of_one(z)
        return ratio(jnp.where(weight >= 0, weight, jnp.nan))

    def slope(z: Array, weight: Array) -> Array:
        return ratio(_derivative(of_one, z))

    def log_relative(z: Array) -> Array:
        return _elementwise(log_g, z) - log_top

    return Weights(relative, slope, log_relative, partial(_log_slope, log_g))


def _weights_by_logarithm(
    log_g: Callable[[Array], Array], logits: Array, classes: Classes
) -> Weights:
    # Masked classes have a weight of 0.
    top = classes.maximum(log_g(logits))
    log_slope = partial(_log_slope, log_g)

    def log_relative(z: Array) -> Array:
        return _elementwise(log_g, z) - top

    def relative(z: Array) -> Array:
        return jnp.exp(log_relative(z))

    def slope(z: Array, weight: Array) -> Array:
        return log_slope(z) * weight

    return Weights(relative, slope, log_relative, log_slope)


def _log_slope(log_g: Callable[[Array], Array], z: Array) -> Array:
    of_one = partial(_elementwise, log_g)
    # A class of weight 0 has no derivative, whatever that of its logarithm is.
    return jnp.where(jnp.isneginf(of_one(z)), 0, _derivative(of_one, z))


def _elementwise(function: Callable[[Array], Array], z: Array) -> Array:
    """A function of vectors, of an array of any shape."""
    return function(jnp.reshape(z, -1)).reshape(jnp.shape(z))


def _derivative(function: Callable[[Array], Array], z: Array) -> Array:
    """The derivative of a function that is computed element by element."""
    _, derivative = jax.jvp(function, (z,), (jnp.ones_like(z),))
    result: Array = derivative
    return result


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


def _pull(loss: UserLoss, chance: Chance) -> Pull:
    psi = jax.value_and_grad(partial(_of_probability, loss), argnums=(0, 1, 2))
    value, (of_p, of_log_p, of_complement) = psi(*chance)
    return Pull(value, -of_log_p, of_complement - of_p)


class _NoStatementError(Exception):
    """The function is none that states itself."""
