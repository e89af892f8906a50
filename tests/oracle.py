"""Every normalizer, loss and logit loss to 50 digits: value, gradient, and how much the formula cancels.

Nothing of logitscape is imported: formulas and chain rule are written anew with mpmath. The door is
`truth(spec, z, target, dtype)`.

**The one rule of the tolerances.** A number x is right if `|got - x| <= tolerance * amplification * |x|`,
where the amplification is `sum |terms| / |sum terms|` of the textbook formula, computed at the very point,
never below 1:

* chain rule: the terms are `dL/dp_j dp_j/dz_k`, Jacobian entries taken as products of p and 1 - p, which do
  not cancel;
* `dL/dp_j` and values that are sums of terms of both signs: their terms (kl, reverse_kl, label smoothing,
  poly1 with epsilon < 0, scores of soft targets, z_loss near logsumexp = 0, the derivative of min_shift in
  its lowest class);
* a class whose p is itself the result of a cancellation passes that on to what depends on it, by as much as
  the loss moves when p is moved by it: the support edge of sparsemax and entmax, `(z_j - tau)^(1/beta)` with
  z_j and tau measured from the largest logit; Taylor polynomials of order 4 and more;
* input conditioning, only where unavoidable: `exp(exp(exp z))` turns the rounding of `exp z` into `exp(z)`
  times as much.

What a stable implementation avoids is not excused: 1 - p, gaps between logits with any common offset,
`1 - p_y / |p|` and the one-hot Tsallis score near their optimum, Fenchel-Young losses (sums of Bregman
divergences) near theirs. Numbers in subnormal range have an absolute bound (accuracy.py, `allowed_error`).
"""

import re
from ast import literal_eval
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate

import numpy as np
from mpmath import inf, isinf, mp, mpf

INSIDE, POLE, OUTSIDE, OVERFLOW = "inside", "pole", "outside", "overflow"
ZERO, ONE = mpf(0), mpf(1)


class OutsideDomain(Exception):
    """The normalizer is not defined there: everything is NaN."""


class Overflow(Exception):
    """The logarithm of a weight is beyond the dtype: NaN or infinity, but no wrong finite number."""


@dataclass(frozen=True)
class Truth:
    """Value, gradient, and their `sum |terms|`; `gradient[k]` is None where the derivative does not exist.

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

    `noise`, `share_noise`, `scale_noise` are extra relative errors, in units of a rounding error, of p_j (of
    1 - p_j where p_j > 1/2), share_j and scale_k; `stays` marks zeros that stay zero nearby, `rows` the
    columns of the Jacobian that have another form (terms, |terms|).
    """

    p: list
    complement: list
    log_p: list
    share: list
    rest: list
    scale: list
    noise: list
    share_noise: list
    scale_noise: list
    stays: list
    rows: dict = field(default_factory=dict)


def all_but(values: list, extra: mpf = ZERO) -> list:
    """Sums of all the other entries (and `extra`), without a subtraction."""
    before = list(accumulate(values, initial=extra))[:-1]
    after = list(accumulate(values[::-1], initial=ZERO))[:-1][::-1]
    return [a + b for a, b in zip(before, after, strict=True)]


def excess(total: mpf, value: mpf) -> mpf:
    """Amplification beyond 1 of a sum whose terms have the absolute values `total`."""
    return total / abs(value) - 1 if value else ZERO


# ----------------------------------------------------------------------------------------------- normalizers


def logarithms(p: list, complement: list) -> list:
    return [-inf if not x else mp.log(x) if 2 * x < 1 else mp.log1p(-y) for x, y in zip(p, complement, strict=True)]


def from_the_smaller_side(p: list, complement: list, noise: list) -> list:
    """Relative errors of p become those of 1 - p where p > 1/2: there the other classes determine it."""
    others = all_but([a * b for a, b in zip(p, noise, strict=True)])
    return [e if 2 * a < 1 or not b else o / b for a, b, e, o in zip(p, complement, noise, others, strict=True)]


def from_weights(g: list, scale: Callable, extra: mpf = ZERO, noise=None, steep=None, stays=None) -> Simplex:
    """`p_k = g_k / (sum g + extra)`; `scale(k, total)` is d g_k / dz_k over the total."""
    none, others = [ZERO for _ in g], all_but(g, extra)
    total = g[0] + others[0]
    p, complement = [x / total for x in g], [x / total for x in others]
    scales = [scale(k, total) for k in range(len(g))]
    shared = noise or none
    if noise:
        common = mp.fsum(a * b for a, b in zip(p, noise, strict=True))
        shared = [e + common for e in from_the_smaller_side(p, complement, noise)]
    bent = [a + b for a, b in zip(shared, steep or none, strict=True)]
    still = stays or [False for _ in g]
    return Simplex(p, complement, logarithms(p, complement), p, complement, scales, shared, shared, bent, still)


