"""The compiled program that reads one block of examples, and what it says about each of them.

Every example becomes a few numbers, and every class a few sums. A block always has the same number
of rows, whichever process evaluates it, so that its results are the same to the bit.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..base.half_precision import widened
from ..base.memory import kept
from .config import Setting
from .example_numbers import Examples, Values, numbers_of
from .textbook import numbers_of_textbook

NUMBERS = 2**19
"""Largest number of logits in a block; its intermediate results stay in the processor's cache."""
MOST_ROWS = 2**15
CLASSWISE = 100
"""Largest number of classes whose probabilities are binned class by class."""


class Classes(NamedTuple):
    """Sums over the examples of a block for each class, [n]; gradients are [losses, n].

    Attributes:
        gradient: Sum of the gradients of every loss.
        probability: Sum of the probabilities.
        targets: Sum of the targets.
        largest: Largest logit.
        least: Least logit that is not -inf.
        masked: Number of logits of -inf.
    """

    gradient: Values
    probability: Values
    targets: Values
    largest: Values
    least: Values
    masked: Values


def block_rows(num_classes: int) -> int:
    """Number of examples in a block, a power of 2 that depends on the classes alone."""
    rows = max(8, min(MOST_ROWS, NUMBERS // num_classes))
    return 1 << (rows.bit_length() - 1)


@kept(8)
def compiled(setting: Setting) -> Any:
    """The program (logits [b, n], labels [b] or targets [b, n], counts [b], rows [r]) -> results.

    The gradients of these rows are a part of the results, [r, losses, n].
    """
    block = jax.jit(partial(_block, setting))

    def run(logits: Array, target: Array, counts: Array, rows: Array) -> Any:
        # By a program of its own: in one, every pass over the logits would widen them anew.
        return block(_widened(logits), target, counts, rows)

    return run


_widened = jax.jit(widened)


def _block(
    setting: Setting, z: Array, target: Array, counts: Array, rows: Array
) -> tuple[Examples, Classes, Array, Array | None]:
    t = target.astype(z.dtype) if setting.is_soft else target
    finite = jax.vmap(partial(_is_finite, setting))(z, t)
    usable = counts & finite
    # What does not count takes part with logits of 0, and is left out of every sum.
    # Without this every sum over a class would compute what it needs of the examples once more.
    z = lax.optimization_barrier(jnp.where(usable[:, None], z, 0))
    found = jax.vmap(partial(_example, setting))(z, t)
    examples, gradients, p, t = lax.optimization_barrier(found)
    examples = examples._replace(
        finite=finite,
        norm=examples.norm.T,
        cosine=examples.cosine.T,
        speed=examples.speed.T,
    )
    measured = usable & examples.has_loss
    mask = measured[:, None]
    # An alternative moves no example at which it is not defined.
    moved = mask & jnp.isfinite(examples.norm.T)
    is_number = mask & jnp.isfinite(z)
    classes = Classes(
        gradient=jnp.sum(jnp.where(moved[:, :, None], gradients, 0), axis=0),
        probability=jnp.sum(jnp.where(mask, p, 0), axis=0),
        targets=jnp.sum(jnp.where(mask, t, 0), axis=0),
        largest=jnp.max(jnp.where(is_number, z, -jnp.inf), axis=0),
        least=jnp.min(jnp.where(is_number, z, jnp.inf), axis=0),
        masked=jnp.sum(mask & (z == -jnp.inf), axis=0, dtype=jnp.int32),
    )
    is_binned = setting.normalizer is not None and z.shape[1] <= CLASSWISE
    return examples, classes, gradients[rows], p if is_binned else None


def _is_finite(setting: Setting, z: Array, target: Array) -> Array:
    """Whether no logit is NaN or infinite, but for classes that are masked and are no label."""
    is_number = jnp.all(z < jnp.inf)
    if setting.is_soft:
        return is_number & jnp.all((z > -jnp.inf) | (target == 0))
    return is_number & (z[target] > -jnp.inf)


def _example(
    setting: Setting, z: Array, target: Array
) -> tuple[Examples, Array, Array, Array]:
    """Numbers about one example, its gradients [losses, n], probabilities and target [n]."""
    if setting.is_textbook and setting.predicts_by_softmax and not setting.is_soft:
        others = [jax.grad(loss)(z, target) for loss in setting.losses[1:]]
        return numbers_of_textbook(setting, z, target, others)
    pairs = [jax.value_and_grad(loss)(z, target) for loss in setting.losses]
    gradients = jnp.stack([gradient for _, gradient in pairs])
    return numbers_of(setting, z, target, pairs[0][0], gradients)
