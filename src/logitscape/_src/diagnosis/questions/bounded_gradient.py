"""The gradient of a loss whose logits are bounded: what it is throughout the domain, not a law."""

from typing import NamedTuple

import numpy as np

from ...landscapes.probe_rays import PROBE_RAYS
from ..answers import SEVERITIES, Answer, Severity, Witness
from ..config import DiagnosisConfig
from ..evaluation import evaluate, one_hot, row
from ..rays import Side, ray
from ..simplify import format_first, format_number
from ..smooth_law import ABOVE
from ..subject import Subject
from ..vocabulary import LEAVES_DOMAIN, REWARDS_WRONG, THROUGHOUT

STEPS = 128
NAMES: dict[Side, str] = {
    "wrong": "gradient when wrong",
    "right": "gradient when right",
}


class _Stretch(NamedTuple):
    """What the gradient does on the part of one ray that lies in the domain.

    Attributes:
        name: Name of the ray.
        verdict: Verdict of an Answer.
        severity: Severity of the verdict.
        low: Least slope, or least norm of the gradient when right.
        high: Largest one.
        witness: Logits that show the verdict.
    """

    name: str
    verdict: str
    severity: Severity
    low: float
    high: float
    witness: Witness


def bounded_answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer about the wrong side and one about the right side."""
    return [_answer(subject, config, side) for side in NAMES]


def _answer(subject: Subject, config: DiagnosisConfig, side: Side) -> Answer:
    stretches = [_stretch(subject, config, name, side) for name in PROBE_RAYS]
    worst = min(stretches, key=lambda found: SEVERITIES.index(found.severity))
    return Answer(
        question=NAMES[side],
        verdict=worst.verdict,
        severity=worst.severity,
        text=_text(subject, worst, side),
        method=f"R1, R2 and R3 from the centre of the domain, {STEPS} points each, float64",
        number=worst.low,
        witness=None if worst.severity == "fine" else worst.witness,
        details={
            "rays": [
                {"ray": found.name, "low": found.low, "high": found.high}
                for found in stretches
            ],
            "deciding_ray": worst.name,
        },
    )


def _text(subject: Subject, worst: _Stretch, side: Side) -> str:
    quantity = "slope dL/ds" if side == "wrong" else "gradient norm"
    low, high = format_number(worst.low), format_number(worst.high)
    return (
        f"For {subject.domain} the {quantity} along {worst.name} is from {low} to {high} "
        f"as the label is {side}: {worst.verdict}."
    )


def _stretch(
    subject: Subject, config: DiagnosisConfig, name: str, side: Side
) -> _Stretch:
    on = ray(subject, name, side, config.num_classes)
    farthest = subject.domain.reach(np.inf) / np.abs(on.towards).max()
    s = np.linspace(0, farthest, STEPS + 1)[1:]
    signal = on.signal(s)
    verdict, severity = _judge(subject, signal, on.logits(s), side)
    # The end of the stretch, where the label is as wrong or as right as it can be.
    z = on.logits(s[-1:])[0]
    gradient = evaluate(subject, z, 0).gradient[0]
    shows = f"the label is {side} as far as can be on {name}; gradient = {format_first(gradient)}"
    return _Stretch(
        name=name,
        verdict=verdict,
        severity=severity,
        low=float(np.nanmin(signal, initial=np.inf)),
        high=float(np.nanmax(signal, initial=-np.inf)),
        witness=Witness(row(z), one_hot(0, len(z)), shows),
    )


def _judge(
    subject: Subject, signal: np.ndarray, z: np.ndarray, side: Side
) -> tuple[str, Severity]:
    if np.isnan(signal).any():
        return LEAVES_DOMAIN, "fault"
    rounding = ABOVE * np.finfo(np.float64).eps * np.abs(signal).max()
    far = signal[-STEPS // 4 :]
    if side == "right" or (far > rounding).all():
        return THROUGHOUT, "fine"
    gradient = evaluate(subject, z[-STEPS // 4 :], 0).gradient
    gain = gradient[:, 1] - gradient[:, 0]
    if (gain > rounding).all():
        return THROUGHOUT, "fine"
    if (far < -rounding).all():
        return REWARDS_WRONG, "fault"
    return ("dies", "fault") if not gradient.any() else (THROUGHOUT, "note")
