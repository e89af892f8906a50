"""What the gradient does when the label is wrong, and when it is right: laws, working range, dead regions, poles."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...properties.fit import find_law
from ...properties.law import Law
from ..answers import SEVERITIES, Answer, Severity, Witness
from ..config import DiagnosisConfig
from ..evaluation import evaluate, one_hot, row
from ..rays import GRID, NAMES, Ray, ray, working_range
from ..smooth_law import smooth_law
from ..subject import Subject
from .mistake_samples import short

WRONG, RIGHT = "gradient when wrong", "gradient when right"
AT = 20.0
"""Where a step is compared with one of the reference."""

METHOD = "law of dL/ds fitted out to s = 1e8 in float64, and to the last float, on R1, R2 and R3; label wrong by s"
METHOD_RIGHT = "law of the gradient's norm on R2 and R3 backwards; label right by s"

OF_KIND: dict[str, tuple[str, Severity]] = {
    "constant": ("constant", "fine"),
    "logarithmic growth": ("grows", "note"),
    "polynomial growth": ("grows", "note"),
    "stretched exponential growth": ("explodes", "warning"),
    "exponential growth": ("explodes", "warning"),
    "super-exponential growth": ("explodes", "warning"),
    "logarithmic decay": ("fades slowly", "note"),
    "polynomial decay": ("fades slowly", "note"),
    "stretched exponential decay": ("fades exponentially", "warning"),
    "exponential decay": ("fades exponentially", "warning"),
    "super-exponential decay": ("fades exponentially", "warning"),
    "zero": ("dies", "serious"),
    "oscillating": ("undecided", "undecided"),
    "undetermined": ("undecided", "undecided"),
}


@dataclass(frozen=True)
class Signal:
    """What was found on one ray.

    Attributes:
        ray: where.
        law: of the slope dL/ds when wrong, of the gradient's norm when right.
        verdict: in the words of an Answer.
        severity: of it.
        working: the first and last s with at least a tenth of the largest slope; NaN if there is none.
        dead: the first s from which every component is exactly 0 in the setting's precision; infinite if none.
    """

    ray: Ray
    law: Law
    verdict: str
    severity: Severity
    working: tuple[float, float]
    dead: float


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer for the wrong side, one for the right side."""
    wrong = [
        _signal(ray(subject, name, "wrong", config.num_classes), config)
        for name in NAMES
    ]
    right = [
        _signal(ray(subject, name, "right", config.num_classes), config)
        for name in NAMES[1:]
    ]
    return [_when_wrong(wrong, config), _when_right(right)]


def _signal(on: Ray, config: DiagnosisConfig) -> Signal:
    law = smooth_law(on)
    verdict, severity = _judge(on, law)
    return Signal(
        on,
        law,
        verdict,
        severity,
        working_range(GRID, on.signal(GRID)),
        _dead(on, config),
    )


def _judge(on: Ray, law: Law) -> tuple[str, Severity]:
    if law.kind == "undefined":
        return _undefined(on, law)
    if on.side == "right":
        return _OF_RIGHT.get(law.kind, ("undecided", "undecided"))
    if _turns_right(on):
        return "becomes right when pushed down", "warning"
    if law.coefficient < 0 and law.kind in OF_KIND:
        return "rewards being wrong", "serious"
    return OF_KIND[law.kind]


_OF_RIGHT: dict[str, tuple[str, Severity]] = {
    kind: (word, "fine" if word in ("fades", "ends") else "note")
    for word, kinds in {
        "fades": [kind for kind in OF_KIND if kind.endswith("decay")],
        "ends": ["zero"],
        "stays": ["constant"],
        "grows": [kind for kind in OF_KIND if kind.endswith("growth")],
    }.items()
    for kind in kinds
}


def _undefined(on: Ray, law: Law) -> tuple[str, Severity]:
    """Where the loss ends: at a pole, or outside the domain."""
    begins = (
        law.range[0] if law.begins is None or math.isinf(law.begins) else law.begins
    )
    loss = evaluate(
        on.subject,
        on.logits(np.array([begins * (1 + 1e-9), 2 * begins, 4 * begins])),
        0,
    ).loss
    if np.isposinf(loss).any():
        return (
            ("infinite", "serious")
            if on.side == "wrong"
            else ("infinite when right", "serious")
        )
    far = begins > 100
    return (
        "not defined far out" if far else "leaves the domain",
        "note" if far or on.side == "right" else "warning",
    )


def _turns_right(on: Ray) -> bool:
    told = on.right(np.array([1e3, 1e4, 1e5]))
    return told is not None and bool(told.all())


def _dead(on: Ray, config: DiagnosisConfig) -> float:
    values = evaluate(on.subject, on.logits(GRID), 0, dtype=config.dtype)
    alive = np.any(values.gradient != 0, axis=1) | ~np.isfinite(values.loss)
    last = int(max(np.flatnonzero(alive), default=-1))
    return float(GRID[last + 1]) if last + 1 < len(GRID) else math.inf


