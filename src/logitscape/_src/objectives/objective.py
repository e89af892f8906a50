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
from ..normalizers.simplex import Probs
from . import bound, specs
from .bound import BoundFormula
from .catalog import BY_NAME, LOGIT_LOSSES, NORMALIZERS, PROBABILITY_LOSSES, formula_of
from .specs import Term
from .user_functions import UserNormalizer, name_of, user_loss, user_normalizer

Normalizer: TypeAlias = Callable[[Array], Any]
Loss: TypeAlias = Callable[[Any, Array], Array]


@dataclass(frozen=True)
class Objective:
    """A function `(logits [n], target [n]) -> scalar` that knows its name and how it predicts.

    The target is a distribution, one-hot or soft. Called outside of traced code it refuses a target that is none; inside, the
    result is then NaN. Half precision is computed in float32 and rounded once.

    Attributes:
        name: the spec, or the name that was given.
        function: the formula, `(logits, target) -> scalar`.
        normalizer: logits -> Probs, by which it predicts; None if unknown.
        loss: `(Probs, target) -> scalar` if the formula is `loss(normalizer(z), target)`, else None.
    """

    name: str
    function: Loss = field(repr=False)
    normalizer: Normalizer | None = field(default=None, repr=False)
    loss: Loss | None = field(default=None, repr=False)

    def __call__(self, logits: ArrayLike, target: ArrayLike) -> Array:
        """The loss of one example."""
        z = vector(self.name, "logits", logits)
        if z.size < 2:
            raise ValueError(
                f"`{self.name}(logits, ...)` must have at least 2 classes, got {z.size}."
            )
        t = target_like(self.name, z, target)
        if not isinstance(t, jax.core.Tracer):
            value: Array = rounded_once(self.function, z.dtype, z, t)
            return value
        good = is_distribution(jnp.asarray(target))
        value = rounded_once(self.function, z.dtype, z, t + zero_if(good, t))
        return value + zero_if(good, value)

    def predict(self, logits: ArrayLike) -> Probs:
        """The probabilities; the predicted class is the argmax of `p`, which need not be that of the logits."""
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


def objective(
    source: "str | Objective | Callable[..., Any]",
    *,
    normalizer: str | Normalizer | None = None,
    name: str | None = None,
) -> Objective:
    """An objective from a spec, from a function `(logits, target) -> scalar`, or from an objective itself.

    Args:
        source: "softmax + cross_entropy"; "crammer_singer"; a function.
        normalizer: how a function of the user's own predicts; not for a spec.
        name: instead of the spec, or of the function's name.

    Raises:
        ValueError: for a spec that is malformed or names what is not there.
        TypeError: for anything else.
    """
    if isinstance(source, Objective):
        made = source
    elif isinstance(source, str):
        made = _from_spec(source)
    else:
        made = Objective(name_of(source), user_loss("`objective(source)`", source))
    if normalizer is not None:
        if made.loss is not None:
            raise ValueError(
                f"`objective(normalizer=...)`: {made.name!r} has one already, got {normalizer!r}."
            )
        made = Objective(made.name, made.function, normalizer_from(normalizer))
    return made if name is None else replace(made, name=name)


def compose(
    normalizer: str | Normalizer, loss: str | Loss, *, name: str | None = None
) -> Objective:
    """The objective `loss(normalizer(logits), target)`.

    Args:
        normalizer: a spec, or a function logits [n] -> Probs (or just the probabilities [n], of which the logarithm is taken).
        loss: a spec, or a function (Probs, target) -> scalar.
        name: "normalizer + loss" by default.

    Raises:
        ValueError: for an unknown spec, or a loss of logits, which takes no normalizer.
    """
    made = _pair("", normalizer_from(normalizer), _loss_from(loss))
    return replace(made, name=name or f"{name_of(normalizer)} + {name_of(loss)}")


