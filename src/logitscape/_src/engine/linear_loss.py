"""A linear layer with any objective on top, without its logits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from ..base.half_precision import wide_dtype
from ..base.messages import quoted
from ..base.parameters import parameter
from ..base.target_kinds import DISTRIBUTION
from ..base.types import Number, Parameter, Scalar, Vector
from ..base.users_code import keeping_nothing
from ..base.whole_numbers import whole_number
from ..objectives.at_label import loss_at_label
from ..objectives.counted import (
    Counted,
    check_ignored_label,
    checked_class_weights,
)
from ..objectives.objective import Objective
from ..objectives.sources import Source, objective
from .linear_arguments import LayerArguments, checked
from .linear_rows import RowLoss
from .linear_rule import Plan, losses_of
from .linear_tiles import Layer
from .sharded_classes import axes_of, classes_over, loss_over, varying

ROWS_OF_TILE = 256
"""Usual number of rows whose logits exist at the same time."""

LOGITS_OF_TILE = 2**22
"""Number of logits up to which a tile has more rows than usual."""


def linear_loss(
    source: Source,
    *,
    tile: int | None = None,
    soft_cap: Number | None = None,
    inverse_temperature: Parameter | None = None,
    z_loss: Number = 0.0,
    ignored_label: int | None = None,
    class_weights: ArrayLike | Sequence[Number] | None = None,
    class_axis_name: str | None = None,
) -> Callable[..., Array]:
    """Make the function (features, weights, labels) -> losses of a linear layer.

    The logits `features @ weights.T + bias` of all rows never exist together: memory holds
    those of `tile` rows at a time. Losses and gradients are those of
    `ls.per_example(source)` of the logits, up to the rounding of the products.

    Where the losses are differentiated, the gradient is computed with them, in three products
    of matrices, as the dense form has. If the cotangents of the rows differ, as those of a
    weighted mean do, the gradient of weights and bias is computed again. Rows that are
    masked or ignored do not matter for that. There is no forward mode.

    Args:
        source: Objective: a spec, an `Objective`, or a function (logits [n], target [n])
            -> scalar.
        tile: Largest number of rows whose logits exist at the same time; by default 256,
            or more of few classes.
        soft_cap: Bound c of the logits, which become `c * tanh(logits / c)`; greater
            than 0.
        inverse_temperature: Factor of the logits, after the soft cap; at least 0. It may be
            traced, and differentiated in.
        z_loss: Weight of `logsumexp(logits)^2`, which is added to every loss; at least 0.
        ignored_label: Label of rows whose loss is 0, with a gradient of 0, such as -100.
        class_weights: Weight of each label's rows, [K], at least 0.
        class_axis_name: Name of the axis of a mesh over which the classes are sharded,
            inside `jax.shard_map`. Every device then gets its own rows of the weights and
            of the bias, equally many, and all labels count all classes. The
            objective must be a pair of a separable normalizer and a loss of the label's
            probability, brier, spherical_score, tsallis_score or label_smoothing.

    Returns:
        Function of features, [..., d], weights, [K, d] with K >= 2, and integer labels,
        [...], from 0 to K - 1. It takes three keywords: bias, [K], mask, a boolean
        array [...], which is False for rows whose loss is 0, with a gradient of 0, and
        example_weights, [...], at least 0, by which the losses are multiplied. It returns the
        losses, [...], in float32 for inputs in half precision: products and sums
        are accumulated in float32, and gradients have the dtypes of the inputs. A label out
        of range raises an IndexError; inside traced code the loss is NaN, and so are the
        gradients that it is part of.

    Raises:
        ValueError: As `ls.objective` does, or if an argument is out of range; the function
            itself if shapes do not match, or outside of `jax.shard_map` if classes are sharded.
        TypeError: As `ls.objective` does, or for a loss of targets, which has no labels; the
            function itself if features, weights or bias are not floating point, labels not
            integers, or the mask not boolean.

    Example:
        >>> import jax, jax.numpy as jnp, logitscape as ls
        >>> loss = ls.linear_loss("softmax + brier", tile=1)
        >>> features = jnp.array([[0.0, 0.0], [50.0, 0.0]])
        >>> weights, labels = jnp.eye(2), jnp.array([0, 1])
        >>> loss(features, weights, labels).tolist()
        [0.5, 2.0]
        >>> jax.grad(lambda w: loss(features, w, labels).mean())(weights).shape
        (2, 2)

    Source: Wijmans et al., Cut Your Losses in Large-Vocabulary Language Models, arXiv
    2411.09009, and Liger Kernel, arXiv 2410.10989, for cross-entropy of the softmax.
    """
    loss = objective(source)
    _refuse_targets(loss)
    size = None if tile is None else whole_number("linear_loss", "tile", tile, low=1)
    row_loss = RowLoss(
        of_label=OfObjective(loss),
        soft_cap=_known("soft_cap", soft_cap, is_open=True),
        z_loss=_known("z_loss", z_loss) or 0.0,
    )
    check_ignored_label("linear_loss", ignored_label)
    weights_of_classes = checked_class_weights("linear_loss", class_weights)
    if class_axis_name is not None:
        row_loss = replace(
            row_loss,
            of_label=loss_over(class_axis_name, loss),
            classes=partial(classes_over, class_axis_name),
        )
    may_have_constants = class_axis_name is None and not isinstance(source, str)

    def losses(
        features: ArrayLike,
        weights: ArrayLike,
        labels: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        mask: ArrayLike | None = None,
        example_weights: ArrayLike | None = None,
    ) -> Array:
        given = checked(
            features,
            weights,
            labels,
            bias=bias,
            mask=mask,
            example_weights=example_weights,
            class_weights=weights_of_classes,
            ignored_label=ignored_label,
            class_axis_name=class_axis_name,
        )
        if not given.labels.size:
            return jnp.zeros(given.shape, wide_dtype(given.features.dtype))
        shared: dict[str, Any] = {"constants": ()}
        if inverse_temperature is not None:
            dtype = wide_dtype(given.features.dtype)
            shared["inverse_temperature"] = parameter(
                "linear_loss", "inverse_temperature", inverse_temperature, dtype, low=0
            )
        run = row_loss
        with keeping_nothing(loss):
            if may_have_constants:
                run, shared["constants"] = _with_constants(row_loss, given)
            plan = Plan(run, size or usual_tile(len(given.weights)))
            found = _losses(plan, given, shared, class_axis_name)
        each = Counted(given.counted, given.example_weights)
        return each.weighed(found).reshape(given.shape)

    return losses


@dataclass(frozen=True)
class OfObjective:
    """The loss of one example by its label; equal objectives share their compiled programs."""

    objective: Objective

    def __call__(self, logits: Vector, label: Array, constants: Any) -> Scalar:
        """The loss; there are no constants."""
        return loss_at_label(self.objective, logits, label)


def _with_constants(loss: RowLoss, given: LayerArguments) -> tuple[RowLoss, Any]:
    """The loss with the traced numbers that the objective has closed over as arguments."""
    logits = jnp.zeros(len(given.weights), wide_dtype(given.features.dtype))

    def of_label(logits: Vector, label: Array) -> Scalar:
        return loss.of_label(logits, label, ())

    converted, constants = jax.closure_convert(of_label, logits, given.labels[0])
    if not constants:
        return loss, ()

    def with_constants(logits: Vector, label: Array, constants: Any) -> Scalar:
        value: Scalar = converted(logits, label, *constants)
        return value

    return replace(loss, of_label=with_constants), constants


def _losses(
    plan: Plan, given: LayerArguments, shared: dict[str, Any], axis_name: str | None
) -> Array:
    """Losses, [m], of arrays that vary along the same axes of a mesh."""
    layer = Layer(given.features, given.weights, given.bias, shared)
    axes = axes_of(layer, given.labels, given.counted)
    axes_of_rows = axes - {axis_name}
    layer = jax.tree.map(lambda array: varying(array, axes), layer)
    labels = varying(given.labels, axes_of_rows)
    counted = varying(given.counted, axes_of_rows)
    losses: Array = _compiled(plan, layer, labels, counted)
    return losses


_compiled = jax.jit(losses_of, static_argnums=0)


def usual_tile(num_classes: int) -> int:
    """Rows of a tile, unless somebody chooses another number."""
    return max(ROWS_OF_TILE, LOGITS_OF_TILE // num_classes)


def _refuse_targets(loss: Objective) -> None:
    if loss.targets is not DISTRIBUTION:
        raise TypeError(
            f"`linear_loss` is for losses of integer labels, and {loss.name!r} takes targets: "
            f"`ls.per_example({loss.name!r})(features @ weights.T, targets)`."
        )


def _known(name: str, value: Any, *, is_open: bool = False) -> float | None:
    """A parameter that determines the program, and so cannot be traced."""
    if value is None:
        return None
    if isinstance(value, jax.core.Tracer):
        raise TypeError(
            f"`linear_loss({name}=...)` must be a known number, got {quoted(value)}."
        )
    parameter("linear_loss", name, value, jnp.result_type(float), low=0, open=is_open)
    return float(value)
