"""Whether the expected loss is least where the model predicts the true distribution.

For several true distributions eta, `E_{y ~ eta} L(z, y) + penalty max(0, |z| - 1)^2` is minimised over z for ever smaller
penalties. Where there is a finite minimiser, z comes to rest; where there is none, z runs away, and p(z) shows whither.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..answers import Answer, Severity, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, losses, one_hot, probabilities, row
from ..simplify import few_classes, listed
from ..subject import Subject
from .cma import cma_es

PROPER, TOP_LABEL = "proper", "top label"
PENALTIES = (1e-4, 1e-6, 1e-8, 1e-10)
MOST_CLASSES = 12
"""More would take too long to search."""
SCATTER = 3.0
EXACT = 2e-4
"""By how much p may differ from eta."""
TIE = 1e-5
"""Logits closer than this, relative to the largest, are meant to be equal: a search does not meet them exactly."""
RUNS_AWAY = 1.05
"""By which factor z still grows from penalty to penalty if no finite z is best."""
METHOD = "expected loss over the labels minimised over the logits in float64, {n} classes, true shares {etas}"


@dataclass(frozen=True)
class Best:
    """The minimiser of an expected loss.

    Attributes:
        eta: the true distribution, [n].
        z: the logits, [n]; far out if there is no finite minimiser.
        p: predicted there, [n].
        runs_away: whether there is no finite minimiser.
    """

    eta: Rows
    z: Rows
    p: Rows
    runs_away: bool

    @property
    def excess(self) -> float:
        """By how much the most probable class is predicted with more confidence than it deserves."""
        top = np.argmax(self.eta)
        return float(self.p[top] - self.eta[top])

    @property
    def tied(self) -> bool:
        """Whether another class is predicted with the same probability."""
        return int(np.sum(self.p >= self.p.max() - TIE)) > 1

    @property
    def missed(self) -> bool:
        """Whether another class is predicted."""
        return bool(self.p[np.argmax(self.eta)] < self.p.max() - TIE)


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """Whether the least expected loss returns the true distribution, and whether it returns its most probable class."""
    if subject.normalizer is None:
        return [
            undecided(question, "needs a normalizer: pass `normalizer=...`")
            for question in (PROPER, TOP_LABEL)
        ]
    n = few_classes(subject, config)
    if n > MOST_CLASSES:
        why = f"the function runs with {n} classes only, too many to search"
        return [undecided(question, why) for question in (PROPER, TOP_LABEL)]
    etas = distributions(n)
    method = METHOD.format(n=n, etas=", ".join(map(listed, etas)))
    found = minimisers(subject, etas, config.random())
    if not found:
        why = "the expected loss is nowhere finite: some label always has an infinite or undefined loss"
        return [undecided(question, why, method) for question in (PROPER, TOP_LABEL)]
    return [_proper(found, method), _top_label(found, method)]


def distributions(n: int) -> Rows:
    """Skewed, without a majority, near-uniform and near-degenerate, [4, n]; the most probable class is not always the first."""
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


def minimisers(subject: Subject, etas: Rows, random: np.random.Generator) -> list[Best]:
    """The minimiser for every distribution; those without a finite expected loss are left out."""
    mean, spread = _starts(subject, etas, random)
    path = []
    for penalty in PENALTIES:
        cost = partial(_cost, subject, etas, penalty)
        mean, spread = cma_es(cost, mean, spread, random)
        path.append(mean)
    defined = np.isfinite(_expected(subject, etas, mean[:, None]))[:, 0]
    settled = np.array([_settled(z) for z in mean])
    p = probabilities(subject, settled)
    size = np.linalg.norm(path, axis=2)[1:]
    away = (size[1:] > np.maximum(RUNS_AWAY * size[:-1], size[:-1] + 0.3)).all(axis=0)
    return [
        Best(etas[i], settled[i], p[i], bool(away[i]))
        for i in np.flatnonzero(defined & np.isfinite(p).all(axis=1))
    ]


def _starts(
    subject: Subject, etas: Rows, random: np.random.Generator
) -> tuple[Rows, Rows]:
    """The best of simple and scattered logits for every distribution, [k, n], and a wide spread, [k, n, n]."""
    n = etas.shape[1]
    scattered = SCATTER * random.standard_normal((40, n))
    shared = np.concatenate(
        [np.zeros((1, n)), np.ones((1, n)), scattered, np.abs(scattered)]
    )
    z = np.stack(
        [np.concatenate([shared, [eta, np.log(eta), np.sqrt(eta)]]) for eta in etas]
    )
    best = np.argmin(_finite_first(_expected(subject, etas, z)), axis=1)
    return z[np.arange(len(z)), best], np.broadcast_to(np.eye(n), (len(z), n, n))


def _cost(subject: Subject, etas: Rows, penalty: float, z: Rows) -> Rows:
    """What is minimised, at z [k, m, n], [k, m]; infinite where the expected loss is undefined."""
    outside = np.maximum(np.linalg.norm(z, axis=2) - 1, 0)
    total: Rows = _finite_first(_expected(subject, etas, z)) + penalty * outside**2
    return total


def _expected(subject: Subject, etas: Rows, z: Rows) -> Rows:
    """The expected losses at z [k, m, n], [k, m]."""
    k, m, n = z.shape
    labels = np.tile(np.arange(n), k * m)
    each = losses(subject, np.repeat(z.reshape(-1, n), n, axis=0), labels).reshape(
        k, m, n
    )
    total: Rows = np.sum(each * etas[:, None], axis=2)
    return total


def _finite_first(cost: Rows) -> Rows:
    return np.where(np.isnan(cost), np.inf, cost)


def _settled(z: Rows) -> Rows:
    """Logits of which those that are nearly equal are equal."""
    close = np.abs(z[:, None] - z[None]) <= TIE * np.max(np.abs(z))
    equal: Rows = z[np.argmax(close, axis=1)]
    return equal


def _proper(found: list[Best], method: str) -> Answer:
    verdict = _verdict(found)
    severity: Severity = "fine" if verdict == "proper" else "note"
    worst = max(found, key=lambda each: float(np.max(np.abs(each.p - each.eta))))
    distance = float(np.max(np.abs(worst.p - worst.eta)))
    text = _TEXTS[verdict].format(
        eta=listed(worst.eta),
        p=listed(worst.p),
        by=f"{abs(worst.excess):.2g}",
        off=f"{distance:.1e}",
    )
    if verdict == "no finite minimiser":
        text += (
            " Far out"
            + (" p tends to" if distance < 1e-2 else " p does not tend to")
            + " the true shares."
        )
    details = {
        "cases": [
            {"eta": row(each.eta), "p": row(each.p), "z": row(each.z)} for each in found
        ]
    }
    witness = None if verdict == "proper" else _witness(worst)
    return Answer(PROPER, verdict, severity, text, method, distance, witness, details)


_TEXTS = {
    "proper": "The least expected loss is where p is the true distribution, to {off}.",
    "over-confident": "Where the classes' true shares are {eta}, the least expected loss is at p = {p}: {by} too sure.",
    "under-confident": "Where the classes' true shares are {eta}, the least expected loss is at p = {p}: {by} not sure enough.",
    "improper": "Where the classes' true shares are {eta}, the least expected loss is at p = {p}.",
    "goes to a vertex": "The least expected loss is where one class has all the probability: p = {p} for true shares {eta}.",
    "no finite minimiser": "The expected loss keeps falling as the logits grow: for true shares {eta} nothing finite is best.",
}


def _verdict(found: list[Best]) -> str:
    if all(each.p.max() > 1 - EXACT for each in found):
        return "goes to a vertex"
    if any(each.runs_away and each.p.max() < 1 - EXACT for each in found):
        return "no finite minimiser"
    if all(np.max(np.abs(each.p - each.eta)) < EXACT for each in found):
        return "proper"
    if any(each.missed for each in found):
        return "improper"
    if all(each.excess > -EXACT for each in found):
        return "over-confident"
    return (
        "under-confident" if all(each.excess < EXACT for each in found) else "improper"
    )


def _top_label(found: list[Best], method: str) -> Answer:
    worst = max(found, key=lambda each: (each.missed, each.tied))
    text = f"Where the classes' true shares are {listed(worst.eta)}, the least expected loss is at p = {listed(worst.p)}"
    make = partial(Answer, TOP_LABEL, method=method)
    if worst.missed:
        return make(
            "top label missed",
            "warning",
            f"{text}: another class is predicted.",
            witness=_witness(worst),
        )
    if worst.tied:
        return make(
            "top label tied",
            "note",
            f"{text}: another class is predicted as well.",
            witness=_witness(worst),
        )
    return make(
        "top label recovered",
        "fine",
        "At the least expected loss the most probable class is predicted.",
    )


def _witness(best: Best) -> Witness:
    top = int(np.argmax(best.eta))
    shows = f"p = {listed(best.p)} where the expected loss is least for true shares {listed(best.eta)}"
    return Witness(
        row(np.round(best.z, 6) + 0.0),
        one_hot(top, len(best.z)),
        shows,
        "probabilities",
    )
