"""Objectives from what users name them by: specs, functions, and normalizers with losses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, TypeAlias

from jax import Array

from ..base.messages import quoted
from ..base.program_keys import key_of, set_key
from ..base.settings import own_name
from ..base.users_code import name_of
from . import bound, specs
from .catalog import (
    CONTRASTIVE_LOSSES,
    LOGIT_LOSSES,
    MULTILABEL_LOSSES,
    NORMALIZERS,
    PROBABILITY_LOSSES,
)
from .formula import Call
from .mapped import MappedNormalizer, Maps, maps_of
from .objective import MappedLoss, Objective
from .pair_targets import loss_of_target
from .parts import Loss, Normalizer, loss_from, normalizer_from, refuse_loss_of_logits
from .specs import Term
from .statements import stated_pair
from .user_functions import user_loss

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
        source: Spec, such as "softmax + cross_entropy", "crammer_singer", the multi-label loss
            "sigmoid_cross_entropy" or, behind a logit map,
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
    own_name("objective", name)
    result = _from_source(source)
    if normalizer is not None:
        if result.loss is not None:
            raise ValueError(
                f"`objective(normalizer=...)`: {result.name!r} has one already, "
                f"got {quoted(normalizer)}."
            )
        result = replace(result, normalizer=normalizer_from(normalizer))
    if name is not None:
        result = _renamed(result, name)
    return result


def spec_or_function(function_name: str, name: str, source: Any) -> None:
    """Raise a TypeError unless an argument can be an objective: a spec, a function or an Objective.

    Which text is a spec, and what a function takes, is told when it is made one.
    """
    if not isinstance(source, str) and not callable(source):
        raise TypeError(
            f"`{function_name}({name}=...)` must be a spec or a function, got {quoted(source)}."
        )


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
    own_name("compose", name)
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
    return Objective(
        objective.name,
        MappedLoss(maps, objective),
        normalizer,
        targets=objective.targets,
    )


def _loss_of_logits(spec: str, term: Term) -> Objective:
    """Objective of a single term, which must be a loss of logits or of similarities."""
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
    alone = LOGIT_LOSSES | MULTILABEL_LOSSES | CONTRASTIVE_LOSSES
    if term.name not in alone:
        known = [*alone, *PROBABILITY_LOSSES, *NORMALIZERS]
        raise specs.unknown("objective", term.name, known)
    loss = bound.bind(term, alone, "objective")
    if loss.formula.as_pair is not None:
        return _pair(spec, *_parts_of(loss.formula.as_pair(**term.parameters)))
    predictor = bound.predictor_of(term, loss.formula)
    return Objective(
        spec, bound.trusting(loss), predictor, targets=loss.formula.targets
    )


def _parts_of(calls: tuple[Call, Call]) -> tuple[Normalizer, Loss]:
    """The parts of a pair by their names and parameters, as specs would give them."""
    normalizer, loss = (specs.term_of(*call) for call in calls)
    return bound.normalizer_of(normalizer), bound.trusting(bound.loss_of(loss))


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
