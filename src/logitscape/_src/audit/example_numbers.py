"""The numbers about one example, from its logits, its target and its gradients."""

import math
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..base.argmax import place_of_first_largest
from ..base.norm import euclidean_norm
from ..base.target_kinds import LABELS, POSITIVES
from ..engine.stuck import norm_of_cross_entropy, norm_of_reference
from .config import Setting, probabilities

Values: TypeAlias = Any
"""An array: of JAX inside the program, of NumPy outside."""


class Examples(NamedTuple):
    """Numbers about every example, [m] each; those of the losses are [losses, m].

    Attributes:
        finite: Whether the logits are numbers; a masked class may be -inf, the label's not.
        loss: Present loss.
        norm: Norm of the gradient of every loss, the present one first.
        cosine: Cosine between the present gradient and that of every loss.
        speed: Rate at which a step along minus the gradient of every loss raises the margin.
        reference: Norm of cross-entropy's gradient.
        pull: Minus the present loss's derivative in the label's logit.
        collapsed: Whether that pull is 0 in the training's precision, and not 0 in truth.
        predicted: Class of the largest probability, or else of the largest logit.
        right: Whether it is the label's, or all answers are.
        confidence: Largest probability; NaN without a normalizer.
        p_label: Probability of the label; NaN without a normalizer.
        brier: Squared distance between probabilities and target; NaN without a normalizer.
        margin: Label's logit minus its largest rival; of several answers, the worst one's logit
            with the sign of the answer.
        largest: Largest absolute value of a finite logit.
        offset: Mean of the finite logits.
    """

    finite: Values
    loss: Values
    norm: Values
    cosine: Values
    speed: Values
    reference: Values
    pull: Values
    collapsed: Values
    predicted: Values
    right: Values
    confidence: Values
    p_label: Values
    brier: Values
    margin: Values
    largest: Values
    offset: Values

    @property
    def has_loss(self) -> Values:
        """Whether the present loss and its gradient are finite, [m]; in JAX and in NumPy."""
        return (abs(self.loss) < math.inf) & (abs(self.norm[0]) < math.inf)


def numbers_of(
    setting: Setting, z: Array, target: Array, loss: Array, gradients: Array
) -> tuple[Examples, Array, Array, Array]:
    """Numbers about one example, its gradients, probabilities and target [n].

    Args:
        setting: What is asked.
        z: Logits, [n].
        target: Label, or target [n].
        loss: Present loss.
        gradients: Gradients of all losses, [losses, n].
    """
    p = probabilities(setting, z)
    scores, known = (z, jnp.full_like(z, jnp.nan)) if p is None else (p, p)
    if setting.is_soft:
        t, label = target, place_of_first_largest(target)
    else:
        t, label = jax.nn.one_hot(target, z.size, dtype=z.dtype), target
    # One number is taken out of a vector by its place: a masked sum would be a pass of its own.
    predicted = place_of_first_largest(scores)
    right, margin, pulls = _answer(setting, z, t, label, predicted, gradients)
    norms = jax.vmap(euclidean_norm)(gradients)
    is_number = jnp.isfinite(z)
    number = jnp.maximum(jnp.sum(is_number, dtype=jnp.int32), 1).astype(z.dtype)
    examples = Examples(
        finite=jnp.ones((), bool),
        loss=loss,
        norm=norms,
        cosine=cosines(gradients, norms),
        speed=pulls,
        reference=_reference(setting, z, t, label, norms[0]),
        pull=-gradients[0, label],
        collapsed=is_collapsed(setting, z, label, known[label], -gradients[0, label]),
        predicted=predicted,
        right=right,
        confidence=known[predicted],
        p_label=known[label],
        brier=jnp.sum((known - t) ** 2),
        margin=margin,
        largest=jnp.max(jnp.where(is_number, jnp.abs(z), 0)),
        offset=jnp.sum(jnp.where(is_number, z, 0)) / number,
    )
    return examples, gradients, known, t


def _answer(
    setting: Setting,
    z: Array,
    target: Array,
    label: Array,
    predicted: Array,
    gradients: Array,
) -> tuple[Array, Array, Array]:
    """Whether an example is right, its margin, and how fast each loss raises that, [losses].

    The margin is above 0 where the example is right: that of a label over its largest rival, of the
    largest positive over the largest negative, or of the class that is answered worst.
    """
    if setting.targets is LABELS:
        signs = jnp.where(target > 0.5, 1, -1).astype(z.dtype)
        worst = place_of_first_largest(-signs * z)
        right = jnp.all((z > 0) == (target > 0.5))
        return right, signs[worst] * z[worst], -signs[worst] * gradients[:, worst]
    if setting.targets is POSITIVES:
        is_positive = target > 0
        right = is_positive[predicted]
        label = place_of_first_largest(jnp.where(is_positive, z, -jnp.inf))
        rivals = jnp.where(is_positive, -jnp.inf, z)
        highest = jnp.where(jnp.any(is_positive), z[label], -jnp.inf)
    else:
        right = predicted == label.astype(predicted.dtype)
        rivals, highest = z.at[label].set(-jnp.inf), z[label]
    rival = place_of_first_largest(rivals)
    speed = gradients[:, rival] - gradients[:, label]
    return right, highest - rivals[rival], speed


def _reference(
    setting: Setting, z: Array, target: Array, label: Array, norm: Array
) -> Array:
    """Norm of cross-entropy's gradient, which may be that of the present loss."""
    if setting.is_textbook:
        return norm
    if setting.is_soft:
        return norm_of_reference(setting.targets, z, target)
    return norm_of_cross_entropy(z, label)


def norms_of(gradients: list[Array]) -> list[Array]:
    """Norms of gradients, [n] each, whose squares neither overflow nor underflow."""
    return [euclidean_norm(gradient) for gradient in gradients]


def cosines(gradients: Array, norms: Array) -> Array:
    """Cosines between the first of the gradients, [losses, n], and all of them."""
    units = gradients / jnp.where(norms > 0, norms, 1)[:, None]
    return jnp.sum(units * units[:1], axis=1)


def is_collapsed(
    setting: Setting, z: Array, label: Array, p_label: Array, pull: Array
) -> Array:
    """Whether the pull on the label is lost in the precision in which the model is trained.

    Frameworks compute the pull of cross-entropy as 1 - p, which is 0 as soon as p rounds to 1. Of
    another loss only what underflows in this precision is counted.
    """
    if not setting.is_textbook:
        return (pull.astype(setting.dtype) == 0) & (pull != 0)
    limits = jnp.finfo(setting.dtype)  # type: ignore[no-untyped-call]
    if limits.bits >= jnp.finfo(z.dtype).bits:  # type: ignore[no-untyped-call]
        return (1 - p_label == 0) & (pull != 0)
    # XLA leaves out the rounding between operations in half precision, unless it is told.
    rounded = partial(
        lax.reduce_precision, exponent_bits=limits.nexp, mantissa_bits=limits.nmant
    )
    stored = rounded(z)
    weights = rounded(jnp.exp(rounded(stored - jnp.max(stored))))
    p = rounded(weights[label] / rounded(jnp.sum(weights)))
    return (1 - p == 0) & (pull != 0)
