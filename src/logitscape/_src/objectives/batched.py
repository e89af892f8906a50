"""Objectives and normalizers in the forms that training code has.

These are batches of logits with any leading axes, and integer labels.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..base.arguments import numbers
from ..base.formula import rounded_once
from ..base.messages import quoted
from ..base.settings import truth_value
from ..base.target_kinds import DISTRIBUTION
from ..base.types import Number
from ..normalizers.probs import Probs
from .at_label import loss_at_label, loss_of_tested
from .batch_arguments import (
    check_labels,
    check_logits,
    checked_targets,
    in_range,
)
from .counted import (
    Counted,
    check_ignored_label,
    checked_class_weights,
    counted,
    known_or_traced,
    with_class_weights,
)
from .objective import Objective
from .parts import Normalizer, normalizer_from
from .sources import Source
from .sources import objective as objective_from


def per_example(
    objective: Source,
    *,
    ignored_label: int | None = None,
    class_weights: ArrayLike | Sequence[Number] | None = None,
) -> Callable[..., Array]:
    """Make the function (logits, labels) -> losses, the form that training loops use.

    The loss of each example is L(z, e_y), with the one-hot vector e_y of its label y. The
    form is that of `optax.softmax_cross_entropy_with_integer_labels`. A multi-label loss, and a
    contrastive one of several positives, takes targets in place of labels, as
    `optax.sigmoid_binary_cross_entropy` does.

    Args:
        objective: Spec, `Objective`, or function (logits [n], target [n]) -> scalar.
        ignored_label: Label of examples whose loss is 0, with a gradient of 0, such as -100.
        class_weights: Weight of each label's examples, [n], at least 0.

    Returns:
        Function of logits, [..., n] with n >= 1, and of integer labels, [...], from 0 to
        n - 1, or of targets from 0 to 1, [..., n]. It returns the losses, [...]. It takes two
        keywords: mask, a boolean array [...], and example_weights, [...], at least 0, by which
        the losses are multiplied. Where the mask is False or a weight 0, the loss is 0 with a
        gradient of 0, whatever the logits are. A label or target out of range raises an error,
        or gives NaN inside traced code.

    Raises:
        ValueError: As `ls.objective` does, or if an argument is out of range; the function itself
            if shapes do not match.
        TypeError: As `ls.objective` does; the function itself if the logits are not
            floating point, the labels not integers, or the mask not boolean.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> loss = ls.per_example("softmax + brier")
        >>> loss(jnp.array([[0.0, 0.0], [50.0, 0.0]]), jnp.array([0, 1])).tolist()
        [0.5, 2.0]
        >>> padded = ls.per_example("softmax + brier", ignored_label=-1)
        >>> padded(jnp.array([[0.0, 0.0], [50.0, 0.0]]), jnp.array([0, -1])).tolist()
        [0.5, 0.0]
        >>> binary = ls.per_example("sigmoid_cross_entropy")
        >>> print(binary(jnp.zeros((1, 2)), jnp.array([[1.0, 1.0]])).round(3))
        [1.386]
    """
    loss = objective_from(objective)
    check_ignored_label("per_example", ignored_label)
    weights_of_classes = checked_class_weights("per_example", class_weights)
    if loss.targets is not DISTRIBUTION:
        _refuse_labels_of_targets(loss, ignored_label, class_weights)

    def losses(
        logits: ArrayLike,
        labels: ArrayLike,
        *,
        mask: ArrayLike | None = None,
        example_weights: ArrayLike | None = None,
    ) -> Array:
        z = numbers("per_example(...)", "logits, ...", logits)
        check_logits(z)
        if loss.targets is not DISTRIBUTION:
            t = checked_targets(loss, z, labels)
            is_tested = not isinstance(labels, jax.core.Tracer)
            run = partial(loss_of_tested, loss) if is_tested else loss
            each = counted(
                None, z.shape[:-1], "logits", mask=mask, example_weights=example_weights
            )
            return _of_counted(run, z, t, each)
        given = known_or_traced("labels", labels)
        check_labels(z, given)
        each = counted(
            given,
            z.shape[:-1],
            "logits",
            ignored_label=ignored_label,
            mask=mask,
            example_weights=example_weights,
        )
        y = in_range(z, given, each.mask)
        if weights_of_classes is not None:
            each = with_class_weights(
                "per_example", each, weights_of_classes, z.shape[-1], y
            )
        return _of_counted(partial(loss_at_label, loss), z, y, each)

    return losses


def _of_counted(
    run: Callable[..., Array], logits: Array, labels: Any, each: Counted
) -> Array:
    """Losses of the examples that count, with their weights."""
    is_every = isinstance(each.mask, np.ndarray) and each.mask.all()
    for _ in range(logits.ndim - 1):
        run = jax.vmap(run)
    if is_every and each.weights is None:
        return run(logits, labels)
    # The logits too: an infinite slope would become NaN if only the loss were replaced.
    z = jnp.where(jnp.asarray(each.mask)[..., None], logits, 1)
    return each.weighed(run(z, labels))


def drop_in(normalizer: str | Normalizer, *, log: bool = False) -> Callable[..., Array]:
    """Make a normalizer that can replace `jax.nn.softmax`: `(logits, axis=-1) -> p`.

    Args:
        normalizer: Spec, or function logits [n] -> Probs.
        log: Whether to return the logarithms, as `jax.nn.log_softmax` does.

    Returns:
        Function of logits, [...], and of the axis of the classes. It returns the
        probabilities, or their logarithms, in the shape of the logits. Outside of the
        normalizer's domain they are NaN.

    Raises:
        ValueError: If the spec is unknown or malformed; the function itself for an axis
            that the logits do not have.
        TypeError: If it is neither a spec nor a function of one argument.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> ls.drop_in("sum")(jnp.array([[1.0, 3.0], [1.0, 1.0]]), axis=0).tolist()
        [[0.5, 0.75], [0.5, 0.25]]
    """
    function = normalizer_from(normalizer)
    log = truth_value("drop_in", "log", log)

    def probabilities(logits: ArrayLike, axis: int = -1) -> Array:
        z = numbers("drop_in(...)", "logits", logits)
        if not isinstance(axis, int | np.integer) or not -z.ndim <= axis < z.ndim:
            raise ValueError(
                f"`axis` must be one of the {z.ndim} axes of the logits, got {quoted(axis)}."
            )
        run: Callable[[Array], Probs] = partial(rounded_once, function, z.dtype)
        for _ in range(z.ndim - 1):
            run = jax.vmap(run)
        probs = run(jnp.moveaxis(z, axis, -1))
        return jnp.moveaxis(probs.log_p if log else probs.p, -1, axis)

    return probabilities


def _refuse_labels_of_targets(
    loss: Objective, ignored_label: int | None, class_weights: Any
) -> None:
    given = {"ignored_label": ignored_label, "class_weights": class_weights}
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"`per_example({name}=...)` is for losses of integer labels, and "
                f"{loss.name!r} takes targets; give `mask` or `example_weights` to the function, "
                "or weights to the loss, such as 'sigmoid_cross_entropy(class_weights=(1, 2))'."
            )
