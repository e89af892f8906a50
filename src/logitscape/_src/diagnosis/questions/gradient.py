"""The gradient when the label is wrong, and when it is right.

The answers tell its law, its working range, dead regions and poles.
"""

import math
from collections.abc import Sequence

import numpy as np

from ...base.target_kinds import DISTRIBUTION
from ...landscapes.probe_rays import LABEL_DOWN, MARGIN, PROBE_RAYS
from ...properties.fit import find_law
from ...properties.law import Law
from ..answers import SEVERITIES, Answer, Witness
from ..config import DiagnosisConfig
from ..evaluation import Rows, row
from ..rays import GRID, Ray, Side, ray
from ..simplify import format_first
from ..subject import Subject
from ..vocabulary import (
    FADES_EXPONENTIALLY,
    FADES_SLOWLY,
    INFINITE,
    LEAVES_DOMAIN,
    PULLED_OFF_THE_RAY,
    REWARDS_WRONG,
    SIZE_IRRELEVANT,
    UNDECIDED,
    UNDEFINED_FAR_OUT,
)
from .answer_rays import rays_of_all_answers, rays_of_one_answer
from .bounded_gradient import bounded_answers
from .gradient_signal import Signal, measure_signal

WRONG, RIGHT = "gradient when wrong", "gradient when right"
COMPARED_AT = 20.0
"""The s at which a step is compared with one of the reference."""

METHOD_WRONG = (
    "law of dL/ds fitted out to s = 1e8 in float64, and to the last float, "
    "on R1, R2 and R3; label wrong by s"
)
METHOD_RIGHT = "law of the gradient's norm on R2 and R3 backwards; label right by s"
METHOD_ALL_RIGHT = "law of the gradient's norm as all answers become right by s"
RAYS_RIGHT = (LABEL_DOWN.name, MARGIN.name)

SENTENCES = {
    SIZE_IRRELEVANT: (
        "Only the direction of the logits matters: logits of twice the size have the same loss, "
        "and no law holds along a ray. The gradient turns the logits, the less the larger they are."
    ),
    PULLED_OFF_THE_RAY: (
        "The slope along {ray} is 0{since}, but the gradient still moves another logit to the "
        "label's good."
    ),
    "constant": "The slope stays {law} however wrong it is (along {ray}, as on the other rays).",
    "grows": "The slope along {ray} grows like {law} once it is wrong by s.",
    "explodes": "The slope along {ray} explodes {like} once it is wrong by s.",
    FADES_SLOWLY: "The slope along {ray} fades {like} once it is wrong by s.",
    FADES_EXPONENTIALLY: "The slope along {ray} fades {like} once it is wrong by s.",
    "dies": (
        "The slope along {ray} is exactly 0{since}, and nothing else there pulls the label back."
    ),
    INFINITE: "Loss is infinite{since} ({ray}): no gradient leads back.",
    LEAVES_DOMAIN: "Loss is not defined{since} ({ray}).",
    UNDEFINED_FAR_OUT: "Loss is not defined{since} ({ray}).",
    "becomes right when pushed down": (
        "Pushing the label's logit down far enough makes the model right ({ray})."
    ),
    REWARDS_WRONG: "Loss falls as the label gets more wrong along {ray}: dL/ds is {law}.",
    UNDECIDED: "No law fits the gradient on {ray}: {law}.",
}


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """One answer about the wrong side and one about the right side."""
    if subject.domain.is_bounded:
        return bounded_answers(subject, config)
    if subject.targets is DISTRIBUTION:
        wrong = _probe_rays(subject, tuple(PROBE_RAYS), "wrong", config)
        right = _probe_rays(subject, RAYS_RIGHT, "right", config)
    else:
        wrong = rays_of_one_answer(subject, config)
        right = rays_of_all_answers(subject, config)
    about_wrong = [measure_signal(ray, config) for ray in wrong]
    about_right = [measure_signal(ray, config) for ray in right]
    return [_answer_wrong(about_wrong, config), _answer_right(about_right)]


def _probe_rays(
    subject: Subject, names: Sequence[str], side: Side, config: DiagnosisConfig
) -> list[Ray]:
    return [ray(subject, name, side, config.num_classes) for name in names]


def _worst(signals: Sequence[Signal]) -> Signal:
    return min(signals, key=lambda signal: SEVERITIES.index(signal.severity))


def _answer_wrong(signals: Sequence[Signal], config: DiagnosisConfig) -> Answer:
    worst = _worst(signals)
    sentences = [_sentence(worst), *_remarks(worst, config), *_base(worst)]
    s = _round_s(worst)
    z = _logits(worst, s)
    gradient = worst.ray.values(np.array([s])).gradient[0]
    shows = (
        f"{_subject_of(worst)} is wrong by {s:g} ({worst.ray.name}); "
        f"gradient = {format_first(gradient)}"
    )
    witness = Witness(row(z), row(worst.ray.target), shows)
    return Answer(
        question=WRONG,
        verdict=worst.verdict,
        severity=worst.severity,
        text=" ".join(sentences),
        method=METHOD_WRONG,
        number=_slope_ratio(worst, config),
        witness=None if worst.severity == "fine" else witness,
        details=_all_details(signals, worst),
    )


