"""Precision: how far out loss and gradient stay finite, and how exact they are, in every dtype.

Held against float64 at the same rounded logits: on rays out to the largest logits, and at scattered ones. A point counts
only where the reference is finite. What ends at one place in every dtype is the edge of a domain, and no fault of precision.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias, get_args

import jax
import jax.numpy as jnp
import numpy as np

from ...base.x64 import enable_x64
from ..answers import SEVERITIES, Answer, Severity, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Precision, Rows, evaluate, one_hot, row
from ..subject import Subject
from .reach import (
    LARGEST,
    RAYS,
    TOO_LARGE,
    Failure,
    Run,
    failures,
    finite,
    grid,
    info,
    on,
    rounded,
)

Point: TypeAlias = tuple[Rows, int]

QUESTION = "precision"
METHOD = "on R1, R2, R3, wrong and right, and with common offsets, up to the first failure; at 500 scattered logits within 10"
SCATTERED, USUAL = 500, 10.0
ALLOWED = 1e-3  # relative error in the usual range, or 16 eps if that is more
SHARE = 0.01  # of points with an unlucky error, and of components that cancel to 0 by chance (in half precision)

INACCURATE, LOST_WRONG, LOST_RIGHT = (
    "inaccurate",
    "gradient lost while wrong",
    "gradient lost while right",
)


class Errors(NamedTuple):
    """How exact loss and gradient are where both are finite.

    Attributes:
        usual: the worst error in the usual range, of a number relative to its own size.
        ends: the same on the rays.
        judged: relative to the largest component of the gradient, while wrong and in all but 1 % of the usual range.
        lost: gradient components that are 0 and ought to be normal numbers, "wrong" and "right".
        share: of the normal numbers among the components while wrong.
        unlike_reference: how many of them the reference keeps.
        points: where to see it, by verdict.
    """

    usual: float
    ends: float
    judged: float
    lost: Mapping[str, int]
    share: float
    unlike_reference: int
    points: Mapping[str, Point]


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """An answer for every dtype; what is wrong with those that are not used in training is a note at most."""
    return [_answer(subject, config, dtype) for dtype in get_args(Precision)]


def _answer(subject: Subject, config: DiagnosisConfig, dtype: Precision) -> Answer:
    used, refused = (
        dtype == config.dtype,
        _refusal(subject, config.num_classes, dtype),
    )
    if refused:
        text = f"It fails with {refused}"
        return Answer(
            f"{QUESTION}, {dtype}",
            "does not run",
            "serious" if used else "note",
            text,
            "traced",
            details={"dtype": dtype},
        )
    base = _base(subject, config.num_classes)
    if base is None:
        return undecided(
            f"{QUESTION}, {dtype}",
            "The loss is not finite on R1, neither from 0 nor from 1.",
            METHOD,
        )
    run = Run(subject, config, dtype, base)
    found, errors = failures(run), _errors(run)
    severity, verdict = _verdict(dtype, found, errors)
    least: Severity = severity if used else max(severity, "note", key=SEVERITIES.index)
    number = min((each.last for each in found), default=LARGEST[dtype])
    witness = None if least == "fine" else _witness(run, verdict, found, errors)
    return Answer(
        f"{QUESTION}, {dtype}",
        verdict,
        least,
        _text(run, found, errors),
        METHOD,
        number,
        witness,
        _details(dtype, found, errors),
    )


def _refusal(subject: Subject, n: int, dtype: Precision) -> str:
    if dtype == "float64" and subject.refusal:
        return subject.refusal
    z = jax.ShapeDtypeStruct((n,), jnp.dtype(dtype))
    try:
        with enable_x64(dtype == "float64"):
            jax.eval_shape(jax.grad(subject.function), z, z)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    return ""


def _base(subject: Subject, n: int) -> float | None:
    """Where the logits that do not move are: at 0, or at 1 for normalizers that need positive ones."""
    s = np.array([1.0, 3.0, 9.0])
    inside = (
        base
        for base in (0.0, 1.0)
        if np.isfinite(evaluate(subject, on("wrong on R1", s, base, n)).loss).all()
    )
    return next(inside, None)


def _errors(run: Run) -> Errors:
    z, labels, usual = _probes(run)
    got, want = (
        evaluate(run.subject, z, labels, dtype=run.dtype),
        evaluate(run.subject, z, labels),
    )
    known, wrong, normal = (
        finite(got) & finite(want),
        z.argmax(axis=1) != labels,
        4 * info(run.dtype, "tiny"),
    )
    measured, true = (
        np.where(known[:, None], np.c_[each.loss, each.gradient], 0)
        for each in (got, want)
    )
    difference, size = np.abs(measured - true), np.maximum(np.abs(true), normal)
    own = np.where(size > normal, difference / size, 0).max(axis=1)
    judged = np.where(usual & wrong, difference.max(axis=1) / size.max(axis=1), 0)
    noise = 4 * info("float64", "eps") * np.abs(true).max(axis=1, keepdims=True)
    lost = (measured == 0) & (size > np.maximum(normal, noise))
    lost[:, 0] = False
    wrong_lost, right_lost = (lost & each[:, None] for each in (wrong, ~wrong))
    where = {
        INACCURATE: judged == judged.max(),
        LOST_WRONG: wrong_lost.any(axis=1),
        LOST_RIGHT: right_lost.any(axis=1),
    }
    return Errors(
        usual=float(own[usual].max()),
        ends=float(own[~usual].max()),
        judged=float(np.quantile(judged[usual & wrong], 1 - SHARE)),
        lost={"wrong": int(wrong_lost.sum()), "right": int(right_lost.sum())},
        share=float(
            wrong_lost.sum() / max(1, ((size > normal) & wrong[:, None])[:, 1:].sum())
        ),
        unlike_reference=_unlike_reference(run, z, labels, lost[:, 1:], normal),
        points={
            name: _least(z, labels, rows) for name, rows in where.items() if rows.any()
        },
    )


def _unlike_reference(
    run: Run, z: Rows, labels: Rows, lost: Rows, normal: float
) -> int:
    """How many of the lost components, [m, n], the reference keeps; it need not be compiled if none is lost."""
    if not lost.any():
        return 0
    other, truth = (
        evaluate(run.config.reference, z, labels, dtype=dtype).gradient
        for dtype in (run.dtype, "float64")
    )
    return int((lost & (other != 0) & (np.abs(truth) > normal)).sum())


def _least(z: Rows, labels: Rows, chosen: Rows) -> Point:
    """The smallest of the chosen logits; those of a ray come first, and are round."""
    size = np.where(chosen, np.abs(z).max(axis=1), np.inf)
    on_rays = np.where(np.isin(z[:, -1], (0.0, 1.0)), size, np.inf)
    at = int(np.argmin(on_rays if np.isfinite(on_rays).any() else size))
    return z[at], int(labels[at])


def _probes(run: Run) -> tuple[Rows, Rows, Rows]:
    """Rounded logits [m, n], labels [m], and which of them are in the usual range; every other label is the top class."""
    random, n = run.config.random(), run.config.num_classes
    z = (
        USUAL
        * random.uniform(-1, 1, (SCATTERED, n))
        * random.choice([0.1, 0.3, 1.0, 1.0], (SCATTERED, 1))
    )
    z[1::4] = np.abs(z[1::4])
    z[2::4] = np.abs(z[2::4])
    labels = np.where(
        np.arange(SCATTERED) % 2, z.argmax(axis=1), random.integers(n, size=SCATTERED)
    )
    rays = np.concatenate([on(ray, grid(run.dtype), run.base, n) for ray in RAYS])
    points = rounded(np.concatenate([rays, z]), run.dtype)
    return (
        points,
        np.concatenate([np.zeros(len(rays), int), labels]),
        np.arange(len(points)) >= len(rays),
    )


def _verdict(
    dtype: Precision, found: list[Failure], errors: Errors
) -> tuple[Severity, str]:
    """The most serious of all that was found."""
    near = 15 if dtype == "float16" else 100
    faults = list[tuple[Severity, str]]()
    for each in found:
        own = each.cause == TOO_LARGE
        level: Severity = (
            "note"
            if each.begins > 1e4
            else "warning"
            if each.begins > near or own
            else "serious"
        )
        faults.append(
            (
                level,
                f"not finite at {'ordinary' if each.begins <= near else 'large'} logits",
            )
        )
    if dtype != "float64" and errors.judged > max(ALLOWED, 16 * info(dtype, "eps")):
        faults.append(("warning", INACCURATE))
    if errors.share > min(SHARE, 100 * info(dtype, "eps")):
        faults.append(("warning", LOST_WRONG))
    if errors.lost["right"]:
        faults.append(("note", LOST_RIGHT))
    fine: tuple[Severity, str] = (
        "fine",
        "finite" if dtype == "float64" else "finite and accurate",
    )
    return min(faults, key=lambda each: SEVERITIES.index(each[0]), default=fine)


def _text(run: Run, found: list[Failure], errors: Errors) -> str:
    first = min(found, key=lambda each: each.begins, default=None)
    reach = f"Finite up to {LARGEST[run.dtype]:.0e}, the largest logits tried"
    if first is not None:
        reach = f"Finite up to s = {first.last:.4g}, then NaN or inf ({first.ray}; cause: {first.cause})"
    if run.dtype == "float64":
        return f"{reach}. Nothing wider to compare it with."
    exact = f"relative error at most {errors.usual:.1e} in the usual range, {errors.ends:.1e} at the ends"
    return f"{reach}; {exact}{_lost(run, errors)}."


def _lost(run: Run, errors: Errors) -> str:
    counts = [f"{count} while {side}" for side, count in errors.lost.items() if count]
    kept = f" ({errors.unlike_reference} of them {run.config.reference.name} keeps)"
    return (
        f"; gradient components that become 0: {', '.join(counts)}{kept}"
        if counts
        else ""
    )


def _details(dtype: Precision, found: list[Failure], errors: Errors) -> dict[str, Any]:
    rest = dict.fromkeys(RAYS, LARGEST[dtype])
    return {
        "dtype": dtype,
        "largest_finite": rest | {each.ray: each.last for each in found},
        "causes": {each.ray: each.cause for each in found},
        "error_usual": errors.usual,
        "error_ends": errors.ends,
        "lost": dict(errors.lost),
        "lost_unlike_reference": errors.unlike_reference,
    }


def _witness(run: Run, verdict: str, found: list[Failure], errors: Errors) -> Witness:
    """Logits of few digits beyond the first failure, or where a component is lost or wrong."""
    n = run.config.num_classes
    if verdict not in errors.points or verdict.startswith("not finite"):
        first = min(found, key=lambda each: each.begins)
        digits = 1 - int(np.floor(np.log10(max(first.begins, 1e-3))))
        s = np.array(
            [np.ceil(first.begins * 10.0**digits) / 10.0**digits, first.begins]
        )
        bad = ~finite(
            evaluate(run.subject, on(first.ray, s, run.base, n), dtype=run.dtype)
        )
        z, label = on(first.ray, s[[int(bad.argmax())]], run.base, n)[0], 0
    else:
        z, label = errors.points[verdict]
    got, want = (
        evaluate(run.subject, z, label, dtype=run.dtype),
        evaluate(run.subject, z, label),
    )
    gap = (
        np.nan_to_num(got.gradient[0], nan=1e300) / 2
        - np.nan_to_num(want.gradient[0]) / 2
    )
    k = int(np.argmax(np.abs(gap)))
    told = [
        f"loss {each.loss[0]:.4g}, dL/dz_{k} = {each.gradient[0, k]:.4g}"
        for each in (got, want)
    ]
    return Witness(
        row(z),
        one_hot(label, n),
        f"{told[0]}; in float64 {told[1]}",
        "gradient",
        run.dtype,
    )
