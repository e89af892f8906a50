"""The search for logits at which a step of a loss meets its singular value."""

import itertools
from typing import NamedTuple

import numpy as np

from ..domain import Domain
from ..evaluation import Rows
from .singular_values import SingularValues

REACH = 50.0
"""Largest logit that is searched."""
STEPS = 401
BISECTIONS = 48
MOST_CROSSINGS = 512
SIMPLE = (-1.0, 0.0, 1.0, 2.0)
"""Values of the first three logits that are tried in any case."""
DIGITS = (0, 1, 2, 3, 6)
SHRINKINGS = 28
"""Number of steps towards a place; as many as lead to it to the last digit."""
MOST_FOLLOWED = 4
LENGTHS = 0.5 ** np.arange(10)
MOST_MOVED = 20


class Place(NamedTuple):
    """Logits [m, n] and labels [m] that the search has led to."""

    z: Rows
    labels: Rows


class _Lines(NamedTuple):
    """Lines through logit space.

    Attributes:
        starts: Logits at position 0, [lines, n].
        directions: Changes of the logits per unit of the position, [lines, n].
        labels: Labels, [lines].
    """

    starts: Rows
    directions: Rows
    labels: Rows

    def at(self, line: Rows, s: Rows) -> Place:
        """Logits at positions s [m] of the lines with indices [m]."""
        z = self.starts[line] + s[:, None] * self.directions[line]
        return Place(z, self.labels[line])


def candidates(distances: SingularValues, n: int, domain: Domain) -> Place:
    """Logits where a step may be singular: simple ones, then those found by search.

    Every place that the search finds is preceded by the same place rounded to few digits, which
    most constants in losses have.
    """
    simple = _simple_logits(n)
    if distances.count == 0:
        return _inside(domain, simple)
    lines = _lines(n, domain)
    s = np.linspace(max(domain.low, -REACH), min(domain.high, REACH), STEPS)
    each = np.repeat(np.arange(len(lines.labels)), STEPS)
    tried = lines.at(each, np.tile(s, len(lines.labels)))
    values = distances(*tried).reshape(len(lines.labels), STEPS, -1)
    crossed = _bisected(distances, lines, s, values)
    approached = _approached(distances, tried, values)
    found = [_with_few_digits(place) for place in (crossed, approached)]
    return _inside(domain, _joined([simple, *found]))


def _inside(domain: Domain, place: Place) -> Place:
    inside = domain.contains(place.z)
    return Place(place.z[inside], place.labels[inside])


def _simple_logits(n: int) -> Place:
    """Small whole numbers, ties among them, with labels 0, 1 and the last one."""
    heads = np.array(list(itertools.product(SIMPLE, repeat=min(n, 3))))
    places = []
    for rest in (0.0, 1.0):
        z = np.full((len(heads), n), rest)
        z[:, : heads.shape[1]] = heads
        for label in sorted({0, 1, n - 1}):
            places.append(Place(z, np.full(len(z), label)))
    return _joined(places if n > 3 else places[: len(places) // 2])


def _lines(n: int, domain: Domain) -> _Lines:
    """Lines on which one logit moves, two against each other, or all together.

    They start at the same logits whatever the seed is and however many classes follow, so that
    the same places are found.
    """
    scattered = np.round(2 * np.cos(np.arange(1, n + 1) ** 2.0), 2)
    starts = np.stack([np.zeros(n), np.ones(n), scattered, 10 * scattered])
    starts = domain.fit(starts)
    units = np.eye(n)[: min(n, 3)]
    directions = [*units, units[0] - units[1], np.ones(n)]
    rows = []
    for start, direction, label in itertools.product(starts, directions, (0, 1)):
        # A logit that moves alone is the position itself, free of rounding.
        moves_alone = np.count_nonzero(direction) == 1
        origin = np.where(direction != 0, 0.0, start) if moves_alone else start
        rows.append((origin, direction, label))
    origins, towards, labels = zip(*rows, strict=True)
    return _Lines(np.array(origins), np.array(towards), np.array(labels))


def _bisected(distances: SingularValues, lines: _Lines, s: Rows, values: Rows) -> Place:
    """The places on the lines where a distance changes its sign."""
    before, after = values[:, :-1], values[:, 1:]
    changes = np.isfinite(before) & np.isfinite(after) & (before * after <= 0)
    changes &= before != after
    line, step, column = np.nonzero(changes)
    # The first crossings of every distance come first, so that none is left out.
    rank = _rank_within(column)
    chosen = np.argsort(rank, kind="stable")[:MOST_CROSSINGS]
    line, step, column = line[chosen], step[chosen], column[chosen]
    low, high = s[step], s[step + 1]
    if not len(line):
        return lines.at(line, low)
    every = np.arange(len(line))
    sign_low = np.sign(values[line, step, column])
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        at_middle = distances(*lines.at(line, middle))[every, column]
        # A distance that is 0 at the lower end stays there.
        on_low_side = (np.sign(at_middle) == sign_low) & (sign_low != 0)
        low = np.where(on_low_side, middle, low)
        high = np.where(on_low_side, high, middle)
    both = [lines.at(line, low), lines.at(line, high)]
    return _joined(both)


def _rank_within(groups: Rows) -> Rows:
    """How many of the same group come before each element."""
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], groups[order])
    rank = np.empty(len(groups), int)
    rank[order] = np.arange(len(groups)) - starts
    return rank


