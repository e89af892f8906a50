"""Statistics of one batch in training, under the names and by the definitions of an audit.

They are computed in JAX, inside a compiled step, and never summed in half precision.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import Float

from ..base.norm import euclidean_norm, unit_of
from ..base.ordered import ascending
from ..engine.stuck import is_stuck
from .batch_calibration import calibration_error
from .example_numbers import Examples

QUANTILES = (0.05, 0.5, 0.95)


class BatchGradient(NamedTuple):
    """Statistics of a batch: its losses, its gradients in the logits, and its logits.

    All are scalars but the quantiles, and NaN where there are no examples to count. They
    are float32 where the logits are float16 or bfloat16, and otherwise of the logits'
    dtype. Those that an audit has as well have its names and definitions.

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
        mean_norm: Mean of the gradient norms.
        collapsed: Share of examples whose pull on the label is exactly 0 in the logits' dtype,
            though not in truth.
        carriers_50: Smallest share of the examples that carries half of the sum of norms.
        carriers_90: The same for nine tenths.
        margins: 5 %, 50 % and 95 % quantiles of the margin, the label's logit minus its
            largest rival, [3].
        overconfidence: Mean confidence minus accuracy; NaN if it is unknown how the model predicts.
        ece: Calibration error of 15 bins, without its bias, likewise.
        brier: Mean squared distance between probabilities and target, likewise.
        scale: Mean standard deviation of the logits of an example.
        largest: Largest absolute logit.
        of_limit: That as a share of the largest number of the logits' dtype.
        offset: Mean logit, common to all classes.
        measured: Number of examples in all of these but `wrong` and `not_finite`.
    """

    loss: Array
    wrong: Array
    stuck: Array
    carried_by_wrong: Array
    norm: Array
    quantiles: Float[Array, "3"]
    not_finite: Array
    mean_norm: Array
    collapsed: Array
    carriers_50: Array
    carriers_90: Array
    margins: Float[Array, "3"]
    overconfidence: Array
    ece: Array
    brier: Array
    scale: Array
    largest: Array
    of_limit: Array
    offset: Array
    measured: Array

    @property
    def accuracy(self) -> Array:
        """Share of examples whose label is predicted."""
        return 1 - self.wrong

    def by_name(self) -> dict[str, Any]:
        """Every number by its name in an audit; a quantile is "norm_50" or "margin_5"."""
        return dict(_named(self))


def _named(statistics: BatchGradient) -> Iterator[tuple[str, Any]]:
    for name, value in statistics._asdict().items():
        if name == "wrong":
            yield "accuracy", 1 - value
        elif name in ("quantiles", "margins"):
            stem = "norm" if name == "quantiles" else "margin"
            for place, q in enumerate(QUANTILES):
                yield f"{stem}_{round(100 * q)}", value[..., place]
        else:
            yield name, value


class Batch(NamedTuple):
    """What is known about every example of a batch, [m] each, and their mean gradient.

    Attributes:
        examples: Numbers about the examples, of the wide dtype.
        spread: Standard deviation of the logits of each.
        counts: Whether an example is not ignored.
        usable: Whether it counts, and its loss and gradient are finite.
        gradient: Sum of the gradients that are usable, divided by their number, [n].
    """

    examples: Examples
    spread: Array
    counts: Array
    usable: Array
    gradient: Array


# Compiled as one program also where a probe is not: one by one, these operations take seconds.
@partial(jax.jit, static_argnames=("threshold", "dtype"))
def statistics(batch: Batch, threshold: float, dtype: Any) -> BatchGradient:
    """All statistics, in the dtype of the examples' numbers.

    Args:
        batch: The examples.
        threshold: Share of cross-entropy's norm below which a wrong example is stuck.
        dtype: Type of the logits, whose limits are meant.
    """
    examples, usable = batch.examples, batch.usable
    if usable.size == 0:
        return of_nothing(examples.loss.dtype)
    right = examples.right
    norms = jnp.where(usable, examples.norm[0], 0)
    reference = jnp.where(usable, examples.reference, 0)
    # Many small operations take longer than their numbers: what is alike is one operation.
    count, all_counted, wrong, stuck, not_finite, collapsed = _numbers_of(
        usable,
        batch.counts,
        batch.counts & ~right,
        usable & is_stuck(right, norms, reference, threshold),
        batch.counts & ~usable,
        usable & examples.collapsed,
    )
    loss, mean_norm, overconfidence, brier, scale, offset = _means_of(
        usable,
        count,
        examples.loss,
        norms,
        examples.confidence - right.astype(norms.dtype),
        examples.brier,
        batch.spread,
        examples.offset,
    )
    # Relative to the largest norm, as the sum of all norms may overflow.
    unit = unit_of(norms)
    ordered = _ordered(examples.norm[0], usable)
    carried = jnp.cumsum(jnp.where(ordered < jnp.inf, ordered / unit, 0)[::-1])
    largest = jnp.max(jnp.where(usable, examples.largest, 0))
    known = jnp.where(count > 0, 1, jnp.nan).astype(norms.dtype)
    limit = float(jnp.finfo(dtype).max)  # type: ignore[no-untyped-call]
    return BatchGradient(
        loss=loss,
        wrong=_ratio(wrong, all_counted, norms),
        stuck=_ratio(stuck, count, norms),
        carried_by_wrong=jnp.sum(jnp.where(right, 0, norms / unit)) / carried[-1],
        norm=euclidean_norm(batch.gradient),
        quantiles=_quantiles(ordered, count),
        not_finite=_ratio(not_finite, all_counted, norms),
        mean_norm=mean_norm,
        collapsed=_ratio(collapsed, count, norms),
        carriers_50=_carriers(carried, 0.5, count),
        carriers_90=_carriers(carried, 0.9, count),
        margins=_quantiles(_ordered(examples.margin, usable), count),
        overconfidence=overconfidence,
        ece=calibration_error(examples.confidence, right, usable, count),
        brier=brier,
        scale=scale,
        largest=largest * known,
        of_limit=_share_of_limit(largest, limit) * known,
        offset=offset,
        measured=count.astype(norms.dtype),
    )


def _numbers_of(*masks: Array) -> Array:
    """How many examples each mask holds."""
    return jnp.sum(jnp.stack(masks), axis=1)


def _means_of(usable: Array, count: Array, *values: Array) -> Array:
    """The mean of each over the usable examples."""
    rows = jnp.where(usable, jnp.stack(values), 0)
    means: Array = jax.vmap(mean_of, (0, None))(rows, count)
    return means


def _ordered(values: Array, usable: Array) -> Array:
    """The usable values in their order; infinity stands for the others, behind them."""
    return ascending(jnp.where(usable, values, jnp.inf))


def _share_of_limit(largest: Array, limit: float) -> Array:
    # In two steps that no compiler makes one, as the reciprocal of a limit is no normal number.
    part: Array = lax.optimization_barrier(largest / 16)
    return part / (limit / 16)


def of_nothing(dtype: Any) -> BatchGradient:
    """The statistics of no examples."""
    nan = jnp.full((), jnp.nan, dtype)
    vectors = dict.fromkeys(("quantiles", "margins"), jnp.full(len(QUANTILES), nan))
    scalars = dict.fromkeys(BatchGradient._fields, nan)
    return BatchGradient(**(scalars | vectors))


def mean_of(x: Array, count: Array) -> Array:
    """Sum over the examples, [m, ...], divided by the number of those that count."""
    # Relative to the largest, as the sum may overflow where the mean does not.
    unit = unit_of(x)
    return unit * (jnp.sum(x / unit, axis=0) / count.astype(x.dtype))


def _ratio(part: Array, whole: Array, like: Array) -> Array:
    """Quotient of two whole numbers, which are exact until here."""
    return part.astype(like.dtype) / whole.astype(like.dtype)


def _quantiles(ordered: Array, count: Array) -> Array:
    """Quantiles of the first of some ordered values, linear between two of them."""
    place = jnp.asarray(QUANTILES, ordered.dtype) * (count - 1).astype(ordered.dtype)
    low = jnp.clip(jnp.floor(place), 0).astype(count.dtype)
    high = jnp.minimum(low + 1, jnp.maximum(count - 1, 0))
    part = place - low.astype(ordered.dtype)
    # Equal ends, which may be infinite, have no difference.
    ends = ordered[low], ordered[high]
    between = jnp.where(
        ends[0] == ends[1], ends[0], ends[0] * (1 - part) + ends[1] * part
    )
    return jnp.where(count > 0, between, jnp.nan)


def _carriers(carried: Array, part: float, count: Array) -> Array:
    """The smallest share of the examples that carries this part of the sum of norms.

    Examples that do not count stand in front, and carry nothing.
    """
    whole = carried[-1]
    others = len(carried) - count
    number = jnp.sum(carried < part * whole, dtype=count.dtype) - others + 1
    share = number.astype(whole.dtype) / count.astype(whole.dtype)
    return jnp.where(whole > 0, share, jnp.nan)
