"""Loss and gradient norm on shells of logits of all sizes.

Quantities without a bound grow from shell to shell.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, Values, evaluate, norms, one_hot, row
from ..random_logits import normal_logits
from ..simplify import format_number, in_few_digits
from ..subject import Subject

SIZES = np.geomspace(1e-8, 1e6, 29)
"""Sizes of the shells, two in every decade."""
DIRECTIONS = 64
RAYS = 8
"""Number of the first directions, which change the logits of one or two classes, or of all."""
SPECIAL = RAYS + DIRECTIONS
"""Number of the first directions with entries of 0, 1 and -1 only.

They meet poles and kinks that others miss.
"""
GROWS = 1.15
"""Factor by which a gradient or curvature without bound grows in each of three decades."""
CREEPS = 1.01
"""The same for the loss, which may grow like a logarithm."""
HUGE = 1e9

Quantity = Literal["loss", "gradient"]


@dataclass(frozen=True, eq=False)
class Shells:
    """Values of a subject at logits of all sizes.

    Attributes:
        subject: Subject that was evaluated.
        z: Logits, [size, direction, n].
        labels: Labels, [size, direction].
        loss: Losses, [size, direction]; infinities and NaN as they are.
        norm: Norms of the gradient, [size, direction]; NaN where the loss is not finite.
    """

    subject: Subject
    z: Rows
    labels: Rows
    loss: Rows
    norm: Rows

    def witness(self, values: Rows, expression: Quantity) -> Witness:
        """The logits at which a quantity is largest, in few digits.

        Args:
            values: Values of the quantity, [size, direction].
            expression: Quantity to show.
        """
        index = self._largest(values)
        z = self.z[index]
        label = int(self.labels[index])

        def quantity(rows: Rows) -> Rows:
            if expression == "gradient":
                return gradient_norms(self.subject, rows, label)
            return evaluate(self.subject, rows, label).loss

        expected = quantity(z[None])[0]
        simple = in_few_digits(z, lambda rows: _alike(quantity(rows), expected))
        name = "gradient norm" if expression == "gradient" else "loss"
        shows = f"{name} {format_number(quantity(simple[None])[0])}"
        return Witness(row(simple), one_hot(label, len(z)), shows, expression)

    def _largest(self, values: Rows) -> tuple[int, int]:
        """The index of the largest value, at an ordinary size and on a ray if possible."""
        candidates = np.where(np.isnan(values), -np.inf, values)
        # Nobody believes a witness of 1e-8 or 1e6 if an ordinary one shows the same.
        size = np.abs(self.z).max(axis=2)
        is_ordinary = (size > 1e-2) & (size < 1e3)
        ordinary = np.where(is_ordinary, candidates, -np.inf)
        if ordinary.max() > -np.inf:
            candidates = ordinary
        # Half of the largest value is as good, where only one or two logits differ from 0.
        on_rays = candidates[:, :RAYS]
        if on_rays.max() >= 0.5 * candidates.max():
            candidates = on_rays
        shell, direction = np.unravel_index(np.argmax(candidates), candidates.shape)
        return int(shell), int(direction)


def shells(subject: Subject, n: int, random: np.random.Generator) -> Shells:
    """Evaluate a subject at logits of all sizes."""
    z, labels = shell_logits(n, random)
    z = subject.domain.centre + z
    values = evaluate(subject, z.reshape(-1, n), labels.reshape(-1))
    return Shells(
        subject=subject,
        z=z,
        labels=labels,
        loss=values.loss.reshape(labels.shape),
        norm=_norms_where_finite(values).reshape(labels.shape),
    )


def shell_logits(n: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Logits of all sizes, and labels.

    The directions are single classes up and down, and all of them; corners of the cube, scattered
    ones, positive ones, and ones whose components differ in size by up to eight decades.

    Returns:
        Logits, [size, direction, n], and labels, [size, direction].
    """
    label, rival = np.eye(n)[:2]
    alike = np.ones(n)
    rays = [rival, -rival, label, -label, rival - label, label - rival, alike, -alike]
    shape = (DIRECTIONS, n)
    corners = random.integers(-1, 2, shape).astype(np.float64)
    scattered = normal_logits(random, shape)
    positive = np.abs(scattered)
    uneven = positive * 10 ** random.uniform(-8, 0, shape)
    directions = np.concatenate([rays, corners, scattered, positive, uneven])
    ray_labels = np.zeros(RAYS, int)
    other_labels = np.arange(4 * DIRECTIONS) % n
    labels = np.append(ray_labels, other_labels)
    z = SIZES[:, None, None] * directions
    return z, np.broadcast_to(labels, z.shape[:2])


def grows(values: Rows, factor: float = GROWS) -> bool:
    """Whether the largest finite value in a shell still grows at the last sizes.

    Args:
        values: Values, [size, direction].
        factor: Least growth in a decade.
    """
    finite = np.where(np.isfinite(values), values, -np.inf)
    largest = finite.max(axis=1)
    # Shells have half a decade each; four with a decade between them span three decades.
    last = largest[np.isfinite(largest)][-7::2]
    if len(last) < 4:
        return False
    before, after = last[:-1], last[1:]
    grown = after > factor * np.abs(before)
    return bool(grown.all() and (after > 0).all())


def gradient_norms(subject: Subject, z: Rows, label: int) -> Rows:
    """Norms of the gradient, [m]; NaN where the loss is not finite."""
    return _norms_where_finite(evaluate(subject, z, label))


def _norms_where_finite(values: Values) -> Rows:
    return np.where(np.isfinite(values.loss), norms(values.gradient), np.nan)


def _alike(values: Rows, expected: float) -> Rows:
    close = np.isclose(values, expected, rtol=0.2)
    # The second comparison is for infinities.
    alike: Rows = close | (values == expected)
    return alike
