"""The independence of the examples in a batch."""

import jax
import jax.numpy as jnp
import numpy as np

from ..answers import Answer
from ..config import DiagnosisConfig
from ..evaluation import Rows
from ..subject import Subject
from ..vocabulary import CONSISTENCY
from .scattered_points import Points

EXAMPLES = 5


def compare_with_batch(
    subject: Subject, config: DiagnosisConfig, points: Points
) -> list[Answer]:
    """Whether an example in a batch has the loss that it has alone.

    No other example's loss may have a gradient in its logits either. There is no answer if
    the function takes one example only.
    """
    if not subject.form.startswith("batch") or len(points.z) < EXAMPLES:
        return []
    method = (
        f"{EXAMPLES} examples in one call and one at a time, "
        "and the Jacobian between them, float64"
    )
    loss, cross_gradients = _in_one_batch(subject, config.num_classes, points)
    change = np.abs(loss - points.loss[:EXAMPLES])
    loss_error = change.max() / (1 + np.abs(loss).max())
    error = float(max(loss_error, cross_gradients.max()))
    if error <= 1e-6:
        answer = Answer(
            question=CONSISTENCY,
            verdict="examples are independent",
            severity="fine",
            text="an example in a batch is as it is alone.",
            method=method,
            number=error,
        )
        return [answer]
    example = int(np.argmax(change + cross_gradients.sum(axis=1)))
    shows = (
        f"loss {points.loss[example]:.4g} alone, {loss[example]:.4g} "
        f"in a batch of {EXAMPLES}"
    )
    text = (
        f"{shows}: the loss of an example depends on the others "
        "(an axis mixed up, or statistics of the batch)."
    )
    answer = Answer(
        question=CONSISTENCY,
        verdict="examples influence each other",
        severity="fault",
        text=text,
        method=method,
        number=error,
        witness=points.loss_witness(example, shows),
    )
    return [answer]


def _in_one_batch(subject: Subject, n: int, points: Points) -> tuple[Rows, Rows]:
    """The losses, [m], and the largest gradient of each in another example's logits, [m, m]."""
    labels = points.labels[:EXAMPLES]
    z = jnp.asarray(points.z[:EXAMPLES])
    if subject.form == "batch, labels":
        targets = jnp.asarray(labels, np.int32)
    else:
        targets = jnp.eye(n)[labels]

    @jax.jit
    def loss_and_jacobian(z: jax.Array) -> tuple[jax.Array, jax.Array]:
        loss = subject.given(z, targets)
        return loss, jax.jacrev(subject.given)(z, targets)

    loss, jacobian = loss_and_jacobian(z)
    cross_gradients = np.abs(np.asarray(jacobian)).max(axis=2)
    np.fill_diagonal(cross_gradients, 0)
    return np.asarray(loss, np.float64), cross_gradients
