"""The first screen: softmax beside dividing by the sum, at every pair of two logits on a grid.

The label is class 0, the cat; its rival is class 1, the dog. What is said of a moment is chosen
here, from the numbers that are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from ..base.xla import jit_fast_compile
from ..objectives.sources import objective

AXIS = np.arange(-4.0, 20.5, 0.5)
"""Values that each of the two logits can take."""
PAIRS = ("softmax + cross_entropy", "sum + cross_entropy")
PRESETS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"blurry [1, 2]": (1.0, 2.0), "crisp [10, 20]": (10.0, 20.0)}
)

SURE = 0.95
"""Probability from which softmax counts as sure."""

SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "undefined": (
            "Dividing by the sum has no answer here: it needs positive outputs. "
            "Softmax takes any two numbers, and pushes with {softmax}."
        ),
        "sure": (
            "The model is wrong and sure. Softmax pushes back with {softmax}, and 1 is the most; "
            "dividing by the sum sees only the ratio {ratio}, and pushes with {sum}."
        ),
        "wrong": (
            "The model is wrong, but not sure. Softmax pushes with {softmax}, "
            "dividing by the sum with {sum}."
        ),
        "tie": (
            "The model cannot decide. Softmax pushes with {softmax} at any tie; dividing by the "
            "sum pushes with {sum}, and with less the larger the outputs are."
        ),
        "right": (
            "The model is right, but not sure. Softmax still pushes with {softmax}, "
            "dividing by the sum with {sum}."
        ),
        "done": (
            "The model is right and sure. Softmax lets go, with {softmax} left; "
            "dividing by the sum sees only the ratio {ratio}, and goes on with {sum}."
        ),
    }
)
"""What is said at a moment; the braces are filled with the numbers of the page."""
NAMES = tuple(SENTENCES)


@dataclass(frozen=True)
class Opening:
    """All that the first screen can show.

    Attributes:
        values: Probabilities of cat and dog, loss, and its gradient in the two logits,
            [pair, 5, cat, dog]; NaN where the pair is not defined.
        sentence: Index of what is said, [cat, dog].
    """

    values: NDArray[np.float64]
    sentence: NDArray[np.uint8]


def opening() -> Opening:
    """Compute the first screen."""
    cat, dog = np.meshgrid(AXIS, AXIS, indexing="ij")
    logits = np.stack([cat, dog], axis=-1).reshape(-1, 2)
    values = np.stack([_of_pair(spec, logits) for spec in PAIRS])
    grid = values.reshape(len(PAIRS), 5, len(AXIS), len(AXIS))
    return Opening(grid, _sentences(cat, dog, grid))


def _of_pair(spec: str, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    pair = objective(spec)
    target = jnp.eye(2)[0]
    differentiated = jax.vmap(jax.value_and_grad(pair.function), in_axes=(0, None))
    loss, gradient = jit_fast_compile(differentiated)(jnp.asarray(logits), target)
    p = jit_fast_compile(jax.vmap(lambda z: pair.predict(z).p))(jnp.asarray(logits))
    values = np.concatenate([p, np.asarray(loss)[:, None], gradient], axis=1).T
    # At an output of 0 the loss of the label is infinite, which is no answer either.
    return np.where(np.isfinite(values).all(axis=0), values, np.nan)


def _sentences(
    cat: NDArray[np.float64], dog: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.uint8]:
    softmax, by_sum = values
    conditions = {
        "undefined": np.isnan(by_sum[0]),
        "tie": cat == dog,
        "sure": softmax[1] >= SURE,
        "wrong": dog > cat,
        "done": softmax[0] >= SURE,
    }
    chosen = [NAMES.index(name) for name in conditions]
    default = NAMES.index("right")
    return np.select(list(conditions.values()), chosen, default).astype(np.uint8)
