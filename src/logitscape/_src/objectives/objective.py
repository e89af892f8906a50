"""Objectives: a normalizer and a loss as one function `(logits, target) -> scalar`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import is_distribution, target_like, vector
from ..base.formula import rounded_once
from ..base.special import zero_if
from ..base.stored import key_of, set_key
from ..normalizers.probs import Probs
from . import bound, specs
from .catalog import LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES
from .mapped import MappedNormalizer, Maps, maps_of, through
from .pair_targets import loss_of_target
from .parts import Loss, Normalizer, loss_from, normalizer_from, refuse_loss_of_logits
from .specs import Term
from .statements import StatedPair, stated_pair
from .user_functions import name_of, user_loss


@dataclass(frozen=True)
class Objective:
    """A function `(logits [n], target [n]) -> scalar` that has a name and can predict.

    The target is a distribution over the classes, one-hot or soft. Called outside of
    traced code, an objective refuses a target that is no distribution; inside, the result
    is then NaN. Half precision is computed in float32 and rounded once.

    Attributes:
        name: The spec, or the name that was given.
        function: The formula, `(logits, target) -> scalar`.
        normalizer: Function logits -> Probs by which it predicts; None if unknown.
        loss: Function `(Probs, target) -> scalar` if the formula is
            `loss(normalizer(logits), target)`, else None. Behind a logit map it is None.
    """

    name: str
    function: Loss = field(repr=False)
    normalizer: Normalizer | None = field(default=None, repr=False)
    loss: Loss | None = field(default=None, repr=False)

    def __call__(self, logits: ArrayLike, target: ArrayLike) -> Array:
        """Loss of one example."""
        z = vector(self.name, "logits", logits)
        t = target_like(self.name, z, target)
        value: Array
        if not isinstance(t, jax.core.Tracer):
            value = rounded_once(self.function, z.dtype, z, t)
            return value
        # A target that is none becomes NaN, and so do the derivatives, which adding NaN
        # to the value would not change. But a formula may only compare the target, so
        # the value is made NaN as well.
        # The target is judged in its own dtype: cast to a wider one, it would be held
        # to a tolerance that is finer than its rounding.
        is_valid = is_distribution(jnp.asarray(target))
        checked = t + zero_if(is_valid, t)
        value = rounded_once(self.function, z.dtype, z, checked)
        return value + zero_if(is_valid, value)

    def composed(self, logits: Array, target: Array) -> Array:
        """Loss of one example as it is composed, `loss(normalizer(logits), target)`.

        It is the same number as the objective itself, and its derivatives are those of its parts.
        Half precision is computed in float32 and rounded once. Nothing is checked.
        """
        function: Loss = self.function
        if isinstance(function, MappedLoss):
            function = function.composed
        stated = stated_pair(self.normalizer, self.loss, logits)
        if stated is not None:
            function = partial(_composed_of_pair, stated)
        value: Array = rounded_once(function, logits.dtype, logits, target)
        return value

    def predict(self, logits: ArrayLike) -> Probs:
        """Predicted probabilities of one example.

        The predicted class is the argmax of `p`, which need not be that of the logits.

        Raises:
            TypeError: If the objective has no known normalizer.
        """
        if self.normalizer is None:
            raise TypeError(
                f"{self.name!r} has no known normalizer and cannot predict; name one: "
                "`ls.objective(function, normalizer='softmax')`."
            )
        z = vector(self.name, "logits", logits)
        probs: Probs = rounded_once(self.normalizer, z.dtype, z)
        return probs

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class MappedLoss:
    """The formula of an objective behind logit maps.

    Attributes:
        maps: Logit maps.
        behind: Objective of the mapped logits.
    """

    maps: Maps
    behind: Objective

    def __call__(self, logits: Array, target: Array) -> Array:
        """Loss of one example."""
        return self.behind.function(through(self.maps, logits), target)

    def composed(self, logits: Array, target: Array) -> Array:
        """Loss of one example as it is composed."""
        return self.behind.composed(through(self.maps, logits), target)


Source: TypeAlias = str | Objective | Callable[..., Any]
"""An objective, or what `objective` makes one from."""

Sources: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]
"""One or several objectives, by name or in order."""


def objective(
    source: Source,
    *,
    normalizer: str | Normalizer | None = None,
    name: str | None = None,
) -> Objective:
    """Make an objective from a spec or from a function `(logits, target) -> scalar`.

    Args:
        source: Spec, such as "softmax + cross_entropy", "crammer_singer" or, behind a logit map,
            "soft_cap(cap=30) > softmax + cross_entropy"; or a function of logits [n] and
            target [n]; or an objective, which is returned as it is.
        normalizer: Normalizer by which a user's function predicts; not allowed for a
            spec, which names its own.
        name: Name instead of the spec, or of the function's name.

    Returns:
        The objective. The last 1,024 specs give the same object again, so that JAX
        compiles each of them once.

    Raises:
        ValueError: If the spec is malformed, names something unknown (the nearest names
            are in the message) or has a parameter out of range; or if there is a
            normalizer already.
        TypeError: If it is none of these, or a function that does not take two arguments.

    Example:
        >>> import jax, jax.numpy as jnp, logitscape as ls
        >>> loss = ls.objective("softmax + cross_entropy")
        >>> jax.grad(loss)(jnp.array([0.0, 0.0]), jnp.array([1.0, 0.0])).tolist()
        [-0.5, 0.5]
        >>> ls.objective(lambda z, t: ((z - t) ** 2).sum(), name="mine").name
        'mine'
    """
    result = _from_source(source)
    if normalizer is not None:
        if result.loss is not None:
            raise ValueError(
                f"`objective(normalizer=...)`: {result.name!r} has one already, "
                f"got {normalizer!r}."
            )
        result = replace(result, normalizer=normalizer_from(normalizer))
    if name is not None:
        result = _renamed(result, name)
    return result


def _renamed(given: Objective, name: str) -> Objective:
    renamed = replace(given, name=name)
    key = key_of(given)
    if key is not None:
        # Programs do not depend on the name.
        set_key(renamed, key)
    return renamed


def _from_source(source: Source) -> Objective:
    if isinstance(source, Objective):
        return source
    if isinstance(source, str):
        return _from_spec(source)
    return Objective(name_of(source), user_loss("`objective(source)`", source))


def compose(
    normalizer: str | Normalizer, loss: str | Loss, *, name: str | None = None
) -> Objective:
    """Compose the objective `loss(normalizer(logits), target)`.

    Args:
        normalizer: Spec, which may have logit maps in front; or a function logits [n] -> Probs; or
            one that returns the probabilities [n] alone, of which the logarithm is taken.
        loss: Spec, or a function (Probs, target [n]) -> scalar.
        name: Name; "normalizer + loss" by default.

    Raises:
        ValueError: If a spec is unknown or malformed, or names a loss of logits, which
            takes no normalizer.
        TypeError: If a function does not take these arguments, or if it is none.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> loss = ls.compose(lambda z: z**3 / (z**3).sum(), "brier", name="cubes")
        >>> float(loss(jnp.array([1.0, 1.0]), jnp.array([1.0, 0.0])))
        0.5
    """
    of_logits = normalizer_from(normalizer)
    maps: Maps = ()
    if isinstance(of_logits, MappedNormalizer):
        maps, of_logits = of_logits.maps, of_logits.normalizer
    pair = _behind(maps, _pair("", of_logits, loss_from(loss)))
    return replace(pair, name=name or f"{name_of(normalizer)} + {name_of(loss)}")


@lru_cache(maxsize=1024)
def _from_spec(spec: str) -> Objective:
    terms_of_maps, terms = specs.parse(spec)
    made = _behind(maps_of(terms_of_maps), _of_terms(spec, terms))
    set_key(made, f"objective {spec} as it is")
    return made


def _of_terms(spec: str, terms: Sequence[Term]) -> Objective:
    if len(terms) > 2:
        raise ValueError(
            f"malformed spec {spec!r}: one normalizer and one loss, "
            f"got {len(terms)} terms."
        )
    if len(terms) == 1:
        return _loss_of_logits(spec, terms[0])
    first, second = terms
    refuse_loss_of_logits(second.name, second.text)
    normalizer = bound.normalizer_of(first)
    loss = bound.loss_of(second)
    return _pair(spec, normalizer, bound.trusting(loss))


def _behind(maps: Maps, objective: Objective) -> Objective:
    """The objective of the mapped logits as one of the logits."""
    if not maps:
        return objective
    normalizer = objective.normalizer
    if normalizer is not None:
        name = " > ".join([*map(name_of, maps), name_of(normalizer)])
        normalizer = MappedNormalizer(name, maps, normalizer)
    return Objective(objective.name, MappedLoss(maps, objective), normalizer)


def _loss_of_logits(spec: str, term: Term) -> Objective:
    """Objective of a single term, which must be a loss of logits."""
    if term.name in PROBABILITY_LOSSES:
        raise ValueError(
            f"{term.name!r} is a loss of probabilities and needs a normalizer: "
            f"'softmax + {term.text}'."
        )
    if term.name in NORMALIZERS:
        raise ValueError(
            f"{term.name!r} is a normalizer and needs a loss: "
            f"'{term.text} + cross_entropy'."
        )
    bound.refuse_map(term, "softmax + cross_entropy")
    if term.name not in LOGIT_LOSSES:
        known = [*LOGIT_LOSSES, *PROBABILITY_LOSSES, *NORMALIZERS]
        raise specs.unknown("objective", term.name, known)
    loss = bound.bind(term, LOGIT_LOSSES, "objective")
    predictor = bound.predictor_of(term, loss.formula)
    return Objective(spec, bound.trusting(loss), predictor)


def _pair(name: str, normalizer: Normalizer, loss: Loss) -> Objective:
    return Objective(
        name=name,
        function=partial(_loss_of_pair, normalizer, loss),
        normalizer=normalizer,
        loss=loss,
    )


def _loss_of_pair(
    normalizer: Normalizer, loss: Loss, logits: Array, target: Array
) -> Array:
    stated = stated_pair(normalizer, loss, logits)
    if stated is None:
        return loss(normalizer(logits), target)
    return loss_of_target(stated.pair, logits, target, stated.parameters)


def _composed_of_pair(stated: StatedPair, logits: Array, target: Array) -> Array:
    return stated.pair.composed(logits, target, stated.parameters)