def separable(logs: list, slopes: list, noise=None, steep=None, reference: mpf | None = None) -> Simplex:
    """`p_k` in proportion to `e^{l_k}`, slopes `dl_k/dz_k`; `reference`: that of an unlisted class."""
    top = max([*logs, *([] if reference is None else [reference])])
    if top == -inf:
        raise OutsideDomain
    g = [ZERO if x == -inf else mp.exp(x - top) for x in logs]
    extra = ZERO if reference is None else mp.exp(reference - top)
    masks = [x == -inf for x in logs]
    return from_weights(g, lambda k, total: g[k] / total * slopes[k], extra, noise, steep, masks)


def unmasked(function: Callable) -> Callable:
    """A mask has log-weight -inf and slope 0: `function(z) -> (l, dl/dz)` is for finite z."""

    def masked(z: list, **parameters) -> tuple[list, list]:
        pairs = [(-inf, ZERO) if x == -inf else function(x, **parameters) for x in z]
        return [a for a, _ in pairs], [b for _, b in pairs]

    return masked


def sigmoid(z: mpf) -> mpf:
    return 1 / (1 + mp.exp(-z)) if z > 0 else mp.exp(z) / (1 + mp.exp(z))


def softplus(z: mpf) -> mpf:
    return z + mp.log1p(mp.exp(-z)) if z > 0 else mp.log1p(mp.exp(z))


def softmax(z, inverse_temperature=ONE):
    return separable(*unmasked(lambda x: (inverse_temperature * x, inverse_temperature))(z))


def softmax_one(z):
    return separable(*unmasked(lambda x: (x, ONE))(z), reference=ZERO)


def softplus_normalizer(z):
    return separable(*unmasked(lambda x: (mp.log(softplus(x)), sigmoid(x) / softplus(x)))(z))


def sigmoid_normalizer(z):
    return separable(*unmasked(lambda x: (-softplus(-x), sigmoid(-x)))(z))


def sigsoftmax(z):
    return separable(*unmasked(lambda x: (x - softplus(-x), 1 + sigmoid(-x)))(z))


def spherical(z, epsilon):
    finite(z)
    return separable([mp.log(x * x + epsilon) for x in z], [2 * x / (x * x + epsilon) for x in z])


def taylor(z, order=2):
    finite(z)
    order = int(order)
    terms = [[x**i / mp.factorial(i) for i in range(order + 1)] for x in z]
    g, slope = [mp.fsum(t) for t in terms], [mp.fsum(t[:-1]) for t in terms]
    noise = [excess(mp.fsum(map(abs, t)), s) if order > 2 else ZERO for t, s in zip(terms, g, strict=True)]
    steep = [excess(mp.fsum(map(abs, t[:-1])), s) if order > 2 else ZERO for t, s in zip(terms, slope, strict=True)]
    steep = [a + b for a, b in zip(noise, steep, strict=True)]
    return separable([mp.log(x) for x in g], [a / b for a, b in zip(slope, g, strict=True)], noise, steep)


def iterated_exponential(z, depth=2, largest=inf):
    if max(z) == -inf:
        raise OutsideDomain
    logs, slopes = list(z), [ONE for _ in z]
    for _ in range(int(depth) - 1):
        if max(logs) > mp.log(largest):
            raise Overflow
        logs = [mp.exp(x) for x in logs]
        slopes = [a * b for a, b in zip(slopes, logs, strict=True)]
    rounding = [mp.exp(x) if depth > 2 else ZERO for x in z]
    noise = [(max(logs) - x) * max(rounding) for x in logs]
    return separable(logs, slopes, noise, rounding)


def powers(amplitude: Callable, slope: Callable, power: int, stays: Callable) -> Callable:
    """`p_k` in proportion to `amplitude(z_k)^power`."""

    def normalizer(z):
        finite(z)
        a = [amplitude(x) for x in z]
        if max(a) <= 0 or min(a) < 0:
            raise OutsideDomain
        change = [power * x ** (power - 1) * slope(y) for x, y in zip(a, z, strict=True)]
        return from_weights([x**power for x in a], lambda k, total: change[k] / total, stays=[stays(x) for x in z])

    return normalizer


def relu(z):
    a = [x if x > 0 else ZERO for x in z]
    if max(a) <= 0:
        raise OutsideDomain
    return from_weights(a, lambda k, total: (ONE if a[k] > 0 else ZERO) / total, stays=[x < 0 for x in z])


