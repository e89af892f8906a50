"""The three probe rays: the standard ways in which an example becomes wrong.

Along each of them the margin of the label over one rival falls by 1 per unit of `s`;
the rays differ in which of the two logits moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.messages import quoted


@dataclass(frozen=True)
class ProbeRay:
    """A ray on which the logits of the label and of one rival move with `s`.

    Attributes:
        name: Name of the ray and of slices along it: "R1", "R2" or "R3".
        alias: Second name that `ls.ray` accepts, such as "rival_up".
        label_change: Change of the label's logit per unit of `s`.
        rival_change: Change of the rival's logit per unit of `s`.
        wrong_words: The motion as `s` grows and the label becomes wrong, in words.
        right_words: The motion as `s` falls and the label becomes right, in words.
    """

    name: str
    alias: str
    label_change: float
    rival_change: float
    wrong_words: str
    right_words: str

    def direction(
        self, num_classes: int, label: int = 0, rival: int = 1
    ) -> NDArray[np.float64]:
        """Change of the logits per unit of `s`, [num_classes]."""
        change = np.zeros(num_classes)
        change[label] = self.label_change
        if self.rival_change:
            change[rival] = self.rival_change
        return change


RIVAL_UP = ProbeRay(
    name="R1",
    alias="rival_up",
    label_change=0.0,
    rival_change=1.0,
    wrong_words="rival up",
    right_words="rival down",
)
LABEL_DOWN = ProbeRay(
    name="R2",
    alias="label_down",
    label_change=-1.0,
    rival_change=0.0,
    wrong_words="label down",
    right_words="label up",
)
MARGIN = ProbeRay(
    name="R3",
    alias="margin",
    label_change=-0.5,
    rival_change=0.5,
    wrong_words="label down, rival up",
    right_words="label up, rival down",
)

PROBE_RAYS: Mapping[str, ProbeRay] = MappingProxyType(
    {ray.name: ray for ray in (RIVAL_UP, LABEL_DOWN, MARGIN)}
)
"""The probe rays by name, without the aliases."""

_BY_NAME_OR_ALIAS = dict(PROBE_RAYS) | {ray.alias: ray for ray in PROBE_RAYS.values()}


def probe_ray(function_name: str, name: Any) -> ProbeRay:
    """The probe ray of this name or alias.

    Args:
        function_name: Public function that the error names.
        name: Name, such as "R1", or alias, such as "rival_up".

    Raises:
        ValueError: If there is no such ray.
    """
    if name not in _BY_NAME_OR_ALIAS:
        names = ", ".join(map(repr, PROBE_RAYS))
        raise ValueError(
            f"`{function_name}(direction=...)` must be {names} or a vector, got {quoted(name)}."
        )
    return _BY_NAME_OR_ALIAS[name]
