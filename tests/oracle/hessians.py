"""Exact second derivatives, and how much the formula cancels in each of their entries.

An entry of the Hessian is the slope of the exact gradient, by central differences with 220 digits.
Its terms are those of the chain rule, written in `c_j = p_j dL/dp_j` and `h_k = d log g / dz_k`:

    dL/dz_k = h_k (c_k (1 - p_k) - p_k sum_{j != k} c_j)

for a separable normalizer, where each product is differentiated by the product rule. The slopes of
p, c and h themselves count as single terms: a good formula of them does not cancel. For the other
normalizers the terms are those of `scale_k sum_j share_j (dL/dp_k - dL/dp_j)`.
"""

from typing import NamedTuple

from mpmath import isinf, mp, mpf

from . import LOGIT_LOSSES, LOSSES, check, escort, parse, simplex
from .exact import ONE, ZERO, OutsideDomain, Simplex, exactly

DIGITS = 220
STEP = mpf(10) ** -40
KINK = mpf(10) ** -10
"""Relative difference of the slopes to both sides, or of the gradients, that shows a kink."""

LOST = mpf(10) ** (60 - DIGITS)
"""Relative size below which a slope is nothing but rounding, and truly 0."""

NOT_SEPARABLE = (
    "min_shift", "argmax", "sparsemax", "entmax", "tempered", "top_k", "ev_softmax", "eps_softmax",
    "t_softmax", "r_softmax", "sparsegen", "sparsehourglass", "normmax", "softpick",
    "sigmoid_attention", "budget",
)  # fmt: skip


class Products(NamedTuple):
    """A value, and its gradient as sums of products.

    `terms[k]` are tuples of factors, and each factor is (number, its own `sum |terms|`).
    """

    value: tuple
    terms: list
    least: mpf = ONE


NOTHING: list = []
"""The sum of no products: a component that is 0."""


class Hessian(NamedTuple):
    """Value, entries [n][n] and their `sum |terms|`; an entry is None at a kink."""

    value: tuple
    entries: list
    sizes: list
    least: mpf


def hessian(spec: str, z: tuple, target: tuple, dtype: str) -> Hessian | None:
    """The Hessian at exactly these numbers; None at poles and outside the domain."""
    with mp.workdps(DIGITS):
        try:
            here = products(spec, tuple(exactly(z)), target, dtype)
            columns = [column(spec, z, target, dtype, here, i) for i in range(len(z))]
        except OutsideDomain:
            return None
    entries, sizes = zip(*columns, strict=True)
    transposed = [list(zip(*each, strict=True)) for each in (entries, sizes)]
    return Hessian(here.value, *transposed, here.least)


def column(
    spec: str, z: tuple, target: tuple, dtype: str, here: Products, i: int
) -> tuple[list, list]:
    """The slopes of all components of the gradient in z_i, and their |terms|."""
    above, below = (
        products(spec, moved(z, i, sign * STEP), target, dtype) for sign in (1, -1)
    )
    found = [
        slope(*each) for each in zip(here.terms, above.terms, below.terms, strict=True)
    ]
    return [entry for entry, _ in found], [size for _, size in found]


def moved(z: tuple, i: int, step: mpf) -> tuple:
    return tuple(x + step if k == i else x for k, x in enumerate(exactly(z)))


def slope(here: list, above: list, below: list) -> tuple[mpf | None, mpf]:
    """Slope of a sum of products, and its |terms| by the product rule; None at a kink."""
    if not len(here) == len(above) == len(below):
        return None, ZERO  # a class is about to leave the support
    entry, size, right, left, largest = ZERO, ZERO, ZERO, ZERO, ZERO
    for factors, up, down in zip(here, above, below, strict=True):
        values = [value_of(each) for each in (up, down, factors)]
        entry += (values[0] - values[1]) / (2 * STEP)
        right += (values[0] - values[2]) / STEP
        left += (values[2] - values[1]) / STEP
        size += product_rule(factors, up, down)
        largest += abs(values[2])
    if abs(entry) < largest * LOST:
        return ZERO, size
    jumps = abs(entry) * STEP > KINK * largest
    if jumps or abs(right - left) > KINK * (abs(right) + abs(left)):
        return None, ZERO
    return entry, size


