"""Rays for losses in which every class has an answer: one becomes wrong, or all become right."""

import numpy as np

from ...landscapes.probe_rays import LABEL_DOWN, PROBE_RAYS
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..rays import Ray, origin_of
from ..subject import Subject


def rays_of_one_answer(subject: Subject, config: DiagnosisConfig) -> list[Ray]:
    """Rays on which one answer becomes wrong: a no rises (R1), a yes falls (R2), or both (R3).

    With one class only the yes can. The others answer no, and once more every other one yes.
    """
    n = config.num_classes
    probes = [LABEL_DOWN] if n == 1 else list(PROBE_RAYS.values())
    return [
        Ray(
            subject=subject,
            name=probe.name + _suffix(target),
            side="wrong",
            origin=_origin(subject, n),
            towards=probe.direction(n),
            target=target,
        )
        for target in _targets(n)
        for probe in probes
    ]


def rays_of_all_answers(subject: Subject, config: DiagnosisConfig) -> list[Ray]:
    """Rays on which all answers become right at once, with one yes and with several."""
    n = config.num_classes
    return [
        Ray(
            subject=subject,
            name="all answers" + _suffix(target),
            side="right",
            origin=_origin(subject, n),
            towards=2 * target - 1,
            target=target,
        )
        for target in _targets(n)
    ]


def _origin(subject: Subject, n: int) -> Rows:
    return np.full(n, origin_of(subject, n))


def _targets(n: int) -> list[Rows]:
    one = np.eye(n)[0]
    several = (np.arange(n) % 2 == 0).astype(np.float64)
    return [one] if n < 3 else [one, several]


def _suffix(target: Rows) -> str:
    count = int(target.sum())
    return "" if count == 1 else f" with {count} labels"
