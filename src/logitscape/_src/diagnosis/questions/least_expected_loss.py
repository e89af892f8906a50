"""The logits at which an expected loss is least, by a search with vanishing penalties.

For a true distribution eta, `E_{y ~ eta} L(z, y) + penalty max(0, |z| - 1)^2` is minimised
over the logits z for smaller and smaller penalties. If the expected loss has a minimiser, z
converges to it; if it has none, z grows from penalty to penalty.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..evaluation import Rows, finite_rows, losses, probabilities
from ..random_logits import normal_logits
from ..subject import Subject
from .cma import cma_es

PENALTIES = (1e-4, 1e-6, 1e-8, 1e-10)
STARTS, WIDTH = 40, 3.0
"""Number and width of scattered logits at which the search may start."""
TIE = 1e-5
"""Relative distance of logits that are meant to be equal, which a search meets only roughly."""
RUNS_AWAY, RUNS_AWAY_BY = 1.05, 0.3
"""Factor and amount by which |z| grows from penalty to penalty if there is no minimiser."""


@dataclass(frozen=True)
class Minimiser:
    """The minimiser of an expected loss.

    Attributes:
        eta: True distribution, [n].
        z: Logits, [n]; far out if there is no finite minimiser.
        p: Probabilities at these logits, [n].
        runs_away: Whether there is no finite minimiser.
    """

    eta: Rows
    z: Rows
    p: Rows
    runs_away: bool

    @property
    def error(self) -> float:
        """The largest difference between p and eta."""
        return float(np.max(np.abs(self.p - self.eta)))

    @property
    def excess(self) -> float:
        """The probability of the most probable class minus its true one."""
        top = np.argmax(self.eta)
        return float(self.p[top] - self.eta[top])

    @property
    def is_tied(self) -> bool:
        """Whether several classes are predicted with the same probability."""
        largest = self.p >= self.p.max() - TIE
        return int(np.sum(largest)) > 1

    @property
    def is_missed(self) -> bool:
        """Whether another class than the most probable one is predicted."""
        top = np.argmax(self.eta)
        return bool(self.p[top] < self.p.max() - TIE)


def distributions(n: int) -> Rows:
    """Four true distributions, [4, n]: skewed, without a majority, near-uniform, near-degenerate.

    The most probable class is not always the first one.
    """
    if n == 2:
        return np.array([[0.7, 0.3], [0.4, 0.6], [0.52, 0.48], [0.015, 0.985]])
    heads = [
        [0.6, 0.3, 0.1],
        [0.45, 0.15, 0.4],
        [0.3, 0.36, 0.34],
        [0.005, 0.015, 0.98],
    ]
    rows = np.array([head + [head[0] / 2] * (n - 3) for head in heads])
    shares: Rows = rows / rows.sum(axis=1, keepdims=True)
    return shares


def find_minimisers(
    subject: Subject, etas: Rows, random: np.random.Generator
) -> list[Minimiser]:
    """The minimiser for every distribution [k, n] that has a finite expected loss."""
    mean = _starts(subject, etas, random)
    k, n = mean.shape
    spread: Rows = np.broadcast_to(np.eye(n), (k, n, n))
    path = []
    for penalty in PENALTIES:
        cost = partial(_penalised, subject, etas, penalty)
        mean, spread = cma_es(cost, mean, spread, random)
        path.append(mean)
    settled = np.array([_with_ties(z) for z in mean])
    p = probabilities(subject, settled)
    runs_away = _runs_away(path)
    expected = _expected_losses(subject, etas, mean[:, None])[:, 0]
    usable = np.isfinite(expected) & finite_rows(p)
    minimisers = []
    for i in np.flatnonzero(usable):
        minimiser = Minimiser(
            eta=etas[i],
            z=settled[i],
            p=p[i],
            runs_away=bool(runs_away[i]),
        )
        minimisers.append(minimiser)
    return minimisers


def _runs_away(path: list[Rows]) -> Rows:
    """Whether |z| still grows with the last penalties, [k]."""
    # The logits at the first penalty may be far from any limit.
    sizes = np.linalg.norm(path, axis=2)[1:]
    before = sizes[:-1]
    after = sizes[1:]
    least = np.maximum(RUNS_AWAY * before, before + RUNS_AWAY_BY)
    grows: Rows = (after > least).all(axis=0)
    return grows


def _starts(subject: Subject, etas: Rows, random: np.random.Generator) -> Rows:
    """The best of simple and of scattered logits for every distribution, [k, n]."""
    n = etas.shape[1]
    scattered = normal_logits(random, (STARTS, n), WIDTH)
    zero, one = np.zeros((1, n)), np.ones((1, n))
    shared = np.concatenate([zero, one, scattered, np.abs(scattered)])
    candidates = []
    for eta in etas:
        # The inverses of the usual normalizers: sum, softmax and spherical softmax.
        inverses = [eta, np.log(eta), np.sqrt(eta)]
        candidates.append(np.concatenate([shared, inverses]))
    z = np.stack(candidates)
    costs = _nan_as_infinite(_expected_losses(subject, etas, z))
    cheapest = np.argmin(costs, axis=1)
    best: Rows = z[np.arange(len(z)), cheapest]
    return best


def _penalised(subject: Subject, etas: Rows, penalty: float, z: Rows) -> Rows:
    """The objective of the search at z [k, m, n], [k, m]; infinite where it is undefined."""
    distance = np.linalg.norm(z, axis=2)
    outside = np.maximum(distance - 1, 0)
    expected = _expected_losses(subject, etas, z)
    total: Rows = _nan_as_infinite(expected) + penalty * outside**2
    return total


def _expected_losses(subject: Subject, etas: Rows, z: Rows) -> Rows:
    """The expected losses at z [k, m, n], [k, m]."""
    k, m, n = z.shape
    repeated = np.repeat(z.reshape(-1, n), n, axis=0)
    labels = np.tile(np.arange(n), k * m)
    by_label = losses(subject, repeated, labels).reshape(k, m, n)
    # No share is 0, with which an infinite loss would make NaN instead of infinity.
    weighted = by_label * etas[:, None]
    expected: Rows = np.sum(weighted, axis=2)
    return expected


def _nan_as_infinite(cost: Rows) -> Rows:
    return np.where(np.isnan(cost), np.inf, cost)


def _with_ties(z: Rows) -> Rows:
    """Logits [n] of which those that are nearly equal are equal."""
    distance = np.abs(z[:, None] - z[None])
    close = distance <= TIE * np.max(np.abs(z))
    # The first logit that is close stands for all that are close to it.
    representative = np.argmax(close, axis=1)
    equal: Rows = z[representative]
    return equal
