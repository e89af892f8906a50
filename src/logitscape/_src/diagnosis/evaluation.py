"""Losses, gradients and Hessians of a subject at any number of points, through one compiled program a precision.

Every question asks here: points go through in chunks of one size, so that nothing is compiled twice.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Literal, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from ..base.x64 import enable_x64
from ..base.xla import jit_fast_compile
from .subject import Subject

Rows: TypeAlias = NDArray[Any]
Points: TypeAlias = Rows | Sequence[Any]
Targets: TypeAlias = int | np.integer[Any] | Rows | Sequence[Any]
Precision: TypeAlias = Literal["float64", "float32", "bfloat16", "float16"]
Kind: TypeAlias = Literal["gradient", "hessian", "probabilities"]

CHUNK = 512
HESSIAN_CHUNK = 64
FEW_CLASSES = 100
"""Up to so many, to compile a program takes longer than to run it. In float32 it is compiled as it will be used."""
_COUNTS = WeakKeyDictionary[Subject, int]()
_COUNTING = Lock()


class Values(NamedTuple):
    """Losses [m] and gradients [m, n], as float64 whatever precision they were computed in."""

    loss: Rows
    gradient: Rows


def evaluate(
    subject: Subject,
    logits: Points,
    targets: Targets = 0,
    *,
    dtype: Precision = "float64",
) -> Values:
    """Loss and gradient at every row of the logits.

    Args:
        subject: whose.
        logits: [m, n], rounded to `dtype` first.
        targets: a label, labels [m], or distributions [m, n].
        dtype: in which to compute; float64 needs JAX's 64 bits switched on, as `diagnose` does for all its questions.
    """
    z = np.atleast_2d(np.asarray(logits, np.float64))
    loss, gradient = _in_chunks(subject, "gradient", z, _targets(targets, z), dtype)
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
    z = np.atleast_2d(np.asarray(logits, np.float64))
    (second,) = _in_chunks(subject, "hessian", z, _targets(targets, z), "float64")
    return second


def probabilities(
    subject: Subject, logits: Points, *, dtype: Precision = "float64"
) -> Rows:
    """p, [m, n], by the subject's normalizer.

    Raises:
        TypeError: if it has none.
    """
    if subject.normalizer is None:
        raise TypeError(f"{subject.name!r} has no known normalizer.")
    z = np.atleast_2d(np.asarray(logits, np.float64))
    (p,) = _in_chunks(subject, "probabilities", z, z, dtype)
    return p


def points_evaluated(subject: Subject) -> int:
    """At how many logits this subject has been evaluated since it was made, padding left out."""
    return _COUNTS.get(subject, 0)


def norms(gradient: Rows) -> Rows:
    """The norm of every row, without overflow or underflow of the squares."""
    scale = np.max(np.abs(gradient), axis=1, keepdims=True)
    scale = np.where((scale > 0) & np.isfinite(scale), scale, 1)
    with np.errstate(over="ignore"):
        found: Rows = scale[:, 0] * np.linalg.norm(gradient / scale, axis=1)
    return found


def one_hot(label: int, n: int) -> tuple[float, ...]:
    """A one-hot target, as a witness has it."""
    return tuple(float(k == label) for k in range(n))


def row(z: Points) -> tuple[float, ...]:
    """Logits as a witness has them."""
    return tuple(float(each) for each in np.asarray(z, np.float64))


def _targets(targets: Targets, z: Rows) -> Rows:
    t = np.asarray(targets)
    if t.shape == z.shape:
        return t.astype(np.float64)
    one_hot_rows: Rows = np.eye(z.shape[1])[np.broadcast_to(t, len(z))]
    return one_hot_rows


def _in_chunks(
    subject: Subject, kind: Kind, z: Rows, t: Rows, dtype: Precision
) -> list[Rows]:
    run, count = (
        _program(subject, kind, z.shape[1] <= FEW_CLASSES and dtype != "float32"),
        len(z),
    )
    size = HESSIAN_CHUNK if kind == "hessian" else CHUNK
    with _COUNTING:
        _COUNTS[subject] = points_evaluated(subject) + count
    padded = -(-max(count, 1) // size) * size
    z, t = (np.resize(each, (padded, each.shape[1])) for each in (z, t))
    with enable_x64(
        dtype == "float64"
    ):  # as who trains in float32 has it: code with constants of its own may depend on it
        blocks = [
            [jnp.asarray(each[i : i + size], dtype) for each in (z, t)]
            for i in range(0, padded, size)
        ]
        parts = [run(*block) for block in blocks]
    return [
        np.concatenate([np.asarray(p, np.float64) for p in each])[:count]
        for each in zip(*parts, strict=True)
    ]


@lru_cache(maxsize=64)
def _program(subject: Subject, kind: Kind, brief: bool) -> Callable[..., Any]:
    def gradient(z: Array, t: Array) -> Any:
        return jax.value_and_grad(subject.function)(z, t)

    def hessian(z: Array, t: Array) -> Any:
        return (jax.hessian(subject.function)(z, t),)

    def probability(z: Array, t: Array) -> Any:
        assert subject.normalizer is not None
        return (subject.normalizer(z).p,)

    run = jax.vmap(
        {"gradient": gradient, "hessian": hessian, "probabilities": probability}[kind]
    )
    return jit_fast_compile(run) if brief else jax.jit(run)
