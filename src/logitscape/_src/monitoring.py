"""`ls.probe`: statistics of the gradients of a batch, for a training loop."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike
from jaxtyping import Float

from .base.formula import rounded_once
from .base.half_precision import wide_dtype
from .base.target_kinds import DISTRIBUTION, POSITIVES
from .engine.stuck import STUCK, is_stuck, norm_of_cross_entropy, norm_of_reference
from .forms.adapt import OneExample, as_one_example
from .normalizers.probs import Probs
from .objectives.at_label import loss_at_label
from .objectives.batch_arguments import checked_labels, checked_targets
from .objectives.objective import Objective
from .objectives.parts import Normalizer, normalizer_from
from .objectives.sources import Source, objective

QUANTILES = (0.05, 0.5, 0.95)


class BatchGradient(NamedTuple):
    """Statistics of the gradients in the logits of a batch.

    All are scalars but the quantiles, and NaN where there are no examples to count. They
    are float32 where the logits are float16 or bfloat16, and otherwise of the logits'
    dtype.

    Attributes:
        loss: Mean loss.
        wrong: Share of examples whose label is not predicted, from 0 to 1.
        stuck: Share of examples that are wrong and have a gradient norm below `threshold`
            times that of cross-entropy at the same logits.
        carried_by_wrong: Share of the sum of gradient norms that is of wrong examples.
        norm: Norm of the mean gradient.
        quantiles: 5 %, 50 % and 95 % quantiles of the gradient norms, [3].
        not_finite: Share of examples whose loss or gradient is not finite. They count in
            `wrong`, but in none of the others.
    """

    loss: Array
    wrong: Array
    stuck: Array
    carried_by_wrong: Array
    norm: Array
    quantiles: Float[Array, "3"]
    not_finite: Array


def probe(
    source: Source,
    *,
    normalizer: str | Normalizer | None = None,
    threshold: float = STUCK,
) -> Callable[[ArrayLike, ArrayLike], BatchGradient]:
    """Make the function (logits [m, n], labels [m]) -> BatchGradient.

    It is called beside any optimiser's step, and can be called inside `jax.jit`. The
    gradient of an example is dL/dz, its norm the Euclidean norm. An example is wrong if
    its label is not the argmax of p or, if it is unknown how the objective predicts, of
    the logits. Multi-label losses take targets, [m, n], in place of labels; an example is then
    wrong if any of its logits is on the wrong side of 0. So do contrastive losses of several
    positives; there an anchor is wrong if none of these is the most similar.

    Args:
        source: Objective, in any of the forms that `ls.diagnose` takes.
        normalizer: Normalizer by which a user's function predicts.
        threshold: Share of cross-entropy's gradient norm below which a wrong example counts as
            stuck. Cross-entropy is that of softmax, or of the sigmoid for multi-label losses.

    Raises:
        ValueError: If the threshold is below 0; the function itself if shapes do not
            match.
        TypeError: If the source is neither a spec nor a function of two arguments; the
            function itself if the source has none of the known forms, or if the labels
            are not integers.
        IndexError: If a label is out of range. Inside traced code all statistics are NaN
            instead.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> logits = jnp.array([[0.0, 50.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
        >>> statistics = ls.probe("softmax + brier")(logits, jnp.array([0, 0, 1, 0]))
        >>> float(statistics.wrong), float(statistics.stuck)
        (0.5, 0.25)
    """
    if not threshold >= 0:
        raise ValueError(
            f"`probe(threshold=...)` must be at least 0, got {threshold!r}."
        )
    predictor = _predictor(source, normalizer)

    def measure(logits: ArrayLike, labels: ArrayLike) -> BatchGradient:
        z = jnp.asarray(logits)
        if z.ndim != 2:
            raise ValueError(
                f"`probe(...)(logits, ...)` must have shape [m, n], got {z.shape}."
            )
        if isinstance(source, str | Objective):
            known = objective(source)
            if known.targets is not DISTRIBUTION:
                return _of_targets(known, z, labels, threshold)
        y = checked_labels(z, labels)
        num_classes = z.shape[1]
        of_label = _loss_of_label(source, num_classes)
        evaluate = jax.vmap(partial(_evaluate, of_label, predictor))
        loss, gradient, is_right = evaluate(z, y)
        reference = jax.vmap(norm_of_cross_entropy)(z, y)
        are_valid = jnp.all((y >= 0) & (y < num_classes))
        statistics = _statistics(loss, gradient, is_right, reference, threshold)
        return BatchGradient(
            *[jnp.where(are_valid, value, jnp.nan) for value in statistics]
        )

    return measure


def _of_targets(
    loss: Objective, z: Array, targets: ArrayLike, threshold: float
) -> BatchGradient:
    """Statistics of a loss of targets; NaN for a traced target that is none."""
    t = checked_targets(loss, z, targets)
    value, gradient = jax.vmap(jax.value_and_grad(loss))(z, t)
    if loss.targets is POSITIVES:
        best = jnp.argmax(z, axis=1)[:, None]
        is_right = jnp.take_along_axis(t, best, axis=1)[:, 0] > 0
    else:
        is_right = jnp.all((z > 0) == (t > 0.5), axis=1)
    reference = jax.vmap(partial(norm_of_reference, loss.targets))(z, t)
    statistics = _statistics(value, gradient, is_right, reference, threshold)
    is_valid = loss.targets.is_valid(t)
    return BatchGradient(*[jnp.where(is_valid, x, jnp.nan) for x in statistics])


def _predictor(
    source: Source, normalizer: str | Normalizer | None
) -> Normalizer | None:
    if normalizer is None:
        return objective(source).normalizer
    return normalizer_from(normalizer)


def _loss_of_label(source: Source, num_classes: int) -> Callable[[Array, Array], Array]:
    """The loss of one example as a function (logits [n], label) -> scalar."""
    if isinstance(source, str | Objective):
        return partial(loss_at_label, objective(source))
    return partial(_at_one_hot, as_one_example(source, num_classes))


def _at_one_hot(function: OneExample, z: Array, label: Array) -> Array:
    target = jax.nn.one_hot(label, z.size, dtype=z.dtype)
    value: Array = rounded_once(function, z.dtype, z, target)
    return value


def _evaluate(
    of_label: Callable[[Array, Array], Array],
    predictor: Normalizer | None,
    z: Array,
    label: Array,
) -> tuple[Array, Array, Array]:
    """Loss, gradient and whether the prediction is right, of one example."""
    loss, gradient = jax.value_and_grad(of_label)(z, label)
    scores: Array = z
    if predictor is not None:
        probs: Probs = rounded_once(predictor, z.dtype, z)
        scores = probs.p
    return loss, gradient, jnp.argmax(scores) == label


def _statistics(
    loss: Array, gradient: Array, is_right: Array, reference: Array, threshold: float
) -> BatchGradient:
    """Statistics of losses [m] and gradients [m, n], in float32 or float64."""
    # In half precision a sum over examples is infinite or stops growing after a few thousand.
    dtype = wide_dtype(loss.dtype)
    loss, gradient = loss.astype(dtype), gradient.astype(dtype)
    if loss.size == 0:
        return _of_nothing(dtype)
    is_finite = jnp.isfinite(loss) & jnp.all(jnp.isfinite(gradient), axis=1)
    finite_gradient = jnp.where(is_finite[:, None], gradient, 0)
    norms = _norm(finite_gradient)
    count = jnp.sum(is_finite)
    stuck = is_finite & is_stuck(is_right, norms, reference, threshold)
    norms_of_wrong = jnp.where(is_right, 0, norms)
    # Relative to the largest norm, as the sum of all norms may overflow.
    unit = _unit(norms)
    carried_by_wrong = jnp.sum(norms_of_wrong / unit) / jnp.sum(norms / unit)
    # Not the norms themselves: those of examples that are not finite were set to 0.
    finite_norms = jnp.where(is_finite, norms, jnp.nan)
    return BatchGradient(
        loss=_mean(jnp.where(is_finite, loss, 0), count),
        wrong=_ratio(jnp.sum(~is_right), loss.size, dtype),
        stuck=_ratio(jnp.sum(stuck), count, dtype),
        carried_by_wrong=carried_by_wrong,
        norm=_norm(_mean(finite_gradient, count)),
        quantiles=jnp.nanquantile(finite_norms, jnp.asarray(QUANTILES, dtype)),
        not_finite=_ratio(jnp.sum(~is_finite), loss.size, dtype),
    )


def _of_nothing(dtype: Any) -> BatchGradient:
    nan = jnp.full((), jnp.nan, dtype)
    return BatchGradient(
        loss=nan,
        wrong=nan,
        stuck=nan,
        carried_by_wrong=nan,
        norm=nan,
        quantiles=jnp.full(len(QUANTILES), nan),
        not_finite=nan,
    )


def _ratio(part: Array, whole: Array | int, dtype: Any) -> Array:
    """Quotient of two whole numbers, which are exact until here."""
    return part.astype(dtype) / jnp.asarray(whole).astype(dtype)


def _mean(x: Array, count: Array) -> Array:
    """Sum over the examples, [m, ...], divided by the number of those that count."""
    # Relative to the largest, as the sum may overflow where the mean does not.
    unit = _unit(x)
    return unit * (jnp.sum(x / unit, axis=0) / count.astype(x.dtype))


def _norm(x: Array) -> Array:
    """Euclidean norm over the last axis; squares neither overflow nor underflow."""
    unit = _unit(x, axis=-1)
    return unit[..., 0] * jnp.sqrt(jnp.sum((x / unit) ** 2, axis=-1))


def _unit(x: Array, axis: int | None = None) -> Array:
    """Largest absolute value, so far as both it and its reciprocal are normal numbers."""
    limits = jnp.finfo(x.dtype)  # type: ignore[no-untyped-call]
    is_kept = axis is not None
    largest = jnp.max(jnp.abs(x), axis=axis, keepdims=is_kept, initial=0)
    # Compiled programs may multiply by the reciprocal, and flush it to 0 below the normal numbers.
    return jnp.clip(largest, limits.tiny, limits.max / 16)