def _answer_right(signals: Sequence[Signal]) -> Answer:
    worst = _worst(signals)
    s = _round_s(worst)
    z = _logits(worst, s)
    loss = worst.ray.values(np.array([s])).loss[0]
    shows = (
        f"{_subject_of(worst)} is right by {s:g} ({worst.ray.name}); loss = {loss:.4g}"
    )
    witness = Witness(row(z), row(worst.ray.target), shows)
    return Answer(
        question=RIGHT,
        verdict=worst.verdict,
        severity=worst.severity,
        text=_text_right(worst),
        method=METHOD_RIGHT if _is_of_one_label(worst) else METHOD_ALL_RIGHT,
        witness=None if worst.severity == "fine" else witness,
        details=_all_details(signals, worst),
    )


def _is_of_one_label(signal: Signal) -> bool:
    return signal.ray.subject.targets is DISTRIBUTION


def _subject_of(signal: Signal) -> str:
    return "the label" if _is_of_one_label(signal) else "an answer"


def _text_right(worst: Signal) -> str:
    if worst.verdict == SIZE_IRRELEVANT:
        return SENTENCES[SIZE_IRRELEVANT]
    law = f"Gradient norm once right by s: {worst.law} ({worst.ray.name})."
    return " ".join([law, *_base(worst)])


def _base(signal: Signal) -> list[str]:
    """Where the ray starts, if that is not where all logits are 0."""
    base = float(signal.ray.origin[0])
    return [f"The ray starts where all logits are {base:g}."] if base else []


def _round_s(signal: Signal) -> float:
    """A round s that shows the verdict."""
    if signal.begins is None:
        return COMPARED_AT
    return max(1.0, float(np.ceil(1.5 * signal.begins)))


def _logits(signal: Signal, s: float) -> Rows:
    logits: Rows = signal.ray.logits(np.array([s]))[0]
    return logits


def _sentence(signal: Signal) -> str:
    since = "" if signal.begins is None else f" from s = {signal.begins:.3g} on"
    return SENTENCES[signal.verdict].format(
        law=signal.law,
        like=_like(signal.law),
        since=since,
        ray=signal.ray.name,
    )


def _like(law: Law) -> str:
    text = str(law)
    return text if text.startswith("faster") else f"like {text}"


def _remarks(signal: Signal, config: DiagnosisConfig) -> list[str]:
    """Further sentences about a gradient that is not 0 or undefined from some s on."""
    remarks = list[str]()
    if signal.law.begins is not None or signal.verdict == SIZE_IRRELEVANT:
        return remarks
    ratio = _slope_ratio(signal, config)
    if ratio is not None and ratio < 0:
        remarks.append(
            f"At s = {COMPARED_AT:g} a step along {signal.ray.name} makes it more wrong, by "
            f"{-ratio:.1g} times as much as one with {config.reference.name} corrects."
        )
    elif ratio is not None and not 0.1 < ratio < 10:
        remarks.append(
            f"At s = {COMPARED_AT:g} a step along {signal.ray.name} moves it {ratio:.1g} times "
            f"as far as one with {config.reference.name}."
        )
    fades = signal.verdict in (FADES_SLOWLY, FADES_EXPONENTIALLY)
    last = signal.working[1]
    if fades and last < GRID[-1] * 0.99:
        remarks.append(
            f"It has a tenth of its largest value or more only up to s = {last:.3g}."
        )
    if math.isfinite(signal.dead):
        remarks.append(
            f"In {config.dtype} the gradient is exactly 0 from s = {signal.dead:.3g} on."
        )
    return remarks


def _slope_ratio(signal: Signal, config: DiagnosisConfig) -> float | None:
    """The slope at s = 20 relative to the reference's on the same ray."""
    s = np.array([COMPARED_AT])
    on_reference = ray(
        config.reference, _probe_name(signal), "wrong", config.num_classes
    )
    slope = float(signal.ray.measure(s)[0, 0])
    reference_slope = float(on_reference.measure(s)[0, 0])
    finite = math.isfinite(slope) and math.isfinite(reference_slope)
    if not finite or reference_slope == 0:
        return None
    return slope / reference_slope


def _all_details(signals: Sequence[Signal], worst: Signal) -> dict[str, object]:
    details: dict[str, object] = {"rays": [_details(signal) for signal in signals]}
    if _probe_name(worst) in PROBE_RAYS:
        details["deciding_ray"] = _probe_name(worst)
    return details


def _probe_name(signal: Signal) -> str:
    return signal.ray.name.partition(" with ")[0]


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
