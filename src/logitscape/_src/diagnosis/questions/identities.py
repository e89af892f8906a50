"""The search for a known formula that a loss equals, up to scale, constant and temperature."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..evaluation import Rows
from ..formulas.catalogue_rows import Known, all_losses, catalogue, known_mistakes
from ..formulas.fits import Fit, Losses, best_fit, linear_fit, losses_to_fit
from .links import Link, find_link, label_number
from .reference_rows import ReferenceRows
from .temperatures import Temperature

FEWEST_ROWS = 12
TEMPERATURES = np.geomspace(0.01, 100, 15)
CAPS = (2.0, 5.0, 15.0, 40.0)
MOST_REFINED = 8
MANY_CLASSES, FEWER_ROWS = 200, 8
"""Number of rows at which formulas are ranked where there are many classes."""
FAR_EXACT = 1e-6
FEWEST_FAR = 4
LARGEST_LOG = 20.0


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


def find_identity(rows: ReferenceRows) -> Identity | None:
    """The first formula that equals the loss of a label, far out too; else one that does near.

    What is simple is tried first: the catalogue as it is, losses of the label's probability
    under a softmax with a temperature, and then everything with a temperature or a cap.
    """
    if rows.near.sum() < FEWEST_ROWS or not np.ptp(rows.loss[rows.near]):
        return None
    near_only = None
    for identity in itertools.chain(
        _as_they_are(rows),
        _mistaken(rows),
        _by_link(rows),
        _with_temperature(rows),
        _with_cap(rows),
    ):
        if _holds_far_out(identity, rows):
            return identity
        near_only = near_only or replace(identity, holds_far_out=False)
    return near_only


def _holds_far_out(identity: Identity, rows: ReferenceRows) -> bool:
    far = np.isfinite(rows.loss)
    far[: rows.scattered] = False
    with np.errstate(all="ignore"):
        expected = identity.losses(rows.logits, rows.labels)
    # Where the formula itself overflows it says nothing.
    far &= np.isfinite(expected)
    if far.sum() < FEWEST_FAR:
        return True
    size = 1 + np.abs(expected[far]) + abs(identity.factor)
    error = np.abs(rows.loss[far] - expected[far]) / size
    return bool(error.max() <= max(FAR_EXACT, 10 * rows.exact))


def _near(rows: ReferenceRows) -> tuple[Rows, Rows, Losses]:
    near = rows.near
    losses = losses_to_fit(rows.loss[near], rows.exact)
    return rows.logits[near], rows.labels[near], losses


def _identity(
    known: Known,
    found: Fit,
    temperature: float,
    parameters: Mapping[str, float] | None = None,
    cap: float = np.inf,
) -> Identity:
    return Identity(
        spec=known.spec,
        factor=found.factor,
        constant=found.constant,
        temperature=temperature,
        parameters=parameters or {},
        cap=cap,
        known=known,
    )


def _as_they_are(rows: ReferenceRows) -> Iterator[Identity]:
    """The formulas that fit with their default parameters: first those without a factor."""
    z, labels, losses = _near(rows)
    if rows.temperature is not None:
        z = z / rows.temperature.value
    temperature = 1.0 if rows.temperature is None else rows.temperature.value
    exact = []
    for known, feature in zip(catalogue(), all_losses(z, labels), strict=True):
        found = linear_fit(feature, losses)
        if found.deviation <= rows.exact:
            exact.append(_identity(known, found, temperature))
    yield from sorted(exact, key=lambda identity: not is_unscaled(identity))


def is_unscaled(identity: Identity) -> bool:
    """Whether a loss is the formula itself, without factor and constant."""
    return abs(identity.factor - 1) < 1e-5 and abs(identity.constant) < 1e-5


def _by_link(rows: ReferenceRows) -> Iterator[Identity]:
    link = find_link(rows)
    if link is None:
        return
    assert rows.temperature is not None
    yield Identity(
        spec=f"softmax + {link.loss}",
        factor=link.fit.factor,
        constant=link.fit.constant,
        temperature=rows.temperature.value,
        parameters=link.parameters,
        link=link,
        biases=rows.temperature.biases,
    )


def by_link_alone(identity: Identity, rows: ReferenceRows) -> Identity | None:
    """The same identity as a loss of the label's probability, which can have a margin."""
    if identity.link is not None:
        return identity
    return next(_by_link(rows), None) if identity.spec.startswith("softmax") else None


