"""Normalizers and losses behind logit maps, as specs such as `"soft_cap > softmax"` name them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from jax import Array

from ..base.types import Vector
from ..normalizers.probs import Probs
from . import bound, specs
from .bound import BoundFormula
from .catalog import LOGIT_MAPS, NORMALIZERS
from .specs import Term

LogitMap: TypeAlias = Callable[[Array], Any]
"""Function logits [n] -> logits [n]."""

Maps: TypeAlias = tuple[LogitMap, ...]
"""Maps in the order in which the logits go through them."""


@dataclass(frozen=True)
class MappedNormalizer:
    """A normalizer of mapped logits, printed as its spec.

    Attributes:
        name: Spec from which it was made.
        maps: Logit maps.
        normalizer: Normalizer behind them.
    """

    name: str
    maps: Maps = field(repr=False)
    normalizer: Callable[..., Any] = field(repr=False)

    def __call__(self, logits: Array) -> Probs:
        """Probabilities of the mapped logits."""
        probs: Probs = self.normalizer(through(self.maps, logits))
        return probs

    def __str__(self) -> str:
        return self.name


def normalizer(spec: str) -> BoundFormula | MappedNormalizer:
    """Make the normalizer of a spec such as "softmax(inverse_temperature=2)".

    Args:
        spec: Name of a normalizer, with parameters in parentheses; behind logit maps if there are
            any, such as "soft_cap(cap=30) > softmax".

    Returns:
        Function of logits, [n], that returns `Probs`: probabilities and their logarithms,
        each [n]. Outside of the normalizer's domain they are NaN. Half precision is
        computed in float32 and rounded once.

    Raises:
        TypeError: If the spec is not text.
        ValueError: If the spec is malformed, names something unknown (the nearest names
            are in the message) or has a parameter out of range.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> relu = ls.normalizer("relu")
        >>> relu(jnp.array([-1.0, 1.0, 3.0])).p.tolist()
        [0.0, 0.25, 0.75]
        >>> capped = ls.normalizer("soft_cap(cap=1) > softmax")
        >>> bool(capped(jnp.array([9e9, 0.0])).p[0] < 0.74)
        True
    """
    terms_of_maps, terms = specs.parse(spec)
    if len(terms) > 1:
        raise specs.malformed(spec)
    made = bound.normalizer_of(terms[0])
    if not terms_of_maps:
        return made
    return MappedNormalizer(spec, maps_of(terms_of_maps), made)


def maps_of(terms: tuple[Term, ...]) -> Maps:
    """The logit maps that terms name.

    Raises:
        ValueError: If a term names no logit map, or a parameter is out of range.
    """
    for term in terms:
        if term.name in NORMALIZERS:
            raise ValueError(
                f"{term.name!r} is a normalizer and stands behind the logit maps: "
                f"'soft_cap(cap=30) > {term.text} + cross_entropy'."
            )
    return tuple(bound.bind(term, LOGIT_MAPS, "logit map") for term in terms)


def through(maps: Maps, logits: Vector) -> Vector:
    """The logits after all maps."""
    for logit_map in maps:
        logits = logit_map(logits)
    return logits
