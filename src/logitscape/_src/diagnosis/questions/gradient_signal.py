"""The gradient on one probe ray, and what it means for training."""

import math
from dataclasses import dataclass

import numpy as np

from ...base.memory import kept
from ...properties.law import Law
from ..answers import Severity
from ..config import DiagnosisConfig
from ..evaluation import evaluate, losses
from ..levels import level_at
from ..random_logits import simple_logits
from ..rays import GRID, Ray, working_range
from ..smooth_law import ABOVE, rounding_of, smooth_law
from ..subject import Subject
from ..vocabulary import (
    FADES_EXPONENTIALLY,
    FADES_SLOWLY,
    INFINITE,
    INFINITE_WHEN_RIGHT,
    LEAVES_DOMAIN,
    PULLED_OFF_THE_RAY,
    REWARDS_WRONG,
    SIZE_IRRELEVANT,
    UNDECIDED,
    UNDEFINED_FAR_OUT,
)

FAR_OUT = 100.0
"""Largest s that is ordinary: a loss that is undefined beyond it is hardly ever there."""

SAME = 1e-7
"""Largest relative difference of losses that are equal, but for a constant as small as 1e-8."""

_UNDECIDED: tuple[str, Severity] = (UNDECIDED, "undecided")

WHEN_WRONG: dict[str, tuple[str, Severity]] = {
    "constant": ("constant", "fine"),
    "logarithmic growth": ("grows", "note"),
    "polynomial growth": ("grows", "note"),
    "stretched exponential growth": ("explodes", "trade"),
    "exponential growth": ("explodes", "trade"),
    "super-exponential growth": ("explodes", "trade"),
    "logarithmic decay": (FADES_SLOWLY, "note"),
    "polynomial decay": (FADES_SLOWLY, "note"),
    "stretched exponential decay": (FADES_EXPONENTIALLY, "trade"),
    "exponential decay": (FADES_EXPONENTIALLY, "trade"),
    "super-exponential decay": (FADES_EXPONENTIALLY, "trade"),
    "zero": ("dies", "fault"),
    "oscillating": _UNDECIDED,
    "undetermined": _UNDECIDED,
}
"""Verdict and severity for every kind of law of the slope when the label is wrong."""

LAWS_OF_SIZE = frozenset(
    {
        "explodes",
        "dies",
        REWARDS_WRONG,
        FADES_SLOWLY,
        FADES_EXPONENTIALLY,
        PULLED_OFF_THE_RAY,
        UNDECIDED,
    }
)
"""Verdicts that mean nothing where the size of the logits does not matter."""


@dataclass(frozen=True)
class Signal:
    """The gradient on one ray.

    Attributes:
        ray: Ray on which it was measured.
        law: Law of the slope dL/ds when wrong, of the gradient's norm when right.
        verdict: Verdict of an Answer.
        severity: Severity of the verdict.
        working: First and last s with at least a tenth of the largest slope; NaN if
            there is none.
        dead: First s from which every component is exactly 0 in the configured
            precision; infinite if there is none.
    """

    ray: Ray
    law: Law
    verdict: str
    severity: Severity
    working: tuple[float, float]
    dead: float

    @property
    def begins(self) -> float | None:
        """The finite s from which the signal is 0 or undefined; None if there is none."""
        begins = self.law.begins
        return None if begins is None or math.isinf(begins) else begins


def measure_signal(ray: Ray, config: DiagnosisConfig) -> Signal:
    """Measure and judge the gradient on one ray."""
    law = smooth_law(ray)
    verdict, severity = _judge(ray, law, config)
    return Signal(
        ray=ray,
        law=law,
        verdict=verdict,
        severity=severity,
        working=working_range(GRID, ray.signal(GRID)),
        dead=_dead_from(ray, config),
    )


def _judge(ray: Ray, law: Law, config: DiagnosisConfig) -> tuple[str, Severity]:
    """Verdict and severity, where there is no law to speak of by the reason for that."""
    verdict, severity = _judge_law(ray, law)
    if verdict in LAWS_OF_SIZE and size_is_irrelevant(ray.subject, config):
        return SIZE_IRRELEVANT, "note"
    return verdict, severity