def min_shift(z):
    finite(z)
    n, least = len(z), min(z)
    d = [x - least for x in z]
    total = mp.fsum(d)
    if total == 0:
        raise OutsideDomain
    lowest = [k for k in range(n) if d[k] == 0]
    result = from_weights(d, lambda k, total: 1 / total, stays=[len(lowest) == 1 and x == 0 for x in d])
    tie = ONE / len(lowest)
    for k in lowest:
        terms = [((ONE if j == k else ZERO), tie, result.p[j] * (1 - n * tie)) for j in range(n)]
        result.rows[k] = (
            [(a - b - c) / total for a, b, c in terms],
            [(a + b + abs(c)) / total for a, b, c in terms],
        )
    return result


def argmax(z):
    top = max(z)
    if top == -inf:
        raise OutsideDomain
    g = [ONE if x == top else ZERO for x in z]
    return from_weights(g, lambda k, total: ZERO, stays=[x < top for x in z])


def entmax(z, alpha):
    if max(z) == -inf:
        raise OutsideDomain
    if alpha == 1:
        return softmax(z)
    beta, top = alpha - 1, max(z)
    x = [-inf if y == -inf else beta * (y - top) for y in z]
    tau = threshold(x, beta)
    p = [(y - tau) ** (1 / beta) if y - tau > mpf(10) ** (8 - mp.dps) else ZERO for y in x]
    u = [y ** (2 - alpha) if y > 0 else ZERO for y in p]
    size, others, complement = mp.fsum(u), all_but(u), all_but(p)
    noise = [((abs(y) + abs(tau)) / (y - tau) - 1) / beta if q else ZERO for y, q in zip(x, p, strict=True)]
    bent = [abs(2 - alpha) * e for e in noise]
    return Simplex(
        p, complement, logarithms(p, complement), [y / size for y in u], [y / size for y in others], u,
        from_the_smaller_side(p, complement, noise), bent, bent, [q == 0 for q in p],
    )  # fmt: skip


def threshold(x: list, beta: mpf) -> mpf:
    """tau with `sum [x - tau]_+^{1/beta} = 1`: Newton's method from the left of a convex falling function."""
    tau = mpf(-1)
    for _ in range(200):
        gaps = [y - tau for y in x if y > tau]
        excess = mp.fsum(y ** (1 / beta) for y in gaps) - 1
        step = excess / mp.fsum(y ** (1 / beta - 1) / beta for y in gaps)
        tau += step
        if step < mpf(10) ** (3 - mp.dps):
            return tau
    raise RuntimeError("Newton's method for tau did not converge")


def finite(z: list) -> None:
    if min(z) == -inf:
        raise OutsideDomain


NORMALIZERS = {
    "softmax": softmax,
    "sum": powers(lambda x: x, lambda x: ONE, 1, lambda x: False),
    "abs": powers(abs, lambda x: mp.sign(x), 1, lambda x: False),
    "relu": relu,
    "square": powers(abs, lambda x: mp.sign(x), 2, lambda x: False),
    "spherical": lambda z, epsilon=0.001: spherical(z, epsilon),
    "taylor": taylor,
    "softplus": softplus_normalizer,
    "sigmoid": sigmoid_normalizer,
    "sigsoftmax": sigsoftmax,
    "iterated_exponential": iterated_exponential,
    "min_shift": min_shift,
    "argmax": argmax,
    "softmax_one": softmax_one,
    "sparsemax": lambda z: entmax(z, mpf(2)),
    "entmax": lambda z, alpha=1.5: entmax(z, alpha),
}

# ---------------------------------------------------------------------------------------------------- losses
# A loss of a Simplex s and a target t returns (value, its |terms|, slopes dL/dp_j, their |terms|).


def scored(psi: Callable) -> Callable:
    """`sum_k t_k psi(p_k)`; `psi(p, 1 - p, log p)` gives value, its |terms|, slope, its |terms|."""

    def loss(s, t, **parameters):
        value, total, slopes, sizes = ZERO, ZERO, [ZERO for _ in t], [ZERO for _ in t]
        for k in (k for k in range(len(t)) if t[k] > 0):
            v, size, slope, slope_size = psi(s.p[k], s.complement[k], s.log_p[k], **parameters)
            value, total = value + t[k] * v, total + t[k] * size
            slopes[k], sizes[k] = t[k] * slope, t[k] * slope_size
        return value, total, slopes, sizes

    return loss


def plain(value: mpf, slope: mpf) -> tuple:
    return value, abs(value), slope, abs(slope)


