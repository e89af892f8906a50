"""Everything that the page shows of a list of pairs, as it is measured and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import field as plane
from .knobs import Knobs
from .packing import packed
from .rays import OnRays


@dataclass
class Measured:
    """Pairs in order.

    Attributes:
        rays: Each pair on the rays, by name.
        arrows: The gradient field of each pair; none where it is not defined for two classes.
        rolling: Flows, and the names of the pairs that have them.
        rolled: Names of the pairs that have flows, in their order.
        knobs: Knobs of some pairs.
    """

    rays: dict[str, OnRays] = field(default_factory=dict)
    arrows: dict[str, NDArray[np.uint8]] = field(default_factory=dict)
    rolling: plane.Rolling | None = None
    rolled: list[str] = field(default_factory=list)
    knobs: list[Knobs] = field(default_factory=list)


def record(measured: Measured) -> dict[str, Any]:
    """Return it as JSON, which the page reads."""
    names = list(measured.rays)
    on_rays = measured.rays.values()
    nowhere = np.zeros((len(plane.POINTS), 2), np.uint8)
    return {
        "names": names,
        "base": [each.base for each in on_rays],
        "values": packed([each.values for each in on_rays]),
        "laws": _indexed([each.laws for each in on_rays]),
        "kinds": _indexed([each.kinds for each in on_rays]),
        "arrows": packed([measured.arrows.get(name, nowhere) for name in names]),
        "rolling": _rolling(measured, names),
        "knobs": _knobs(measured.knobs, names),
    }


def _indexed(rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return texts that occur often as a list without repetitions, and the place of each in it."""
    texts = sorted({text for row in rows for text in row})
    place = {text: index for index, text in enumerate(texts)}
    index = np.array([[place[text] for text in row] for row in rows], np.int16)
    return {"texts": texts, "index": packed(index)}


def _rolling(measured: Measured, names: list[str]) -> Mapping[str, Any] | None:
    if measured.rolling is None:
        return None
    paths = measured.rolling.paths
    # Steps from point to point are alike, and compress better than the points.
    steps = np.diff(paths, axis=2, prepend=np.zeros_like(paths[:, :, :1]))
    return {
        "pairs": [names.index(name) for name in measured.rolled],
        "steps": packed(steps),
        "times": packed(measured.rolling.times),
        "reasons": _indexed(measured.rolling.reasons),
    }


def _knobs(knobs: Sequence[Knobs], names: list[str]) -> list[dict[str, Any]]:
    """Return one table for all pairs that have the same knobs."""
    groups = dict[Any, list[Knobs]]()
    for each in knobs:
        alike = (each.parameter, each.settings, each.default, each.temperatures)
        groups.setdefault(alike, []).append(each)
    return [
        {
            "pairs": [names.index(each.pair) for each in group],
            "parameter": group[0].parameter,
            "settings": list(group[0].settings),
            "default": group[0].default,
            "temperatures": list(group[0].temperatures),
            "values": packed([each.values for each in group]),
        }
        for group in groups.values()
    ]
