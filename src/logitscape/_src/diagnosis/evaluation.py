"""Losses, gradients, Hessians and probabilities of a subject at any number of points.

All questions evaluate here. Points go through in chunks of one size, so that every subject
needs one compiled program per quantity and precision.
"""

import math
from collections.abc import Sequence
from threading import Lock
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.arguments import are_one_hot
from ..base.target_kinds import DISTRIBUTION
from ..base.x64 import enable_x64
from .deadline import check_time
from .programs import Precision, Quantity, program_of
from .subject import Subject

Rows: TypeAlias = NDArray[Any]
Points: TypeAlias = Rows | Sequence[Any]
Targets: TypeAlias = int | np.integer[Any] | Rows | Sequence[Any]

CHUNK = 512
HESSIAN_CHUNK = 64
# Weak, so that counting keeps no subject alive.
_POINT_COUNTS = WeakKeyDictionary[Subject, int]()
_COUNT_LOCK = Lock()


class Values(NamedTuple):
    """Losses [m] and gradients [m, n], as float64 in whichever precision they were computed."""

    loss: Rows
    gradient: Rows


def evaluate(
    subject: Subject,
    logits: Points,
    targets: Targets = 0,
    *,
    dtype: Precision = "float64",
) -> Values:
    """Evaluate loss and gradient at every row of the logits.

    Args:
        subject: Subject to evaluate.
        logits: Logits, [m, n]; rounded to `dtype` first.
        targets: A label, labels [m], or targets [m, n].
        dtype: Precision of the computation. float64 needs JAX's 64 bits switched on, as
            `diagnose` does for all its questions.
    """
    z = _as_rows(logits)
    t = _as_targets(targets, z)
    loss, gradient = _evaluate_in_chunks(subject, "gradient", z, t, dtype)
    return Values(loss, gradient)


def losses(
    subject: Subject,
    logits: Points,
    targets: Targets = 0,
    *,
    dtype: Precision = "float64",
) -> Rows:
    """The losses alone, [m]; arguments as for `evaluate`."""
    return evaluate(subject, logits, targets, dtype=dtype).loss


def hessians(subject: Subject, logits: Points, targets: Targets = 0) -> Rows:
    """The Hessians, [m, n, n], in float64; other arguments as for `evaluate`."""
    z = _as_rows(logits)
    t = _as_targets(targets, z)
    (hessian,) = _evaluate_in_chunks(subject, "hessian", z, t, "float64")
    return hessian


def probabilities(
    subject: Subject, logits: Points, *, dtype: Precision = "float64"
) -> Rows:
    """The probabilities p of the subject's normalizer, [m, n].

    Raises:
        TypeError: If the subject has no normalizer.
    """
    if subject.normalizer is None:
        raise TypeError(f"{subject.name!r} has no known normalizer.")
    z = _as_rows(logits)
    (p,) = _evaluate_in_chunks(subject, "probabilities", z, z, dtype)
    return p


def points_evaluated(subject: Subject) -> int:
    """Number of logits at which the subject has been evaluated so far, without padding."""
    return _POINT_COUNTS.get(subject, 0)


def narrow(numbers: Rows, dtype: Precision) -> Rows:
    """Numbers in a dtype, by way of float32 where it is half precision, as in JAX.

    JAX would compile a program for every shape that it converts.
    """
    if dtype in ("bfloat16", "float16"):
        numbers = numbers.astype(np.float32)
    converted: Rows = numbers.astype(jnp.dtype(dtype))
    return converted


def rounded(numbers: Rows, dtype: Precision) -> Rows:
    """Numbers rounded to a dtype, as float64 again."""
    return narrow(numbers, dtype).astype(np.float64)


def norms(gradient: Rows) -> Rows:
    """The norm of every row, [m], without overflow or underflow of the squares."""
    largest = np.max(np.abs(gradient), axis=1, keepdims=True)
    usable = (largest > 0) & np.isfinite(largest)
    scale = np.where(usable, largest, 1)
    scaled = gradient / scale
    with np.errstate(over="ignore"):
        norm: Rows = scale[:, 0] * np.linalg.norm(scaled, axis=1)
    return norm