def power(p: mpf, exponent: mpf) -> mpf:
    """p^exponent with the limits at p = 0."""
    if p == 0:
        return inf if exponent < 0 else ONE if exponent == 0 else ZERO
    return p**exponent


def exponential(p, r, log_p):
    return plain(r / p, -1 / p**2) if p > 0 else plain(inf, -inf)


def generalized_cross_entropy(p, r, log_p, q=0.7):
    return plain(
        -log_p if q == 0 else inf if p == 0 and q < 0 else -mp.expm1(q * log_p) / q if p > 0 else 1 / q,
        -power(p, q - 1),
    )


def hellinger(p, r, log_p):
    return plain(-mp.expm1(log_p / 2) if p > 0 else ONE, -power(p, -ONE / 2) / 2)


def focal(p, r, log_p, gamma=2):
    if p == 0 or r == 0:
        return plain(inf, -inf) if p == 0 else plain(ZERO, -ONE if gamma == 0 else ZERO)
    return plain(-(r**gamma) * log_p, (gamma * r ** (gamma - 1) * log_p if gamma else ZERO) - r**gamma / p)


def mixed(p, r, log_p, a, b):
    """`-a log p + b (1 - p)`, the form of poly1 and of symmetric cross-entropy."""
    if p == 0:
        return (inf, inf, -inf, inf) if a else plain(b, -b)
    return -a * log_p + b * r, abs(a * log_p) + abs(b * r), -a / p - b, abs(a / p) + abs(b)


def clipped(p, r, log_p, epsilon=1e-7):
    """`-log(p + epsilon)`, near p = 1 the logarithm of 1 + (epsilon - (1 - p))."""
    if 2 * p < 1:
        return plain(-mp.log(p + epsilon), -1 / (p + epsilon))
    value, spread = -mp.log1p(epsilon - r), (epsilon + r) / abs(epsilon - r) if epsilon != r else inf
    return value, abs(value) * spread, -1 / (p + epsilon), 1 / (p + epsilon)


def differences(p: list, r: list, t: list) -> tuple[list, list]:
    """p - t written so that neither end cancels, and its |terms|."""
    terms = [((1 - b) * a, b * c) for a, b, c in zip(p, t, r, strict=True)]
    return [a - b for a, b in terms], [a + b for a, b in terms]


def brier(s, t, convention="sum"):
    factor = {"sum": ONE, "half": ONE / 2, "mean": ONE / len(t)}[convention]
    d, size = differences(s.p, s.complement, t)
    value = factor * mp.fsum(x * x for x in d)
    total = factor * mp.fsum(abs(x) * (2 * y - abs(x)) for x, y in zip(d, size, strict=True))
    return value, total, [2 * factor * x for x in d], [2 * factor * x for x in size]


def label(t: list) -> int | None:
    """The class of a one-hot target."""
    return t.index(1) if t.count(0) == len(t) - 1 and 1 in t else None


def spherical_score(s, t):
    p, y = s.p, label(t)
    norm, match = mp.sqrt(mp.fsum(x * x for x in p)), mp.fsum(a * b for a, b in zip(p, t, strict=True))
    if norm == 0:
        raise OutsideDomain
    slopes = [(match * a - b * norm**2) / norm**3 for a, b in zip(p, t, strict=True)]
    if y is None:
        sizes = [(match * a + b * norm**2) / norm**3 for a, b in zip(p, t, strict=True)]
        return 1 - match / norm, 1 + match / norm, slopes, sizes
    others = mp.fsum(x * x for k, x in enumerate(p) if k != y)
    slopes[y] = -others / norm**3
    value = others / (norm + match) / norm
    return value, value, slopes, [abs(x) for x in slopes]


def bregman(p: mpf, r: mpf, t: mpf, a: mpf) -> tuple[mpf, mpf]:
    """`phi(t) - phi(p) - phi'(p) (t - p)` for `phi(x) = x^a / (a (a-1))`; its |terms|, one term if t is 1."""
    if t == 1:  # in 1 - p, and a series where that cancels
        value = (1 - a * power(p, a - 1) + (a - 1) * p**a) / (a * (a - 1))
        if 0 < r < mpf(10) ** -5:
            value = sum(((-1) ** i * mp.binomial(a - 2, i) * r ** (i + 2) / (i + 2) for i in range(16)), ZERO)
        return value, value
    terms = [
        power(t, a) / (a * (a - 1)),
        -t * power(p, a - 1) / (a - 1) if t else ZERO,
        p**a / a if p else ZERO,
    ]
    return mp.fsum(terms), mp.fsum(map(abs, terms))


