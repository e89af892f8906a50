"""Precision: how far out loss and gradient are finite, and how exact they are, in every dtype.

They are compared with float64 at the same rounded logits: on rays out to the largest
logits, and at scattered ones. A point counts only where the reference is finite. A loss that
ends at one place in every dtype has the edge of its domain there, which is no fault of
precision.
"""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from ...base.x64 import enable_x64
from ..answers import SEVERITIES, Answer, Severity, Witness, not_asked, undecided
from ..config import DiagnosisConfig
from ..evaluation import evaluate, finite, losses, one_hot, row
from ..levels import ordinary, spread
from ..programs import Precision
from ..random_logits import scattered_logits
from ..subject import ROUNDED, Subject, gradient_error
from ..vocabulary import NOT_FINITE_FAR, NOT_FINITE_NEAR
from .overflow_causes import float_info
from .reach import LARGEST, RAYS, Failure, Measurement, find_failures, ray_logits
from .rounding_errors import (
    INACCURATE,
    LOST_RIGHT,
    LOST_WRONG,
    UNLUCKY_SHARE,
    Errors,
    Point,
    rounding_errors,
)

QUESTION = "precision"
METHOD = (
    "on R1, R2, R3, wrong and right, and with common offsets, up to the first failure; "
    "at 500 scattered logits within 10"
)
ALLOWED = 1e-3
"""Relative error that is accurate in the usual range, or 16 eps if that is more."""

SHIFTED_POINTS, SHIFTED = 32, 1e-3
"""Number of logits that are shifted, and the relative change of a loss that counts as none."""


def answers(subject: Subject, config: DiagnosisConfig) -> Iterator[Answer]:
    """An answer for every dtype, that of the configured one first.

    Faults of dtypes other than the configured one are notes at most.
    """
    for dtype in dict.fromkeys((config.dtype, *get_args(Precision))):
        yield _answer(subject, config, dtype)


def _answer(subject: Subject, config: DiagnosisConfig, dtype: Precision) -> Answer:
    question = f"{QUESTION}, {dtype}"
    is_configured = dtype == config.dtype
    if subject.opaque is not None and dtype not in subject.opaque.dtypes:
        why = f"{subject.opaque.library} is not asked to compute in {dtype}."
        return not_asked(question, why)
    refusal = _refusal(subject, config.num_classes, dtype)
    if refusal:
        is_rounded = refusal.startswith(ROUNDED)
        text = f"It fails with {refusal}"
        if is_rounded:
            text = f"For {dtype} logits it returns {refusal}; float32 is measured."
        return Answer(
            question=question,
            verdict="rounds its result" if is_rounded else "does not run",
            severity="fault" if is_configured else "note",
            text=text,
            method="traced",
            details={"dtype": dtype},
        )
    base = _base(subject, config.num_classes)
    if base is None:
        why = "The loss is not finite on R1, neither from 0 nor from 1."
        return undecided(question, why, METHOD)
    measurement = Measurement(subject, config, dtype, base)
    failures = find_failures(measurement)
    errors = rounding_errors(measurement)
    verdict, severity = _verdict(measurement, failures, errors)
    if not is_configured:
        severity = max(severity, "note", key=SEVERITIES.index)
    witness = None
    if severity != "fine":
        witness = _witness(measurement, verdict, failures, errors)
    return Answer(
        question=question,
        verdict=verdict,
        severity=severity,
        text=_text(measurement, failures, errors),
        method=METHOD,
        number=min((failure.last for failure in failures), default=LARGEST[dtype]),
        witness=witness,
        details=_details(dtype, failures, errors),
    )


def _refusal(subject: Subject, n: int, dtype: Precision) -> str:
    """The first line of the error that the gradient raises in this dtype; empty if it runs."""
    if dtype == "float64" and subject.refusal:
        return subject.refusal
    with enable_x64(dtype == "float64"):
        return gradient_error(subject.function, n, dtype)


def _base(subject: Subject, n: int) -> float | None:
    """The value of logits that do not move: 0, or 1 for normalizers that need positive ones."""
    s = np.array([1.0, 3.0, 9.0]) / 9 * subject.domain.reach(9.0)
    bases = (subject.domain.centre,) if subject.domain.is_bounded else (0.0, 1.0)
    for base in bases:
        z = ray_logits("wrong on R1", s, base, n)
        if np.isfinite(evaluate(subject, z).loss).all():
            return base
    return None


def _verdict(
    measurement: Measurement, failures: Sequence[Failure], errors: Errors
) -> tuple[str, Severity]:
    """The fault that matters most."""
    fine = "finite" if measurement.dtype == "float64" else "finite and accurate"
    return min(
        _faults(measurement, failures, errors),
        key=lambda fault: SEVERITIES.index(fault[1]),
        default=(fine, "fine"),
    )


def _faults(
    measurement: Measurement, failures: Sequence[Failure], errors: Errors
) -> Iterator[tuple[str, Severity]]:
    dtype = measurement.dtype
    far = _farthest(measurement) if failures else 0.0
    for failure in failures:
        verdict = NOT_FINITE_NEAR if failure.begins <= far else NOT_FINITE_FAR
        yield verdict, _severity(failure, far)
    eps = float_info(dtype, "eps")
    if dtype != "float64" and errors.judged > _allowed(dtype):
        yield INACCURATE, "fault"
    unlucky = min(UNLUCKY_SHARE, 100 * eps)
    if errors.share > unlucky:
        yield LOST_WRONG, "fault" if errors.large_share > unlucky else "note"
    if errors.lost["right"]:
        yield LOST_RIGHT, "note"


