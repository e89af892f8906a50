"""Whether a loss is symmetric, so that uniform label noise does not move its minimiser."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from numbers import Real

import numpy as np

from ..base.messages import quoted
from ..base.types import Number
from ..base.users_code import keeps_nothing
from ..base.whole_numbers import MOST_CLASSES, whole_number
from ..base.x64 import enable_x64
from ..objectives.sources import Source
from .by_label import ByLabel, Rows, by_label, for_all_labels, of_one_label

SIZES = (1e-2, 0.1, 0.3, 1.0, 2.0, 4.0, 8.0, 16.0, 40.0)
FAR = (1e4, 1e8, 1e12)
"""Sizes far out, so far apart that what still grows between them grows without bound."""
STILL = 0.8
"""Growth between the last sizes far out, relative to that before, from which there is no bound.

A logarithm grows by equal steps; a power s^-0.05 that dies out, by 0.6 of the step before.
"""
MOST_DIRECTIONS = 24
SCATTERED, WIDTHS = 48, (0.3, 1.0, 3.0, 10.0)
ROUNDS, CANDIDATES, NARROWER = 8, 24, 0.5
"""The search around the extremes: its rounds, its points, and the factor of their distances."""
HUGE = 1e9
"""Sum that counts as infinite, relative to that of equal logits."""
ROUNDING = 64
"""Number of roundings up to which sums count as equal."""


@dataclass(frozen=True)
class NoiseSymmetry:
    """The bounds of the sum over all labels of a loss, S(z) = sum_k L(z, k).

    Attributes:
        low: Least sum; -inf if there is none.
        high: Largest sum; inf if there is none.
        num_classes: Number of classes n.
    """

    low: float
    high: float
    num_classes: int

    @property
    def spread(self) -> float:
        """The difference of both bounds, 0 for a symmetric loss."""
        return self.high - self.low

    @property
    def is_symmetric(self) -> bool:
        """Whether the sum is the same for all logits."""
        return self.spread == 0

    def excess_risk(self, noise: Number) -> float:
        """By how much the risk on clean labels may rise by learning from noisy ones.

        Where a share r < (n - 1)/n of the labels is replaced by other classes, all alike, the
        minimiser of the noisy risk has a clean risk of at most the least one plus
        `r spread / (n - 1 - r n)`.

        Args:
            noise: Share r of the labels that are replaced, at least 0 and below (n - 1)/n.

        Raises:
            ValueError: If the share is not in this range.

        Example:
            >>> import logitscape as ls
            >>> ls.noise_symmetry("softmax + mae").excess_risk(0.4)
            0.0
        """
        n = self.num_classes
        is_number = isinstance(noise, Real) and not isinstance(noise, np.timedelta64)
        is_share = is_number and 0 <= noise < (n - 1) / n
        if not is_share:
            raise ValueError(
                "`NoiseSymmetry.excess_risk(noise)` must be at least 0 and below "
                f"{n - 1}/{n}, got {quoted(noise)}."
            )
        return 0.0 if noise == 0 else float(noise * self.spread / (n - 1 - noise * n))


@keeps_nothing
def noise_symmetry(source: Source, *, num_classes: int = 3) -> NoiseSymmetry:
    """The bounds of the sum over all labels of a loss, which says how it bears label noise.

    A loss is symmetric if S(z) = sum_k L(z, k) is the same for all logits z. Then labels that are
    replaced by others, all alike, do not change which classifier has the least risk, as long as
    less than a share of (n - 1)/n of them is. Otherwise `excess_risk` bounds the harm by
    the spread of S. The bounds are those of a search over logits from 0.01 to 1e12 in float64.

    Args:
        source: Objective, or a spec or a function that `ls.objective` accepts.
        num_classes: Number of classes n, at least 2.

    Returns:
        The least and the largest sum.

    Raises:
        ValueError: If there are fewer than 2 classes, if the loss is nowhere finite, or if every
            class has a target of its own.

    Sources: Ghosh, Kumar and Sastry, Robust loss functions under label noise for deep neural
    networks, AAAI 2017, arXiv 1712.09482; the bound: Zhang and Sabuncu, Generalized cross entropy
    loss, NeurIPS 2018, theorem 1.

    Example:
        >>> import logitscape as ls
        >>> ls.noise_symmetry("softmax + mae", num_classes=10)
        NoiseSymmetry(low=18.0, high=18.0, num_classes=10)
        >>> loss = "softmax + generalized_cross_entropy(q=0.5)"
        >>> ls.noise_symmetry(loss, num_classes=4)
        NoiseSymmetry(low=4.0, high=6.0, num_classes=4)
        >>> ls.noise_symmetry("softmax + cross_entropy").high
        inf
    """
    whole_number("noise_symmetry", "num_classes", num_classes, low=2, high=MOST_CLASSES)
    loss = of_one_label("noise_symmetry", source)
    with enable_x64():
        found = noise_symmetry_of(by_label(loss), num_classes)
    if found is None:
        raise ValueError(
            f"`noise_symmetry({source!r})`: the loss is nowhere finite for all labels."
        )
    return found


def noise_symmetry_of(
    loss: ByLabel, n: int, fit: Callable[[Rows], Rows] = lambda z: z
) -> NoiseSymmetry | None:
    """The bounds of the sum of a loss over its labels; None if it is nowhere finite.

    Args:
        loss: The loss.
        n: Number of classes.
        fit: Function that moves logits into the domain of the loss.
    """
    random = np.random.default_rng(0)
    near, far = _near_and_far(n, random)
    z = fit(np.concatenate([near, far.reshape(-1, n)]))
    sums, sizes = _sums(loss, z)
    known = ~np.isnan(sums)
    if not np.isfinite(sums).any():
        return None
    # All sums are compared with that of the simplest logits.
    middle = sums[np.flatnonzero(np.isfinite(sums))[0]]
    rounding = ROUNDING * loss.eps * n * (1 + sizes + abs(middle))
    if not np.isinf(sums).any() and (np.abs(sums - middle) <= rounding)[known].all():
        middle = _shortened(middle, ROUNDING * loss.eps)
        return NoiseSymmetry(middle, middle, n)
    ends = sums[len(near) :].reshape(far.shape[:2])
    bounds = list[float]()
    for sign in (-1.0, 1.0):

        def signed(z: Rows, sign: float = sign) -> Rows:
            return sign * _sums(loss, fit(z))[0]

        is_huge = np.nanmax(sign * sums) > HUGE * (1 + abs(middle))
        has_none = is_huge or _grows(sign * ends)
        largest = math.inf if has_none else _climb(signed, z, sign * sums, random)
        bounds.append(_shortened(sign * largest, ROUNDING * loss.eps))
    low, high = bounds
    return NoiseSymmetry(low, high, n)


def _sums(loss: ByLabel, z: Rows) -> tuple[Rows, Rows]:
    """The sums of the losses of all labels, and of their absolute values, [m]."""
    m, n = z.shape
    by_label = loss.losses(*for_all_labels(z)).reshape(m, n)
    with np.errstate(invalid="ignore"):
        return by_label.sum(axis=1), np.abs(by_label).sum(axis=1)


def _near_and_far(n: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Logits of all ordinary sizes, [m, n], and far out, [direction, size, n]."""
    units = np.eye(n)
    pairs = [units[j] - units[k] for j, k in combinations(range(n), 2)]
    directions = np.array([*units, *-units, *pairs, *(-pair for pair in pairs)])
    if len(directions) > MOST_DIRECTIONS:
        # The first class up and down is kept, for a loss of many classes that are all alike.
        chosen = random.permutation(len(directions))[: MOST_DIRECTIONS - 2]
        directions = directions[[0, n, *chosen]]
    on_rays = np.array(SIZES)[:, None, None] * directions
    widths = np.repeat(WIDTHS, SCATTERED // len(WIDTHS))[:, None]
    scattered = widths * random.standard_normal((SCATTERED, n))
    # Equal logits first, as the simplest; positive ones for losses that take no others.
    equal = np.array([np.zeros(n), np.ones(n)])
    flat = on_rays.reshape(-1, n)
    near = np.concatenate([equal, flat, 1 + np.abs(flat), scattered, np.abs(scattered)])
    far = np.array(FAR)[:, None] * directions[:, None]
    return near, np.concatenate([far, 1 + np.abs(far)])


def _climb(
    function: Callable[[Rows], Rows], z: Rows, values: Rows, random: np.random.Generator
) -> float:
    """The largest value of a function, found around the largest of those at z [m, n]."""
    best = int(np.nanargmax(values))
    place, value = z[best], float(values[best])
    width = 1.0
    for _ in range(ROUNDS):
        spread = width * (0.1 + np.abs(place).max())
        near = place + spread * random.standard_normal((CANDIDATES, len(place)))
        found = np.nan_to_num(function(near), nan=-np.inf)
        best = int(np.argmax(found))
        if found[best] > value:
            place, value = near[best], float(found[best])
        width *= NARROWER
    return value


def _grows(ends: Rows) -> bool:
    """Whether sums far out, [direction, size], grow without bound in some direction."""
    with np.errstate(invalid="ignore"):
        before, after = np.diff(ends, axis=1).T
        scale = 1e-6 * (1 + np.abs(ends[:, -1]))
        return bool(np.any((after > scale) & (after >= STILL * before)))


def _shortened(number: float, precision: float) -> float:
    """A number without digits that are nothing but rounding."""
    if number == 0 or not math.isfinite(number):
        return float(number)
    digits = -math.floor(math.log10(precision * abs(number))) - 1
    return round(float(number), max(digits, 0)) + 0.0