def _worst(signals: Sequence[Signal]) -> Signal:
    return min(signals, key=lambda each: SEVERITIES.index(each.severity))


def _when_wrong(signals: Sequence[Signal], config: DiagnosisConfig) -> Answer:
    worst = _worst(signals)
    s = _telling(worst)
    gradient = evaluate(worst.ray.subject, worst.ray.logits(np.array([s])), 0).gradient[
        0
    ]
    shows = (
        f"the label is wrong by {s:g} ({worst.ray.name}); gradient = {short(gradient)}"
    )
    witness = Witness(
        row(worst.ray.logits(np.array([s]))[0]), one_hot(0, config.num_classes), shows
    )
    return Answer(
        WRONG,
        worst.verdict,
        worst.severity,
        " ".join([_sentence(worst), *_asides(worst, config)]),
        METHOD,
        number=_ratio(worst, config),
        witness=None if worst.severity == "fine" else witness,
        details={"rays": [_details(each) for each in signals]},
    )


def _when_right(signals: Sequence[Signal]) -> Answer:
    worst = _worst(signals)
    text = f"Gradient norm once right by s: {worst.law} ({worst.ray.name})."
    s = _telling(worst)
    at = worst.ray.logits(np.array([s]))[0]
    shows = f"the label is right by {s:g} ({worst.ray.name}); loss = {evaluate(worst.ray.subject, at, 0).loss[0]:.4g}"
    witness = Witness(row(at), one_hot(0, len(at)), shows)
    fine = worst.severity == "fine"
    details = {"rays": [_details(each) for each in signals]}
    return Answer(
        RIGHT,
        worst.verdict,
        worst.severity,
        text,
        METHOD_RIGHT,
        witness=None if fine else witness,
        details=details,
    )


def _telling(signal: Signal) -> float:
    """An s that shows the verdict, round."""
    begins = signal.law.begins
    return (
        AT
        if begins is None or math.isinf(begins)
        else max(1.0, float(np.ceil(1.5 * begins)))
    )


def _sentence(signal: Signal) -> str:
    law, name = signal.law, signal.ray.name
    since = (
        ""
        if law.begins is None or math.isinf(law.begins)
        else f" from s = {law.begins:.3g} on"
    )
    return {
        "constant": f"Gradient stays {law} however wrong it is ({name} and the other rays).",
        "grows": f"Gradient grows like {law} once it is wrong by s ({name}).",
        "explodes": f"Gradient explodes {_like(law)} once it is wrong by s ({name}).",
        "fades slowly": f"Gradient fades {_like(law)} once it is wrong by s ({name}).",
        "fades exponentially": f"Gradient fades {_like(law)} once it is wrong by s ({name}).",
        "dies": f"The slope dL/ds is exactly 0{since}: nothing pulls it back once it is wrong by s ({name}).",
        "infinite": f"Loss is infinite{since} ({name}): no gradient leads back.",
        "leaves the domain": f"Loss is not defined{since} ({name}).",
        "not defined far out": f"Loss is not defined{since} ({name}).",
        "becomes right when pushed down": f"Pushing the label's logit down far enough makes the model right ({name}).",
        "rewards being wrong": f"Loss falls as the label gets more wrong: dL/ds is {law} ({name}).",
        "undecided": f"No law fits the gradient on {name}: {law}.",
    }[signal.verdict]


def _like(law: Law) -> str:
    text = str(law)
    return text if text.startswith("faster") else f"like {text}"


def _asides(signal: Signal, config: DiagnosisConfig) -> list[str]:
    said = list[str]()
    if signal.law.begins is not None:
        return said
    ratio = _ratio(signal, config)
    if ratio is not None and not 0.1 < ratio < 10:
        said.append(
            f"At s = {AT:g} a step moves it {ratio:.1g} times as far as {config.reference.name} would."
        )
    if signal.verdict.startswith("fades") and signal.working[1] < GRID[-1] * 0.99:
        said.append(
            f"A tenth of the largest slope or more only up to s = {signal.working[1]:.3g}."
        )
    if math.isfinite(signal.dead):
        said.append(f"In {config.dtype} it is exactly 0 from s = {signal.dead:.3g} on.")
    return said


def _ratio(signal: Signal, config: DiagnosisConfig) -> float | None:
    """The slope at s = 20 relative to the reference's on the same ray."""
    at = np.array([AT])
    own = float(signal.ray.measure(at)[0, 0])
    other = float(
        ray(config.reference, signal.ray.name, "wrong", config.num_classes).measure(at)[
            0, 0
        ]
    )
    return (
        own / other
        if math.isfinite(own) and math.isfinite(other) and other != 0
        else None
    )


def _details(signal: Signal) -> dict[str, object]:
    return {
        "ray": signal.ray.name,
        "origin": signal.ray.origin[0],
        "law": str(signal.law),
        "kind": signal.law.kind,
        "loss": str(find_law(signal.ray.loss)),
        "verdict": signal.verdict,
        "working_range": list(signal.working),
        "dead_from": signal.dead,
    }
