"""Classes that lie on several devices: inside `jax.shard_map`, each has the logits of its own."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from ..base.classes import Classes
from ..base.messages import quoted
from ..base.types import Scalar, Vector
from ..objectives.label_rules import ByWeights, Parameters
from ..objectives.objective import Objective
from ..objectives.statements import stated_pair


def classes_over(axis_name: str, logits: Vector) -> Classes:
    """The classes of an example of which each device of a mesh's axis has equally many."""
    return Classes(
        sum=lambda array: lax.psum(jnp.sum(array), axis_name),
        maximum=lambda array: lax.pmax(jnp.max(array), axis_name),
        count=logits.size * lax.axis_size(axis_name),
        first=lax.axis_index(axis_name) * logits.size,
    )


def loss_over(
    axis_name: str, objective: Objective
) -> Callable[[Vector, Array, Any], Scalar]:
    """The loss of one example as a function (logits here, label, constants).

    Raises:
        ValueError: If the objective is not a pair whose parts state what they are, or if it has
            traced parameters.
    """
    # What a function states does not depend on the number of classes.
    example = jax.ShapeDtypeStruct((3,), jnp.float32)
    stated = stated_pair(objective.normalizer, objective.loss, example)
    if stated is None or not isinstance(stated.pair.rule, ByWeights):
        raise ValueError(
            "`linear_loss(class_axis_name=...)` must be a separable normalizer with a loss "
            "that can be summed up over devices, such as 'softmax + cross_entropy' or "
            f"'taylor + brier', got {quoted(objective.name)}."
        )
    if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves(stated.parameters)):
        raise ValueError(
            "`linear_loss(class_axis_name=...)`: the parameters of an objective whose "
            f"classes are sharded must be known numbers, got traced ones of "
            f"{objective.name!r}."
        )
    return partial(_loss_of_shard, axis_name, stated.pair.rule, stated.parameters)


def _loss_of_shard(
    axis_name: str,
    rule: ByWeights,
    parameters: Parameters,
    logits: Vector,
    label: Array,
    _: Any,
) -> Scalar:
    """Loss of all classes, with the derivative in the logits that lie here."""

    @jax.custom_vjp
    def run(z: Vector) -> Scalar:
        return forward(z)[0]

    def forward(z: Vector) -> tuple[Scalar, Vector]:
        return rule.over(classes_over(axis_name, z), z, label, parameters)

    def backward(slopes: Vector, cotangent: Scalar) -> tuple[Vector]:
        return (slopes * cotangent,)

    run.defvjp(forward, backward)
    return run(logits)


def axes_of(*arrays: Any) -> frozenset[str]:
    """Axes of a mesh along which any of the arrays varies, inside `jax.shard_map`."""
    axes: frozenset[str] = frozenset()
    for array in jax.tree.leaves(arrays):
        aval: Any = jax.typeof(array)
        # JAX 0.10 has renamed this attribute.
        axes |= aval.vma if hasattr(aval, "vma") else aval.mat.varying
    return axes


def varying(array: Any, axes: frozenset[str]) -> Any:
    """The array as one that varies along these axes; its cotangents are summed over them."""
    missing = tuple(sorted(axes - axes_of(array)))
    if not missing:
        return array
    if hasattr(lax, "pcast"):
        return lax.pcast(array, missing, to="varying")
    old: Any = lax
    return old.pvary(array, missing)  # before JAX 0.9


def zeros(shape: tuple[int, ...], dtype: Any, like: Array) -> Array:
    """Zeros that vary along the same axes of a mesh as another array."""
    array: Array = varying(jnp.zeros(shape, dtype), axes_of(like))
    return array
