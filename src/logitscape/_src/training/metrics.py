"""What is recorded of a classifier while it learns: everything is computed from its logits and the labels."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..base.argmax import one_hot
from ..base.formula import rounded_once
from ..base.types import HALF
from ..objectives.objective import Objective

METRICS = (
    "loss",
    "accuracy",
    "nll",
    "calibration_error",
    "wrong_gradient_share",
    "saturated",
)
OF_THE_LOSS = {"loss", "wrong_gradient_share", "saturated"}
"""Those that take the loss or its gradient; the others need only p."""
BINS = 15
SATURATED = 1e-3
PROBES = 256


class Tally(NamedTuple):
    """Sums over examples; those of two sets of examples add up to those of both."""

    examples: Array
    loss: Array
    correct: Array
    nll: Array
    overconfidence: Array
    """[bins], confidence less correctness, by confidence."""
    gradient: Array
    wrong_gradient: Array
    saturated: Array


def tally(
    objective: Objective, reference: Array, logits: Array, labels: Array, counted: Array
) -> Tally:
    """Sums over several sets of examples, each [sets].

    Args:
        objective: what is trained.
        reference: what `reference_gradient` gives.
        logits: [m, n].
        labels: [m].
        counted: [sets, m], bool, the examples of each set.
    """
    each = jax.vmap(partial(_of_one, objective, reference))(logits, labels)
    sums: Tally = jax.tree.map(partial(_sums, counted), each)
    return sums


def _sums(counted: Array, values: Array) -> Array:
    mask = counted.reshape(*counted.shape, *[1] * (values.ndim - 1))
    return jnp.sum(jnp.where(mask, values[None], 0), axis=1)


def _of_one(
    objective: Objective, reference: Array, logits: Array, label: Array
) -> Tally:
    target = one_hot(label, logits.shape[0])
    loss, norm = _loss_and_norm(objective, logits, target)
    p, log_p = _probabilities(objective, logits)
    scores = logits if p is None else p
    correct = jnp.max(jnp.where(target, scores, -jnp.inf)) > jnp.max(
        jnp.where(target, -jnp.inf, scores)
    )
    confidence = jnp.full((), jnp.nan, loss.dtype) if p is None else jnp.max(p)
    right = correct.astype(loss.dtype)
    return Tally(
        jnp.ones_like(loss),
        loss,
        right,
        jnp.sum(jnp.where(target, -log_p, 0)),
        _bin(confidence) * (confidence - right),
        norm,
        jnp.where(correct, 0, norm),
        (~correct & (norm <= SATURATED * reference.astype(norm.dtype))).astype(
            loss.dtype
        ),
    )


def _loss_and_norm(
    objective: Objective, logits: Array, target: Array
) -> tuple[Array, Array]:
    """Of one example, in at least float32: the loss, and the norm of its derivative in the logits."""
    value = partial(rounded_once, objective.function, logits.dtype)
    loss, gradient = jax.value_and_grad(value)(logits, target.astype(logits.dtype))
    return _at_least_single(loss), jnp.linalg.norm(_at_least_single(gradient))


def _probabilities(objective: Objective, logits: Array) -> tuple[Array | None, Array]:
    if objective.normalizer is None:
        return None, jnp.full_like(_at_least_single(logits), jnp.nan)
    probs = rounded_once(objective.normalizer, logits.dtype, logits)
    return _at_least_single(probs.p), _at_least_single(probs.log_p)


def _at_least_single(array: Array) -> Array:
    return array.astype(jnp.float32) if array.dtype in HALF else array


def _bin(confidence: Array) -> Array:
    """[bins], one-hot: bins of equal width, each with its upper end."""
    index = jnp.clip(jnp.ceil(confidence * BINS).astype(jnp.int32) - 1, 0, BINS - 1)
    return (jnp.arange(BINS, dtype=jnp.int32) == index).astype(confidence.dtype)


def summary(sums: Tally) -> dict[str, Array]:
    """The metrics of the examples that were counted.

    * loss: the mean; it may be infinite or NaN.
    * accuracy: share of examples whose label alone has the largest probability (without a known normalizer: logit).
    * nll: mean of -log p_label; NaN without a known normalizer.
    * calibration_error: expected calibration error over 15 bins of equal width (Naeini et al., 2015), sum over bins of
      abs(mean confidence - accuracy) times the bin's share of the examples.
    * wrong_gradient_share: with g_i the norm of example i's derivative in its logits, the sum of g_i over the examples that
      are wrong, divided by the sum over all; NaN if all are 0. (In a linear model, the derivative in the parameters has the
      norm g_i times that of the input beside a 1.)
    * saturated: share of examples that are wrong and whose g_i is at most 1e-3 of what the objective has where it is
      undecided (`reference_gradient`): wrong, and hardly pushed.
    """
    count = sums.examples
    return {
        "loss": sums.loss / count,
        "accuracy": sums.correct / count,
        "nll": sums.nll / count,
        "calibration_error": jnp.sum(jnp.abs(sums.overconfidence), axis=-1) / count,
        "wrong_gradient_share": sums.wrong_gradient / sums.gradient,
        "saturated": sums.saturated / count,
    }


def reference_gradient(objective: Objective, classes: int) -> Array:
    """The objective's own scale: the median norm of its derivative at undecided logits, uniform in [0, 1].

    There every normalizer is defined. Norms that are 0 or not finite are left out; 0 if all are.
    """
    random = np.random.default_rng(0)
    logits = jnp.asarray(random.uniform(0, 1, (PROBES, classes)), jnp.float32)
    target = jnp.asarray(np.arange(classes) == np.arange(PROBES)[:, None] % classes)
    # Behind the barrier: else the compiler computes it all, which with many classes takes it a minute.
    _, norms = jax.vmap(partial(_loss_and_norm, objective))(
        *jax.lax.optimization_barrier((logits, target))
    )
    known = jnp.isfinite(norms) & (norms > 0)
    return jnp.where(jnp.any(known), jnp.nanmedian(jnp.where(known, norms, jnp.nan)), 0)
