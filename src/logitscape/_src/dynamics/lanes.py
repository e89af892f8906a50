"""Many objectives at many logits side by side: a lane is one objective at logits of its own, so each can go its own way."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike, NDArray

from ..base.x64 import needs_float64
from ..landscapes.slice_arguments import floats, one_class
from ..objectives.objective import Objective


class Evaluation(NamedTuple):
    """What is seen at the logits of every lane, [objective, m] each, the gradient [objective, m, n].

    Attributes:
        loss: its value.
        gradient: its gradient.
        lead: of the label over the best other class, in p, or in z if the objective does not say how it predicts.
    """

    loss: Array
    gradient: Array
    lead: Array


def evaluator(
    objectives: Sequence[Objective], label: int
) -> Callable[[Array], Evaluation]:
    """The function logits [objective, m, n] -> Look. Objectives that share a normalizer run it once, on all their lanes."""
    groups = dict[Any, list[int]]()
    for index, each in enumerate(objectives):
        groups.setdefault(
            each.normalizer if each.loss is not None else index, []
        ).append(index)
    order = np.argsort([index for group in groups.values() for index in group])

    def values(z: Array) -> tuple[Array, Array]:
        parts = [
            _group([objectives[index] for index in group], label, z[np.array(group)])
            for group in groups.values()
        ]
        losses, leads = zip(*parts, strict=True)
        return jnp.concatenate(losses)[order], jnp.concatenate(leads)[order]

    def evaluate(z: Array) -> Evaluation:
        losses, pull, leads = jax.vjp(values, z, has_aux=True)
        return Evaluation(losses, pull(jnp.ones_like(losses))[0], leads)

    return evaluate


def norm(vector: Array) -> Array:
    """The Euclidean norm over the last axis, without underflow or overflow of the squares."""
    largest = jnp.max(jnp.abs(vector), axis=-1)
    scale = jnp.where((largest > 0) & jnp.isfinite(largest), largest, 1)
    return scale * jnp.sqrt(jnp.sum((vector / scale[..., None]) ** 2, axis=-1))


def checked_starts(function_name: str, starts: ArrayLike, label: int) -> NDArray[Any]:
    """Starts as [m, n], finite, with the label among the classes; and float64 switched on, or RuntimeError."""
    needs_float64(function_name)
    z = np.atleast_2d(floats(function_name, "starts", starts))
    if z.ndim != 2 or z.size == 0 or z.shape[1] < 2 or not np.isfinite(z).all():
        raise ValueError(
            f"`{function_name}(starts)` must be finite logits [m, n] with n >= 2, got {starts!r}."
        )
    one_class(function_name, "label", label, z.shape[1])
    return z


def _group(
    objectives: Sequence[Objective], label: int, z: Array
) -> tuple[Array, Array]:
    """Losses and leads, [objective, m], of objectives that share a normalizer, or of a single one."""
    target = jax.nn.one_hot(label, z.shape[-1], dtype=z.dtype)
    first = objectives[0]
    if first.loss is None:
        losses = _mapped(lambda logits: first.function(logits, target))(z)
        fixed = jax.lax.stop_gradient(z)
        return losses, _lead(
            fixed if first.normalizer is None else _mapped(first.normalizer)(fixed).p,
            label,
        )
    probs = _mapped(first.normalizer)(z)
    each = [
        jax.vmap(_at(one.loss, target))(jax.tree.map(lambda leaf, i=i: leaf[i], probs))
        for i, one in enumerate(objectives)
    ]
    return jnp.stack(each), _lead(probs.p, label)


def _at(loss: Any, target: Array) -> Callable[[Any], Array]:
    return lambda probs: loss(probs, target)


def _mapped(function: Any) -> Callable[[Array], Any]:
    over_both: Callable[[Array], Any] = jax.vmap(jax.vmap(function))
    return over_both


def _lead(scores: Array, label: int) -> Array:
    return scores[..., label] - jnp.max(jnp.delete(scores, label, axis=-1), axis=-1)
