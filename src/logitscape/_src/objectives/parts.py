"""Normalizers and losses from what users name them by: specs or functions."""

from collections.abc import Callable
from typing import Any, TypeAlias

from jax import Array

from . import bound, mapped, specs
from .bound import BoundFormula
from .catalog import (
    CONTRASTIVE_LOSSES,
    LOGIT_LOSSES,
    MULTILABEL_LOSSES,
    formula_of,
)
from .mapped import MappedNormalizer
from .user_functions import UserNormalizer, user_loss, user_normalizer

Normalizer: TypeAlias = Callable[[Array], Any]
"""Function logits [n] -> Probs."""

Loss: TypeAlias = Callable[[Any, Array], Array]
"""Function (logits or Probs, target [n]) -> scalar."""


def normalizer_from(source: str | Normalizer) -> Normalizer:
    """The normalizer that a spec or a function stands for; it always returns Probs.

    Raises:
        ValueError: If the spec names no normalizer.
        TypeError: If it is neither a spec nor a function of one argument.
    """
    if isinstance(source, str):
        return mapped.normalizer(source)
    if isinstance(source, BoundFormula | MappedNormalizer | UserNormalizer):
        return source
    formula = formula_of(source)
    if formula is not None and formula.kind == "normalizer":
        return source
    return user_normalizer("a normalizer", source)


def loss_from(source: str | Loss) -> Loss:
    """The loss of probabilities that a spec or a function stands for.

    It does not test whether a traced target is a distribution: `Objective` does.

    Raises:
        ValueError: If the spec names no loss of probabilities.
        TypeError: If it is neither a spec nor a function of two arguments.
    """
    if isinstance(source, str):
        term = specs.parse_one(source)
        refuse_loss_of_logits(term.name, source)
        return bound.trusting(bound.loss_of(term))
    if isinstance(source, BoundFormula):
        refuse_loss_of_logits(source.formula.name, source.name)
        return bound.trusting(source)
    formula = formula_of(source)
    if formula is not None and formula.kind != "normalizer":
        refuse_loss_of_logits(formula.name, formula.name)
        return formula.trusting
    return user_loss("`compose(loss=...)`", source)


def refuse_loss_of_logits(name: str, text: str) -> None:
    """Raise a ValueError for the name of a loss of logits; `text` is what was written."""
    kinds = {
        "a loss of logits": LOGIT_LOSSES,
        "a multi-label loss of logits": MULTILABEL_LOSSES,
        "a contrastive loss of similarities": CONTRASTIVE_LOSSES,
    }
    for kind, known in kinds.items():
        if name in known:
            raise ValueError(
                f"`compose(loss=...)`: {text!r} is {kind} and takes no normalizer."
            )
