"""What the losses of probabilities have in common: expectations over the target, powers, p - t."""

from collections.abc import Callable

from mpmath import inf, mp, mpf

from .exact import ONE, ZERO


def scored(psi: Callable) -> Callable:
    """`sum_k t_k psi(p_k)`; `psi(p, 1 - p, log p)` gives value, its |terms|, slope, its |terms|."""

    def loss(s, t, **parameters):
        value, total, slopes, sizes = ZERO, ZERO, [ZERO for _ in t], [ZERO for _ in t]
        for k in (k for k in range(len(t)) if t[k] > 0):
            v, size, slope, slope_size = psi(
                s.p[k], s.complement[k], s.log_p[k], **parameters
            )
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


def focal(p, r, log_p, gamma=2):
    if p == 0 or r == 0:
        return plain(inf, -inf) if p == 0 else plain(ZERO, -ONE if gamma == 0 else ZERO)
    return plain(
        -(r**gamma) * log_p,
        (gamma * r ** (gamma - 1) * log_p if gamma else ZERO) - r**gamma / p,
    )


def differences(p: list, r: list, t: list) -> tuple[list, list]:
    """p - t written so that neither end cancels, and its |terms|."""
    terms = [((1 - b) * a, b * c) for a, b, c in zip(p, t, r, strict=True)]
    return [a - b for a, b in terms], [a + b for a, b in terms]


def label(t: list) -> int | None:
    """The class of a one-hot target."""
    return t.index(1) if t.count(0) == len(t) - 1 and 1 in t else None


def bregman(p: mpf, r: mpf, t: mpf, a: mpf) -> tuple[mpf, mpf]:
    """`phi(t) - phi(p) - phi'(p) (t - p)` for `phi(x) = x^a / (a (a-1))`; its |terms|, one term if
    t is 1.
    """
    if t == 1:  # in 1 - p, and a series where that cancels
        value = (1 - a * power(p, a - 1) + (a - 1) * p**a) / (a * (a - 1))
        if 0 < r < mpf(10) ** -5:
            value = sum(
                (
                    (-1) ** i * mp.binomial(a - 2, i) * r ** (i + 2) / (i + 2)
                    for i in range(16)
                ),
                ZERO,
            )
        return value, value
    terms = [
        power(t, a) / (a * (a - 1)),
        -t * power(p, a - 1) / (a - 1) if t else ZERO,
        p**a / a if p else ZERO,
    ]
    return mp.fsum(terms), mp.fsum(map(abs, terms))
