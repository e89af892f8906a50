"""Diagnose every loss of optax that classifies; `--write` updates `docs/optax_losses.md`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array
from jax.nn import log_softmax
from optax import losses

from docs.loss_table import diagnosed, page, publish

Loss: TypeAlias = Callable[[Array, Array], Array]
"""The loss of one example, of its logits [n] and target [n]."""

TARGET = Path(__file__).with_suffix(".md")
PACKAGES = ("optax", "jax", "logitscape")
COMMAND = "python -m nox -s verdicts -- --write"


def summed(loss: Callable[..., Array]) -> Loss:
    """The sum of an element-wise loss: one yes-or-no question for each class."""
    return lambda z, t: jnp.sum(loss(z, t))


def signed(loss: Callable[..., Array]) -> Loss:
    """The sum of an element-wise loss that takes targets of -1 and 1."""
    return lambda z, t: jnp.sum(loss(z, 2 * t - 1))


def of_log_softmax(loss: Callable[..., Array]) -> Loss:
    """A loss that takes the logarithms of probabilities."""
    return lambda z, t: loss(log_softmax(z), t)


def of_one_row(loss: Callable[..., Array]) -> Loss:
    """A loss of a batch, for a batch of one example."""
    return lambda z, t: jnp.sum(loss(z[None], t[None]))


LOSSES: dict[str, tuple[Callable[..., Any], str | None]] = {
    "softmax_cross_entropy": (losses.softmax_cross_entropy, "softmax"),
    "softmax_cross_entropy_with_integer_labels": (
        losses.softmax_cross_entropy_with_integer_labels,
        "softmax",
    ),
    "safe_softmax_cross_entropy": (losses.safe_softmax_cross_entropy, "softmax"),
    "poly_loss_cross_entropy": (losses.poly_loss_cross_entropy, "softmax"),
    "ranking_softmax_loss": (losses.ranking_softmax_loss, "softmax"),
    "make_fenchel_young_loss(logsumexp)": (
        losses.make_fenchel_young_loss(jax.scipy.special.logsumexp),
        "softmax",
    ),
    "kl_divergence, of log_softmax": (of_log_softmax(losses.kl_divergence), "softmax"),
    "convex_kl_divergence, of log_softmax": (
        of_log_softmax(losses.convex_kl_divergence),
        "softmax",
    ),
    "generalized_kl_divergence, of log_softmax": (
        of_log_softmax(losses.generalized_kl_divergence),
        "softmax",
    ),
    "multiclass_sparsemax_loss": (losses.multiclass_sparsemax_loss, "sparsemax"),
    "multiclass_hinge_loss": (losses.multiclass_hinge_loss, None),
    "multiclass_perceptron_loss": (losses.multiclass_perceptron_loss, None),
    "sigmoid_binary_cross_entropy, summed": (
        summed(losses.sigmoid_binary_cross_entropy),
        None,
    ),
    "sigmoid_focal_loss, summed": (summed(losses.sigmoid_focal_loss), None),
    "sparsemax_loss, summed": (summed(losses.sparsemax_loss), None),
    "hinge_loss, summed": (signed(losses.hinge_loss), None),
    "perceptron_loss, summed": (signed(losses.perceptron_loss), None),
    "dice_loss": (of_one_row(losses.dice_loss), "softmax"),
    "multiclass_generalized_dice_loss": (
        of_one_row(losses.multiclass_generalized_dice_loss),
        "softmax",
    ),
    "squared_error, of the logits": (summed(losses.squared_error), None),
    "huber_loss, of the logits": (summed(losses.huber_loss), None),
    "log_cosh, of the logits": (summed(losses.log_cosh), None),
    "cosine_distance, of the logits": (losses.cosine_distance, None),
}
"""Losses by name, each with the normalizer by which it predicts.

Losses that compare sequences or embeddings do not classify, and are left out.
"""


if __name__ == "__main__":
    title = "The losses of optax, diagnosed"
    publish(page(title, PACKAGES, COMMAND, diagnosed(LOSSES)), TARGET)
