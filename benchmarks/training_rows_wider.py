"""More rows of `training`: the wider catalogue of normalizers and losses."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from jax import Array
from numpy.typing import NDArray

import logitscape as ls

from . import (
    training_jax,
    training_jax_logits,
    training_jax_marks,
    training_jax_thresholds,
)
from .training_jax import OfBatch
from .training_jax_thresholds import ARC_SCALE, arcface, cosines_of
from .training_jax_wider import OF_SOFTMAX, PROBABILITIES, TOP
from .training_rows import Row, training_step

SPARSE_LOSS = "clipped_cross_entropy"
"""Loss on top of normalizers that may give the label nothing."""
FULL = ("eps_softmax",)
"""Normalizers that give every class something."""
SPECS = {"top_k": f"top_k(k={TOP})"}


def wider_rows() -> list[Row]:
    """Every loss that is measured beside those of `rows`."""
    found = [
        _of_normalizer(name, probabilities)
        for name, probabilities in (
            PROBABILITIES | training_jax_thresholds.PROBABILITIES
        ).items()
    ]
    found += [_of_softmax(name) for name in OF_SOFTMAX]
    found += [
        _row(name, "a loss of logits", of_batch)
        for name, of_batch in (
            training_jax_logits.OF_LOGITS | training_jax_thresholds.OF_LOGITS
        ).items()
    ]
    found.append(_of_cosines())
    found += _long_tailed()
    found += [
        _row(name, "a loss of marks", of_batch, takes_marks=True)
        for name, of_batch in training_jax_marks.OF_MARKS.items()
    ]
    return found


def _of_normalizer(name: str, probabilities: Callable[[Array], Array]) -> Row:
    loss = "cross_entropy" if name in FULL else SPARSE_LOSS
    psi = training_jax.OF_LABEL[loss]

    def by_hand(logits: Array, labels: Array) -> Array:
        return psi(training_jax.at_label(probabilities(logits), labels))

    return _row(
        f"{SPECS.get(name, name)} + {loss}", "others of the wider catalogue", by_hand
    )


def _of_softmax(name: str) -> Row:
    return _row(f"softmax + {name}", "softmax + more losses", OF_SOFTMAX[name])


def _of_cosines() -> Row:
    """A loss of cosines, which both forms make of the logits first."""
    loss = ls.per_example(f"arcface(scale={ARC_SCALE:g})")

    def ours(logits: Array, labels: Array) -> Array:
        return loss(cosines_of(logits), labels)

    def by_hand(logits: Array, labels: Array) -> Array:
        return arcface(cosines_of(logits), labels)

    return Row(
        "arcface", "a loss of logits", training_step(ours), training_step(by_hand)
    )


def _long_tailed() -> list[Row]:
    """Losses with a parameter for every class, whose number the logits give."""
    rows = []
    of_batches: dict[str, tuple[Callable[..., OfBatch], str, Callable[..., Array]]] = {
        "logit_adjusted": (
            training_jax_logits.logit_adjusted,
            "prior",
            ls.losses.logit_adjusted,
        ),
        "balanced_softmax": (
            training_jax_logits.logit_adjusted,
            "counts",
            ls.losses.balanced_softmax,
        ),
        "ldam": (
            training_jax_logits.ldam,
            "counts",
            # At the usual scale of 30 most gradients would underflow.
            partial(ls.losses.ldam, scale=1),
        ),
    }
    for name, (textbook, parameter, loss) in of_batches.items():

        def ours(
            logits: Array,
            labels: Array,
            parameter: str = parameter,
            loss: Callable[..., Array] = loss,
        ) -> Array:
            given = {parameter: frequencies(logits.shape[-1])}
            return ls.per_example(partial(loss, **given))(logits, labels)

        def by_hand(
            logits: Array,
            labels: Array,
            textbook: Callable[..., OfBatch] = textbook,
        ) -> Array:
            return textbook(frequencies(logits.shape[-1]))(logits, labels)

        rows.append(
            Row(
                name,
                "a loss of logits",
                training_step(ours),
                training_step(by_hand),
            )
        )
    return rows


def frequencies(n: int) -> NDArray[Any]:
    """Frequencies of n classes in a long tail."""
    weights: NDArray[Any] = 1 / np.arange(1, n + 1)
    found: NDArray[Any] = (weights / weights.sum()).astype(np.float32)
    return found


def _row(spec: str, group: str, of_batch: OfBatch, takes_marks: bool = False) -> Row:
    ours, textbook = training_step(ls.per_example(spec)), training_step(of_batch)
    return Row(spec, group, ours, textbook, takes_marks)