def tsallis_score(s, t, alpha=1.5):
    p, r, y = s.p, s.complement, label(t)
    if alpha == 1:
        logs = [-b * c for b, c in zip(t, s.log_p, strict=True) if b > 0]
        missing = 1 - mp.fsum(p)
        value, slopes = (
            mp.fsum(logs) - missing,
            [1 - (b / a if b else 0) if a else (-inf if b else ONE) for a, b in zip(p, t, strict=True)],
        )
        return value, mp.fsum(map(abs, logs)) + abs(missing), slopes, [2 - x for x in slopes]
    d, size = differences(p, r, t)
    slopes, sizes = ([power(a, alpha - 2) * x if x else ZERO for a, x in zip(p, v, strict=True)] for v in (d, size))
    if y is not None:
        value = mp.fsum(bregman(a, c, b, alpha)[0] for a, c, b in zip(p, r, t, strict=True))
        return value, value, slopes, sizes
    terms = [1 / (alpha * (alpha - 1))]
    terms += [-b * power(a, alpha - 1) / (alpha - 1) for a, b in zip(p, t, strict=True) if b > 0]
    terms += [a**alpha / alpha for a in p if a > 0]
    return mp.fsum(terms), mp.fsum(map(abs, terms)), slopes, sizes


def kl(s, t):
    pairs = [(b * mp.log(b), -b * c) for b, c in zip(t, s.log_p, strict=True) if b > 0]
    total = mp.fsum(abs(a) + abs(b) for a, b in pairs)
    slopes = [(-b / a if a else -inf) if b else ZERO for a, b in zip(s.p, t, strict=True)]
    return mp.fsum(a + b for a, b in pairs), total, slopes, [abs(x) for x in slopes]


def smoothed(t: list, smoothing) -> list:
    return [(1 - smoothing) * x + smoothing / len(t) for x in t]


def reverse_kl(s, t, smoothing=0.1):
    goal = smoothed(t, smoothing)
    pairs = [(c, -mp.log(b) if b else inf) for b, c in zip(goal, s.log_p, strict=True)]
    value = mp.fsum(a * (c + b) for a, (c, b) in zip(s.p, pairs, strict=True) if a > 0)
    total = mp.fsum(a * (abs(c) + abs(b)) for a, (c, b) in zip(s.p, pairs, strict=True) if a > 0)
    return value, total, [c + b + 1 for c, b in pairs], [abs(c) + abs(b) + 1 for c, b in pairs]


def label_smoothing(s, t, smoothing=0.1):
    goal = smoothed(t, smoothing)
    value = mp.fsum(-b * c for b, c in zip(goal, s.log_p, strict=True) if b > 0)
    slopes = [(-b / a if a else -inf) if b else ZERO for a, b in zip(s.p, goal, strict=True)]
    return value, value, slopes, [abs(x) for x in slopes]


LOSSES = {
    "cross_entropy": scored(lambda p, r, log_p: plain(-log_p, -1 / p if p else -inf)),
    "exponential": scored(exponential),
    "generalized_cross_entropy": scored(generalized_cross_entropy),
    "mae": scored(lambda p, r, log_p: plain(2 * r, mpf(-2))),
    "hellinger": scored(hellinger),
    "focal": scored(focal),
    "poly1": scored(lambda p, r, log_p, epsilon=1: mixed(p, r, log_p, ONE, epsilon)),
    "symmetric_cross_entropy": scored(
        lambda p, r, log_p, alpha=1, beta=1, log_zero=-4: mixed(p, r, log_p, mpf(alpha), -mpf(beta) * log_zero)
    ),
    "clipped_cross_entropy": scored(clipped),
    "brier": brier,
    "spherical_score": spherical_score,
    "tsallis_score": tsallis_score,
    "kl": kl,
    "reverse_kl": reverse_kl,
    "label_smoothing": label_smoothing,
}

# ---------------------------------------------------------------------------------------------- logit losses
# A logit loss of z and t returns (value, sum of |terms|, gradient, sums of |terms| of the gradient).


def tied_share(z: list, classes: list) -> list:
    """The derivative of the maximum over some classes: ties share it."""
    top = max(z[k] for k in classes)
    tied = [k for k in classes if z[k] == top]
    return [ONE / len(tied) if k in tied else ZERO for k in range(len(z))]


def perceptron(z, t):
    top = max(z)
    gaps = mp.fsum(b * (top - a) for a, b in zip(z, t, strict=True) if b > 0)
    gradient = [a - b for a, b in zip(tied_share(z, list(range(len(z)))), t, strict=True)]
    return gaps, gaps, gradient, [abs(x) for x in gradient]


