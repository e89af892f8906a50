"""Laws that are fitted far out on the rays, and told apart by kind.

Used by `atlas` and `wider_atlas`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from logitscape import plotting
from logitscape._src.plotting.style import LAWS, family_of
from logitscape._src.properties.law import Law

from .probe_rays import Behaviour, Laws, follow, laws

NUMBERS = ("coefficient", "power", "log_power", "rate", "order", "inner_rate", "begins")
"""Constants of a law that are columns of the table."""
S = np.unique([0.5, 2.0, *10.0 ** np.linspace(-2, 14, 801)])
SPANS = {"iterated_exponential": (2.5, 708.0)}
"""Ranges of s of the fit, by normalizer, where it is not all of S.

Beyond 708 e^z overflows float64; below 2.5 the probability has not reached its small values, which
are about 1e-7.
"""
Data: TypeAlias = dict[str, dict[str, Laws]]
"""Laws by ray and objective."""


def laws_of(objectives: Sequence[str]) -> Data:
    """The laws of the objectives on every ray."""
    data: Data = {}
    for ray, by_objective in follow(objectives, S).items():
        data[ray] = {
            name: laws_far_out(name, behaviour)
            for name, behaviour in by_objective.items()
        }
    return data


def laws_far_out(objective: str, behaviour: Behaviour) -> Laws:
    """The laws of the behaviour over S, within the span of the objective's normalizer."""
    normalizer = objective.split(" + ")[0]
    first, last = SPANS.get(normalizer, (S[0], S[-1]))
    inside = (first <= S) & (last >= S)
    return laws(S[inside], Behaviour(*[values[inside] for values in behaviour]))


def laws_table(data: Data) -> pd.DataFrame:
    """A table with a row per law: its constants, and the range of s that it was fitted on."""
    rows = []
    for ray, by_objective in data.items():
        for objective, its_laws in by_objective.items():
            for quantity, law in its_laws._asdict().items():
                names = {"objective": objective, "ray": ray, "quantity": quantity}
                rows.append(names | law_columns(law))
    return pd.DataFrame(rows)


def law_columns(law: Law) -> dict[str, Any]:
    columns: dict[str, Any] = {"kind": law.kind, "law": str(law)}
    for number in NUMBERS:
        value = getattr(law, number)
        columns[number] = None if value is None else plotting.settled(value)
    first, last = law.range if kind_of(law) in LAWS else (None, None)
    return columns | {"from": first, "to": last}


def kind_of(law: Law) -> str:
    """The kind of a law as the figure colours it: it has one colour for several kinds."""
    return family_of(law.kind)


def constant_objectives(data: Data) -> list[str]:
    """The objectives whose slope is constant on R1 and R2."""
    return [
        name
        for name in data["R1"]
        if is_constant(data["R1"][name]) and is_constant(data["R2"][name])
    ]


def is_constant(its_laws: Laws) -> bool:
    return its_laws.slope.kind == "constant"


def short(law: Law) -> str:
    """The law with two digits, and ∞ for an infinite loss."""
    coefficient = float(f"{law.coefficient:.2g}")
    rate = float(f"{law.rate:.2g}")
    rounded = replace(law, coefficient=coefficient, rate=rate)
    return rounded.math.replace(r"\mathrm{undefined}", r"\infty")
