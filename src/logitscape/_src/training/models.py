"""Classifiers as plain pytrees: a linear model, or a perceptron with hidden layers.

The widths of its layers say everything about a model.
"""

import math
from itertools import pairwise
from typing import TypeAlias, TypeGuard

import jax
import jax.numpy as jnp
from jax import Array

from ..base.messages import quoted

Layer: TypeAlias = dict[str, Array]
"""`{"weights": [in, out], "biases": [out]}`."""
Parameters: TypeAlias = list[Layer]
"""The layers from the inputs to the logits."""
Sizes: TypeAlias = tuple[int, ...]
"""Widths of layers."""
MOST_UNITS = 2**20
"""Largest width of a hidden layer."""
Model: TypeAlias = str | tuple[str, int | Sizes]
"""A model as users name it, see `layer_sizes`."""


def layer_sizes(model: Model, features: int, classes: int) -> Sizes:
    """Widths of the layers, from the inputs to the logits.

    Args:
        model: "linear", ("mlp", 64), or ("mlp", (64, 32)) for more than one hidden layer.
        features: Length of an input; for tokens, the number of different tokens.
        classes: Number of logits.

    Raises:
        ValueError: If the model is anything else.
    """
    if isinstance(model, str) and model == "linear":
        return features, classes
    hidden = _hidden_sizes(model)
    if hidden is None:
        raise ValueError(
            '`train(model=...)` must be "linear" or ("mlp", hidden units), '
            f"got {quoted(model)}."
        )
    return features, *hidden, classes


def _hidden_sizes(model: object) -> Sizes | None:
    """Widths of the hidden layers of a perceptron; None if the model is not one."""
    match model:
        case ("mlp", int(units)):
            sizes: tuple[object, ...] = (units,)
        case ("mlp", (*units,)):
            sizes = tuple(units)
        case _:
            return None
    valid = tuple(size for size in sizes if _is_width(size))
    if not valid or len(valid) < len(sizes):
        return None
    return valid


def _is_width(size: object) -> TypeGuard[int]:
    return (
        isinstance(size, int) and not isinstance(size, bool) and 1 <= size <= MOST_UNITS
    )


def initial(key: Array, sizes: Sizes, scale: Array) -> Parameters:
    """Random parameters, with the same draws for every scale.

    The weights of the last layer have the standard deviation `scale`: the larger it is, the
    more confident are the first predictions. The weights of the layers before it have
    sqrt(2 / in) (He et al., 1502.01852). Biases are 0.

    Args:
        key: Random key.
        sizes: Widths of the layers, from the inputs to the logits.
        scale: Standard deviation of the last layer's weights; the parameters get its dtype.
    """
    shapes = list(pairwise(sizes))
    deviations = []
    for inputs, _ in shapes[:-1]:
        deviation = math.sqrt(2 / inputs)
        deviations.append(jnp.asarray(deviation, scale.dtype))
    deviations.append(scale)
    keys = jax.random.split(key, len(shapes))
    return [
        _layer(layer_key, shape, deviation)
        for layer_key, shape, deviation in zip(keys, shapes, deviations, strict=True)
    ]


def _layer(key: Array, shape: tuple[int, int], deviation: Array) -> Layer:
    dtype = deviation.dtype
    standard = jax.random.normal(key, shape, dtype)
    return {
        "weights": deviation * standard,
        "biases": jnp.zeros(shape[1], dtype),
    }


def logits(parameters: Parameters, inputs: Array) -> Array:
    """Logits of a batch, [m, classes].

    Args:
        parameters: Parameters of one model.
        inputs: Inputs [m, features], or tokens [m, context], whose one-hot inputs are added.
    """
    hidden = inputs
    for layer in parameters[:-1]:
        hidden = jax.nn.relu(_affine(layer, hidden))
    return _affine(parameters[-1], hidden)


def _affine(layer: Layer, inputs: Array) -> Array:
    weights = layer["weights"]
    biases = layer["biases"]
    if jnp.issubdtype(inputs.dtype, jnp.integer):
        # A product with one-hot inputs takes rows of the weights.
        products = jnp.sum(weights[inputs], axis=1)
        # The axis is written out, as callers may have forbidden JAX to promote ranks.
        return products + biases[None]
    return inputs @ weights + biases[None]