def crammer_singer(z, t):
    y = label(t)
    rivals = [k for k in range(len(z)) if k != y]
    gap = max(z[k] for k in rivals) - z[y]
    if 1 + gap <= 0:
        return ZERO, ZERO, [ZERO for _ in z], [ZERO for _ in z]
    gradient = tied_share(z, rivals)
    gradient[y] = -ONE
    return 1 + gap, 1 + abs(gap), gradient, [abs(x) for x in gradient]


def weston_watkins(z, t):
    y = label(t)
    active = [k for k in range(len(z)) if k != y and 1 + z[k] - z[y] > 0]
    gradient = [mpf(-len(active)) if k == y else ONE if k in active else ZERO for k in range(len(z))]
    value = mp.fsum(1 + z[k] - z[y] for k in active)
    return value, mp.fsum(1 + abs(z[k] - z[y]) for k in active), gradient, [abs(x) for x in gradient]


def one_vs_rest(z, t):
    pairs = [((1 - b) * sigmoid(a) if b < 1 else ZERO, b * sigmoid(-a) if b else ZERO) for a, b in zip(z, t, strict=True)]
    value = mp.fsum((b * softplus(-a) if b else 0) + ((1 - b) * softplus(a) if b < 1 else 0) for a, b in zip(z, t, strict=True))
    return value, value, [a - b for a, b in pairs], [a + b for a, b in pairs]


def squared_logits(z, t, scale=ONE, target=ONE):
    finite(z)
    weights = [1 + (scale - 1) * x for x in t]
    gaps = [a - target * b for a, b in zip(z, t, strict=True)]
    value = mp.fsum(w * d * d for w, d in zip(weights, gaps, strict=True))
    gradient = [2 * w * d for w, d in zip(weights, gaps, strict=True)]
    return value, value, gradient, [abs(x) for x in gradient]


def entmax_loss(z, t, alpha=1.5):
    """`sum_k D(t_k, p_k) + sum_{off} t_k (tau - z_k)`: Bregman divergences and what lies off the support."""
    s = entmax(z, alpha)
    d, size = differences(s.p, s.complement, t)
    if alpha == 1:
        value, total, *_ = kl(s, t)
        return value, total, d, size
    value, total = divergences(s, t, alpha)
    if any(s.noise):
        total += abs(divergences(perturbed(s), t, alpha)[0] - value) / PERTURBATION
    top, beta = max(z), alpha - 1
    tau = threshold([beta * (x - top) for x in z], beta) / beta
    outside = [(b, tau, x - top) for x, a, b in zip(z, s.p, t, strict=True) if a == 0 and b > 0]
    value += mp.fsum(b * (c - x) for b, c, x in outside)
    total += mp.fsum(b * (abs(c) + abs(x)) for b, c, x in outside)
    moved = [e * (a if 2 * a < 1 else r) for a, r, e in zip(s.p, s.complement, s.noise, strict=True)]
    return value, total, d, [a + b for a, b in zip(size, moved, strict=True)]


def divergences(s: Simplex, t: list, alpha: mpf) -> tuple[mpf, mpf]:
    parts = [bregman(a, r, b, alpha) for a, r, b in zip(s.p, s.complement, t, strict=True)]
    return mp.fsum(a for a, _ in parts), mp.fsum(b for _, b in parts)


def z_loss(z, t, weight=1e-4):
    s = softmax(z)
    top = max(z)
    log_sum = mp.log(mp.fsum(mp.exp(x - top) for x in z if x > -inf))
    level, size = top + log_sum, abs(top) + log_sum
    cross = mp.fsum(-b * c for b, c in zip(t, s.log_p, strict=True) if b > 0)
    d, d_size = differences(s.p, s.complement, t)
    value = cross + weight * level**2
    total = cross + weight * abs(level) * (2 * size - abs(level))
    gradient = [a + 2 * weight * level * b for a, b in zip(d, s.p, strict=True)]
    return value, total, gradient, [a + 2 * weight * size * b for a, b in zip(d_size, s.p, strict=True)]


def spherical_bound(z, t):
    finite(z)
    n, top = len(z), max(z)
    mean = mp.fsum(x - top for x in z) / n
    centred = [x - top - mean for x in z]
    spread = [abs(x - top) + abs(mean) for x in z]
    c, xi = 1 - mpf(2) / n, tangency(mp.fsum(x * x for x in centred) / n, n)
    tanh = mp.tanh(xi / 2)
    delta, rate = (c * xi / tanh, tanh / (2 * xi)) if xi else (ZERO, ONE / 4)
    wide = n * (mp.log1p(mp.exp(-xi)) + xi / 2)
    value = delta * (1 - mpf(n) / 2) + wide - mp.fsum(b * x for b, x in zip(t, centred, strict=True))
    total = abs(delta * (1 - mpf(n) / 2)) + wide + mp.fsum(b * x for b, x in zip(t, spread, strict=True))
    gradient = [ONE / n + x * rate - b for x, b in zip(centred, t, strict=True)]
    return value, total, gradient, [ONE / n + x * rate + b for x, b in zip(spread, t, strict=True)]


