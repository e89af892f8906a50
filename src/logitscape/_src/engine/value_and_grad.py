"""`ls.value_and_grad`: losses and gradients of a batch, fast on CPUs."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
from jax import Array, lax
from jax.typing import ArrayLike

from ..base.arguments import numbers
from ..base.messages import quoted
from ..base.target_kinds import DISTRIBUTION
from ..base.whole_numbers import is_whole
from ..objectives.at_label import has_rule, loss_at_label
from ..objectives.batch_arguments import checked_labels, checked_targets
from ..objectives.objective import Objective
from ..objectives.sources import objective
from .blocks import LossAndGradient, OfExample, evaluate_in_blocks


def value_and_grad(
    source: str | Objective | Callable[..., Any], *, class_axis: int = -1
) -> Callable[[ArrayLike, ArrayLike], LossAndGradient]:
    """Make the function (logits, labels) -> (losses, gradients) of a batch.

    The losses L(z_i, e_{y_i}) and their derivatives in the logits z_i, e_k being one-hot,
    are the same as those of `jax.vmap(jax.value_and_grad(...))`. Losses that are no pair of a
    separable normalizer and a loss of it are evaluated in blocks of examples on a CPU, which is
    faster. Call it inside `jax.jit`. It can itself be differentiated.

    At kinks the gradient is the one that the formula of the loss defines, and outside of
    its domain it is NaN, as with `ls.objective`.

    Args:
        source: Objective: a spec, an `Objective`, or a function (logits [n], target [n])
            -> scalar.
        class_axis: Axis of the classes: -1 for logits [m, n]; 0 for logits [n, m].

    Returns:
        Function of logits, [m, n] or [n, m], and integer labels, [m]; a multi-label loss, and a
        contrastive one of several positives, takes targets in the shape of the logits instead.
        It returns the losses, [m], and the gradients, in the shape of the logits.

    Raises:
        ValueError: If `class_axis` is neither 0 nor -1, or if shapes do not match.
        TypeError: If the logits are not floating point or the labels not integers.
        IndexError: If a label is out of range. Inside traced code the results of that
            example are NaN instead.

    Example:
        >>> import jax, jax.numpy as jnp, logitscape as ls
        >>> run = jax.jit(ls.value_and_grad("softmax + brier"))
        >>> logits = jnp.array([[0.0, 0.0], [50.0, 0.0]])
        >>> losses, gradients = run(logits, jnp.array([0, 1]))
        >>> losses.tolist(), gradients[0].tolist()
        ([0.5, 2.0], [-0.5, 0.5])
    """
    loss = objective(source)
    if not is_whole(class_axis) or class_axis not in (0, -1):
        raise ValueError(
            f"`value_and_grad(class_axis=...)` must be 0 or -1, got {quoted(class_axis)}."
        )

    def run(logits: ArrayLike, labels: ArrayLike) -> LossAndGradient:
        z = numbers("value_and_grad(...)", "logits, ...", logits)
        if z.ndim != 2:
            raise ValueError(
                "`value_and_grad(...)(logits, ...)` must have two axes, "
                f"got shape {z.shape}."
            )
        classes_last = z if class_axis == -1 else z.T
        if loss.targets is not DISTRIBUTION:
            return _of_targets(loss, class_axis, z, labels)
        y = checked_labels(classes_last, labels)
        of_example = partial(_loss_and_gradient, loss)
        example = jax.ShapeDtypeStruct((z.shape[class_axis],), z.dtype)
        if not has_rule(loss, example):
            return _of_batch(of_example, class_axis, z, y)
        # A pair that has a rule leaves few intermediate results: blocks would not make it faster.
        return _mapped(of_example, class_axis)(z, y)

    return run


def _of_targets(
    loss: Objective, class_axis: int, z: Array, targets: ArrayLike
) -> LossAndGradient:
    """Losses and gradients of an objective whose targets are no distributions."""
    t = checked_targets(loss, z, targets)
    example_axis = class_axis + 1
    run = jax.vmap(jax.value_and_grad(loss), example_axis, (0, example_axis))
    results: LossAndGradient = run(z, t)
    return results


def _mapped(
    of_example: OfExample, class_axis: int
) -> Callable[[Array, Array], LossAndGradient]:
    example_axis = class_axis + 1
    return jax.vmap(of_example, in_axes=(example_axis, 0), out_axes=(0, example_axis))


def _of_batch(
    of_example: OfExample, class_axis: int, z: Array, y: Array
) -> LossAndGradient:
    """Losses and gradients of a batch: in blocks on a CPU, by `jax.vmap` elsewhere.

    The blocks are made of traced programs, in which the custom derivative rules of
    normalizers and losses are gone. So second derivatives are taken of the plain form.
    """
    in_blocks = partial(evaluate_in_blocks, of_example, class_axis)
    plain = _mapped(of_example, class_axis)

    @jax.custom_jvp
    def run(z: Array, y: Array) -> LossAndGradient:
        # Only when the program is lowered, and not while it is traced, is it certain
        # for which platform.
        outputs: LossAndGradient = lax.platform_dependent(
            z, y, cpu=in_blocks, default=plain
        )
        return outputs

    @run.defjvp
    def _(
        primals: tuple[Array, Array], tangents: tuple[Array, Array]
    ) -> tuple[LossAndGradient, LossAndGradient]:
        logits, labels = primals
        # Labels are integers, and have no tangent that could be passed on.
        return jax.jvp(lambda z: plain(z, labels), (logits,), tangents[:1])

    return run(z, y)


def _loss_and_gradient(loss: Objective, logits: Array, label: Array) -> LossAndGradient:
    """Loss and gradient of one example; NaN for a label out of range."""
    return jax.value_and_grad(partial(loss_at_label, loss))(logits, label)
