"""Every loss of probabilities: a Simplex s and a target t give (value, its |terms|, slopes dL/dp_j,
their |terms|).
"""

from mpmath import inf, mp, mpf

from .exact import ONE, ZERO, OutsideDomain, all_but
from .robust_losses import ROBUST
from .scores import bregman, differences, focal, label, plain, power, scored
from .vector_losses import VECTORS


def exponential(p, r, log_p):
    return plain(r / p, -1 / p**2) if p > 0 else plain(inf, -inf)


def generalized_cross_entropy(p, r, log_p, q=0.7):
    return plain(
        -log_p
        if q == 0
        else inf
        if p == 0 and q < 0
        else -mp.expm1(q * log_p) / q
        if p > 0
        else 1 / q,
        -power(p, q - 1),
    )


def hellinger(p, r, log_p):
    return plain(-mp.expm1(log_p / 2) if p > 0 else ONE, -power(p, -ONE / 2) / 2)


def mixed(p, r, log_p, a, b):
    """`-a log p + b (1 - p)`, the form of poly1 and of symmetric cross-entropy."""
    if p == 0:
        return (inf, inf, -inf, inf) if a else plain(b, -b)
    return (
        -a * log_p + b * r,
        abs(a * log_p) + abs(b * r),
        -a / p - b,
        abs(a / p) + abs(b),
    )


def clipped(p, r, log_p, epsilon=1e-7):
    """`-log(p + epsilon)`, near p = 1 the logarithm of 1 + (epsilon - (1 - p))."""
    if 2 * p < 1:
        return plain(-mp.log(p + epsilon), -1 / (p + epsilon))
    value, spread = (
        -mp.log1p(epsilon - r),
        (epsilon + r) / abs(epsilon - r) if epsilon != r else inf,
    )
    return value, abs(value) * spread, -1 / (p + epsilon), 1 / (p + epsilon)


def brier(s, t, convention="sum"):
    factor = {"sum": ONE, "half": ONE / 2, "mean": ONE / len(t)}[convention]
    d, size = differences(s.p, s.complement, t)
    value = factor * mp.fsum(x * x for x in d)
    total = factor * mp.fsum(
        abs(x) * (2 * y - abs(x)) for x, y in zip(d, size, strict=True)
    )
    return value, total, [2 * factor * x for x in d], [2 * factor * x for x in size]


def spherical_score(s, t):
    p, y = s.p, label(t)
    norm, match = (
        mp.sqrt(mp.fsum(x * x for x in p)),
        mp.fsum(a * b for a, b in zip(p, t, strict=True)),
    )
    if norm == 0:
        raise OutsideDomain
    matches, squares = (
        all_but([a * b for a, b in zip(p, t, strict=True)]),
        all_but([a * a for a in p]),
    )
    terms = [
        (a * c / norm**3, b * d / norm**3)
        for a, b, c, d in zip(p, t, matches, squares, strict=True)
    ]
    slopes, sizes = [a - b for a, b in terms], [a + b for a, b in terms]
    if y is None:
        return 1 - match / norm, 1 + match / norm, slopes, sizes
    value = squares[y] / (norm + match) / norm
    return value, value, slopes, sizes


def tsallis_score(s, t, alpha=1.5):
    p, r, y = s.p, s.complement, label(t)
    if alpha == 1:
        logs = [-b * c for b, c in zip(t, s.log_p, strict=True) if b > 0]
        missing = 1 - mp.fsum(p)
        value, slopes = (
            mp.fsum(logs) - missing,
            [
                1 - (b / a if b else 0) if a else (-inf if b else ONE)
                for a, b in zip(p, t, strict=True)
            ],
        )
        return (
            value,
            mp.fsum(map(abs, logs)) + abs(missing),
            slopes,
            [2 - x for x in slopes],
        )
    d, size = differences(p, r, t)
    slopes, sizes = (
        [power(a, alpha - 2) * x if x else ZERO for a, x in zip(p, v, strict=True)]
        for v in (d, size)
    )
    if y is not None:
        value = mp.fsum(
            bregman(a, c, b, alpha)[0] for a, c, b in zip(p, r, t, strict=True)
        )
        return value, value, slopes, sizes
    terms = [1 / (alpha * (alpha - 1))]
    terms += [
        -b * power(a, alpha - 1) / (alpha - 1)
        for a, b in zip(p, t, strict=True)
        if b > 0
    ]
    terms += [a**alpha / alpha for a in p if a > 0]
    return mp.fsum(terms), mp.fsum(map(abs, terms)), slopes, sizes


def kl(s, t):
    pairs = [(b * mp.log(b), -b * c) for b, c in zip(t, s.log_p, strict=True) if b > 0]
    total = mp.fsum(abs(a) + abs(b) for a, b in pairs)
    slopes = [
        (-b / a if a else -inf) if b else ZERO for a, b in zip(s.p, t, strict=True)
    ]
    return mp.fsum(a + b for a, b in pairs), total, slopes, [abs(x) for x in slopes]


def smoothed(t: list, smoothing) -> list:
    return [(1 - smoothing) * x + smoothing / len(t) for x in t]


def reverse_kl(s, t, smoothing=0.1):
    goal = smoothed(t, smoothing)
    pairs = [(c, -mp.log(b) if b else inf) for b, c in zip(goal, s.log_p, strict=True)]
    value = mp.fsum(a * (c + b) for a, (c, b) in zip(s.p, pairs, strict=True) if a > 0)
    total = mp.fsum(
        a * (abs(c) + abs(b)) for a, (c, b) in zip(s.p, pairs, strict=True) if a > 0
    )
    return (
        value,
        total,
        [c + b + 1 for c, b in pairs],
        [abs(c) + abs(b) + 1 for c, b in pairs],
    )


def label_smoothing(s, t, smoothing=0.1):
    goal = smoothed(t, smoothing)
    value = mp.fsum(-b * c for b, c in zip(goal, s.log_p, strict=True) if b > 0)
    slopes = [
        (-b / a if a else -inf) if b else ZERO for a, b in zip(s.p, goal, strict=True)
    ]
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
        lambda p, r, log_p, alpha=1, beta=1, log_zero=-4: mixed(
            p, r, log_p, mpf(alpha), -mpf(beta) * log_zero
        )
    ),
    "clipped_cross_entropy": scored(clipped),
    "brier": brier,
    "spherical_score": spherical_score,
    "tsallis_score": tsallis_score,
    "kl": kl,
    "reverse_kl": reverse_kl,
    "label_smoothing": label_smoothing,
    **ROBUST,
    **VECTORS,
}