def _approached(distances: SingularValues, tried: Place, values: Rows) -> Place:
    """The places where a distance that keeps its sign comes closest to 0.

    That of a sum of squares does. One that falls towards the end of a line, as an
    exponential, has no such place.
    """
    m, n = tried.z.shape
    size = np.abs(values.reshape(m, -1))
    size = np.where(np.isnan(size), np.inf, size)
    closest = size.argmin(axis=0)
    least = size[closest, np.arange(size.shape[1])]
    unknown = np.isnan(values)
    keeps_sign = (unknown | (values > 0)).all(axis=(0, 1))
    keeps_sign |= (unknown | (values < 0)).all(axis=(0, 1))
    inside = np.abs(tried.z[closest]).max(axis=1) < REACH - 1
    columns = np.flatnonzero(keeps_sign & inside & np.isfinite(least))
    ends = []
    distinct = np.unique(least[columns], return_index=True)[1][:MOST_FOLLOWED]
    for column in columns[distinct]:
        start = Place(tried.z[[closest[column]]], tried.labels[[closest[column]]])
        ends.append(_followed(distances, start, int(column), n))
    return _joined([Place(tried.z[:0], tried.labels[:0]), *ends])


def _followed(distances: SingularValues, start: Place, column: int, n: int) -> Place:
    """Steps along the logits, of all alone and of all together, to where it is least."""
    z, length = start.z[0], 8.0
    signed = np.concatenate([LENGTHS, -LENGTHS])
    moved = min(n, MOST_MOVED)
    for _ in range(SHRINKINGS):
        steps = length * signed
        alone = steps[:, None, None] * np.eye(n)[:moved]
        sizes = _sizes(distances, z + alone.reshape(-1, n), start, column)
        best_steps = steps[sizes.reshape(len(steps), moved).argmin(axis=0)]
        together = np.zeros(n)
        together[:moved] = best_steps
        shares = np.array([0, 1, 0.5, 0.25])
        moves = np.concatenate([alone.reshape(-1, n), shares[:, None] * together])
        near = np.clip(z + moves, -REACH, REACH)
        best = int(_sizes(distances, near, start, column).argmin())
        # The next steps are as long as this one at most, so that they shrink with the way.
        length = min(length, float(np.abs(near[best] - z).max()) or length / 16)
        z = near[best]
    return Place(z[None], start.labels)


def _sizes(distances: SingularValues, z: Rows, start: Place, column: int) -> Rows:
    labels = np.full(len(z), start.labels[0])
    size = np.abs(distances(z, labels)[:, column])
    return np.where(np.isnan(size), np.inf, size)


def _with_few_digits(place: Place) -> Place:
    """Places that a search has led to, and the same rounded, the shortest first."""
    z, labels = place
    rounded = [np.round(z, digits) + 0.0 for digits in DIGITS]
    return _joined([Place(near, labels) for near in [*rounded, z]])


def _joined(places: list[Place]) -> Place:
    z = np.concatenate([place.z for place in places])
    labels = np.concatenate([place.labels for place in places])
    _, first = np.unique(np.c_[z, labels], axis=0, return_index=True)
    order = np.sort(first)
    return Place(z[order], labels[order])
