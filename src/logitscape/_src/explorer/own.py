"""Pairs that the user names, measured when the page is made, beside the stored catalogue."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..base.messages import printable
from ..objectives.objective import Objective
from ..objectives.sources import objective
from . import field, knobs
from .catalogue import read
from .measured import Measured, record
from .page import FIRST, SECOND, page
from .parts import of_objective
from .rays import base_of, on_rays


def page_with(objectives: Sequence[Objective]) -> str:
    """Return the page, on which these objectives are shown first; needs float64.

    One is shown beside softmax with cross-entropy. Those that the catalogue has are not measured
    again.

    Args:
        objectives: Objectives, of which no two have the same name.
    """
    catalogue = read()
    known = frozenset(catalogue["pairs"]["names"])
    shown = [_told_apart(each, known) for each in objectives]
    new = [each for each in shown if each.name not in known]
    own = measured(new) if new else None
    first, second = _shown_first([each.name for each in shown])
    return page(catalogue, own, first=first, second=second)


def _told_apart(given: Objective, known: frozenset[str]) -> Objective:
    """Return the objective, with another name if it is not the one of the catalogue."""
    name = printable(given.name)
    if name in known and given != objective(name):
        name = f"{name} (your own)"
    return given if name == given.name else replace(given, name=name)


def measured(objectives: Sequence[Objective]) -> dict[str, Any]:
    """Measure all that the page shows of objectives."""
    result = Measured()
    rolls = list[Objective]()
    for each in objectives:
        evaluate = of_objective(each)
        base = base_of(each)
        result.rays[each.name] = on_rays(evaluate, base)
        result.knobs.append(knobs.of_temperature(each.name, evaluate, base))
        # A loss that is made for three classes, by its weights for instance, may refuse two.
        try:
            result.arrows[each.name] = field.arrows(evaluate)
        except Exception:  # whatever a user's function raises
            continue
        rolls.append(each)
    if rolls:
        result.rolling = field.rolling(rolls)
        result.rolled = [each.name for each in rolls]
    return record(result)


def _shown_first(names: list[str]) -> tuple[str, str]:
    if not names:
        return FIRST, SECOND
    if len(names) > 1:
        return names[0], names[1]
    (only,) = names
    return FIRST, only if only != FIRST else SECOND
