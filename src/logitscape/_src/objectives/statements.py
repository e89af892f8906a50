"""Which pairs have one rule for their derivative: both parts have to state what they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.formula import rounded_once
from ..base.special import nan_unless
from ..normalizers.weights import Weigh
from .bound import BoundFormula
from .catalog import Formula, formula_of
from .pair_rule import Pair, Parameters
from .parts import Loss, Normalizer
from .user_functions import UserFunction


class StatedPair(NamedTuple):
    """A pair that has a rule, and those of its parameters that are arrays.

    Attributes:
        pair: The pair, with all other parameters bound.
        parameters: Parameters that are arrays, traced ones among them.
    """

    pair: Pair
    parameters: Parameters


def stated_pair(normalizer: Normalizer | None, loss: Loss | None) -> StatedPair | None:
    """The rule of a pair, if both parts are formulas of the catalog that have a statement."""
    if normalizer is None or loss is None:
        return None
    if isinstance(normalizer, BoundFormula) and isinstance(loss, BoundFormula):
        return _of_specs(normalizer, loss)
    return _of_parts(normalizer, loss)


@lru_cache(maxsize=1024)
def _of_specs(normalizer: BoundFormula, loss: BoundFormula) -> StatedPair | None:
    # Once only, so that equal pairs are the same to the caches of JAX.
    return _of_parts(normalizer, loss)


def _of_parts(normalizer: Normalizer, loss: Loss) -> StatedPair | None:
    of_normalizer = _call_of_formula(normalizer)
    of_loss = _call_of_formula(loss)
    if of_normalizer is None or of_loss is None:
        return None
    weigh = of_normalizer.formula.weigh
    of_label = of_loss.formula.of_label
    if weigh is None or of_label is None:
        return None
    weigh = _with(weigh, of_normalizer.fixed)
    of_weights = of_loss.formula.of_weights
    composed: Callable[[Array, Array, Parameters], Array]
    if of_weights is None:
        composed = _Composed(of_normalizer.trusting, of_loss.trusting)
    else:
        composed = _ComposedByWeights(weigh, _with(of_weights, of_loss.fixed))
    pair = Pair(
        composed=composed,
        weigh=weigh,
        of_label=_with(of_label, of_loss.fixed),
    )
    return StatedPair(pair, (of_normalizer.arrays, of_loss.arrays))


@dataclass(frozen=True)
class _Composed:
    """`loss(normalizer(logits), target)`, given the parameters that are arrays."""

    normalizer: Callable[..., Any] = field(repr=False)
    loss: Callable[..., Any] = field(repr=False)

    def __call__(self, logits: Array, target: Array, parameters: Parameters) -> Array:
        of_normalizer, of_loss = parameters
        probs = self.normalizer(logits, **of_normalizer)
        value: Array = self.loss(probs, target, **of_loss)
        return value


@dataclass(frozen=True)
class _ComposedByWeights:
    """A loss that depends on the ratios of the probabilities only, as one of the weights.

    Division by the sum would bring terms into the derivative that cancel each other.
    """

    weigh: Weigh = field(repr=False)
    loss: Callable[..., Any] = field(repr=False)

    def __call__(self, logits: Array, target: Array, parameters: Parameters) -> Array:
        dtype = logits.dtype
        value: Array = rounded_once(
            self._value, dtype, logits, target.astype(dtype), parameters
        )
        return value

    def _value(self, logits: Array, target: Array, parameters: Parameters) -> Array:
        of_normalizer, of_loss = parameters
        weights = self.weigh(logits, _constant_maximum, **of_normalizer)
        is_defined = ~jnp.isnan(jnp.sum(weights.relative(logits)))
        of_logits = weights.differentiable or weights.relative
        each = of_logits(nan_unless(is_defined, logits))
        value: Array = self.loss(each, target, **of_loss)
        return value


def _constant_maximum(x: Array) -> Array:
    # The weights' scale makes no difference, so that it needs no derivative.
    return jax.lax.stop_gradient(jnp.max(x))


@dataclass(frozen=True)
class _Call:
    """A formula of the catalog, with parameters that are fixed and others that are arrays."""

    formula: Formula
    fixed: Mapping[str, Any]
    arrays: Mapping[str, Any]

    @property
    def trusting(self) -> Callable[..., Any]:
        return _with(self.formula.trusting, self.fixed)


def _call_of_formula(part: Any) -> _Call | None:
    """The formula that a normalizer or a loss calls, and its parameters; None for others."""
    function = part.function if isinstance(part, BoundFormula | UserFunction) else part
    parameters: Mapping[str, Any] = {}
    if isinstance(function, partial):
        if function.args:
            return None
        function, parameters = function.func, function.keywords
    formula = part.formula if isinstance(part, BoundFormula) else formula_of(function)
    if formula is None:
        return None
    is_array = {name: isinstance(x, jax.Array) for name, x in parameters.items()}
    return _Call(
        formula=formula,
        fixed={name: x for name, x in parameters.items() if not is_array[name]},
        arrays={name: x for name, x in parameters.items() if is_array[name]},
    )


def _with(function: Callable[..., Any], fixed: Mapping[str, Any]) -> Callable[..., Any]:
    return partial(function, **fixed) if fixed else function
