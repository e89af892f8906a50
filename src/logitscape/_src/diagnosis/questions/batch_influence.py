"""What the examples of a batch do to the losses of each other."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from ...base.memory import kept
from ...base.x64 import enable_x64
from ..evaluation import Rows, evaluate, narrow
from ..programs import Precision
from ..subject import Subject
from .overflow_causes import float_info

ALLOWED = 128.0
"""Rounding errors, in units of eps and of the size of loss and logits, that a batch may add."""


class Batch(NamedTuple):
    """Examples of one batch, and the precision in which they are compared."""

    z: Rows
    labels: Rows
    dtype: Precision


class Influence(NamedTuple):
    """What the other examples of a batch do to the losses.

    Attributes:
        alone: Losses of the examples alone, [m].
        together: Their losses in the batch, [m].
        error: The differences, and the gradients in the logits of others, relative to the size
            of losses and logits, [m].
    """

    alone: Rows
    together: Rows
    error: Rows

    def is_rounding(self, dtype: Precision) -> bool:
        """Whether rounding explains all differences."""
        return bool((self.error <= ALLOWED * float_info(dtype, "eps")).all())


def influence(subject: Subject, batch: Batch) -> Influence:
    """Compare the losses of a batch with those of its examples alone."""
    alone = evaluate(subject, batch.z, batch.labels, dtype=batch.dtype).loss
    together, cross_gradients = in_one_batch(subject, batch)
    size = 1 + np.abs(alone) + np.abs(batch.z).max()
    change = np.abs(together - alone) / size
    return Influence(alone, together, change + cross_gradients.sum(axis=1))


def in_one_batch(subject: Subject, batch: Batch) -> tuple[Rows, Rows]:
    """The losses, [m], and the largest gradient of each in another example's logits, [m, m]."""
    with enable_x64(batch.dtype == "float64"):
        loss, jacobian = _program(subject)(*_arguments(subject, batch))
    cross_gradients = np.abs(np.asarray(jacobian, np.float64)).max(axis=2)
    np.fill_diagonal(cross_gradients, 0)
    return np.asarray(loss, np.float64), cross_gradients


# Kept, so that JAX compiles it once for every shape and precision.
@kept(maxsize=4)
def _program(subject: Subject) -> Callable[[jax.Array, jax.Array], Any]:
    def loss(z: jax.Array, targets: jax.Array) -> Any:
        return subject.given(subject.domain.placed(z), targets)

    def loss_and_jacobian(z: jax.Array, targets: jax.Array) -> Any:
        return loss(z, targets), jax.jacrev(loss)(z, targets)

    return jax.jit(loss_and_jacobian)


def _arguments(subject: Subject, batch: Batch) -> tuple[jax.Array, jax.Array]:
    """Logits and targets of a batch as the function was given to take them."""
    z = jax.device_put(narrow(batch.z, batch.dtype))
    if subject.form == "batch, labels":
        return z, jax.device_put(batch.labels.astype(np.int32))
    targets = np.eye(batch.z.shape[1])[batch.labels]
    return z, jax.device_put(narrow(targets, batch.dtype))
