"""Losses of probabilities that are robust to wrong labels, in the form of losses.py."""

from mpmath import inf, mp, mpf

from .exact import ONE
from .scores import focal, plain, power, scored

JUMP = mpf(10) ** 15
"""Amplification of the rounding of p where a loss jumps, after which no digit is left."""


def power_score(p, r, log_p, q):
    """`(1 - p^q) / q`, and `-log p` for q = 0."""
    q = mpf(q)
    if p == 0:
        return plain(inf if q <= 0 else 1 / q, -power(p, q - 1))
    return plain(-log_p if q == 0 else -mp.expm1(q * log_p) / q, -(p ** (q - 1)))


def huberised(p, r, log_p, tau=10):
    if tau * p > 1:
        return plain(-log_p, -1 / p)
    return plain(mp.log(tau) + 1 - tau * p, -mpf(tau))


def asymmetric_power(p, r, log_p, a=1, q=2):
    a, q = mpf(a), mpf(q)
    value = -((a + 1) ** q) * mp.expm1(q * mp.log1p(-r / (a + 1))) / q
    return plain(value, -((a + p) ** (q - 1)))


def unhinged_power(p, r, log_p, a=1.5, q=0.9):
    a, q = mpf(a), mpf(q)
    value = (a - 1) ** q * mp.expm1(q * mp.log1p(r / (a - 1))) / q
    return plain(value, -((a - 1 + r) ** (q - 1)))


def decay(p, r, log_p, a=3):
    value = mp.exp(-p / a)
    return plain(value, -value / a)


def expansion(p, r, log_p, order=2):
    terms = range(1, int(order) + 1)
    return plain(sum(r**k / k for k in terms), -sum(r ** (k - 1) for k in terms))


def scheduled(p, r, log_p, gamma=3, gamma_low=5, threshold=0.2):
    value, _, slope, _ = focal(p, r, log_p, gamma_low if p < threshold else gamma)
    # At the jump the rounding of p decides.
    size = ONE if abs(p - threshold) > mpf(10) ** -6 else JUMP
    return value, size * abs(value), slope, size * abs(slope)


ROBUST = {
    "alpha_loss": scored(
        lambda p, r, log_p, alpha=2: power_score(p, r, log_p, ONE - ONE / alpha)
    ),
    "comp_sum": scored(
        lambda p, r, log_p, tau=1.5: power_score(p, r, log_p, mpf(tau) - 1)
    ),
    "sample_dependent_focal": scored(scheduled),
    "partially_huberised_cross_entropy": scored(huberised),
    "asymmetric_generalized_cross_entropy": scored(asymmetric_power),
    "asymmetric_unhinged": scored(unhinged_power),
    "asymmetric_exponential": scored(decay),
    "taylor_cross_entropy": scored(expansion),
}
