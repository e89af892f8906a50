"""What a loss and its gradient must be, and by how much rounding may change them.

The tolerances are those of a backward error analysis. A sound computation gives the exact result
of logits that are off by the rounding of their dot products and of the log-normaliser; what such
changes do to the losses and slopes is found by making them. To this come the roundings of the
sums over classes and rows, of the slopes that are cast before a product, and of the result.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from .batch import Batch, Matrix, eps_of, smallest_of
from .reference import Reference

Reduction: TypeAlias = Literal["none", "mean", "sum"]

SAFETY = 8
"""Factor between what the changes that were tried do, and what the worst ones might do."""

TRIALS = 3
"""Number of random changes of the logits."""


class Bounded(NamedTuple):
    """Exact numbers and how far a sound computation may be from them."""

    value: Matrix
    tolerance: Matrix


class Miss(NamedTuple):
    """The entry of a result that is furthest from what it must be.

    Attributes:
        what: Name of the result, "losses" or that of the argument of a gradient.
        place: Index of the entry.
        got: Number that was returned.
        expected: Exact number.
        tolerance: What rounding explains.
    """

    what: str
    place: tuple[int, ...]
    got: float
    expected: float
    tolerance: float

    def __str__(self) -> str:
        of = (
            "the losses"
            if self.what == "losses"
            else f"the gradient of the {self.what}"
        )
        entry = "".join(f"[{i}]" for i in self.place)
        where = f"entry {entry} of {of}" if entry else "the loss"
        return (
            f"{where} is {self.got:.6g} instead of {self.expected:.6g}; "
            f"rounding explains {self.tolerance:.1g}"
        )


@dataclass(frozen=True)
class Expected:
    """The exact losses and slopes of a batch, [m] and [m, K], with their tolerances.

    Attributes:
        batch: Inputs of the loss.
        losses: Loss of each row.
        slopes: Derivative of each row's loss in its logits.
    """

    batch: Batch
    losses: Bounded
    slopes: Bounded

    def keeping(self, kept: Any) -> "Expected":
        """The same with no loss and no slope in rows that are not kept."""

        def masked(bounded: Bounded, mask: Any) -> Bounded:
            return Bounded(*(np.where(mask, part, 0.0) for part in bounded))

        rows = np.asarray(kept)
        losses = masked(self.losses, rows)
        return Expected(self.batch, losses, masked(self.slopes, rows[:, None]))

    def reduced(self, reduction: Reduction, kept: int | None = None) -> Bounded:
        """The reduced losses; the mean is taken over the kept rows."""
        if reduction == "none":
            return self.losses
        divisor = self._divisor(reduction, kept)
        rounding = _sum_rounding(self.batch, len(self.batch.labels))
        value = self.losses.value.sum()
        tolerance = self.losses.tolerance.sum()
        tolerance += rounding * abs(self.losses.value).sum()
        # The sum and the quotient may each be rounded to the dtype of the losses.
        tolerance += 2 * _output_rounding(self.batch) * abs(value)
        return Bounded(np.asarray(value / divisor), np.asarray(tolerance / divisor))

    def gradient(
        self, cotangent: Any, reduction: Reduction = "none", kept: int | None = None
    ) -> dict[str, Bounded]:
        """The gradient of every argument for a cotangent of the reduced losses."""
        weights = np.broadcast_to(
            np.asarray(cotangent) / self._divisor(reduction, kept),
            self.losses.value.shape,
        )[:, None]
        slopes = weights * self.slopes.value
        # The slopes may be rounded to the inputs' dtype before they are multiplied.
        cast = 2 * _output_rounding(self.batch)
        errors = abs(weights) * self.slopes.tolerance + cast * abs(slopes)
        errors = errors + smallest_of(self.batch.dtype)
        arrays = self.batch.arrays
        if "logits" in arrays:
            return {"logits": Bounded(slopes, errors)}
        features, classes = arrays["features"], arrays["weights"]
        result = {
            "features": self._product(slopes, errors, classes),
            "weights": self._product(slopes.T, errors.T, features),
        }
        if "bias" in arrays:
            ones = np.ones((len(slopes), 1))
            bias = self._product(slopes.T, errors.T, ones)
            result["bias"] = Bounded(bias.value[:, 0], bias.tolerance[:, 0])
        return result

    def _product(self, slopes: Matrix, errors: Matrix, factor: Matrix) -> Bounded:
        rounding = _sum_rounding(self.batch, slopes.shape[1])
        value = slopes @ factor
        tolerance = errors @ abs(factor) + rounding * (abs(slopes) @ abs(factor))
        tolerance += _output_rounding(self.batch) * abs(value)
        return Bounded(value, tolerance + smallest_of(self.batch.dtype))

    def _divisor(self, reduction: Reduction, kept: int | None) -> int:
        if reduction != "mean":
            return 1
        return max(len(self.batch.labels) if kept is None else kept, 1)


def expected(batch: Batch, reference: Reference, *, exact: bool = False) -> Expected:
    """Evaluate the reference, and what rounding may do.

    Args:
        batch: Inputs of the loss.
        reference: Dense form.
        exact: Whether the logits are sums without rounding that differ by little, so
            that nothing about their common size excuses an error.
    """
    logits, labels = batch.logits, batch.labels
    inside = np.where((labels >= 0) & (labels < logits.shape[1]), labels, 0)
    changes = _changes(batch, logits, exact)
    copies = TRIALS + 1
    losses, slopes = reference.evaluate(
        np.concatenate([logits, *(logits + change for change in changes)]),
        np.tile(inside, copies),
    )
    own = _sum_rounding(batch, logits.shape[1])
    losses = losses.reshape(copies, *labels.shape)
    slopes = slopes.reshape(copies, *logits.shape)
    # The log-normaliser enters each loss with the weight of the label's slope, at most.
    steepest = np.maximum(abs(slopes[0]).max(axis=1), 1.0)
    common = 0.0 if exact else 2 * _accumulation_eps(batch) * abs(logits).max(axis=1)
    extra = steepest * (own + common)
    loss = _bounded(losses, own + _output_rounding(batch), extra)
    label_errors = np.zeros_like(logits)
    label_errors[np.arange(len(labels)), inside] = extra
    return Expected(batch, loss, _bounded(slopes, own, label_errors))


def rerun_tolerance(batch: Batch, losses: Matrix) -> Matrix:
    """How far two sound computations of the same losses may be from each other."""
    own = _sum_rounding(batch, batch.logits.shape[1]) + _output_rounding(batch)
    sums = _accumulation_eps(batch) * (batch.num_terms + 2) * batch.sizes.max(axis=1)
    tolerance: Matrix = 2 * (own * (1 + abs(losses)) + sums)
    return tolerance


def misses(
    losses: Matrix,
    gradient: dict[str, Matrix],
    right: Bounded,
    right_gradient: dict[str, Bounded],
) -> dict[str, Miss]:
    """The worst entry of every result that is not within its tolerance."""
    pairs = {"losses": (losses, right)}
    pairs |= {k: (gradient[k], right_gradient[k]) for k in gradient}
    found = {name: miss(name, got, want) for name, (got, want) in pairs.items()}
    return {name: each for name, each in found.items() if each is not None}


def miss(what: str, got: Matrix, want: Bounded) -> Miss | None:
    """The entry that is furthest from what it must be; None if all are within tolerance."""
    error = abs(got - want.value)
    error = np.where(np.isfinite(got), error, np.inf)
    with np.errstate(over="ignore"):
        excess = error / np.maximum(want.tolerance, np.finfo(float).tiny)
    if excess.size == 0 or excess.max() <= 1:
        return None
    index = np.unravel_index(int(excess.argmax()), excess.shape)
    place = tuple(int(i) for i in index)
    value, tolerance = float(want.value[place]), float(want.tolerance[place])
    return Miss(what, place, float(got[place]), value, tolerance)


def _changes(batch: Batch, logits: Matrix, exact: bool) -> list[Matrix]:
    """Random changes of the logits of the size of their rounding."""
    eps = _accumulation_eps(batch)
    spread = logits - logits.max(axis=1, keepdims=True)
    size = eps * abs(spread)
    if not exact:
        largest = abs(logits).max(axis=1, keepdims=True)
        size = size + eps * ((batch.num_terms + 2) * batch.sizes + 2 * largest)
    rng = np.random.default_rng(0)
    return [size * rng.choice([-1.0, 1.0], logits.shape) for _ in range(TRIALS)]


def _bounded(copies: Matrix, relative: float, extra: Any) -> Bounded:
    """The first copy, with the differences of the others as part of the tolerance."""
    value = copies[0]
    change = abs(copies[1:] - value).max(axis=0)
    return Bounded(value, SAFETY * change + relative * abs(value) + extra)


def _sum_rounding(batch: Batch, terms: int) -> float:
    return _accumulation_eps(batch) * float(SAFETY + 2 * terms**0.5)


def _accumulation_eps(batch: Batch) -> float:
    """The epsilon of the dtype in which sums are accumulated, at least float32."""
    return min(eps_of(batch.dtype), eps_of("float32"))


def _output_rounding(batch: Batch) -> float:
    """The relative error of one rounding to the dtype in which results are returned."""
    return eps_of(batch.dtype) / 2