def finite(values: Values) -> Rows:
    """Whether loss and gradient are finite, [m]."""
    finite_loss: Rows = np.isfinite(values.loss)
    return finite_loss & finite_rows(values.gradient)


def finite_rows(rows: Rows) -> Rows:
    """Whether all components of a row are finite, [m]."""
    finite: Rows = np.all(np.isfinite(rows), axis=1)
    return finite


def largest_components(rows: Rows) -> Rows:
    """The largest component of every row in absolute value, [m]."""
    largest: Rows = np.abs(rows).max(axis=1)
    return largest


def one_hot(label: int, n: int) -> tuple[float, ...]:
    """A one-hot target for a witness."""
    return tuple(float(k == label) for k in range(n))


def row(z: Points) -> tuple[float, ...]:
    """Logits for a witness."""
    return tuple(float(value) for value in np.asarray(z, np.float64))


def _as_rows(logits: Points) -> Rows:
    return np.atleast_2d(np.asarray(logits, np.float64))


def _as_targets(targets: Targets, z: Rows) -> Rows:
    t = np.asarray(targets)
    if t.shape == z.shape:
        return t.astype(np.float64)
    labels = np.broadcast_to(t, len(z))
    one_hot_targets: Rows = np.eye(z.shape[1])[labels]
    return one_hot_targets


def _evaluate_in_chunks(
    subject: Subject, quantity: Quantity, z: Rows, t: Rows, dtype: Precision
) -> list[Rows]:
    """All results of the program, each [m, ...] as float64."""
    check_time()
    count, n = z.shape
    _add_to_count(subject, count)
    size = HESSIAN_CHUNK if quantity == "hessian" else CHUNK
    if subject.opaque is not None:
        # Nothing is compiled, so that no point need be computed twice.
        size = min(size, max(count, 1))
    # The last chunk is padded with repeated points: another shape would be compiled anew.
    # Zero points are one chunk too, so that the results have a shape.
    chunks = max(1, math.ceil(count / size))
    padded = chunks * size
    inside = subject.domain.contains(z)
    # Nothing is evaluated outside, where the values are those of the domain's centre and unused.
    z = np.where(inside[:, None], z, subject.domain.centre)
    z = np.resize(z, (padded, n))
    t = np.resize(t, (padded, n))
    has_labels = subject.objective is not None and quantity == "gradient"
    has_labels &= subject.targets is DISTRIBUTION
    by_label = has_labels and bool(are_one_hot(t))
    if by_label:
        quantity = "gradient at labels"
    # With 64 bits switched off for float32, constants in the user's code have the
    # precision that they have in training.
    with enable_x64(dtype == "float64"):
        program = program_of(subject, quantity, (size, n), dtype)
        results = []
        for start in range(0, padded, size):
            check_time()
            chunk = slice(start, start + size)
            narrow_z = narrow(z[chunk], dtype)
            narrow_t = _labels(t[chunk]) if by_label else narrow(t[chunk], dtype)
            results.append(program(narrow_z, narrow_t))
    joined = [_joined(parts, count) for parts in zip(*results, strict=True)]
    return joined if inside.all() else [_undefined(rows, ~inside) for rows in joined]


def _undefined(rows: Rows, outside: Rows) -> Rows:
    undefined = rows.copy()
    undefined[outside] = np.nan
    return undefined


def _labels(targets: Rows) -> Rows:
    labels: Rows = targets.argmax(axis=1).astype(np.int32)
    return labels


def _joined(parts: Sequence[Array | Rows], count: int) -> Rows:
    rows = [np.asarray(part, np.float64) for part in parts]
    return np.concatenate(rows)[:count]


def _add_to_count(subject: Subject, count: int) -> None:
    # Two threads ask questions, and a count is read and written in two steps.
    with _COUNT_LOCK:
        _POINT_COUNTS[subject] = points_evaluated(subject) + count
