"""More losses of all probabilities, in the form of losses.py: normalised, entropic, ordinal."""

from itertools import accumulate

from mpmath import inf, isinf, mp, mpf

from .exact import ONE, ZERO, OutsideDomain
from .robust_losses import JUMP, power_score
from .scores import bregman, differences, focal, plain, power, scored


def shared(values: list, slopes: list, weights: list) -> tuple:
    """`sum_k w_k v_k / sum_k v_k` and its slopes in p; infinite values count as 1, others as 0."""
    if any(map(isinf, values)):
        values = [ONE if isinf(v) else ZERO for v in values]
        slopes = [ZERO for _ in values]
    total = mp.fsum(values)
    if total == 0:
        raise OutsideDomain
    share = mp.fsum(w * v for w, v in zip(weights, values, strict=True)) / total
    rest = mp.fsum((1 - w) * v for w, v in zip(weights, values, strict=True)) / total
    pairs = [(w * rest, (1 - w) * share) for w in weights]
    found = [d * (a - b) / total for d, (a, b) in zip(slopes, pairs, strict=True)]
    sizes = [
        abs(d) * (a + b) / total if a or b else ZERO
        for d, (a, b) in zip(slopes, pairs, strict=True)
    ]
    return share, share, found, sizes


def normalized(psi):
    """A loss over its sum for all labels."""

    def loss(s, t, **parameters):
        every = [
            psi(a, b, c, **parameters)
            for a, b, c in zip(s.p, s.complement, s.log_p, strict=True)
        ]
        return shared([x[0] for x in every], [x[2] for x in every], t)

    return loss


def cross_entropy(p, r, log_p):
    return plain(-log_p, -1 / p if p else -inf)


nce = normalized(cross_entropy)


def nnce(s, t, floor=1e-7):
    values = [max(x - mp.log(floor), ZERO) for x in s.log_p]
    slopes = [1 / p if v > 0 else ZERO for p, v in zip(s.p, values, strict=True)]
    return shared(values, slopes, [1 - x for x in t])


def added(*losses) -> tuple:
    """The weighted sum of losses, given as (weight, loss)."""
    weights, parts = zip(*losses, strict=True)
    value = mp.fsum(w * x[0] for w, x in losses)
    size = mp.fsum(abs(w) * x[1] for w, x in losses)
    slopes = [
        mp.fsum(w * x for w, x in zip(weights, each, strict=True) if w)
        for each in zip(*(x[2] for x in parts), strict=True)
    ]
    sizes = [
        mp.fsum(abs(w) * x for w, x in zip(weights, each, strict=True) if w)
        for each in zip(*(x[3] for x in parts), strict=True)
    ]
    return value, size, slopes, sizes


linear = scored(lambda p, r, log_p: plain(r, -ONE))


def active_passive(s, t, alpha=1, beta=1, log_zero=None):
    zero = mp.log(mpf(1e-4)) if log_zero is None else mpf(log_zero)
    return added((mpf(alpha), nce(s, t)), (-mpf(beta) * zero, linear(s, t)))


def active_negative(s, t, alpha=1, beta=1, floor=1e-7):
    return added((mpf(alpha), nce(s, t)), (mpf(beta), nnce(s, t, floor)))


def negative_entropy(s, t):
    value = mp.fsum(a * b for a, b in zip(s.p, s.log_p, strict=True) if a > 0)
    return value, abs(value), [x + 1 for x in s.log_p], [abs(x) + 1 for x in s.log_p]


plain_cross_entropy = scored(cross_entropy)


def soft_bootstrapping(s, t, beta=0.95):
    beta = mpf(beta)
    return added((beta, plain_cross_entropy(s, t)), (beta - 1, negative_entropy(s, t)))


def hard_bootstrapping(s, t, beta=0.8):
    beta, top = mpf(beta), max(s.log_p)
    if isinf(top):
        return -top, -top, [ZERO] * len(s.p), [ZERO] * len(s.p)
    tied = [k for k, x in enumerate(s.log_p) if x == top]
    close = [k for k, x in enumerate(s.log_p) if x > top - mpf(10) ** -6]
    slopes = [-1 / p / len(tied) if k in tied else ZERO for k, p in enumerate(s.p)]
    # Where others are closer than rounding, that decides which is the largest. Only with more
    # digits are those that tie known from those that are a little smaller.
    is_open = len(tied) > 1 and mp.dps < 400
    size = JUMP if is_open or len(close) > len(tied) else ONE
    sizes = [size / p if k in close else ZERO for k, p in enumerate(s.p)]
    largest = -top, -top, slopes, sizes
    return added((beta, plain_cross_entropy(s, t)), (1 - beta, largest))


