"""Every loss of logits: z and t give (value, sum of |terms|, gradient, sums of |terms| of the
gradient).
"""

from mpmath import inf, mp, mpf

from .exact import ONE, ZERO, Simplex
from .losses import kl
from .normalizers import (
    PERTURBATION,
    entmax,
    finite,
    perturbed,
    sigmoid,
    softmax,
    softplus,
    threshold,
)
from .scores import bregman, differences, label
from .softmax_losses import SOFTMAX_LOSSES


def tied_share(z: list, classes: list) -> list:
    """The derivative of the maximum over some classes: ties share it."""
    top = max(z[k] for k in classes)
    tied = [k for k in classes if z[k] == top]
    return [ONE / len(tied) if k in tied else ZERO for k in range(len(z))]


def perceptron(z, t):
    top = max(z)
    gaps = mp.fsum(b * (top - a) for a, b in zip(z, t, strict=True) if b > 0)
    gradient = [
        a - b for a, b in zip(tied_share(z, list(range(len(z)))), t, strict=True)
    ]
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
    gradient = [
        mpf(-len(active)) if k == y else ONE if k in active else ZERO
        for k in range(len(z))
    ]
    value = mp.fsum(1 + z[k] - z[y] for k in active)
    return (
        value,
        mp.fsum(1 + abs(z[k] - z[y]) for k in active),
        gradient,
        [abs(x) for x in gradient],
    )


def one_vs_rest(z, t):
    pairs = [
        ((1 - b) * sigmoid(a) if b < 1 else ZERO, b * sigmoid(-a) if b else ZERO)
        for a, b in zip(z, t, strict=True)
    ]
    value = mp.fsum(
        (b * softplus(-a) if b else 0) + ((1 - b) * softplus(a) if b < 1 else 0)
        for a, b in zip(z, t, strict=True)
    )
    return value, value, [a - b for a, b in pairs], [a + b for a, b in pairs]


def squared_logits(z, t, scale=ONE, target=ONE):
    finite(z)
    weights = [1 + (scale - 1) * x for x in t]
    gaps = [a - target * b for a, b in zip(z, t, strict=True)]
    value = mp.fsum(w * d * d for w, d in zip(weights, gaps, strict=True))
    gradient = [2 * w * d for w, d in zip(weights, gaps, strict=True)]
    return value, value, gradient, [abs(x) for x in gradient]


def entmax_loss(z, t, alpha=1.5):
    """`sum_k D(t_k, p_k) + sum_{off} t_k (tau - z_k)`: Bregman divergences and what lies off the
    support.
    """
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
    outside = [
        (b, tau, x - top) for x, a, b in zip(z, s.p, t, strict=True) if a == 0 and b > 0
    ]
    value += mp.fsum(b * (c - x) for b, c, x in outside)
    total += mp.fsum(b * (abs(c) + abs(x)) for b, c, x in outside)
    moved = [
        e * (a if 2 * a < 1 else r)
        for a, r, e in zip(s.p, s.complement, s.noise, strict=True)
    ]
    return value, total, d, [a + b for a, b in zip(size, moved, strict=True)]


def sparsegen_loss(z, t, sparsity=0.5):
    scale = 1 - mpf(sparsity)
    value, total, *gradient = entmax_loss([x / scale for x in z], t, mpf(2))
    return scale * value, scale * total, *gradient


def divergences(s: Simplex, t: list, alpha: mpf) -> tuple[mpf, mpf]:
    parts = [
        bregman(a, r, b, alpha) for a, r, b in zip(s.p, s.complement, t, strict=True)
    ]
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
    return (
        value,
        total,
        gradient,
        [a + 2 * weight * size * b for a, b in zip(d_size, s.p, strict=True)],
    )


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
    value = (
        delta * (1 - mpf(n) / 2)
        + wide
        - mp.fsum(b * x for b, x in zip(t, centred, strict=True))
    )
    total = (
        abs(delta * (1 - mpf(n) / 2))
        + wide
        + mp.fsum(b * x for b, x in zip(t, spread, strict=True))
    )
    gradient = [ONE / n + x * rate - b for x, b in zip(centred, t, strict=True)]
    return (
        value,
        total,
        gradient,
        [ONE / n + x * rate + b for x, b in zip(spread, t, strict=True)],
    )


def tangency(variance: mpf, n: int) -> mpf:
    """xi with `xi^2 (1 - c^2 / tanh(xi/2)^2) = variance`, c = 1 - 2/n."""
    c, low = 1 - mpf(2) / n, mp.log(n - 1)
    if n == 2 or variance == 0:
        return mp.sqrt(variance) if n == 2 else low
    f = lambda x: x * x * (1 - (c / mp.tanh(x / 2)) ** 2) - variance
    low, high = (
        max(low, mp.sqrt(variance)),
        mp.sqrt(variance / (1 - c * c)) + 2 * mp.log(n),
    )
    while high - low > mpf(10) ** -12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) < 0 else (low, middle)
    x = high
    for _ in range(8):
        tanh = mp.tanh(x / 2)
        x -= f(x) / (
            2 * x * (1 - (c / tanh) ** 2) + x * x * c * c * (1 - tanh**2) / tanh**3
        )
    return x


LOGIT_LOSSES = {
    "perceptron": perceptron,
    "crammer_singer": crammer_singer,
    "weston_watkins": weston_watkins,
    "one_vs_rest": one_vs_rest,
    "squared_logits": squared_logits,
    "sparsemax_loss": lambda z, t: entmax_loss(z, t, mpf(2)),
    "sparsegen_loss": sparsegen_loss,
    "entmax_loss": entmax_loss,
    "z_loss": z_loss,
    "spherical_bound": spherical_bound,
    **SOFTMAX_LOSSES,
}
