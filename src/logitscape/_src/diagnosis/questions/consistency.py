"""Consistency: whether the gradient is that of the loss, however it is computed, and whatever stands beside an example."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...base.x64 import enable_x64
from ..answers import Answer, Witness, undecided
from ..config import DiagnosisConfig
from ..evaluation import Rows, evaluate, one_hot, row
from ..simplify import FEW
from ..subject import Subject
from .kinks import kinks
from .reach import info
from .slopes import (
    QUESTION,
    Points,
    against_differences,
    forward,
    roughness,
    scattered,
    sums,
)

MANY = 50_000
MEMORY, WORK = 2e9, 2e10  # bytes of temporaries and FLOPs that 50,000 classes may take
BESIDE = 5
ROUGH = 1e-5


def answers(subject: Subject, config: DiagnosisConfig) -> list[Answer]:
    """All checks; those that need a smooth loss are left out if it is computed in few digits."""
    points = scattered(subject, config)
    if len(points.z) < 2:
        return [
            undecided(
                QUESTION,
                "the loss or its gradient is not finite at nearly all scattered logits.",
            )
        ]
    reduced = _reduced(subject, config, points)
    smooth = (
        []
        if reduced
        else [
            against_differences(subject, config, points),
            *sums(subject, config, points),
        ]
    )
    if not reduced:
        smooth += [forward(subject, config, points), kinks(subject, config)]
    rest = [
        _eager(subject, config, points),
        _masked(subject, config),
        _many(subject, config),
    ]
    return [*reduced, *smooth, *rest, *_batch(subject, config, points)]


def _reduced(subject: Subject, config: DiagnosisConfig, points: Points) -> list[Answer]:
    """Half precision in the program although the logits have float64, and a loss in steps: none of them alone is a fault."""
    shape = jax.ShapeDtypeStruct((config.num_classes,), np.float64)
    kinds = set(
        re.findall(r"\b(b?f16)\[", str(jax.make_jaxpr(subject.function)(shape, shape)))
    )
    rough, level = roughness(subject, points.z, points.labels, 1e-4)
    stepped = level | (rough > ROUGH * (1 + np.abs(points.loss)))
    if not kinds or stepped.mean() < 0.9:
        return []
    method = (
        "the traced program, and eight steps of 1e-4 from scattered points in float64"
    )
    names = " and ".join(
        {"bf16": "bfloat16", "f16": "float16"}[kind] for kind in sorted(kinds)
    )
    text = f"The program computes in {names} although the logits are float64: the loss moves in steps, or not at all."
    z, label = points.z[np.argmax(level)], int(points.labels[np.argmax(level)])
    shows = (
        "the same loss when a logit changes by 1e-4"
        if level.any()
        else "a loss of three digits"
    )
    witness = Witness(row(z), one_hot(label, config.num_classes), shows, "loss")
    return [
        Answer(
            QUESTION,
            "computed in reduced precision inside",
            "warning",
            text,
            method,
            float(stepped.mean()),
            witness,
        )
    ]


def _eager(subject: Subject, config: DiagnosisConfig, points: Points) -> Answer:
    """Compiled against op by op, at an ordinary point and with a large common offset."""
    method = f"value of two points, {config.dtype}"
    z = points.z[:2] + np.array([[0.0], [2e4 if config.dtype == "float16" else 1e10]])
    targets = np.eye(config.num_classes)[points.labels[:2]]
    with enable_x64(config.dtype == "float64"):
        narrow = [jnp.asarray(each, config.dtype) for each in (z, targets)]
        fast = np.asarray(jax.jit(jax.vmap(subject.function))(*narrow), np.float64)
        eager = np.array(
            [float(subject.function(*each)) for each in zip(*narrow, strict=True)]
        )
    differs = np.isfinite(fast) != np.isfinite(eager)
    error = float(abs(fast[0] - eager[0]) / (1 + abs(eager[0])))
    differs[0] |= not error <= 64 * info(config.dtype, "eps")
    if not differs.any():
        return Answer(
            QUESTION,
            "jit agrees with eager",
            "fine",
            f"Alike, to {error:.0e} of their size.",
            method,
            error,
        )
    i = int(differs.argmax())
    shows = f"loss {fast[i]:.6g} under jit, {eager[i]:.6g} without"
    witness = Witness(
        row(z[i]),
        one_hot(int(points.labels[i]), config.num_classes),
        shows,
        "loss",
        config.dtype,
    )
    return Answer(
        QUESTION,
        "jit differs from eager",
        "warning",
        shows + ".",
        method,
        None,
        witness,
    )


def _masked(subject: Subject, config: DiagnosisConfig) -> Answer:
    """Classes at -inf, against the same loss without them; three that are kept, as propriety compiles for three as well."""
    n, kept = (
        config.num_classes,
        FEW if config.num_classes > FEW else config.num_classes - 1,
    )
    method = f"z = (1, 2, 3, -inf, ...), float64, against {kept} classes"
    if n < 3:
        return undecided(QUESTION, "masked logits: needs at least 3 classes.", method)
    z = np.where(np.arange(n) < kept, np.arange(1.0, n + 1), -np.inf)
    found = evaluate(subject, z, 0)
    loss, gradient = float(found.loss[0]), found.gradient[0]
    shows = f"loss = {loss:.4g}, gradient = ({', '.join(f'{each:.3g}' for each in gradient[:3])}, ...)"
    witness = Witness(row(z), one_hot(0, n), shows)
    if np.isnan(loss) or np.isnan(gradient).any():
        text = f"A class masked with -inf gives {shows}."
        return Answer(
            QUESTION, "NaN with masked logits", "note", text, method, None, witness
        )
    if np.isinf(loss):
        return Answer(
            QUESTION,
            "infinite with masked logits",
            "note",
            f"A class masked with -inf: {shows}.",
            method,
            None,
            witness,
        )
    try:
        less = evaluate(subject, z[:kept], 0)
    except Exception:
        return undecided(
            QUESTION,
            "masked logits: finite, but the function takes no other number of classes.",
            method,
        )
    change = np.r_[
        less.loss - loss, less.gradient[0] - gradient[:kept], gradient[kept:]
    ]
    error = float(np.abs(change).max())
    if error <= 1e-6 * (1 + abs(loss)):
        return Answer(
            QUESTION,
            "mask respected",
            "fine",
            "A class at -inf counts as absent.",
            method,
            error,
        )
    text = f"A class masked with -inf still counts: {shows}; without the class the loss is {less.loss[0]:.4g}."
    return Answer(QUESTION, "mask not respected", "note", text, method, error, witness)


def _many(subject: Subject, config: DiagnosisConfig) -> Answer:
    """Two examples of 50,000 classes, in the dtype and in float64."""
    method = f"two examples of {MANY:,} logits, one wrong by 20 and one scattered, positive, {config.dtype} against float64"
    z = np.stack([np.ones(MANY), config.random().uniform(0.5, 5, MANY)])
    z[0, 1] = 21.0
    z = np.asarray(jnp.asarray(z, config.dtype), np.float64)
    kinds = dict.fromkeys((config.dtype, "float64"))
    try:
        found = [
            _at_many(subject, jnp.asarray(z, kind), jnp.asarray(np.eye(1, MANY), kind))
            for kind in kinds
        ]
    except Exception as reason:
        return undecided(
            QUESTION,
            f"{MANY:,} classes: does not run ({type(reason).__name__}: a fixed number of classes?).",
            method,
        )
    narrow, true = found[0], found[-1]
    if narrow is None or true is None:
        return Answer(
            QUESTION,
            f"too large at {MANY:,} classes",
            "note",
            "Would take more than 2 GB or 20 GFLOP.",
            method,
        )
    if not np.isfinite(true).all():
        return undecided(
            QUESTION, f"{MANY:,} classes: not finite in float64 either.", method
        )
    size = np.c_[np.abs(true[:, 0]), np.abs(true[:, 1:]).max(axis=1)]
    off = np.c_[np.abs(narrow - true)[:, 0], np.abs(narrow - true)[:, 1:].max(axis=1)]
    error = float((off / np.maximum(size, 1e-300)).max())
    text = f"Relative error {error:.1e} in {config.dtype} at {MANY:,} classes."
    if error <= max(1e-3, 32 * info(config.dtype, "eps")):
        return Answer(QUESTION, "fine at 50,000 classes", "fine", text, method, error)
    verdict = (
        "inaccurate at 50,000 classes"
        if np.isfinite(narrow).all()
        else "not finite at 50,000 classes"
    )
    return Answer(
        QUESTION,
        verdict,
        "warning",
        text,
        method,
        error,
        Witness((21.0, *[1.0] * 9), one_hot(1, 10), f"with {MANY:,} classes"),
    )


def _at_many(subject: Subject, z: Any, t: Any) -> Rows | None:
    """Losses and gradients, [2, 1 + n]; None if the compiled program would take too much."""
    program = (
        jax.jit(jax.vmap(jax.value_and_grad(subject.function), (0, None)))
        .lower(z, t[0])
        .compile()
    )
    memory, counted = program.memory_analysis(), program.cost_analysis() or {}
    if (
        getattr(memory, "temp_size_in_bytes", 0) > MEMORY
        or counted.get("flops", 0) > WORK
    ):
        return None
    loss, gradient = program(z, t[0])
    rows: Rows = np.c_[np.asarray(loss, np.float64), np.asarray(gradient, np.float64)]
    return rows


def _batch(subject: Subject, config: DiagnosisConfig, points: Points) -> list[Answer]:
    """Whether an example in a batch has the loss that it has alone, and no gradient from the others' losses."""
    if not subject.form.startswith("batch") or len(points.z) < BESIDE:
        return []
    method = f"{BESIDE} examples in one call and one at a time, and the Jacobian between them, float64"
    labels = points.labels[:BESIDE]
    z = jnp.asarray(points.z[:BESIDE])
    targets = (
        jnp.asarray(labels, np.int32)
        if subject.form == "batch, labels"
        else jnp.eye(config.num_classes)[labels]
    )
    together, jacobian = jax.jit(
        lambda z: (subject.given(z, targets), jax.jacrev(subject.given)(z, targets))
    )(z)
    loss, cross = (
        np.asarray(together, np.float64),
        np.abs(np.asarray(jacobian)).max(axis=2),
    )
    np.fill_diagonal(cross, 0)
    apart = np.abs(loss - points.loss[:BESIDE])
    error = float(max(apart.max() / (1 + np.abs(loss).max()), cross.max()))
    if error <= 1e-6:
        return [
            Answer(
                QUESTION,
                "examples are independent",
                "fine",
                "an example in a batch is as it is alone.",
                method,
                error,
            )
        ]
    i = int(np.argmax(apart + cross.sum(axis=1)))
    shows = f"loss {points.loss[i]:.4g} alone, {loss[i]:.4g} in a batch of {BESIDE}"
    text = f"{shows}: the loss of an example depends on the others (an axis mixed up, or statistics of the batch)."
    witness = Witness(
        row(points.z[i]), one_hot(int(labels[i]), config.num_classes), shows, "loss"
    )
    return [
        Answer(
            QUESTION,
            "examples influence each other",
            "serious",
            text,
            method,
            error,
            witness,
        )
    ]
