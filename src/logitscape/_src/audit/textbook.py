"""The numbers about one example under softmax with cross-entropy, by one pass of exponentials.

They are those of `numbers_of`, which asks any loss for its gradient and any normalizer for
its probabilities; of this pair, which most models are trained by, all follow from one another.
"""

import jax.numpy as jnp
from jax import Array

from ..base.argmax import place_of_first_largest
from .config import Setting
from .example_numbers import Examples, cosines, is_collapsed, norms_of


def numbers_of_textbook(
    setting: Setting, z: Array, label: Array, others: list[Array]
) -> tuple[Examples, Array, Array, Array]:
    """Numbers about one example, its gradients [losses, n], probabilities and target [n].

    Args:
        setting: What is asked; the present loss is softmax with cross-entropy.
        z: Logits, [n].
        label: Label.
        others: Gradients of the other losses, [n] each.
    """
    place = jnp.arange(z.size, dtype=label.dtype)
    is_label = place == label
    top = place_of_first_largest(z).astype(label.dtype)
    right = top == label
    highest, of_label = z[top], z[label]
    # The largest weight is 1; the sum of all others keeps its digits where it is small.
    is_top = place == top
    weights = jnp.exp(z - highest)
    rest = jnp.sum(jnp.where(is_top, 0, weights))
    total = 1 + rest
    second = place_of_first_largest(jnp.where(is_top, -jnp.inf, z))
    rival = jnp.where(right, second.astype(label.dtype), top)
    p_label = jnp.exp(of_label - highest) / total
    missing = jnp.where(right, rest, total - jnp.exp(of_label - highest)) / total
    p = weights / total
    gradient = jnp.where(is_label, -missing, p)
    gradients = jnp.stack([gradient, *others])
    # Relative to the label's part: the squares of small probabilities would underflow.
    unit = jnp.where(missing > 0, missing, 1)
    parts = jnp.where(is_label, 0, p / unit)
    norm = missing * jnp.sqrt(1 + jnp.sum(parts * parts))
    norms = jnp.stack([norm, *norms_of(others)])
    is_number = z > -jnp.inf
    number = jnp.maximum(jnp.sum(is_number, dtype=jnp.int32), 1).astype(z.dtype)
    least = jnp.min(jnp.where(is_number, z, jnp.inf))
    examples = Examples(
        finite=jnp.ones((), bool),
        loss=jnp.log1p(rest) + (highest - of_label),
        norm=norms,
        cosine=cosines(gradients, norms) if others else (norms > 0).astype(z.dtype),
        speed=gradients[:, rival] - gradients[:, label],
        reference=norm,
        pull=missing,
        collapsed=is_collapsed(setting, z, label, p_label, missing),
        predicted=top,
        right=right,
        confidence=1 / total,
        p_label=p_label,
        brier=norm * norm,
        # A single class has no rival.
        margin=of_label - jnp.where(rival == label, -jnp.inf, z[rival]),
        largest=jnp.maximum(jnp.abs(highest), jnp.abs(least)),
        offset=jnp.sum(jnp.where(is_number, z, 0)) / number,
    )
    return examples, gradients, p, is_label.astype(z.dtype)
