"""Loss and gradient norm over shells of logits of all sizes: what grows without bound shows as growth from shell to shell."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, evaluate, norms, one_hot, row
from ..simplify import number, rounded
from ..subject import Subject

SIZES = np.geomspace(1e-8, 1e6, 29)
"""Half decades."""
DIRECTIONS = 64
RAYS = 6
SPECIAL = RAYS + DIRECTIONS
"""The first directions are along classes or have entries of 0, 1 and -1 only: they meet poles and kinks that others miss."""
GROWS = 1.15
"""By which factor a gradient or curvature grows in each of three decades to be called unbounded."""
CREEPS = 1.01
"""The same for the loss: a logarithm grows without bound too."""
HUGE = 1e9


@dataclass(frozen=True, eq=False)
class Shells:
    """What was seen, NaN where the loss is not finite.

    Attributes:
        subject: whose.
        z: logits, [size, direction, n].
        labels: [size, direction].
        loss: [size, direction]; infinities kept.
        norm: of the gradient, [size, direction].
    """

    subject: Subject
    z: Rows
    labels: Rows
    loss: Rows
    norm: Rows

    def witness(self, values: Rows, expression: Literal["loss", "gradient"]) -> Witness:
        """The largest of the values, [size, direction], in round numbers: at an ordinary size, along a class if it can be."""
        size = np.abs(self.z).max(axis=2)
        known = np.where(np.isnan(values), -np.inf, values)
        ordinary = np.where((size > 1e-2) & (size < 1e3), known, -np.inf)
        chosen = ordinary if ordinary.max() > -np.inf else known
        simple = chosen[:, :RAYS].max() >= 0.5 * chosen.max()
        at = np.unravel_index(
            np.argmax(chosen[:, :RAYS] if simple else chosen),
            (len(chosen), RAYS if simple else chosen.shape[1]),
        )
        z, label = self.z[at], int(self.labels[at])
        look = gradient_norms if expression == "gradient" else _loss
        before = look(self.subject, z[None], label)[0]
        simple = rounded(
            z, lambda rows: _alike(look(self.subject, rows, label), before)
        )
        shown = f"{'gradient norm' if expression == 'gradient' else 'loss'} {number(look(self.subject, simple[None], label)[0])}"
        return Witness(row(simple), one_hot(label, len(z)), shown, expression)


def shells(subject: Subject, n: int, random: np.random.Generator) -> Shells:
    """Look everywhere."""
    z, labels = points(n, random)
    values = evaluate(subject, z.reshape(-1, n), labels.reshape(-1))
    norm = np.where(np.isfinite(values.loss), norms(values.gradient), np.nan)
    return Shells(
        subject,
        z,
        labels,
        values.loss.reshape(labels.shape),
        norm.reshape(labels.shape),
    )


def points(n: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Logits [size, direction, n] and labels: classes up and down, corners, scattered, and with parts of very unlike sizes."""
    e = np.eye(n)
    corners = random.integers(-1, 2, (DIRECTIONS, n)).astype(np.float64)
    scattered = random.standard_normal((DIRECTIONS, n))
    uneven = np.abs(scattered) * 10 ** random.uniform(-8, 0, (DIRECTIONS, n))
    rays = [e[1], -e[1], e[0], -e[0], e[1] - e[0], e[0] - e[1]]
    directions = np.concatenate([rays, corners, scattered, np.abs(scattered), uneven])
    labels = np.append(np.zeros(RAYS, int), np.arange(4 * DIRECTIONS) % n)
    return SIZES[:, None, None] * directions, np.broadcast_to(
        labels, (len(SIZES), len(labels))
    )


def grows(values: Rows, factor: float = GROWS) -> bool:
    """Whether the largest finite value in a shell, of [size, direction], still grows at the last sizes."""
    finite = np.where(np.isfinite(values), values, -np.inf).max(axis=1)
    last = finite[np.isfinite(finite)][-7::2]
    return len(last) == 4 and bool(
        (last[1:] > factor * np.abs(last[:-1])).all() and (last[1:] > 0).all()
    )


def gradient_norms(subject: Subject, z: Rows, label: int) -> Rows:
    """[m]; NaN where the loss is not finite."""
    values = evaluate(subject, z, label)
    found: Rows = np.where(np.isfinite(values.loss), norms(values.gradient), np.nan)
    return found


def _loss(subject: Subject, z: Rows, label: int) -> Rows:
    return evaluate(subject, z, label).loss


def _alike(values: Rows, value: float) -> Rows:
    alike: Rows = np.isclose(values, value, rtol=0.2) | (values == value)
    return alike
