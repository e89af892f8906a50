"""What the oracle is made of: exact probability vectors with their Jacobians, and sums without
subtractions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate

from mpmath import mpf

INSIDE, POLE, OUTSIDE, OVERFLOW = "inside", "pole", "outside", "overflow"
ZERO, ONE = mpf(0), mpf(1)


class OutsideDomain(Exception):
    """The normalizer is not defined there: everything is NaN."""


class Overflow(Exception):
    """The logarithm of a weight is beyond the dtype: NaN or infinity, no wrong finite number."""


@dataclass(frozen=True)
class Truth:
    """Value, gradient, and their `sum |terms|`; `gradient[k]` is None where the derivative does
    not exist.

    `least` is the smallest probability that is not 0.
    """

    status: str
    value: mpf | None = None
    value_size: mpf = ZERO
    gradient: tuple[mpf | None, ...] = ()
    gradient_size: tuple[mpf, ...] = ()
    least: mpf = ONE


@dataclass
class Simplex:
    """Probabilities and their Jacobian in the form `dp_j/dz_k = scale_k ([j = k] - share_j)`.

    `noise`, `share_noise`, `scale_noise` are extra relative errors, in units of a rounding error,
    of p_j (of 1 - p_j where p_j > 1/2), share_j and scale_k; `stays` marks zeros that stay zero
    nearby, `columns` makes the columns of the Jacobian that have another form (terms, |terms|);
    `unseen` is the share that no class has.
    """

    p: list
    complement: list
    log_p: list
    share: list
    scale: list
    noise: list
    share_noise: list
    scale_noise: list
    stays: list
    columns: dict = field(default_factory=dict)
    unseen: mpf = ZERO

    @cached_property
    def least(self) -> mpf:
        """The smallest probability that is not 0."""
        return min(x for x in (*self.p, ONE) if x)


@lru_cache(maxsize=1024)
def exactly(numbers: tuple[float, ...]) -> list:
    """Doubles as numbers of mpmath."""
    return [mpf(x) for x in numbers]


def distinct(numbers: Iterable, sizes: Iterable) -> dict:
    """Pairs by the identity of their members: equal classes share a computation."""
    return {
        (id(x), id(size)): (x, size) for x, size in zip(numbers, sizes, strict=True)
    }


def all_but(values: list, extra: mpf = ZERO) -> list:
    """Sums of all the other entries (and `extra`), without a subtraction."""
    before = list(accumulate(values, initial=extra))[:-1]
    after = list(accumulate(values[::-1], initial=ZERO))[:-1][::-1]
    return [a + b for a, b in zip(before, after, strict=True)]


def excess(total: mpf, value: mpf) -> mpf:
    """Amplification beyond 1 of a sum whose terms have the absolute values `total`."""
    return total / abs(value) - 1 if value else ZERO