def product_rule(factors: tuple, up: tuple, down: tuple) -> mpf:
    total = ZERO
    for i, ((a, c), (b, d)) in enumerate(zip(up, down, strict=True)):
        others = [size for j, (_, size) in enumerate(factors) if j != i]
        change = max(abs(a - b), abs(c - d))
        total += change / (2 * STEP) * mp.fprod(others)
    return total


def value_of(factors: tuple) -> mpf:
    return mp.fprod(number for number, _ in factors)


def products(spec: str, z: tuple, target: tuple, dtype: str) -> Products:
    """The value, the gradient as sums of products, and the least probability that is not 0."""
    t = exactly(target)
    normalizer, _, loss = spec.rpartition(" + ")
    name, parameters = parse(loss, dtype)
    if not normalizer:
        check(z)
        *value, gradient, sizes = LOGIT_LOSSES[name](list(z), t, **parameters)
        terms = [[(pair,)] for pair in zip(gradient, sizes, strict=True)]
        if name == "spherical_bound":
            terms = of_spherical_bound(list(z), t, gradient)
        return Products(tuple(value), terms)
    s = simplex(normalizer, z, dtype, DIGITS)
    *value, slopes, sizes = LOSSES[name](s, t, **parameters)
    if isinf(value[0]):
        raise OutsideDomain
    if parse(normalizer, dtype)[0] in NOT_SEPARABLE or not all(s.p):
        return Products(tuple(value), by_columns(s, slopes, sizes), s.least)
    least = s.least
    if name == "spherical_score":
        s = escort(s)
        _, _, slopes, sizes = LOSSES["hellinger"](s, t)
    logs = [x / p for x, p in zip(s.scale, s.p, strict=True)]
    pulls = [(p * a, p * b) for p, a, b in zip(s.p, slopes, sizes, strict=True)]
    return Products(tuple(value), by_logarithms(s, pulls, logs), least)


def of_spherical_bound(z: list, t: list, gradient: list) -> list:
    """`1/n - t_k + (z_k - mean) rate`, in which the rate and the logits are one product."""
    mean = mp.fsum(z) / len(z)
    centred = [x - mean for x in z]
    k = max(range(len(z)), key=lambda i: abs(centred[i]))
    if abs(centred[k]) < 2 * STEP:
        return [[((g, abs(g)),)] for g in gradient]
    rate = (gradient[k] - ONE / len(z) + t[k]) / centred[k]
    return [
        [((x, abs(x)), (rate, rate)), ((ONE / len(z) - b, ONE),)]
        for x, b in zip(centred, t, strict=True)
    ]


def by_logarithms(s: Simplex, pulls: list, logs: list) -> list:
    """`h_k (c_k (1 - p_k) - p_k sum_{j != k} c_j)`."""
    found = []
    for k, h in enumerate(logs):
        factor = (h, abs(h))
        own = (pulls[k], (s.complement[k], s.complement[k]), factor)
        others = [
            ((-c, size), (s.p[k], s.p[k]), factor)
            for j, (c, size) in enumerate(pulls)
            if j != k and size
        ]
        found.append([own, *others])
    return found


def by_columns(s: Simplex, slopes: list, sizes: list) -> list:
    """`scale_k sum_{j != k} share_j (dL/dp_k - dL/dp_j)`, or the columns of another form."""
    found = []
    for k in range(len(s.p)):
        if k in s.columns:
            entries, entry_sizes = s.columns[k]()
            pairs = zip(entries, entry_sizes, slopes, sizes, strict=True)
            terms = [((a, b), (c, d)) for a, b, c, d in pairs if a or not isinf(c)]
            if any(isinf(c) for _, (c, _) in terms):
                raise OutsideDomain
            found.append([each for each in terms if each[0][1]])
            continue
        if not s.scale[k]:
            found.append(NOTHING)
            continue
        factor = (s.scale[k], abs(s.scale[k]))
        terms = []
        for j in range(len(s.p)):
            if j != k and s.share[j]:
                share = (s.share[j], s.share[j])
                size = sizes[k] + sizes[j]
                terms.append((factor, share, (slopes[k] - slopes[j], size)))
        if s.unseen:
            # The share that no class has takes from k too.
            unseen = (s.unseen, s.unseen)
            terms.append((factor, unseen, (slopes[k], abs(sizes[k]))))
        found.append(terms)
    return found
