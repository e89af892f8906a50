"""Classifiers as plain pytrees: linear, and a perceptron with hidden layers. A model is nothing but its layers' sizes."""

import math
from itertools import pairwise
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

Layer: TypeAlias = dict[str, Array]
Parameters: TypeAlias = list[Layer]
"""From the inputs to the logits; a layer is {"weights": [in, out], "biases": [out]}."""
Model: TypeAlias = str | tuple[str, int | tuple[int, ...]]


def layer_sizes(model: Model, features: int, classes: int) -> tuple[int, ...]:
    """The widths from the inputs to the logits.

    Args:
        model: "linear", or ("mlp", 64), or ("mlp", (64, 32)) for more hidden layers.
        features: length of an input, or the number of tokens where inputs are tokens.
        classes: number of logits.

    Raises:
        ValueError: for any other model.
    """
    if model == "linear":
        return features, classes
    hidden = _hidden_sizes(model)
    if hidden is None:
        raise ValueError(
            f'`train(model=...)` must be "linear" or ("mlp", hidden units), got {model!r}.'
        )
    return features, *hidden, classes


def _hidden_sizes(model: object) -> tuple[int, ...] | None:
    match model:
        case ("mlp", int(units)):
            sizes: tuple[object, ...] = (units,)
        case ("mlp", (*units,)):
            sizes = tuple(units)
        case _:
            return None
    good = [
        size
        for size in sizes
        if isinstance(size, int) and not isinstance(size, bool) and size >= 1
    ]
    return tuple(good) if good and len(good) == len(sizes) else None


def initial(key: Array, sizes: tuple[int, ...], scale: Array) -> Parameters:
    """Random parameters in the dtype of `scale`, the same draws for every scale.

    The weights of the last layer have the standard deviation `scale`, so that it says how confident the start is; those
    before have sqrt(2 / in) (He et al., 1502.01852). Biases are 0.
    """
    shapes = list(pairwise(sizes))
    deviations = [math.sqrt(2 / rows) for rows, _ in shapes[:-1]]
    init_scales = [*(jnp.asarray(each, scale.dtype) for each in deviations), scale]
    keys = jax.random.split(key, len(shapes))
    return [_layer(*each) for each in zip(keys, shapes, init_scales, strict=True)]


def _layer(key: Array, shape: tuple[int, int], scale: Array) -> Layer:
    weights = scale * jax.random.normal(key, shape, scale.dtype)
    return {"weights": weights, "biases": jnp.zeros(shape[1], scale.dtype)}


def logits(parameters: Parameters, inputs: Array) -> Array:
    """Logits [m, classes] of inputs [m, features], or of tokens [m, context], each a one-hot input, added up."""
    hidden = inputs
    for layer in parameters[:-1]:
        hidden = jax.nn.relu(_affine(layer, hidden))
    return _affine(parameters[-1], hidden)


def _affine(layer: Layer, inputs: Array) -> Array:
    weights, biases = layer["weights"], layer["biases"]
    if jnp.issubdtype(inputs.dtype, jnp.integer):
        return jnp.sum(weights[inputs], axis=1) + biases[None]
    return inputs @ weights + biases[None]
