"""Objectives: a normalizer and a loss composed into `(logits, target) -> scalar`, from functions or from a spec."""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import is_distribution, rounded_once, target_like, vector
from ..base.special import zero_if
from ..normalizers.simplex import Probs
from . import specs
from .catalog import LOGIT_LOSSES, LOSSES, NORMALIZERS, PREDICTORS, PROBABILITY_LOSSES
from .user_functions import OwnNormalizer, name_of, own_loss, own_normalizer

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


def normalizer(spec: str) -> specs.Named:
    """The normalizer of a spec such as "softmax(inverse_temperature=2)": logits [n] -> Probs.

    Raises:
        ValueError: for a malformed spec, an unknown name (the nearest are named) or a parameter out of range.
    """
    return _normalizer(_one_term(spec))


@cache
def _normalizer(spec: str) -> specs.Named:
    _refuse(spec, LOSSES, "a loss, not a normalizer")
    named = specs.bind(spec, NORMALIZERS, "normalizer")
    _try(named, _three_logits())
    return named


def loss(spec: str) -> specs.Named:
    """The loss of a spec such as "focal(gamma=2)": (Probs, target) -> scalar, or (logits, target) for losses of logits.

    A target that is no distribution is refused; a traced one gives NaN.

    Raises:
        ValueError: for a malformed spec, an unknown name (the nearest are named) or a parameter out of range.
    """
    return _loss(_one_term(spec))


@cache
def _loss(spec: str) -> specs.Named:
    _refuse(spec, NORMALIZERS, "a normalizer, not a loss")
    named = specs.bind(spec, LOSSES, "loss")
    z = _three_logits()
    _try(named, z if specs.parse_term(spec)[0] in LOGIT_LOSSES else Probs(z, z), z)  # type: ignore[arg-type]
    return named


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
        made = Objective(name_of(source), own_loss("`objective(source)`", source))
    if normalizer is not None:
        if made.loss is not None:
            raise ValueError(
                f"`objective(normalizer=...)`: {made.name!r} has one already, got {normalizer!r}."
            )
        made = Objective(made.name, made.function, normalizer_from(normalizer))
    return (
        made
        if name is None
        else Objective(name, made.function, made.normalizer, made.loss)
    )


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
    first, second = normalizer_from(normalizer), _trusting(_loss_from(loss))
    return Objective(
        name or f"{name_of(normalizer)} + {name_of(loss)}",
        partial(_composed, first, second),
        first,
        second,
    )


def _composed(
    normalizer: Normalizer, loss: Loss, logits: Array, target: Array
) -> Array:
    return loss(normalizer(logits), target)


@cache
def _from_spec(spec: str) -> Objective:
    terms = specs.split(spec)
    if len(terms) == 2:
        return compose(*terms, name=spec)
    if len(terms) > 2:
        raise ValueError(
            f"malformed spec {spec!r}: one normalizer and one loss, got {len(terms)} terms."
        )
    name, parameters = specs.parse_term(terms[0])
    if name in PROBABILITY_LOSSES:
        raise ValueError(
            f"{name!r} is a loss of probabilities and needs a normalizer: 'softmax + {spec.strip()}'."
        )
    if name in NORMALIZERS:
        raise ValueError(
            f"{name!r} is a normalizer and needs a loss: '{spec.strip()} + cross_entropy'."
        )
    if name not in LOGIT_LOSSES:
        raise specs.unknown(
            "objective", name, [*LOGIT_LOSSES, *PROBABILITY_LOSSES, *NORMALIZERS]
        )
    function = _trusting(specs.bind(terms[0], LOGIT_LOSSES, "objective"))
    z = _three_logits()
    _try(function, z, z)
    predictor = NORMALIZERS[PREDICTORS[name]]
    shared = {
        key: parameters[key]
        for key in specs.parameters_of(predictor)
        if key in parameters
    }
    return Objective(spec, function, partial(predictor, **shared))


def normalizer_from(source: str | Normalizer) -> Normalizer:
    """The normalizer that a spec or a function stands for, always one that returns Probs."""
    if isinstance(source, str):
        return normalizer(source)
    if isinstance(source, specs.Named | OwnNormalizer) or any(
        source is each for each in NORMALIZERS.values()
    ):
        return source
    return own_normalizer("a normalizer", source)


@cache
def _trusting(function: Any) -> Any:
    """The loss without a test of a traced target, which `Objective` tests itself."""
    if isinstance(function, specs.Named):
        return specs.Named(function.name, _trusting(function.function))
    if isinstance(function, partial):
        return partial(_trusting(function.func), *function.args, **function.keywords)
    return getattr(function, "trusting", function)


def _loss_from(source: str | Loss) -> Loss:
    name = specs.parse_term(source)[0] if isinstance(source, str) else None
    if name in LOGIT_LOSSES or any(source is each for each in LOGIT_LOSSES.values()):
        raise ValueError(
            f"`compose(loss=...)`: {name_of(source)!r} is a loss of logits and takes no normalizer."
        )
    if isinstance(source, str):
        return loss(source)
    if isinstance(source, specs.Named) or any(
        source is each for each in PROBABILITY_LOSSES.values()
    ):
        return source
    return own_loss("`compose(loss=...)`", source)


def _one_term(spec: str) -> str:
    if not isinstance(spec, str):
        raise TypeError(f"a spec must be text such as 'softmax', got {spec!r}.")
    return spec


def _refuse(spec: str, others: Container[str], what: str) -> None:
    name = specs.parse_term(spec)[0]
    if name in others:
        raise ValueError(f"{name!r} is {what}.")


def _three_logits() -> jax.ShapeDtypeStruct:
    """In the widest dtype: a parameter that only it can hold is refused when it meets narrower logits."""
    return jax.ShapeDtypeStruct((3,), jnp.result_type(float))


def _try(function: Callable[..., Any], *shapes: Any) -> None:
    """Meet the errors of bad parameters now and not at the first call; nothing is computed."""
    jax.eval_shape(function, *shapes)
