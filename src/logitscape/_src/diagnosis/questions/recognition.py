"""What a loss is: the known formula that it equals, and how labels differ in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...base.memory import kept
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..formulas.fits import linear_fit, losses_to_fit
from ..subject import Subject
from .identities import Identity
from .identity_search import by_link_alone, find_identity
from .label_rows import LabelRows, at_temperature, label_rows
from .links import fit_margin
from .reference_rows import ReferenceRows, reference_rows

LOOSE = 30
"""Factor by which few rows may deviate more than many."""
MOST_NAMED = 3
"""Number of labels with a loss of their own that are identified."""
MOST_MARGINS = 300
BIASED = 1e-5


@dataclass(frozen=True)
class Labels:
    """How the loss of every label follows from one formula, [n] each.

    Attributes:
        factors: Factors.
        constants: Constants that are added.
        margins: Constants that are added to the rivals' logits.
        follows: Whether the label's loss follows from the formula.
    """

    factors: Rows
    constants: Rows
    margins: Rows
    follows: Rows


@dataclass(frozen=True)
class Recognition:
    """What a loss is.

    Attributes:
        labels: Values for every label.
        rows: Values for the label that stands for most.
        identity: Formula that the loss of that label equals; None if none is known.
        each: How the loss of every label follows from it.
        outliers: Labels with another loss than most, with the formula of the first few.
    """

    labels: LabelRows
    rows: ReferenceRows
    identity: Identity | None
    each: Labels | None
    outliers: Mapping[int, Identity | None]

    @property
    def temperature(self) -> float:
        """The temperature by which the loss divides its logits, as far as it is known."""
        if self.rows.temperature is not None:
            return self.rows.temperature.value
        return 1.0 if self.identity is None else self.identity.temperature


# Kept, as several questions ask.
@kept(maxsize=4)
def recognition(subject: Subject, config: DiagnosisConfig) -> Recognition:
    """Compare a subject with all known formulas."""
    labels = label_rows(subject, config)
    outliers = labels.outliers()
    label = int(np.flatnonzero(~np.isin(labels.labels, outliers))[0])
    rows = reference_rows(subject, config, label)
    identity = find_identity(rows, subject.name)
    each = None
    if identity is not None:
        identity = _with_bias_of_label(identity, subject, config, label)
        at_size = at_temperature(labels, subject, identity.temperature)
        each = _of_each_label(identity, at_size, rows)
        # What another weight or margin explains is no other loss.
        outliers = [label for label in outliers if not each.follows[label]]
    named = dict[int, Identity | None]()
    for outlier in outliers:
        named[outlier] = None
        if len(named) <= MOST_NAMED:
            named[outlier] = find_identity(reference_rows(subject, config, outlier))
    return Recognition(labels, rows, identity, each, named)


def _with_bias_of_label(
    identity: Identity, subject: Subject, config: DiagnosisConfig, label: int
) -> Identity:
    """Add the constant of the label, which only the loss of another label shows."""
    biases = identity.biases
    if biases is None or np.ptp(np.delete(biases, label)) < BIASED:
        return identity
    n = config.num_classes
    other, shared = (label + 1) % n, (label + 2) % n
    found = reference_rows(subject, config, other).temperature
    if found is None or n < 3:
        return identity
    completed = biases.copy()
    completed[label] = found.biases[label] - found.biases[shared] + biases[shared]
    return replace(identity, biases=completed)


def _of_each_label(
    identity: Identity, rows: LabelRows, reference: ReferenceRows
) -> Labels:
    n, count = rows.loss.shape
    logits = rows.logits.reshape(-1, n)
    labels = np.repeat(rows.labels, count)
    features = identity.feature(logits, labels).reshape(n, count)
    each = Labels(
        factors=np.full(n, np.nan),
        constants=np.full(n, np.nan),
        margins=np.full(n, identity.margin),
        follows=np.zeros(n, dtype=bool),
    )
    for label in range(n):
        _fit_label(each, label, features[label], rows)
    left = np.flatnonzero(~each.follows)
    differ = len(left) or np.ptp(each.constants) > 1e-6
    by_link = by_link_alone(identity, reference) if differ else None
    if by_link is not None:
        numbers = by_link.number(logits, labels).reshape(n, count)
        _margins_for_constants(each, by_link, numbers, rows)
        for label in left[:MOST_MARGINS].tolist():
            _fit_margin(each, label, numbers[label], by_link, rows)
    return each


def _fit_label(each: Labels, label: int, feature: Rows, rows: LabelRows) -> None:
    usable = np.isfinite(feature) & np.isfinite(rows.loss[label])
    if usable.sum() < 3:
        return
    losses = losses_to_fit(rows.loss[label][usable], rows.exact)
    found = linear_fit(feature[usable], losses)
    if found.deviation <= LOOSE * rows.exact:
        each.factors[label], each.constants[label] = found.factor, found.constant
        each.follows[label] = True


def _fit_margin(
    each: Labels, label: int, numbers: Rows, identity: Identity, rows: LabelRows
) -> None:
    if not np.isfinite(rows.loss[label]).all():
        return
    assert identity.link is not None
    link = fit_margin(identity.link, numbers, rows.loss[label], rows.exact)
    if link.fit.deviation <= LOOSE * rows.exact:
        each.factors[label] = link.fit.factor
        each.constants[label] = link.fit.constant
        each.margins[label] = link.margin * identity.temperature
        each.follows[label] = True


def _margins_for_constants(
    each: Labels, identity: Identity, numbers: Rows, rows: LabelRows
) -> None:
    """Take what looks like a constant of a label for a margin, where that explains it as well.

    Where the label is far from right, a loss grows linearly, and the two are the same.
    """
    assert identity.link is not None
    link = identity.link
    for label in np.flatnonzero(each.follows):
        extra = each.constants[label] - identity.constant
        if abs(extra) <= rows.exact * LOOSE * (1 + abs(identity.constant)):
            continue
        margin = link.margin + extra / each.factors[label]
        losses = losses_to_fit(rows.loss[label], rows.exact)
        expected = each.factors[label] * link.losses(numbers[label], margin)
        remainder = rows.loss[label] - expected - identity.constant
        if np.max(np.abs(remainder) / losses.sizes) <= LOOSE * rows.exact:
            each.constants[label] = identity.constant
            each.margins[label] = margin * identity.temperature
