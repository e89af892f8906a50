"""Programs for the parts of an output layer, and their arguments."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

LARGEST_BATCH = 4096
LEAST_BATCH = 16
MOST_LOGITS = 2**20
SAMPLED = 512
"""Number of sampled classes."""


class Layer(NamedTuple):
    """The size of an output layer.

    Attributes:
        hidden: Number of hidden units.
        classes: Number of classes.
        batch: Number of examples that go through the layer at a time.
    """

    hidden: int
    classes: int
    batch: int


class Program(NamedTuple):
    """A function that is timed, and the names of its arguments."""

    function: Callable[..., Any]
    arguments: tuple[str, ...]


def layer(hidden: int, classes: int) -> Layer:
    """A layer with enough examples to give work for few classes, and to fit in memory for many."""
    batch = MOST_LOGITS // classes
    return Layer(hidden, classes, max(LEAST_BATCH, min(LARGEST_BATCH, batch)))


def loss_from(g: Callable[[Array], Array]) -> Callable[[Array, Array], Array]:
    """The mean of `log sum_k g(z_k - max z) - (z_y - max z)`.

    It is cross-entropy with softmax if g is the exponential.
    """

    def loss(z: Array, labels: Array) -> Array:
        largest = jax.lax.stop_gradient(jnp.max(z, axis=1, keepdims=True))
        shifted = z - largest
        label = jnp.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
        sums = jnp.sum(g(shifted), axis=1)
        return jnp.mean(jnp.log(sums) - label)

    return loss


loss_with_exp = loss_from(jnp.exp)
loss_with_square = loss_from(lambda x: x * x + 1)


def programs(gradient: bool, of: Layer) -> dict[str, Program]:
    """The timed programs by name.

    * product: Logits from hidden units; for the gradient also the two products back, from a
      gradient in the logits.
    * exp: The loss from the logits; for the gradient also the gradient in the logits.
    * square: The same with a square in place of the exponential.
    * whole: Product and loss in one program.
    * whole, square: The same with a square in place of the exponential.
    * whole, sampled: The whole over a few classes, where there are many.
    """
    by_name = _gradient_programs() if gradient else _forward_programs()
    if of.classes > SAMPLED:
        whole = by_name["whole"].function
        by_name["whole, sampled"] = Program(whole, ("h", "few", "few_y"))
    return by_name


def _forward_programs() -> dict[str, Program]:
    return {
        "product": Program(jnp.matmul, ("h", "w")),
        "exp": Program(loss_with_exp, ("z", "y")),
        "square": Program(loss_with_square, ("z", "y")),
        "whole": Program(_whole(loss_with_exp), ("h", "w", "y")),
        "whole, square": Program(_whole(loss_with_square), ("h", "w", "y")),
    }


def _gradient_programs() -> dict[str, Program]:
    whole = jax.value_and_grad(_whole(loss_with_exp), (0, 1))
    whole_square = jax.value_and_grad(_whole(loss_with_square), (0, 1))
    return {
        "product": Program(_products, ("h", "w", "z")),
        "exp": Program(jax.value_and_grad(loss_with_exp), ("z", "y")),
        "square": Program(jax.value_and_grad(loss_with_square), ("z", "y")),
        "whole": Program(whole, ("h", "w", "y")),
        "whole, square": Program(whole_square, ("h", "w", "y")),
    }


def _whole(
    loss: Callable[[Array, Array], Array],
) -> Callable[[Array, Array, Array], Array]:
    return lambda h, w, y: loss(h @ w, y)


def _products(h: Array, w: Array, slope: Array) -> tuple[Array, Array, Array]:
    return h @ w, slope @ w.T, h.T @ slope


def arguments(of: Layer) -> dict[str, Array]:
    """Arguments of the programs by name, with logits of standard deviation about 1."""
    random = np.random.default_rng(0)
    h = random.standard_normal((of.batch, of.hidden), np.float32)
    w = random.standard_normal((of.hidden, of.classes), np.float32)
    w = w / np.float32(of.hidden**0.5)
    y = random.integers(0, of.classes, of.batch).astype(np.int32)
    few = min(of.classes, SAMPLED)
    by_name = {
        "h": h,
        "w": w,
        "z": h @ w,
        "y": y,
        "few": np.ascontiguousarray(w[:, :few]),
        "few_y": y % few,
    }
    return {name: jnp.asarray(values) for name, values in by_name.items()}