def _farthest(measurement: Measurement) -> float:
    """The largest s of a ray that matters.

    Where a common shift of the logits changes nothing, it is their difference that has to be
    ordinary, and elsewhere they themselves.
    """
    subject, config = measurement.subject, measurement.config
    domain = subject.domain
    if domain.is_bounded or domain.normalised:
        return spread(domain)
    if subject.one_logit:
        # The difference of the two logits is the one that the loss is given.
        return ordinary(domain)
    z = scattered_logits(config.random(), (SHIFTED_POINTS, config.num_classes))
    before, after = losses(subject, np.concatenate([z, z + 1])).reshape(2, -1)
    known = np.isfinite(before) & np.isfinite(after)
    change = np.abs(after - before)[known]
    same = (change <= SHIFTED * (1 + np.abs(before[known]))).all()
    return spread(domain) if same else ordinary(domain)


def _severity(failure: Failure, far: float) -> Severity:
    if failure.begins > far:
        return "note"
    return "trade" if failure.is_too_large else "fault"


def _text(measurement: Measurement, failures: Sequence[Failure], errors: Errors) -> str:
    dtype = measurement.dtype
    first = min(failures, key=lambda failure: failure.begins, default=None)
    if first is None:
        largest = measurement.subject.domain.reach(LARGEST[dtype])
        reach = f"Finite up to {largest:.3g}, the largest logits tried"
    else:
        reach = (
            f"Finite up to s = {first.last:.4g}, then NaN or inf "
            f"({first.ray}; cause: {first.cause})"
        )
    if dtype == "float64":
        return f"{reach}. Nothing wider to compare it with."
    exact = (
        f"relative error at most {errors.usual:.1e} in the usual range, "
        f"{errors.ends:.1e} at the ends"
    )
    if max(errors.usual, errors.ends) > _allowed(dtype) >= errors.judged:
        exact += (
            ", of components that nearly cancel; while the label is wrong, at most "
            f"{errors.judged:.1e} of the gradient's largest component"
        )
    return f"{reach}; {exact}{_lost_components(measurement, errors)}."


def _allowed(dtype: Precision) -> float:
    """The largest error, relative to the gradient's largest component, that is no fault."""
    return max(ALLOWED, 16 * float_info(dtype, "eps"))


def _lost_components(measurement: Measurement, errors: Errors) -> str:
    counts = [f"{count} while {side}" for side, count in errors.lost.items() if count]
    if not counts:
        return ""
    return (
        f"; gradient components that become 0: {', '.join(counts)} "
        f"({errors.unlike_reference} of them {measurement.config.reference.name} keeps)"
    )


def _details(
    dtype: Precision, failures: Sequence[Failure], errors: Errors
) -> dict[str, Any]:
    largest_finite = dict.fromkeys(RAYS, LARGEST[dtype])
    causes = {}
    for failure in failures:
        largest_finite[failure.ray] = failure.last
        causes[failure.ray] = failure.cause
    return {
        "dtype": dtype,
        "largest_finite": largest_finite,
        "causes": causes,
        "error_usual": errors.usual,
        "error_ends": errors.ends,
        "lost": dict(errors.lost),
        "lost_unlike_reference": errors.unlike_reference,
    }


def _witness(
    measurement: Measurement, verdict: str, failures: Sequence[Failure], errors: Errors
) -> Witness:
    """Logits beyond the first failure, or where a component is lost or wrong."""
    z, label = errors.points.get(verdict) or _first_failure(measurement, failures)
    narrow = measurement.evaluate(z, label)
    wide = evaluate(measurement.subject, z, label)
    # Halved, so that the difference to a NaN, as 1e300, and between large numbers is finite.
    narrow_half = np.nan_to_num(narrow.gradient[0], nan=1e300) / 2
    difference = narrow_half - np.nan_to_num(wide.gradient[0]) / 2
    k = int(np.argmax(np.abs(difference)))
    texts = []
    for values in (narrow, wide):
        slope = values.gradient[0, k]
        texts.append(f"loss {values.loss[0]:.4g}, dL/dz_{k} = {slope:.4g}")
    return Witness(
        logits=row(z),
        target=one_hot(label, measurement.config.num_classes),
        shows=f"{texts[0]}; in float64 {texts[1]}",
        dtype=measurement.dtype,
    )


def _first_failure(measurement: Measurement, failures: Sequence[Failure]) -> Point:
    """The logits of the first failure, rounded up to two digits if they still fail."""
    first = min(failures, key=lambda failure: failure.begins)
    digits = 1 - int(np.floor(np.log10(max(first.begins, 1e-3))))
    scale = 10.0**digits
    candidates = np.array([np.ceil(first.begins * scale) / scale, first.begins])
    fails = ~finite(measurement.evaluate(measurement.logits(first.ray, candidates)))
    chosen = candidates[[int(fails.argmax())]]
    return measurement.logits(first.ray, chosen)[0], 0
