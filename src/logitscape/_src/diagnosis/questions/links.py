"""Losses of the label's probability under a softmax, as functions of one number.

With rivals j, temperature T and constants b, the number is
`x = log sum_j e^{z_j / T + b_j} - z_y / T`, and the label's probability `1 / (1 + e^x)`.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..evaluation import Rows
from ..formulas.catalogue_rows import TUNABLE, Tunable
from ..formulas.fits import Fit, Losses, best_fit, losses_to_fit
from ..formulas.loss_rows import OF_LABEL
from ..formulas.normalizer_rows import softplus
from .reference_rows import ReferenceRows
from .temperatures import Temperature

CLIPPED = "clip + cross_entropy"
LOG_FACTOR = "factor of the log-probability + cross_entropy"
EXPONENTIAL_OF_P = "exponential of minus the probability"
WEIGHTED_FACTOR = "factor of the weighted probability + cross_entropy"


def _clipped(log_p: Rows, epsilon: float = 1e-7) -> Rows:
    return -np.maximum(log_p, np.log(epsilon))


def _log_factor(log_p: Rows, gamma: float = 2.0) -> Rows:
    return (1 - log_p) ** gamma * -log_p


def _exponential_of_p(log_p: Rows) -> Rows:
    return np.exp(-np.exp(log_p))


def _weighted_factor(log_p: Rows, gamma: float = 2.0, weight: float = 2.0) -> Rows:
    return (-np.expm1(weight * log_p)) ** gamma * -log_p


LINKS: Mapping[str, Callable[..., Rows]] = {
    **OF_LABEL,
    CLIPPED: _clipped,
    LOG_FACTOR: _log_factor,
    EXPONENTIAL_OF_P: _exponential_of_p,
    WEIGHTED_FACTOR: _weighted_factor,
}
TUNED: Mapping[str, tuple[Tunable, ...]] = {
    **{name: (tunable,) for name, tunable in TUNABLE.items()},
    CLIPPED: (Tunable("epsilon", (1e-7, 1e-3, 1e-12), on_log_scale=True),),
    LOG_FACTOR: (Tunable("gamma", (1.0, 3.0)),),
    WEIGHTED_FACTOR: (
        Tunable("gamma", (1.0, 3.0), on_log_scale=True),
        Tunable("weight", (0.3, 3.0), on_log_scale=True),
    ),
}
"""The parameters of a loss that are fitted, all of them at once."""
MARGINS = (0.0, 2.0, -2.0, 10.0)
"""Margins from which a fit starts."""
LARGEST_MARGIN = 80.0
"""Largest margin that somebody means: beyond it, a kink of another formula imitates anything."""


@dataclass(frozen=True)
class Link:
    """A loss of the label's probability.

    Attributes:
        loss: Name of the loss.
        parameters: Its parameters.
        margin: Constant that is added to the rivals' logits, in units of the temperature.
        fit: Factor, constant and deviation.
    """

    loss: str
    parameters: Mapping[str, float]
    margin: float
    fit: Fit

    def losses(self, x: Rows, margin: float | None = None) -> Rows:
        """The losses without factor and constant."""
        added = self.margin if margin is None else margin
        return _link_losses(self.loss, self.parameters, added, x)


def label_number(z: Rows, labels: Rows, temperature: Temperature) -> Rows:
    """The number x of every row, [m]."""
    rows = np.arange(len(z))
    scaled = z / temperature.value
    of_label = scaled[rows, labels]
    rivals = scaled + temperature.biases
    rivals[rows, labels] = -np.inf
    top = rivals.max(axis=1)
    total = np.exp(rivals - top[:, None]).sum(axis=1)
    numbers: Rows = top + np.log(total) - of_label
    return numbers


def find_link(rows: ReferenceRows) -> Link | None:
    """The loss of the label's probability that fits, the simplest first; None if there is none."""
    if rows.temperature is None:
        return None
    finite = np.isfinite(rows.loss) & (np.abs(rows.loss) < 1e100)
    if finite.sum() < rows.scattered // 2 or not np.ptp(rows.loss[finite]):
        return None
    x = label_number(rows.logits, rows.labels, rows.temperature)
    losses = losses_to_fit(rows.loss[finite], rows.exact)
    for name, tuned, with_margin in _attempts():
        link = _fitted(name, x[finite], losses, tuned, with_margin)
        is_meant = abs(link.margin) <= LARGEST_MARGIN and abs(link.fit.factor) > 0
        if link.fit.deviation <= losses.exact and is_meant:
            return link
    return None


def _attempts() -> Iterator[tuple[str, tuple[Tunable, ...], bool]]:
    for with_margin in (False, True):
        for name in LINKS:
            yield name, (), with_margin
    for with_margin in (False, True):
        for name in LINKS:
            if name in TUNED:
                yield name, TUNED[name], with_margin


def _fitted(
    name: str,
    x: Rows,
    losses: Losses,
    tuned: tuple[Tunable, ...],
    with_margin: bool,
) -> Link:
    values: list[Sequence[float]] = [each.fitted_from() for each in tuned]
    if with_margin:
        values.append(MARGINS)

    def formula(numbers: Rows) -> Rows:
        return _link_losses(name, *_read(tuned, numbers), x)

    found = best_fit(formula, list(itertools.product(*values)), losses)
    return Link(name, *_read(tuned, found.parameters), found)


def _read(tuned: tuple[Tunable, ...], numbers: Rows) -> tuple[dict[str, float], float]:
    """The parameters and the margin that belong to the numbers of a fit."""
    values = [float(number) for number in numbers]
    parameters = {each.name: each.value(values.pop(0)) for each in tuned}
    return parameters, values[0] if values else 0.0


def fit_margin(link: Link, x: Rows, loss: Rows, exact: float) -> Link:
    """The same loss with factor, constant and margin of another label."""
    losses = losses_to_fit(loss, exact)

    def formula(parameters: Rows) -> Rows:
        return link.losses(x, float(parameters[0]))

    starts = [[link.margin], *([margin] for margin in MARGINS)]
    found = best_fit(formula, starts, losses)
    return Link(link.loss, link.parameters, float(found.parameters[0]), found)


def _link_losses(
    name: str, parameters: Mapping[str, float], margin: float, x: Rows
) -> Rows:
    with np.errstate(all="ignore"):
        return LINKS[name](-softplus(x + margin), **parameters)
