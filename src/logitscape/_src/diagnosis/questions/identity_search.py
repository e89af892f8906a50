"""The search for a known formula that a loss equals, up to scale, constant and temperature."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ..evaluation import Rows
from ..formulas.catalogue_rows import (
    WITH_REST_OF_LARGEST,
    Known,
    all_losses,
    catalogue,
    known_mistakes,
)
from ..formulas.fits import Fit, Losses, best_fit, linear_fit, losses_to_fit
from .identities import Identity, capped, is_unscaled
from .identity_ranking import ranked
from .links import find_link
from .reference_rows import ReferenceRows

FEWEST_ROWS = 12
MOST_REFINED = 8
"""Number of formulas that are fitted, of those that rank first."""
TEMPERATURES = np.geomspace(0.01, 100, 15)
CAPS = (2.0, 5.0, 15.0, 40.0)
FAR_EXACT = 1e-6
NEGLIGIBLE = 1e-5
"""Share of the largest weight that no program means to add to the weights' sum."""
FEWEST_FAR = 4
LARGEST_LOG = 7.0
"""Logarithm of about the largest temperature, and of the largest cap."""


def find_identity(rows: ReferenceRows, name: str = "") -> Identity | None:
    """The first formula that equals the loss of a label, far out too; else one that does near.

    What is simple is tried first: the catalogue as it is, losses of the label's probability
    under a softmax with a temperature, and then everything with a temperature or a cap.

    Args:
        rows: Losses of a label.
        name: Name that is preferred if several formulas are the same function.
    """
    if rows.near.sum() < FEWEST_ROWS or not np.ptp(rows.loss[rows.near]):
        return None
    near_only = None
    for identity in itertools.chain(
        _as_they_are(rows, name),
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


def _as_they_are(rows: ReferenceRows, name: str) -> Iterator[Identity]:
    """The formulas that fit with their default parameters: first those without a factor."""
    z, labels, losses = _near(rows)
    temperature = 1.0
    if rows.temperature is not None:
        temperature = rows.temperature.value
    exact = []
    for known, feature in zip(
        catalogue(), all_losses(z / temperature, labels), strict=True
    ):
        found = linear_fit(feature, losses)
        if found.deviation <= rows.exact:
            exact.append(_identity(known, found, temperature))
    exact.sort(key=lambda identity: (not is_unscaled(identity), identity.spec != name))
    unscaled = [identity.spec for identity in exact if is_unscaled(identity)]
    for identity in exact:
        others = tuple(spec for spec in unscaled if spec != identity.spec)
        yield replace(identity, equals=others if is_unscaled(identity) else ())


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
        for identity in _at_temperature(known, 0.0, z, labels, losses):
            # With next to no rest it is the softmax, which comes later.
            rest = identity.parameters.get("rest", 1.0)
            if known.spec != WITH_REST_OF_LARGEST or abs(rest) > NEGLIGIBLE:
                yield identity


def _with_temperature(rows: ReferenceRows) -> Iterator[Identity]:
    """Formulas that fit with another parameter, at another temperature, or with both."""
    z, labels, losses = _near(rows)
    by_fit = ranked(rows, [(z / t, np.log(t)) for t in TEMPERATURES])
    tunable = [(known, start) for known, start in by_fit if known.tunable is not None]
    by_fit, tunable = by_fit[:MOST_REFINED], tunable[:MOST_REFINED]
    for known, _ in tunable:
        yield from _with_parameter(known, z, labels, losses)
    for known, start in by_fit:
        default = replace(known, tunable=None)
        yield from _at_temperature(default, start, z, labels, losses)
    for known, start in tunable:
        yield from _at_temperature(known, start, z, labels, losses)


def _with_parameter(
    known: Known, z: Rows, labels: Rows, losses: Losses
) -> Iterator[Identity]:
    def formula(numbers: Rows) -> Rows:
        return known.losses(z, labels, known.named(numbers))

    assert known.tunable is not None
    starts = [[value] for value in known.tunable.fitted_from()]
    found = best_fit(formula, starts, losses)
    if found.deviation <= losses.exact:
        yield _identity(known, found, 1.0, known.named(found.parameters))


def _at_temperature(
    known: Known, start: float, z: Rows, labels: Rows, losses: Losses
) -> Iterator[Identity]:
    def formula(numbers: Rows) -> Rows:
        temperature = np.exp(np.clip(numbers[0], -LARGEST_LOG, LARGEST_LOG))
        return known.losses(z / temperature, labels, known.named(numbers[1:]))

    values = [] if known.tunable is None else known.tunable.fitted_from()
    starts = [[start, value] for value in values] or [[start]]
    found = best_fit(formula, starts, losses)
    if found.deviation <= losses.exact and abs(found.parameters[0]) < LARGEST_LOG:
        temperature = float(np.exp(found.parameters[0]))
        yield _identity(known, found, temperature, known.named(found.parameters[1:]))


def _with_cap(rows: ReferenceRows) -> Iterator[Identity]:
    z, labels, losses = _near(rows)
    by_fit = ranked(rows, [(capped(z, cap) / rows.rough, np.log(cap)) for cap in CAPS])
    for known, start in by_fit[:MOST_REFINED]:

        def formula(numbers: Rows, known: Known = known) -> Rows:
            cap, temperature = np.exp(np.clip(numbers, -LARGEST_LOG, LARGEST_LOG))
            return known.losses(capped(z, cap) / temperature, labels, {})

        found = best_fit(formula, [[start, np.log(rows.rough)]], losses)
        is_a_cap = np.abs(found.parameters).max(initial=0) < LARGEST_LOG
        if found.deviation <= losses.exact and is_a_cap:
            cap, temperature = (float(value) for value in np.exp(found.parameters))
            yield _identity(known, found, temperature, cap=cap)
