"""`ls.probe`: gradient statistics of an objective on a batch, for a training loop."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float

from .base.formula import rounded_once
from .normalizers.simplex import Probs
from .objectives.batched import checked_labels
from .objectives.objective import Normalizer, Objective, normalizer_from, objective
from .objectives.signatures import as_one_example

STUCK = 1e-3
QUANTILES = (0.05, 0.5, 0.95)


class BatchGradient(NamedTuple):
    """What the gradient of a batch is made of; all scalars but the quantiles, NaN where there is nothing to tell.

    Attributes:
        loss: the mean loss.
        wrong: the share of examples whose label is not predicted.
        stuck: the share of examples that are wrong and have no pull: a gradient norm below `threshold`.
        carried_by_wrong: the share of the sum of gradient norms that wrong examples carry.
        norm: the norm of the mean gradient in the logits.
        quantiles: the 5 %, 50 % and 95 % quantiles of the examples' gradient norms, [3].
        not_finite: the share of examples whose loss or gradient is not finite; they count in nothing else but `wrong`.
    """

    loss: Array
    wrong: Array
    stuck: Array
    carried_by_wrong: Array
    norm: Array
    quantiles: Float[Array, "3"]
    not_finite: Array


def probe(
    source: str | Objective | Callable[..., Any],
    *,
    normalizer: str | Normalizer | None = None,
    threshold: float = STUCK,
) -> Callable[[ArrayLike, ArrayLike], BatchGradient]:
    """The function (logits [m, n], labels [m]) -> BatchGradient; to be jitted, beside any optimiser's step.

    Predictions are the argmax of p where it is known how the objective predicts, else of the logits.

    Args:
        source: whatever `ls.diagnose` takes, in any of its forms.
        normalizer: how a function of the user's own predicts.
        threshold: the gradient norm below which an example has no pull.

    Raises:
        ValueError: for a threshold below 0, or shapes that do not fit.
        IndexError: for a label out of range; inside traced code everything is NaN then.
    """
    if not threshold >= 0:
        raise ValueError(
            f"`probe(threshold=...)` must be at least 0, got {threshold!r}."
        )
    predict = (
        objective(source).normalizer
        if normalizer is None
        else normalizer_from(normalizer)
    )

    def measure(logits: ArrayLike, labels: ArrayLike) -> BatchGradient:
        z = jnp.asarray(logits)
        if z.ndim != 2:
            raise ValueError(
                f"`probe(...)(logits, ...)` must have shape [m, n], got {z.shape}."
            )
        y = checked_labels(z, labels)
        loss_of_one = as_one_example(source, z.shape[1])
        loss, gradient, right = jax.vmap(partial(_of_one, loss_of_one, predict))(z, y)
        valid = jnp.all((y >= 0) & (y < z.shape[1]))
        found = _statistics(loss, gradient, right, threshold)
        return BatchGradient(*(jnp.where(valid, each, jnp.nan) for each in found))

    return measure


def _of_one(
    of_one: Callable[[Array, Array], Array],
    predict: Normalizer | None,
    z: Array,
    label: Array,
) -> tuple[Array, Array, Array]:
    target = jax.nn.one_hot(label, z.size, dtype=z.dtype)
    loss, gradient = jax.value_and_grad(partial(rounded_once, of_one, z.dtype))(
        z, target
    )
    scores: Array = z
    if predict is not None:
        probs: Probs = rounded_once(predict, z.dtype, z)
        scores = probs.p
    return loss, gradient, jnp.argmax(scores) == label


def _statistics(
    loss: Array, gradient: Array, right: Array, threshold: float
) -> BatchGradient:
    finite = jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient), axis=1)
    kept = jnp.where(finite[:, None], gradient, 0)
    norms = jnp.linalg.norm(kept, axis=1)
    count = jnp.sum(finite.astype(loss.dtype))
    total = jnp.sum(norms)
    return BatchGradient(
        loss=jnp.sum(jnp.where(finite, loss, 0)) / count,
        wrong=jnp.mean((~right).astype(loss.dtype)),
        stuck=jnp.sum((finite & ~right & (norms < threshold)).astype(loss.dtype))
        / count,
        carried_by_wrong=jnp.sum(jnp.where(right, 0, norms)) / total,
        norm=jnp.linalg.norm(jnp.sum(kept, axis=0)) / count,
        quantiles=jnp.nanquantile(
            jnp.where(finite, norms, jnp.nan), jnp.asarray(QUANTILES, loss.dtype)
        ),
        not_finite=1 - count / loss.size,
    )
