"""`ls.probe`: statistics of the gradients of a batch, for a training loop."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from .audit.batch import BatchGradient, statistics
from .audit.batch_numbers import of_layer, of_logits
from .audit.config import Setting
from .base.arguments import numbers
from .base.formula import rounded_once
from .base.half_precision import wide_dtype
from .base.settings import real_number
from .base.target_kinds import DISTRIBUTION
from .base.users_code import keeping_nothing
from .base.whole_numbers import whole_number
from .engine.linear_arguments import checked
from .engine.linear_loss import usual_tile
from .engine.stuck import STUCK
from .forms.adapt import OneExample, as_one_example
from .objectives.at_label import loss_at_label
from .objectives.batch_arguments import (
    check_labels,
    check_logits,
    checked_targets,
    in_range,
)
from .objectives.counted import check_ignored_label, known_or_traced
from .objectives.objective import Objective
from .objectives.parts import Normalizer, normalizer_from
from .objectives.sources import Source, objective

Loss = Callable[[Array, Array], Array]


def probe(
    source: Source,
    *,
    normalizer: str | Normalizer | None = None,
    threshold: float = STUCK,
    ignored_label: int | None = None,
) -> Callable[[ArrayLike, ArrayLike], BatchGradient]:
    """Make the function (logits [m, n], labels [m]) -> BatchGradient.

    It is called beside any optimiser's step, on the logits that the step has anyway, and can be
    called inside `jax.jit`. The gradient of an example is dL/dz, its norm the Euclidean norm. An
    example is wrong if its label is not the argmax of p or, if it is unknown how the objective
    predicts, of the logits. Multi-label losses take targets, [m, n], in place of labels; an example
    is then wrong if any of its logits is on the wrong side of 0. So do contrastive losses of
    several positives; there an anchor is wrong if none of these is the most similar.

    `docs/training_loop.md` has loops of optax, flax and equinox that record what it says;
    `ls.audit` shows what changes in such a recording. `ls.probe_linear_loss` is the same for a
    linear layer whose logits never exist at once.

    Args:
        source: Objective, in any of the forms that `ls.diagnose` takes.
        normalizer: Normalizer by which a user's function predicts.
        threshold: Share of cross-entropy's gradient norm below which a wrong example counts as
            stuck. Cross-entropy is that of softmax, or of the sigmoid for multi-label losses.
        ignored_label: Label of examples that take no part, such as -100.

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
        >>> float(statistics.margins[1]), float(statistics.largest)
        (0.0, 50.0)
    """
    _check("probe", threshold, ignored_label)
    predictor = _predictor(source, normalizer)
    known = objective(source) if isinstance(source, str | Objective) else None
    of_targets = known if known and known.targets is not DISTRIBUTION else None
    if of_targets is not None and ignored_label is not None:
        raise ValueError(
            "`probe(ignored_label=...)` is for losses of integer labels, and "
            f"{of_targets.name!r} takes targets; leave its examples out before."
        )

    def measure(logits: ArrayLike, labels: ArrayLike) -> BatchGradient:
        z = numbers("probe(...)", "logits, ...", logits)
        if z.ndim != 2:
            raise ValueError(
                f"`probe(...)(logits, ...)` must have shape [m, n], got {z.shape}."
            )
        if of_targets is not None:
            target: Any = checked_targets(of_targets, z, labels)
            counts = jnp.ones(len(z), bool)
            are_valid = of_targets.targets.is_valid(target)
        else:
            check_logits(z)
            target, counts, are_valid = _labels(z, labels, ignored_label)
        setting = _setting(source, known, predictor, z.shape[1], z.dtype, threshold)
        with keeping_nothing(source):
            found = of_logits(setting, z, target, counts)
        return _unless_invalid(statistics(found, threshold, z.dtype), are_valid)

    return measure


def probe_linear_loss(
    source: Source,
    *,
    normalizer: str | Normalizer | None = None,
    threshold: float = STUCK,
    ignored_label: int | None = None,
    tile: int | None = None,
) -> Callable[..., BatchGradient]:
    """Make `ls.probe` for a linear layer whose logits never exist at once, as `ls.linear_loss` has.

    The logits of `tile` rows at a time are computed again, which costs one of the three products of
    matrices of the loss and its gradient: ask it every few hundred steps, or of some of the rows.

    Args:
        source: Objective of integer labels, in any of the forms that `ls.diagnose` takes.
        normalizer: Normalizer by which a user's function predicts.
        threshold: Share of cross-entropy's gradient norm below which a wrong example counts as
            stuck.
        ignored_label: Label of rows that take no part, such as -100.
        tile: Largest number of rows whose logits exist at the same time; by default as
            `ls.linear_loss` has it.

    Returns:
        Function of features, [..., d], weights, [K, d], and integer labels, [...], with the
        keywords bias, [K], and mask, a boolean array [...], which is False for rows that take no
        part. It returns a `BatchGradient` of all rows.

    Raises:
        ValueError: As `ls.probe` does, or if shapes do not match.
        TypeError: As `ls.probe` does, or for a loss of targets, which has no labels.
        IndexError: If a label is known and out of range.

    Example:
        >>> import jax.numpy as jnp, logitscape as ls
        >>> probe = ls.probe_linear_loss("softmax + brier", tile=1)
        >>> features = jnp.array([[50.0, 0.0], [50.0, 0.0]])
        >>> statistics = probe(features, jnp.eye(2), jnp.array([0, 1]))
        >>> float(statistics.wrong), float(statistics.stuck)
        (0.5, 0.5)
    """
    _check("probe_linear_loss", threshold, ignored_label)
    predictor = _predictor(source, normalizer)
    known = objective(source) if isinstance(source, str | Objective) else None
    if known is not None and known.targets is not DISTRIBUTION:
        raise TypeError(
            f"`probe_linear_loss` is for losses of integer labels, and {known.name!r} takes "
            f"targets: `ls.probe({known.name!r})(features @ weights.T, targets)`."
        )
    size = tile
    if tile is not None:
        size = whole_number("probe_linear_loss", "tile", tile, low=1)

    def measure(
        features: ArrayLike,
        weights: ArrayLike,
        labels: ArrayLike,
        *,
        bias: ArrayLike | None = None,
        mask: ArrayLike | None = None,
    ) -> BatchGradient:
        given = checked(
            features,
            weights,
            labels,
            bias=bias,
            mask=mask,
            example_weights=None,
            class_weights=None,
            ignored_label=ignored_label,
            class_axis_name=None,
        )
        num_classes = len(given.weights)
        wide = wide_dtype(given.features.dtype)
        setting = _setting(
            source, known, predictor, num_classes, given.features.dtype, threshold
        )

        def logits_of(rows: Array) -> Array:
            z = jnp.matmul(rows, given.weights.T, preferred_element_type=wide)
            return z if given.bias is None else z + given.bias[None]

        y, counts = jnp.asarray(given.labels), jnp.asarray(given.counted)
        rows = min(size or usual_tile(num_classes), max(len(y), 1))
        with keeping_nothing(source):
            found = of_layer(setting, given.features, logits_of, y, counts, rows)
        are_valid = jnp.all(~counts | ((y >= 0) & (y < num_classes)))
        measured = statistics(found, threshold, given.features.dtype)
        return _unless_invalid(measured, are_valid)

    return measure


def _check(caller: str, threshold: float, ignored_label: int | None) -> None:
    real_number(caller, "threshold", threshold, low=0)
    check_ignored_label(caller, ignored_label)


def _labels(
    z: Array, labels: ArrayLike, ignored_label: int | None
) -> tuple[Array, Array, Array]:
    """Labels that are in range, which of them count, and whether all of those are valid."""
    y = known_or_traced("labels", labels)
    check_labels(z, y)
    mask: Any = np.ones(y.shape, bool) if ignored_label is None else y != ignored_label
    label = in_range(z, y, mask)
    counts = jnp.asarray(mask)
    return label, counts, jnp.all((label >= 0) & (label < z.shape[1]))


def _unless_invalid(found: BatchGradient, are_valid: Any) -> BatchGradient:
    return BatchGradient(*[jnp.where(are_valid, value, jnp.nan) for value in found])


def _predictor(
    source: Source, normalizer: str | Normalizer | None
) -> Normalizer | None:
    if normalizer is None:
        return objective(source).normalizer
    return normalizer_from(normalizer)


def _setting(
    source: Source,
    known: Objective | None,
    predictor: Normalizer | None,
    num_classes: int,
    dtype: Any,
    threshold: float,
) -> Setting:
    """The setting of an audit of these logits, with the loss that is trained."""
    kind = DISTRIBUTION if known is None else known.targets
    by_label = kind is DISTRIBUTION
    loss: Any = known
    if known is None:
        loss = partial(_at_one_hot, as_one_example(source, num_classes))
    elif by_label:
        loss = partial(loss_at_label, known)
    return Setting(
        names=("" if known is None else known.name,),
        losses=(loss,),
        normalizer=predictor,
        targets=kind,
        is_soft=not by_label,
        dtype=jnp.dtype(dtype).name,
        threshold=threshold,
    )


def _at_one_hot(function: OneExample, z: Array, label: Array) -> Array:
    target = jax.nn.one_hot(label, z.size, dtype=z.dtype)
    value: Array = rounded_once(function, z.dtype, z, target)
    return value
