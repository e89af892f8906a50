"""A known formula that a loss equals, with all that is done to its logits."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..evaluation import Rows
from ..formulas.catalogue_rows import Known
from .links import Link, label_number
from .temperatures import Temperature


@dataclass(frozen=True)
class Identity:
    """A known formula that a loss equals: `factor * formula(u / temperature) + constant`.

    Attributes:
        spec: Name of the formula.
        factor: Factor.
        constant: Constant that is added.
        temperature: Temperature by which the logits are divided.
        parameters: Parameters that are not the defaults.
        cap: Soft cap c: u is `c tanh(z / c)`; infinite if there is none.
        known: The formula of logits and labels, if `link` is None.
        link: The loss as a function of the label's probability under a softmax.
        biases: Constants that are added to the divided logits, [n]; 0 without a link.
        holds_far_out: Whether the loss equals it far out as well.
        equals: Other names of the same function at the same temperature.
    """

    spec: str
    factor: float
    constant: float
    temperature: float
    parameters: Mapping[str, float]
    cap: float = np.inf
    known: Known | None = field(default=None, repr=False)
    link: Link | None = None
    biases: Rows | None = None
    holds_far_out: bool = True
    equals: tuple[str, ...] = ()

    @property
    def margin(self) -> float:
        """What is added to the rivals' logits, before they are divided."""
        return 0.0 if self.link is None else self.link.margin * self.temperature

    def feature(self, z: Rows, labels: Rows) -> Rows:
        """The formula at logits [m, n], without factor and constant, [m]."""
        if self.link is not None:
            return self.link.losses(self.number(z, labels))
        assert self.known is not None
        scaled = capped(z, self.cap) / self.temperature
        return self.known.losses(scaled, labels, self.parameters)

    def number(self, z: Rows, labels: Rows) -> Rows:
        """The number on which a loss of the label's probability depends, [m]."""
        assert self.biases is not None
        return label_number(z, labels, Temperature(self.temperature, self.biases))

    def losses(self, z: Rows, labels: Rows) -> Rows:
        """The losses at logits [m, n], [m]."""
        losses: Rows = self.factor * self.feature(z, labels) + self.constant
        return losses


def capped(z: Rows, cap: float) -> Rows:
    """Logits under a soft cap, which they do not reach."""
    if np.isinf(cap):
        return z
    under: Rows = cap * np.tanh(z / cap)
    return under


def is_unscaled(identity: Identity) -> bool:
    """Whether a loss is the formula itself, without factor and constant."""
    return abs(identity.factor - 1) < 1e-5 and abs(identity.constant) < 1e-5
