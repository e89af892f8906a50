"""The gradient on one probe ray, and what it means for training."""

import math
from dataclasses import dataclass

import numpy as np

from ...properties.law import Law
from ..answers import Severity
from ..config import DiagnosisConfig
from ..evaluation import evaluate
from ..levels import level_at
from ..rays import GRID, Ray, working_range
from ..smooth_law import smooth_law
from ..vocabulary import (
    FADES_EXPONENTIALLY,
    FADES_SLOWLY,
    INFINITE,
    INFINITE_WHEN_RIGHT,
    LEAVES_DOMAIN,
    UNDECIDED,
    UNDEFINED_FAR_OUT,
)

FAR_OUT = 100.0
"""Largest s that is ordinary: a loss that is undefined beyond it is hardly ever there."""

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
    verdict, severity = _judge(ray, law)
    return Signal(
        ray=ray,
        law=law,
        verdict=verdict,
        severity=severity,
        working=working_range(GRID, ray.signal(GRID)),
        dead=_dead_from(ray, config),
    )


def _judge(ray: Ray, law: Law) -> tuple[str, Severity]:
    if law.kind == "undefined":
        return _judge_undefined(ray, law)
    if ray.side == "right":
        return _judge_right(law)
    if _becomes_right(ray):
        return "becomes right when pushed down", "trade"
    if law.coefficient < 0 and law.kind in WHEN_WRONG:
        return "rewards being wrong", "fault"
    verdict, severity = WHEN_WRONG[law.kind]
    if severity == "fault" and law.begins is not None and math.isfinite(law.begins):
        severity = level_at(severity, ray.logits(np.array([law.begins])))
    return verdict, severity


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
    loss = evaluate(ray.subject, ray.logits(beyond), 0).loss
    if np.isposinf(loss).any():
        verdict = INFINITE if ray.side == "wrong" else INFINITE_WHEN_RIGHT
        return verdict, level_at("fault", ray.logits(np.array([begins])))
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
    values = evaluate(ray.subject, ray.logits(GRID), 0, dtype=config.dtype)
    # A loss that is not finite is another fault, and has another
    # answer, than a dead gradient.
    alive = np.any(values.gradient != 0, axis=1) | ~np.isfinite(values.loss)
    last_alive = int(max(np.flatnonzero(alive), default=-1))
    if last_alive + 1 == len(GRID):
        return math.inf
    return float(GRID[last_alive + 1])
