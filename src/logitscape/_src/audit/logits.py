"""The logits themselves: their scale, their offset, the limits of their dtype, masked classes."""

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from .estimates import NORMAL, Estimate, exactly, mean, quantile
from .examples import Measured
from .measurement import Measurement

TOPIC = "logits"
ROUNDING = 1e-3
SMALL = 1e-6

Numbers = NDArray[Any]


def measurements(measured: Measured, dtype: np.dtype[Any]) -> list[Measurement]:
    """Scale, offset and its drift, the largest logit, and what its rounding is.

    Args:
        measured: Examples.
        dtype: Type in which the logits are stored.
    """
    examples, most = measured.examples, measured.totals.largest_logit
    limits = _limits(np.dtype(np.float32) if dtype.kind in "iub" else dtype)
    used = most / float(limits.max)
    rounding = np.sort(_ulp(examples.largest, limits))
    spread = _spread(measured.part.sample)
    return [
        Measurement(
            TOPIC, "scale", mean(spread), "standard deviation within an example"
        ),
        Measurement(
            TOPIC,
            "largest",
            exactly(most),
            "largest absolute logit",
            measured.shown("logit"),
        ),
        Measurement(
            TOPIC,
            "of_limit",
            exactly(used),
            f"that, as a share of {dtype.name}'s largest number",
        ),
        Measurement(
            TOPIC,
            "rounding",
            quantile(rounding, 0.5),
            f"distance of {dtype.name} numbers at an example's largest logit, median",
        ),
        Measurement(
            TOPIC,
            "offset",
            measured.mean("offset"),
            "mean logit, common to all classes",
        ),
        Measurement(
            TOPIC,
            "offset_drift",
            _drift(examples.offset),
            "change of the offset, first to last",
        ),
    ]


def looks_like_probabilities(measured: Measured) -> bool:
    """Whether all rows of the sample are from 0 to 1 and sum to 1."""
    z = measured.part.sample.astype(np.float64)
    if z.size == 0 or z.shape[1] < 2 or not np.isfinite(z).all():
        return False
    return bool(((z >= 0) & (z <= 1)).all() and _are_one(z.sum(axis=1), measured))


def looks_like_log_probabilities(measured: Measured) -> bool:
    """Whether the exponentials of all rows of the sample sum to 1."""
    z = measured.part.sample.astype(np.float64)
    if z.size == 0 or z.shape[1] < 2 or (z > SMALL).any():
        return False
    return _are_one(np.exp(z).sum(axis=1), measured)


def _are_one(sums: Numbers, measured: Measured) -> bool:
    stored = measured.part.sample.dtype
    eps = float(_limits(stored).eps)
    return bool((np.abs(sums - 1) <= max(ROUNDING, 4 * eps)).all())


class Unused(NamedTuple):
    """Classes that no example has as its label.

    Attributes:
        padded: Classes whose logit is the same number in all examples.
        masked: Classes whose logit is -inf in all examples.
        probability: Probability that the padded classes take together.
        fewest: Number of examples that a padded class is predicted for.
    """

    padded: Numbers
    masked: Numbers
    probability: float
    fewest: int


def unused(measured: Measured) -> Unused:
    """Find padding and masks."""
    classes, count = measured.classes, measured.count
    no_label = classes.targets == 0
    masked = no_label & (classes.masked == count)
    # The program has written 0 for what does not count; it takes no part in these extremes.
    constant = (classes.masked == 0) & (classes.largest == classes.least)
    # Where no logit moves, as in one example, that of an unused class says nothing.
    constant &= no_label & ~constant[~no_label].all()
    predicted = np.bincount(measured.examples.predicted, minlength=len(no_label))
    probability = float(classes.probability[constant].sum() / count)
    return Unused(
        np.flatnonzero(constant),
        np.flatnonzero(masked),
        0.0 if math.isnan(probability) else probability,
        int(predicted[constant].sum()),
    )


class Shift(NamedTuple):
    """How far the mean probabilities are from the frequencies of the labels.

    Attributes:
        distance: Total variation distance, from 0 to 1, without what sampling alone gives.
        most: Classes that differ most.
    """

    distance: Estimate
    most: Numbers


def shift(measured: Measured) -> Shift:
    """Compare what the model expects of the labels in sum with what they are."""
    classes, count = measured.classes, measured.count
    expected, found = classes.probability / count, classes.targets / count
    variance = (expected * (1 - expected)).clip(0) / count
    gap = np.abs(expected - found)
    by_chance = math.sqrt(2 / math.pi) * float(np.sqrt(variance).sum()) / 2
    value = max(float(gap.sum()) / 2 - by_chance, 0.0)
    half = NORMAL * float(np.sqrt(variance.sum())) / 2
    return Shift(
        Estimate(value, max(value - half, 0.0), value + half), np.argsort(-gap)[:5]
    )


def _limits(dtype: np.dtype[Any]) -> Any:
    return jnp.finfo(dtype)  # type: ignore[no-untyped-call]


def _spread(sample: Numbers) -> Numbers:
    z = np.where(np.isfinite(sample), sample, np.nan).astype(np.float64)
    usable = np.isfinite(z).any(axis=1)
    result: Numbers = np.nanstd(z[usable], axis=1)
    return result


def _ulp(size: Numbers, limits: Any) -> Numbers:
    """Distance between neighbouring numbers at this size."""
    exponent = np.floor(
        np.log2(np.maximum(size, float(limits.tiny)).astype(np.float64))
    )
    result: Numbers = float(limits.eps) * 2**exponent
    return result


def _drift(offset: Numbers) -> Estimate:
    """Change along a straight line through all examples in their order."""
    count = len(offset)
    if count < 3:
        return Estimate(0.0, -math.inf, math.inf)
    place = np.linspace(-0.5, 0.5, count)
    y = offset.astype(np.float64) - offset.mean(dtype=np.float64)
    squares = place @ place
    slope = float(place @ y / squares)
    residual = y - slope * place
    half = NORMAL * math.sqrt(float(residual @ residual) / (count - 2) / squares)
    return Estimate(slope, slope - half, slope + half)
