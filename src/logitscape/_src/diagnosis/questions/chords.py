"""Chords below a loss, which show that it is not convex where no Hessian does."""

from typing import NamedTuple

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, Values, largest_components, losses, one_hot, row
from ..simplify import format_number, format_vector
from ..subject import Subject
from .certificates import tangent_excess
from .pull_theorem import logits_by_margin

CHORDS, CHORD_POINTS = 64, 15
NOISE = 1e-6


class Counterexample(NamedTuple):
    """A violation of convexity.

    Attributes:
        text: Description.
        number: Least eigenvalue, or minus the height of the loss above a chord.
        witness: Logits that show it.
    """

    text: str
    number: float
    witness: Witness


def above_chord(subject: Subject, z: Rows, values: Values) -> Counterexample | None:
    """A point at which the loss lies above a chord.

    Only chords whose tangent planes lie above the loss are tried.
    """
    excess = tangent_excess(z, values)
    start, end = np.unravel_index(_largest_positive(excess.ravel()), excess.shape)
    if not len(start):
        return None
    share = np.linspace(0, 1, CHORD_POINTS + 2)[1:-1, None]
    rest = 1 - share
    between = rest[..., None] * z[start] + share[..., None] * z[end]
    chord = rest * values.loss[start] + share * values.loss[end]
    loss = losses(subject, between.reshape(-1, z.shape[1])).reshape(chord.shape)
    height = loss - chord
    # A loss of large logits has rounding errors of their size, however small it is.
    largest = largest_components(z[start]) + largest_components(z[end])
    noise = NOISE * (1 + np.abs(chord) + largest)
    height = np.where(np.isnan(height) | (height <= noise), -np.inf, height)
    highest = np.unravel_index(np.argmax(height), height.shape)
    if not height[highest] > 0:
        return None
    which = highest[1]
    ends = (z[start[which]], z[end[which]])
    return _on_chord(between[highest], ends, float(height[highest]))


def _largest_positive(excess: Rows) -> Rows:
    """The places of the largest positive numbers, the largest first."""
    places = np.flatnonzero(excess > 0)
    if len(places) > CHORDS:
        # Only those that are to be returned, and their equals, are put in order.
        least = np.partition(excess[places], -CHORDS)[-CHORDS]
        places = places[excess[places] >= least]
    order = np.argsort(-excess[places], kind="stable")
    largest: Rows = places[order[:CHORDS]]
    return largest


def kink_downwards(
    subject: Subject, margins: Rows, rivals: Rows
) -> Counterexample | None:
    """Log-odds at which the loss lies above a chord on both sides of them."""
    width = np.array([1.0, 4.0, 16.0])[:, None]
    places = np.stack(np.broadcast_arrays(margins - width, margins, margins + width))
    z = logits_by_margin(places.ravel(), rivals)
    before, middle, after = losses(subject, z).reshape(places.shape)
    chord = (before + after) / 2
    size = 1 + np.abs(before) + np.abs(after) + np.abs(margins)
    height = middle - chord - NOISE * size
    height = np.where(np.isfinite(height), height, -np.inf)
    highest = np.unravel_index(np.argmax(height), height.shape)
    if not height[highest] > 0:
        return None
    end, point, start = (
        logits_by_margin(places[k][highest][None], rivals)[0] for k in (0, 1, 2)
    )
    amount = float((middle - chord)[highest])
    return _on_chord(point, (start, end), amount)


def _on_chord(point: Rows, ends: tuple[Rows, Rows], height: float) -> Counterexample:
    amount = format_number(height)
    text = (
        f"The loss lies above one of its chords, by {amount} at {format_vector(point)}."
    )
    shows = f"the loss, and the chord between two others, which is {amount} lower"
    witness = Witness(
        logits=row(point),
        target=one_hot(0, len(point)),
        shows=shows,
        expression="chord",
        others=(row(ends[0]), row(ends[1])),
    )
    return Counterexample(text, -height, witness)