@lru_cache(maxsize=1024)
def _from_spec(spec: str) -> Objective:
    terms = specs.parse(spec)
    if len(terms) > 2:
        raise ValueError(
            f"malformed spec {spec!r}: one normalizer and one loss, got {len(terms)} terms."
        )
    if len(terms) == 1:
        return _of_logits(spec, terms[0])
    _refuse_loss_of_logits(terms[1].name, terms[1].text)
    normalizer, loss = bound.normalizer_of(terms[0]), bound.loss_of(terms[1])
    return _pair(spec, normalizer, bound.trusting(loss))


def _of_logits(spec: str, term: Term) -> Objective:
    """A loss of logits, which stands alone."""
    kind = BY_NAME[term.name].kind if term.name in BY_NAME else None
    if kind == "loss of probabilities":
        raise ValueError(
            f"{term.name!r} is a loss of probabilities and needs a normalizer: "
            f"'softmax + {term.text}'."
        )
    if kind == "normalizer":
        raise ValueError(
            f"{term.name!r} is a normalizer and needs a loss: '{term.text} + cross_entropy'."
        )
    if kind is None:
        raise specs.unknown(
            "objective", term.name, [*LOGIT_LOSSES, *PROBABILITY_LOSSES, *NORMALIZERS]
        )
    function = bound.trusting(bound.bind(term, LOGIT_LOSSES, "objective"))
    return Objective(spec, function, bound.predictor_of(term))


def _pair(name: str, normalizer: Normalizer, loss: Loss) -> Objective:
    return Objective(name, partial(_composed, normalizer, loss), normalizer, loss)


def _composed(
    normalizer: Normalizer, loss: Loss, logits: Array, target: Array
) -> Array:
    return loss(normalizer(logits), target)


def normalizer_from(source: str | Normalizer) -> Normalizer:
    """The normalizer that a spec or a function stands for, always one that returns Probs."""
    if isinstance(source, str):
        return bound.normalizer(source)
    if isinstance(source, BoundFormula | UserNormalizer):
        return source
    formula = formula_of(source)
    if formula is not None and formula.kind == "normalizer":
        return source
    return user_normalizer("a normalizer", source)


def _loss_from(source: str | Loss) -> Loss:
    """The loss of probabilities that a spec or a function stands for, without a test of targets.

    `Objective` tests a traced target itself.
    """
    if isinstance(source, str):
        term = specs.parse_one(source)
        _refuse_loss_of_logits(term.name, source)
        return bound.trusting(bound.loss_of(term))
    if isinstance(source, BoundFormula):
        _refuse_loss_of_logits(source.formula.name, source.name)
        return bound.trusting(source)
    formula = formula_of(source)
    if formula is not None and formula.kind != "normalizer":
        _refuse_loss_of_logits(formula.name, formula.name)
        return formula.trusting
    return user_loss("`compose(loss=...)`", source)


def _refuse_loss_of_logits(name: str, given: str) -> None:
    if name in LOGIT_LOSSES:
        raise ValueError(
            f"`compose(loss=...)`: {given!r} is a loss of logits and takes no normalizer."
        )


Source: TypeAlias = str | Objective | Callable[..., Any]


Sources: TypeAlias = Source | Sequence[Source] | Mapping[str, Source]


def named_objectives(sources: Sources) -> dict[str, Objective]:
    """Whatever a sweep takes, as objectives by name."""
    if isinstance(sources, Mapping):
        if not sources or not all(isinstance(name, str) for name in sources):
            raise ValueError(
                f"`objectives` must be at least one, named by text, got the names {list(sources)}."
            )
        return {name: objective(source, name=name) for name, source in sources.items()}
    several = sources if isinstance(sources, list | tuple) else [sources]
    made = [objective(source) for source in several]  # type: ignore[arg-type]
    names = [each.name for each in made]
    if not made or len(set(names)) < len(names):
        raise ValueError(
            f"`objectives` must be at least one, of different names (a dict gives them), got {names}."
        )
    return dict(zip(names, made, strict=True))
