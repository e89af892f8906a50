"""The rule of a pair behind logit maps, all of which state how a gradient goes back."""

from dataclasses import dataclass, field
from functools import lru_cache, partial

from jax import Array

from ..normalizers.map_statements import StatedMap
from .bound import BoundFormula
from .label_rules import BehindMaps, Parameters
from .mapped import LogitMap, Maps, through
from .pair_rule import Pair
from .statements import StatedPair


def stated_behind(maps: Maps, stated: StatedPair) -> StatedPair | None:
    """The rule of a pair behind maps; None if one of them states nothing."""
    pair = _pair_behind(maps, stated.pair)
    return None if pair is None else StatedPair(pair, stated.parameters)


@lru_cache(maxsize=1024)
def _pair_behind(maps: Maps, pair: Pair) -> Pair | None:
    # Once only, so that equal pairs are the same to the caches of JAX.
    statements = [_statement(each) for each in maps]
    known = tuple(each for each in statements if each is not None)
    if len(known) < len(maps):
        return None
    return Pair(_ComposedBehind(maps, pair), BehindMaps(known, pair.rule))


@dataclass(frozen=True)
class _ComposedBehind:
    """A pair of mapped logits as it is composed."""

    maps: Maps = field(repr=False)
    pair: Pair = field(repr=False)

    def __call__(self, logits: Array, target: Array, parameters: Parameters) -> Array:
        mapped = through(self.maps, logits)
        return self.pair.composed(mapped, target, parameters)


def _statement(logit_map: LogitMap) -> StatedMap | None:
    """What a map of the catalog states, with its parameters bound."""
    if not isinstance(logit_map, BoundFormula) or logit_map.formula.mapped is None:
        return None
    function = logit_map.function
    given = function.keywords if isinstance(function, partial) else {}
    return partial(logit_map.formula.mapped, **given)