def bi_tempered(s, t, t1=0.8):
    a = 2 - mpf(t1)
    if a == 1:
        parts = [(b * mp.log(b), -b * c) for b, c in zip(t, s.log_p, strict=True) if b]
        parts += [(a, -b) for a, b in zip(s.p, t, strict=True)]
        # As of any logarithm, infinite at p = 0 where the target has a share.
        ratios = [
            (b / x if x else inf) if b else ZERO for x, b in zip(s.p, t, strict=True)
        ]
        slopes, sizes = [ONE - x for x in ratios], [ONE + x for x in ratios]
        total = mp.fsum(abs(x) + abs(y) for x, y in parts)
        return mp.fsum(x + y for x, y in parts), total, slopes, sizes
    parts = [bregman(x, r, b, a) for x, r, b in zip(s.p, s.complement, t, strict=True)]
    slopes, sizes = (
        [power(x, a - 2) * d if d else ZERO for x, d in zip(s.p, each, strict=True)]
        for each in differences(s.p, s.complement, t)
    )
    return mp.fsum(x for x, _ in parts), mp.fsum(y for _, y in parts), slopes, sizes


def jensen_shannon(s, t, weight=0.5):
    w = mpf(weight)
    scale, rest = -1 / ((1 - w) * mp.log1p(-w)), -mp.log1p(-w)
    terms, slopes, sizes = [], [], []
    gaps = zip(*differences(s.p, s.complement, t), strict=True)
    for p, log_p, b, (d, size) in zip(s.p, s.log_p, t, gaps, strict=True):
        mixture = log_p - mp.log(w * b + (1 - w) * p) if b else rest
        over = -mp.log1p(-w * d / p) if b and 2 * p > b else mixture
        terms.append(scale * (1 - w) * p * over if p else ZERO)
        if b > 0:
            terms.append(-scale * w * b * mp.log1p((1 - w) * d / b))
        slopes.append(scale * (1 - w) * over)
        sizes.append(abs(slopes[-1]) * (size / abs(d) if d else 1))
    if not s.unseen and t.count(0) == len(t) - 1:
        # A constant has no effect, and without it the rivals have the slope 0.
        slopes = [x - scale * (1 - w) * rest for x in slopes]
        sizes = [abs(x) for x in slopes]
    return mp.fsum(terms), mp.fsum(map(abs, terms)), slopes, sizes


def ranked_probability_score(s, t, convention="sum"):
    factor = ONE if convention == "sum" else ONE / (len(t) - 1)
    pairs = list(
        zip(accumulate(s.p), after(s.p, s.unseen), accumulate(t), after(t), strict=True)
    )
    gaps = [a * d - b * c for a, b, c, d in pairs]
    sizes = [a * d + b * c for a, b, c, d in pairs]
    value = factor * mp.fsum(x * x for x in gaps)
    total = factor * mp.fsum(
        abs(x) * (2 * y - abs(x)) for x, y in zip(gaps, sizes, strict=True)
    )
    slopes, slope_sizes = (
        list(accumulate([2 * factor * x for x in each[::-1]]))[::-1]
        for each in (gaps, [abs(x) for x in sizes])
    )
    return value, total, slopes, slope_sizes


def after(numbers: list, unseen=ZERO) -> list:
    """The sums of all later entries, and of what no class has."""
    return list(accumulate(numbers[::-1], initial=unseen))[::-1][1:]


ORDERED = {"ranked_probability_score"}
"""Losses to which the order of the classes matters, so that no two classes are equal."""

COUNTS_EQUALS = {
    "normalized_cross_entropy",
    "normalized_focal",
    "normalized_generalized_cross_entropy",
    "active_passive",
    "active_negative",
}
"""Losses in whose formula equal rivals take from each other: `l_k / sum_j l_j` has all labels."""

VECTORS = {
    "bi_tempered": bi_tempered,
    "normalized_cross_entropy": nce,
    "normalized_focal": lambda s, t, gamma=0.5: normalized(
        lambda p, r, log_p: focal(p, r, log_p, mpf(gamma))
    )(s, t),
    "normalized_generalized_cross_entropy": lambda s, t, q=0.7: normalized(
        lambda p, r, log_p: power_score(p, r, log_p, q)
    )(s, t),
    "normalized_negative_cross_entropy": nnce,
    "active_passive": active_passive,
    "active_negative": active_negative,
    "jensen_shannon": jensen_shannon,
    "confidence_penalty": lambda s, t, beta=0.1: added(
        (ONE, plain_cross_entropy(s, t)), (mpf(beta), negative_entropy(s, t))
    ),
    "soft_bootstrapping": soft_bootstrapping,
    "hard_bootstrapping": hard_bootstrapping,
    "ranked_probability_score": ranked_probability_score,
}