def tangency(variance: mpf, n: int) -> mpf:
    """xi with `xi^2 (1 - c^2 / tanh(xi/2)^2) = variance`, c = 1 - 2/n."""
    c, low = 1 - mpf(2) / n, mp.log(n - 1)
    if n == 2 or variance == 0:
        return mp.sqrt(variance) if n == 2 else low
    f = lambda x: x * x * (1 - (c / mp.tanh(x / 2)) ** 2) - variance
    low, high = max(low, mp.sqrt(variance)), mp.sqrt(variance / (1 - c * c)) + 2 * mp.log(n)
    while high - low > mpf(10) ** -12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    x = high
    for _ in range(8):
        tanh = mp.tanh(x / 2)
        x -= f(x) / (2 * x * (1 - (c / tanh) ** 2) + x * x * c * c * (1 - tanh**2) / tanh**3)
    return x


LOGIT_LOSSES = {
    "perceptron": perceptron,
    "crammer_singer": crammer_singer,
    "weston_watkins": weston_watkins,
    "one_vs_rest": one_vs_rest,
    "squared_logits": squared_logits,
    "sparsemax_loss": lambda z, t: entmax_loss(z, t, mpf(2)),
    "entmax_loss": entmax_loss,
    "z_loss": z_loss,
    "spherical_bound": spherical_bound,
}

# -------------------------------------------------------------------------------------------------- the door


def truth(spec: str, z: np.ndarray, target: np.ndarray, dtype: str = "float64") -> Truth:
    """Value and gradient of `spec` at exactly these numbers, to 50 digits whatever cancels."""
    key = tuple(float(x) for x in z), tuple(float(x) for x in target)
    for digits in (60, 400, 1000):
        with mp.workdps(digits):
            result = evaluate(spec, *key, dtype, digits)
        if settled(result, digits):
            break
    return result


def settled(result: Truth, digits: int) -> bool:
    """Whether 50 digits are left; a sum of terms is taken for an exact 0 only when 1000 digits say so."""
    pairs = {(result.value, result.value_size), *zip(result.gradient, result.gradient_size, strict=True)}
    lost = mpf(10) ** (50 - digits)
    return all(x is None or abs(x) >= size * lost for x, size in pairs)


def evaluate(spec: str, z: tuple, target: tuple, dtype: str, digits: int) -> Truth:
    least = ONE
    try:
        if " + " not in spec:
            name, parameters = parse(spec, dtype)
            logits = [mpf(x) for x in z]
            check(logits)
            if max(logits) == -inf:
                raise OutsideDomain
            value, total, gradient, sizes = LOGIT_LOSSES[name](logits, [mpf(x) for x in target], **parameters)
        else:
            normalizer, loss = spec.split(" + ")
            s = simplex(normalizer, z, dtype, digits)
            name, parameters = parse(loss, dtype)
            loss, t = LOSSES[name], [mpf(x) for x in target]
            least = min(x for x in (*s.p, ONE) if x)
            value, total, slopes, slope_sizes = loss(s, t, **parameters)
            if not isinf(value):
                if any(s.noise):
                    moved, _, moved_slopes, _ = loss(perturbed(s), t, **parameters)
                    total += abs(moved - value) / PERTURBATION
                    slope_sizes = [
                        b + abs(c - a) / PERTURBATION if mp.isfinite(a) else b
                        for a, b, c in zip(slopes, slope_sizes, moved_slopes, strict=True)
                    ]
                gradient, sizes = chain(s, slopes, slope_sizes, list(zip(z, target, strict=True)))
    except OutsideDomain:
        return Truth(OUTSIDE)
    except Overflow:
        return Truth(OVERFLOW)
    if isinf(value):
        return Truth(POLE, inf)
    gradient = tuple(vanish(x, y, digits) for x, y in zip(gradient, sizes, strict=True))
    return Truth(INSIDE, vanish(value, total, digits), total, gradient, tuple(sizes), least)


def vanish(x: mpf | None, size: mpf, digits: int) -> mpf | None:
    """A sum that is nothing but the rounding error of its terms is 0."""
    return ZERO if x is not None and digits >= 1000 and abs(x) < size * mpf(10) ** -900 else x