def _judge_law(ray: Ray, law: Law) -> tuple[str, Severity]:
    if law.kind == "undefined":
        return _judge_undefined(ray, law)
    if ray.side == "right":
        return _judge_right(law)
    if _becomes_right(ray):
        return "becomes right when pushed down", "trade"
    if law.coefficient < 0 and law.kind in WHEN_WRONG:
        return REWARDS_WRONG, "fault"
    if law.kind == "zero" and _is_pulled_back(ray, law):
        return PULLED_OFF_THE_RAY, "note"
    verdict, severity = WHEN_WRONG[law.kind]
    if severity == "fault" and law.begins is not None and math.isfinite(law.begins):
        severity = level_at(
            severity, ray.logits(np.array([law.begins])), ray.subject.domain
        )
    return verdict, severity


def _is_pulled_back(ray: Ray, law: Law) -> bool:
    """Whether a step against the gradient helps the label, although the ray's slope is 0."""
    begins = law.begins if law.begins is not None and law.begins > 0 else 0.0
    s = np.array([1.5 * begins + 1, 4 * begins + 10])
    gradient = ray.values(s).gradient
    # Class 1 is predicted on the rays, on R2 with all others alike: lowering others is no help.
    gain = gradient[:, 1] - gradient[:, 0]
    return bool((gain > ABOVE * rounding_of(ray)).all())


@kept(maxsize=8)
def size_is_irrelevant(subject: Subject, config: DiagnosisConfig) -> bool:
    """Whether the loss is the same for logits that are twice, or half, as large."""
    z, labels = simple_logits(config.num_classes, config.random())
    before, gradient = evaluate(subject, z, labels)
    known = np.isfinite(before)
    # A loss without any gradient is dead whatever it depends on.
    if not known.any() or not gradient[known].any():
        return False
    for factor in (0.5, 2.0):
        change = np.abs(losses(subject, factor * z, labels) - before)[known]
        # Written with `<=`, so that a loss that is no longer finite counts as changed.
        if not np.all(change <= SAME * (1 + np.abs(before[known]))):
            return False
    return True


def _judge_right(law: Law) -> tuple[str, Severity]:
    if law.kind.endswith("decay"):
        return "fades", "fine"
    if law.kind == "zero":
        return "ends", "fine"
    if law.kind == "constant":
        return "stays", "note"
    if law.kind.endswith("growth"):
        return "grows", "note"
    return _UNDECIDED


def _judge_undefined(ray: Ray, law: Law) -> tuple[str, Severity]:
    """Tell a pole from the edge of the loss's domain."""
    begins = law.begins
    if begins is None or math.isinf(begins):
        begins = law.range[0]
    beyond = np.array([begins * (1 + 1e-9), 2 * begins, 4 * begins])
    loss = ray.values(beyond).loss
    if np.isposinf(loss).any():
        verdict = INFINITE if ray.side == "wrong" else INFINITE_WHEN_RIGHT
        return verdict, level_at(
            "fault", ray.logits(np.array([begins])), ray.subject.domain
        )
    if begins > FAR_OUT:
        return UNDEFINED_FAR_OUT, "note"
    return LEAVES_DOMAIN, "note" if ray.side == "right" else _level_of_edge(ray)


def _level_of_edge(ray: Ray) -> Severity:
    """The severity of a domain that ends at ordinary logits.

    Normalizers of the catalog state their domain; of a user's function nobody does.
    """
    return "fault" if ray.subject.objective is None else "trade"


def _becomes_right(ray: Ray) -> bool:
    predicted = ray.right(np.array([1e3, 1e4, 1e5]))
    return predicted is not None and bool(predicted.all())


def _dead_from(ray: Ray, config: DiagnosisConfig) -> float:
    values = ray.values(GRID, config.dtype)
    # A loss that is not finite is another fault, and has another
    # answer, than a dead gradient.
    alive = np.any(values.gradient != 0, axis=1) | ~np.isfinite(values.loss)
    last_alive = int(max(np.flatnonzero(alive), default=-1))
    if last_alive + 1 == len(GRID):
        return math.inf
    return float(GRID[last_alive + 1])
