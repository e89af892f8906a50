"""Which pairs have one rule for their derivative: both parts have to state what they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

from ..base.classes import whole
from ..base.formula import rounded_once
from ..base.special import nan_unless
from ..losses.label_shares import OfLabel, OfProbability
from ..normalizers.weights import Weigh
from .bound import BoundFormula
from .catalog import formula_of
from .formula import Formula
from .label_rules import ByChance, ByWeights, LabelRule, OfLogits, Parameters
from .pair_rule import Pair
from .parts import Loss, Normalizer
from .user_functions import UserFunction, UserLoss, UserNormalizer
from .user_statements import user_of_label, user_weigh

Example: TypeAlias = Array | jax.ShapeDtypeStruct
"""Logits of one example, or their shape and dtype."""


class StatedPair(NamedTuple):
    """A pair that has a rule, and those of its parameters that are arrays.

    Attributes:
        pair: The pair, with all other parameters bound.
        parameters: Parameters that are arrays, traced ones among them.
    """

    pair: Pair
    parameters: Parameters


def stated_pair(
    normalizer: Normalizer | None, loss: Loss | None, logits: Example
) -> StatedPair | None:
    """The rule of a pair; None if one of its parts states nothing.

    Args:
        normalizer: Normalizer, of the catalog or a user's.
        loss: Loss of probabilities, of the catalog or a user's.
        logits: Logits, [n], of which only the shape and the dtype count.
    """
    if normalizer is None or loss is None:
        return None
    if isinstance(normalizer, BoundFormula) and isinstance(loss, BoundFormula):
        return _of_specs(normalizer, loss)
    return _of_parts(_part(normalizer, logits), _part(loss, logits))


def stated_loss_of_logits(loss: Any) -> StatedPair | None:
    """The rule of a loss of logits of the catalog, with its parameters bound; None for others."""
    if isinstance(loss, BoundFormula):
        return _of_spec(loss)
    return _of_loss_of_logits(loss) if isinstance(loss, UserLoss) else None


@lru_cache(maxsize=1024)
def _of_spec(loss: BoundFormula) -> StatedPair | None:
    return _of_loss_of_logits(loss)


def _of_loss_of_logits(loss: BoundFormula | UserLoss) -> StatedPair | None:
    formula, _ = _call(loss)
    part = _of_catalog(loss)
    if formula is None or part is None or formula.kind != "loss of logits":
        return None
    rule: LabelRule
    if formula.with_label is not None:
        rule = OfLogits(part.statement)
    elif formula.weigh is not None:
        rule = ByWeights(formula.weigh, part.statement)
    else:
        return None
    composed = partial(_with_parameters_of_loss, part.function)
    return StatedPair(Pair(composed, rule), ({}, part.arrays))


def _with_parameters_of_loss(
    loss: Callable[..., Array], logits: Array, target: Array, parameters: Parameters
) -> Array:
    _, of_loss = parameters
    return loss(logits, target, **of_loss)


def statement_of_loss(loss: Loss | None, logits: Example) -> OfLabel | None:
    """The statement of a loss of probabilities, with its parameters bound; None without one."""
    part = _part(loss, logits)
    return None if part is None else partial(part.statement, **part.arrays)


def statement_of_normalizer(
    normalizer: Normalizer | None, logits: Example
) -> Weigh | None:
    """The statement of a separable normalizer, with its parameters bound; None for others."""
    part = _part(normalizer, logits)
    if part is None or part.is_by_chance:
        return None
    return partial(part.statement, **part.arrays)


@lru_cache(maxsize=1024)
def _of_specs(normalizer: BoundFormula, loss: BoundFormula) -> StatedPair | None:
    # Once only, so that equal pairs are the same to the caches of JAX.
    return _of_parts(_of_catalog(normalizer), _of_catalog(loss))


@dataclass(frozen=True)
class _Part:
    """A normalizer or a loss that states itself.

    Attributes:
        function: The function itself, a loss without the test of a traced target.
        statement: Its statement.
        arrays: Parameters of both that are arrays; all others are bound.
        of_weights: The function as one of the weights; None for most.
        pull: Statement of a loss of the label's probability alone; None for other parts.
        is_by_chance: Whether it is a normalizer that states the label's probability alone.
    """

    function: Callable[..., Any]
    statement: Callable[..., Any]
    arrays: Mapping[str, Any]
    of_weights: Callable[..., Any] | None = None
    pull: Callable[..., Any] | None = None
    is_by_chance: bool = False


def _of_parts(normalizer: _Part | None, loss: _Part | None) -> StatedPair | None:
    if normalizer is None or loss is None:
        return None
    composed: Callable[[Array, Array, Parameters], Array]
    rule: LabelRule
    if not normalizer.is_by_chance:
        rule = ByWeights(normalizer.statement, loss.statement)
    elif loss.pull is not None:
        rule = ByChance(normalizer.statement, loss.pull)
    else:
        return None
    if loss.of_weights is None:
        composed = _Composed(normalizer.function, loss.function)
    else:
        composed = _ComposedByWeights(normalizer.statement, loss.of_weights)
    return StatedPair(Pair(composed, rule), (normalizer.arrays, loss.arrays))


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
        # What a statement takes from the example is a constant, as is the weights' scale.
        constant = jax.lax.stop_gradient(logits)
        weights = self.weigh(constant, whole(constant), **of_normalizer)
        is_defined = ~jnp.isnan(jnp.sum(weights.relative(logits)))
        of_logits = weights.differentiable or weights.relative
        z = nan_unless(is_defined, logits)
        if weights.anchor is not None:
            z = z - _move_of(weights.anchor, z)
        each = of_logits(z)
        value: Array = self.loss(each, target, **of_loss)
        return value


def _move_of(anchor: Array, z: Array) -> Array:
    """0, with the derivative of the place in which the classes have these parts."""
    place = jnp.sum(jnp.where(anchor > 0, anchor * z, 0))
    return place - jax.lax.stop_gradient(place)


def _part(part: Normalizer | Loss | None, logits: Example) -> _Part | None:
    of_catalog = _of_catalog(part)
    if of_catalog is not None:
        return of_catalog
    statement = None
    if isinstance(part, UserNormalizer):
        statement = user_weigh(part, logits.size, logits.dtype)
    if isinstance(part, UserLoss):
        statement = user_of_label(part, logits.size, logits.dtype)
    if part is None or statement is None:
        return None
    pull = statement.pull if isinstance(statement, OfProbability) else None
    return _Part(part, statement, {}, pull=pull)


def gives_shares(normalizer: Normalizer | None, logits: Example) -> bool:
    """Whether a normalizer is known to give shares of a whole, as statements of losses take them.

    These know the derivative in the probabilities but for a constant, which counts where the sum
    of the probabilities moves. A separable normalizer states what has the rest of the whole.
    """
    if statement_of_normalizer(normalizer, logits) is not None:
        return True
    formula, _ = _call(normalizer)
    return formula is not None and formula.sums_to_one


def _call(part: Any) -> tuple[Formula | None, Mapping[str, Any]]:
    """The formula of the catalog that a normalizer or a loss calls, and its parameters."""
    function: Any = part
    if isinstance(part, BoundFormula | UserFunction):
        function = part.function
    parameters: Mapping[str, Any] = {}
    if isinstance(function, partial):
        if function.args:
            return None, {}
        function, parameters = function.func, function.keywords
    formula = part.formula if isinstance(part, BoundFormula) else formula_of(function)
    return formula, parameters


def _of_catalog(part: Any) -> _Part | None:
    """What a normalizer or a loss of the catalog states; None for others."""
    formula, parameters = _call(part)
    statement = None if formula is None else _statement(formula)
    if formula is None or statement is None:
        return None
    is_array = {name: isinstance(x, jax.Array) for name, x in parameters.items()}
    fixed = {name: x for name, x in parameters.items() if not is_array[name]}
    return _Part(
        function=_with(formula.trusting, fixed),
        statement=_with(statement, fixed),
        arrays={name: x for name, x in parameters.items() if is_array[name]},
        of_weights=formula.of_weights and _with(formula.of_weights, fixed),
        pull=_with(statement.pull, fixed)
        if isinstance(statement, OfProbability)
        else None,
        is_by_chance=formula.at_label is not None,
    )


def _statement(formula: Formula) -> Callable[..., Any] | None:
    if formula.kind == "normalizer":
        return formula.weigh or formula.at_label
    return formula.with_label or formula.of_label


def _with(function: Callable[..., Any], fixed: Mapping[str, Any]) -> Callable[..., Any]:
    return partial(function, **fixed) if fixed else function