@lru_cache(maxsize=4096)
def simplex(spec: str, z: tuple, dtype: str, digits: int) -> Simplex:
    name, parameters = parse(spec, dtype)
    logits = [mpf(x) for x in z]
    check(logits)
    if name == "iterated_exponential":
        parameters["largest"] = mpf(float(np.finfo(dtype).max))
    return NORMALIZERS[name](logits, **parameters)


def check(logits: list) -> None:
    if any(mp.isnan(x) or x == inf for x in logits):
        raise OutsideDomain


@lru_cache
def _parse(spec: str) -> tuple[str, tuple]:
    name, _, inside = spec.strip().rstrip(")").partition("(")
    return name, tuple((k, literal_eval(v)) for k, v in re.findall(r"(\w+)=([^,]+)", inside))


DEFAULTS = {
    "spherical": {"epsilon": 1e-3}, "generalized_cross_entropy": {"q": 0.7},
    "clipped_cross_entropy": {"epsilon": 1e-7},
    "reverse_kl": {"smoothing": 0.1}, "label_smoothing": {"smoothing": 0.1}, "z_loss": {"weight": 1e-4},
    "tsallis_score": {"alpha": 1.5}, "entmax": {"alpha": 1.5}, "entmax_loss": {"alpha": 1.5},
    "focal": {"gamma": 2},
}  # fmt: skip


def parse(spec: str, dtype: str) -> tuple[str, dict]:
    """Name and parameters, these rounded to the dtype as the function under test sees them."""
    name, given = _parse(spec)
    numbers = {**DEFAULTS.get(name, {}), **dict(given)}
    return name, {k: v if isinstance(v, str) else mpf(float(np.dtype(dtype).type(v))) for k, v in numbers.items()}


PERTURBATION = mpf(2) ** -120


def perturbed(s: Simplex) -> Simplex:
    """Probabilities off by their noise, times a number so small that everything is linear in it."""
    small = [2 * a < 1 for a in s.p]
    shift = [PERTURBATION * e * (a if low else -b) for a, b, e, low in zip(s.p, s.complement, s.noise, small, strict=True)]
    p = [a + x for a, x in zip(s.p, shift, strict=True)]
    complement = [b - x for b, x in zip(s.complement, shift, strict=True)]
    return replace(s, p=p, complement=complement, log_p=logarithms(p, complement))


def chain(s: Simplex, slopes: list, sizes: list, classes: list) -> tuple[list, list]:
    """Gradient by the chain rule and its |terms|; classes with equal logit and target share a computation."""
    terms = [q * c if q else ZERO for q, c in zip(s.share, slopes, strict=True)]
    size = [q * c if q else ZERO for q, c in zip(s.share, sizes, strict=True)]
    sums = [all_but(terms), all_but([x * (1 + e) for x, e in zip(size, s.share_noise, strict=True)])]
    sums += [all_but([q * e for q, e in zip(s.share, s.share_noise, strict=True)])]
    found = {key: component(s, k, slopes, sizes, *(x[k] for x in sums)) for key, k in first(classes).items()}
    return [found[key][0] for key in classes], [found[key][1] for key in classes]


def first(classes: list) -> dict:
    return {key: k for k, key in reversed(list(enumerate(classes)))}


def component(s: Simplex, k: int, slopes: list, sizes: list, others: mpf, size: mpf, unrest: mpf) -> tuple[mpf | None, mpf]:
    """A component, given `sum_{j != k} share_j dL/dp_j`, its |terms|, and the error of `1 - share_k`."""
    if k in s.rows:
        return column(s, k, slopes, sizes)
    if isinf(slopes[k]):
        return (ZERO, ZERO) if not s.scale[k] and s.stays[k] else (None, ZERO)
    g = s.scale[k] * (slopes[k] * s.rest[k] - others)
    return g, abs(s.scale[k]) * (1 + s.scale_noise[k]) * (sizes[k] * (s.rest[k] + unrest) + size)


def column(s: Simplex, k: int, slopes: list, sizes: list) -> tuple[mpf | None, mpf]:
    entries, entry_sizes = s.rows[k]
    pairs = [(c, d, a, b) for c, d, a, b in zip(slopes, sizes, entries, entry_sizes, strict=True) if b > 0]
    pairs = [x for x in pairs if not (isinf(x[0]) and x[2] == 0)]
    if any(isinf(c) for c, *_ in pairs):
        return None, ZERO
    return mp.fsum(c * a for c, _, a, _ in pairs), mp.fsum(d * b for _, d, _, b in pairs)
