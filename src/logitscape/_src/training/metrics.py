"""Metrics of a classifier while it learns, computed from its logits and the labels."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..base.argmax import one_hot
from ..base.formula import rounded_once
from ..base.half_precision import widened
from ..engine.stuck import is_stuck, norm_of_cross_entropy
from ..objectives.at_label import loss_at_label
from ..objectives.objective import Objective

METRICS = (
    "loss",
    "accuracy",
    "nll",
    "calibration_error",
    "carried_by_wrong",
    "stuck",
)
METRICS_OF_LOSS = {"loss", "carried_by_wrong", "stuck"}
"""Metrics that need the loss or its gradient; the others need only the probabilities."""
BINS = 15
"""Number of bins of the expected calibration error."""


class Tally(NamedTuple):
    """Sums over examples; those of two sets of examples add up to those of their union.

    Attributes:
        examples: Number of examples.
        loss: Sum of the losses.
        correct: Number of examples that are classified correctly.
        nll: Sum of -log p_label.
        overconfidence: Sum of confidence minus correctness in every bin of the confidence,
            [..., bins].
        gradient: Sum of the norms of the gradients in the logits.
        wrong_gradient: The same sum over the examples that are classified wrongly.
        stuck: Number of examples that are wrong and have almost no gradient.
    """

    examples: Array
    loss: Array
    correct: Array
    nll: Array
    overconfidence: Array
    gradient: Array
    wrong_gradient: Array
    stuck: Array


def tally(objective: Objective, logits: Array, labels: Array, counted: Array) -> Tally:
    """Sums over several sets of examples, each [sets].

    Args:
        objective: Objective of the training.
        logits: Logits of the examples, [m, n].
        labels: Labels of the examples, [m].
        counted: Whether a set has an example, [sets, m].
    """
    per_example = jax.vmap(partial(_tally_of_example, objective))
    sums: Tally = jax.tree.map(
        partial(_sums_over_sets, counted), per_example(logits, labels)
    )
    return sums


def _sums_over_sets(counted: Array, values: Array) -> Array:
    """Sums [sets, ...] of the values [m, ...] of the examples that each set has."""
    trailing_axes = [1] * (values.ndim - 1)
    mask = counted.reshape(*counted.shape, *trailing_axes)
    # Chosen and not multiplied by the mask: an infinite loss of an example that does
    # not count would make the sum NaN.
    counted_values = jnp.where(mask, values[None], 0)
    return jnp.sum(counted_values, axis=1)


def _tally_of_example(objective: Objective, logits: Array, label: Array) -> Tally:
    target = one_hot(label, logits.shape[0])
    loss, norm = _loss_and_gradient_norm(objective, logits, label)
    p, log_p = _probabilities(objective, logits)
    if p is None:
        correct = _leads(logits, target)
        confidence = jnp.full((), jnp.nan, loss.dtype)
    else:
        correct = _leads(p, target)
        confidence = jnp.max(p)
    is_correct = correct.astype(loss.dtype)
    stuck = is_stuck(correct, norm, norm_of_cross_entropy(logits, label))
    return Tally(
        examples=jnp.ones_like(loss),
        loss=loss,
        correct=is_correct,
        nll=jnp.sum(jnp.where(target, -log_p, 0)),
        overconfidence=_one_hot_bin(confidence) * (confidence - is_correct),
        gradient=norm,
        wrong_gradient=jnp.where(correct, 0, norm),
        stuck=stuck.astype(loss.dtype),
    )


def _leads(scores: Array, target: Array) -> Array:
    """Whether the score of the label is larger than all others."""
    # Two maxima and no argmax, which XLA computes one number after
    # the other; a tie is no lead.
    label_score = jnp.where(target, scores, -jnp.inf)
    other_scores = jnp.where(target, -jnp.inf, scores)
    return jnp.max(label_score) > jnp.max(other_scores)


def _loss_and_gradient_norm(
    objective: Objective, logits: Array, label: Array
) -> tuple[Array, Array]:
    """Loss of one example and norm of its gradient in the logits, at least in float32."""
    loss, gradient = jax.value_and_grad(partial(loss_at_label, objective))(
        logits, label
    )
    norm = jnp.linalg.norm(widened(gradient))
    return widened(loss), norm


def _probabilities(objective: Objective, logits: Array) -> tuple[Array | None, Array]:
    """Probabilities and their logarithms; None and NaN without a known normalizer."""
    if objective.normalizer is None:
        return None, jnp.full_like(widened(logits), jnp.nan)
    probs = rounded_once(objective.normalizer, logits.dtype, logits)
    return widened(probs.p), widened(probs.log_p)


def _one_hot_bin(confidence: Array) -> Array:
    """1 in the bin of the confidence and 0 in all others, [bins].

    The bins have equal width, and a confidence on the border belongs to the lower one.
    """
    upper_end = jnp.ceil(confidence * BINS)
    # A confidence of 0 would fall below the first bin, hence the clip.
    bin_index = upper_end.astype(jnp.int32) - 1
    index = jnp.clip(bin_index, 0, BINS - 1)
    bins = jnp.arange(BINS, dtype=jnp.int32)
    return (bins == index).astype(confidence.dtype)


def summary(sums: Tally) -> dict[str, Array]:
    """Metrics of the examples that were counted, by name.

    Let g_i be the norm of the gradient of example i in its logits. In a linear model, the
    gradient in the parameters has this norm times that of the input with a 1 appended.

    * loss: mean loss, which may be infinite or NaN.
    * accuracy: share of the examples whose label alone has the largest probability
      (without a known normalizer, the largest logit).
    * nll: mean of -log p_label; NaN without a known normalizer.
    * calibration_error: expected calibration error with 15 bins of equal width (Naeini et
      al., 2015): the sum over bins of abs(mean confidence - accuracy) times the share of
      the examples in the bin.
    * carried_by_wrong: sum of g_i over the examples that are classified wrongly,
      divided by the sum over all; NaN if all are 0.
    * stuck: share of the examples that are classified wrongly and have almost no gradient: g_i
      is below 1e-3 of the norm of softmax(z) - e_y, the gradient of cross-entropy.
    """
    # Behind the barrier the compiler cannot divide by a count that it knows, which it replaces by
    # a product whenever other quotients are asked for: a share would depend on them.
    sums = jax.lax.optimization_barrier(sums)
    count = sums.examples
    # A bin's mean gap times its share of the examples is its
    # sum divided by all examples.
    gaps = jnp.sum(jnp.abs(sums.overconfidence), axis=-1)
    return {
        "loss": sums.loss / count,
        "accuracy": sums.correct / count,
        "nll": sums.nll / count,
        "calibration_error": gaps / count,
        "carried_by_wrong": sums.wrong_gradient / sums.gradient,
        "stuck": sums.stuck / count,
    }