def _mistaken(rows: ReferenceRows) -> Iterator[Identity]:
    z, labels, losses = _near(rows)
    for known in known_mistakes():
        yield from _at_temperature(known, 0.0, z, labels, losses)


def _with_temperature(rows: ReferenceRows) -> Iterator[Identity]:
    """Formulas that fit at some temperature, then those with another parameter too."""
    z, labels, losses = _near(rows)
    ranked = _ranked(rows, [(z / t, np.log(t)) for t in TEMPERATURES])
    for known, start in ranked:
        default = replace(known, tunable=None)
        yield from _at_temperature(default, start, z, labels, losses)
    for known, start in ranked:
        if known.tunable is not None:
            yield from _at_temperature(known, start, z, labels, losses)


def _at_temperature(
    known: Known, start: float, z: Rows, labels: Rows, losses: Losses
) -> Iterator[Identity]:
    """The formula with a parameter fitted, with a temperature, or with both."""

    def with_parameter(numbers: Rows) -> Rows:
        return known.losses(z, labels, known.named(numbers))

    def with_both(numbers: Rows) -> Rows:
        temperature = np.exp(np.clip(numbers[0], -LARGEST_LOG, LARGEST_LOG))
        return known.losses(z / temperature, labels, known.named(numbers[1:]))

    values = [] if known.tunable is None else known.tunable.fitted_from()
    found = best_fit(with_parameter, [[value] for value in values], losses)
    if found.deviation <= losses.exact:
        yield _identity(known, found, 1.0, known.named(found.parameters))
        return
    starts = [[start, value] for value in values] or [[start]]
    found = best_fit(with_both, starts, losses)
    if found.deviation <= losses.exact:
        temperature = float(np.exp(found.parameters[0]))
        yield _identity(known, found, temperature, known.named(found.parameters[1:]))


def _with_cap(rows: ReferenceRows) -> Iterator[Identity]:
    z, labels, losses = _near(rows)
    ranked = _ranked(rows, [(capped(z, cap) / rows.rough, np.log(cap)) for cap in CAPS])
    for known, start in ranked:

        def formula(numbers: Rows, known: Known = known) -> Rows:
            cap, temperature = np.exp(np.clip(numbers, -LARGEST_LOG, LARGEST_LOG))
            return known.losses(capped(z, cap) / temperature, labels, {})

        found = best_fit(formula, [[start, np.log(rows.rough)]], losses)
        if found.deviation <= losses.exact:
            cap, temperature = (float(value) for value in np.exp(found.parameters))
            yield _identity(known, found, temperature, cap=cap)


def _ranked(
    rows: ReferenceRows, transformed: Sequence[tuple[Rows, float]]
) -> list[tuple[Known, float]]:
    """The formulas that fit best, each with the number of the logits where it does."""
    every = slice(None)
    if rows.logits.shape[1] > MANY_CLASSES:
        every = slice(FEWER_ROWS)
    near = rows.near
    values, labels = rows.loss[near][every], rows.labels[near][every]
    shares = np.stack(
        [_shares(all_losses(z[every], labels), values) for z, _ in transformed]
    )
    best = shares.argmax(axis=0)
    known = list(catalogue())
    order = np.argsort(-shares.max(axis=0), kind="stable")[:MOST_REFINED]
    return [(known[index], float(transformed[best[index]][1])) for index in order]


def _shares(features: Rows, values: Rows) -> Rows:
    """The squared correlation of every formula with the losses; 0 where one is not finite."""
    finite = np.isfinite(features).all(axis=1)
    features = np.where(finite[:, None], features, 0)
    features = features - features.mean(axis=1, keepdims=True)
    largest = np.abs(features).max(axis=1, keepdims=True)
    features = features / np.where(largest > 0, largest, 1)
    values = values - values.mean()
    norms = (features**2).sum(axis=1) * (values**2).sum()
    products = (features @ values) ** 2
    shares: Rows = np.divide(products, norms, out=np.zeros(len(norms)), where=norms > 0)
    return shares
