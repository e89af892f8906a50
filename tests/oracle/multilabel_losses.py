"""Every multi-label and contrastive loss: z and t give (value, sum of |terms|, gradient, sums of
|terms| of the gradient).

Infinite logits are inside the domain of the multi-label losses, as limits.
"""

from collections.abc import Callable
from itertools import pairwise

from mpmath import inf, isinf, mp, mpf

from .exact import ONE, ZERO, OutsideDomain
from .logit_losses import tied_share
from .losses import differences
from .normalizers import softmax


def sigma(x: mpf) -> mpf:
    if isinf(x):
        return ONE if x > 0 else ZERO
    return 1 / (1 + mp.exp(-x))


def softplus(x: mpf) -> mpf:
    if isinf(x):
        return inf if x > 0 else ZERO
    return x + mp.log1p(mp.exp(-x)) if x > 0 else mp.log1p(mp.exp(x))


def times(weight: mpf, x: mpf) -> mpf:
    """A term of weight 0 counts as 0, also an infinite one."""
    return weight * x if weight else ZERO


def squared(x: mpf, size: mpf) -> mpf:
    """The |terms| of x^2 if those of x are `size`."""
    return abs(x) * (2 * size - abs(x)) if mp.isfinite(size) else abs(x) * abs(x)


def per_class(term: Callable) -> Callable:
    """A sum over the classes of `term(z, t, **parameters)`, four numbers each."""

    def loss(z, t, **parameters):
        rows = [term(a, b, **parameters) for a, b in zip(z, t, strict=True)]
        values, totals, gradient, sizes = zip(*rows, strict=True)
        return sum(values, ZERO), sum(totals, ZERO), list(gradient), list(sizes)

    return loss


def answers(yes: Callable, no: Callable) -> Callable:
    """`t yes(z) + (1 - t) no(z)` of functions that give value, |terms|, slope and |terms| of it."""

    def term(z, t, **parameters):
        pairs = [
            [times(w, x) for x in f(z, **parameters)] if w else [ZERO] * 4
            for w, f in ((t, yes), (1 - t, no))
        ]
        return tuple(a + b for a, b in zip(*pairs, strict=True))

    return per_class(term)


def mirrored(f: Callable) -> Callable:
    """`f(-z)`."""

    def of_other(z, **parameters):
        value, total, slope, size = f(-z, **parameters)
        return value, total, -slope, size

    return of_other


def of_weights(z, t, pos_weight=ONE, class_weights=ONE):
    yes, no = class_weights * pos_weight * t, class_weights * (1 - t)
    value = times(yes, softplus(-z)) + times(no, softplus(z))
    up, down = no * sigma(z), yes * sigma(-z)
    return value, value, up - down, up + down


def damped(z, gamma):
    """`p^gamma softplus(z)`."""
    p, q, s = sigma(z), sigma(-z), softplus(z)
    power = p**gamma if gamma else ONE
    pull = ZERO if isinf(z) else q * s
    value, slope = times(power, s), power * (gamma * pull + p)
    return value, value, slope, slope


def focal_term(z, t, gamma=2, alpha=0.25):
    yes = mirrored(damped)(z, gamma=gamma)
    no = damped(z, gamma=gamma)
    pairs = zip(yes, no, strict=True)
    return tuple(
        times(alpha * t, a) + times((1 - alpha) * (1 - t), b) for a, b in pairs
    )


def shifted(z, gamma, shift):
    """`-q^gamma log(1 - q)` of `q = p - shift`, which may cancel."""
    if not shift:
        return damped(z, gamma)
    p = sigma(z)
    if p <= shift:
        return ZERO, ZERO, ZERO, ZERO
    rest, moving = sigma(-z) + shift, sigma(z) * sigma(-z)

    def at(q):
        missed, power = -mp.log1p(-q), q**gamma if gamma else ONE
        return power * missed, moving * power * (gamma * missed / q + 1 / (1 - q))

    q = p - shift if 2 * p < 1 else 1 - rest
    noise = (p + shift) / q - 1
    small = mpf(10) ** (-mp.dps // 3)
    (value, slope), (value_2, slope_2) = at(q), at(q * (1 + small))
    return (
        value,
        value + noise * abs(value_2 - value) / small,
        slope,
        slope + noise * abs(slope_2 - slope) / small,
    )


def asymmetric_term(z, t, gamma_positive=1, gamma_negative=4, shift=0.05):
    yes = mirrored(damped)(z, gamma=gamma_positive)
    no = shifted(z, gamma_negative, shift)
    pairs = zip(yes, no, strict=True)
    return tuple(times(t, a) + times(1 - t, b) for a, b in pairs)


def brier_term(z, t):
    p, q = sigma(z), sigma(-z)
    r, size = (1 - t) * p - t * q, (1 - t) * p + t * q
    return r * r, squared(r, size), 2 * r * p * q, 2 * size * p * q


def hinge(z, margin=1):
    """`max(0, margin + z)`."""
    if margin + z <= 0:
        return ZERO, ZERO, ZERO, ZERO
    return margin + z, margin + abs(z), ONE, ONE


def squared_hinge(z, margin=1):
    x, size, on, _ = hinge(z, margin)
    return x * x, squared(x, size), 2 * x * on, 2 * size * on


def perceptron(z):
    slope = ONE / 2 if z == 0 else ONE if z > 0 else ZERO
    return max(z, ZERO), max(z, ZERO), slope, slope


def both(f: Callable) -> Callable:
    return answers(mirrored(f), f)


def overlap(errors: Callable, hits: Callable) -> Callable:
    """`A / (A + B)`: both functions give a value and the slopes of the classes, A with |terms|."""

    def loss(z, t, **parameters):
        a, a_size, da, da_size = errors(z, t, **parameters)
        b, db = hits(z, t, **parameters)
        total = a + b
        if not total:
            return ONE, ONE, [ZERO for _ in z], [ZERO for _ in z]
        gradient = [(b * x - a * y) / total**2 for x, y in zip(da, db, strict=True)]
        sizes = [
            (b * x + a_size * y) / total**2 for x, y in zip(da_size, db, strict=True)
        ]
        return a / total, a_size / total, gradient, sizes

    return loss


def weighed_errors(z, t, alpha=0.3, beta=0.7, smoothing=0):
    moving = [sigma(x) * sigma(-x) for x in z]
    value = mp.fsum(
        alpha * (1 - b) * sigma(a) + beta * b * sigma(-a)
        for a, b in zip(z, t, strict=True)
    )
    up = [alpha * (1 - b) * m for b, m in zip(t, moving, strict=True)]
    down = [beta * b * m for b, m in zip(t, moving, strict=True)]
    return (
        value,
        value,
        [a - b for a, b in zip(up, down, strict=True)],
        [a + b for a, b in zip(up, down, strict=True)],
    )


def found(z, t, alpha=0.3, beta=0.7, smoothing=0, times=1):
    value = times * mp.fsum(b * sigma(a) for a, b in zip(z, t, strict=True))
    slopes = [times * b * sigma(a) * sigma(-a) for a, b in zip(z, t, strict=True)]
    return value + smoothing, slopes


def squares(z, t, smoothing=0):
    return per_class(brier_term)(z, t)


def lovasz_hinge(z, t):
    """Errors that rounding may put in another order have no derivative to compare."""
    n = len(z)
    signs = [2 * b - 1 for b in t]
    errors = [1 - y * a for y, a in zip(signs, z, strict=True)]
    order = sorted(range(n), key=lambda k: (-errors[k], k))

    def jaccard(wrong: list) -> mpf:
        missed = sum(t[k] for k in wrong)
        union = sum(t) + sum(1 - t[k] for k in wrong)
        return 1 - (sum(t) - missed) / union if union else ZERO

    gradient, value, total = [ZERO] * n, ZERO, ZERO
    for i, k in enumerate(order):
        rise = jaccard(order[: i + 1]) - jaccard(order[:i])
        if errors[k] > 0:
            value += times(rise, errors[k])
            total += times(rise, 1 + abs(z[k]))
            gradient[k] = -signs[k] * rise
    for group in alike(order, errors):
        if len({errors[k] for k in group}) > 1:
            for k in group:
                gradient[k] = None
    return value, total, gradient, [abs(x or ZERO) for x in gradient]


def alike(order: list, errors: list) -> list:
    """Groups of neighbours that are closer than rounding to float32 can tell."""
    groups = [order[:1]]
    for first, second in pairwise(order):
        near = errors[first] - errors[second] < 1e-3 * (1 + abs(errors[first]))
        groups = [*groups[:-1], [*groups[-1], second]] if near else [*groups, [second]]
    return groups


def weighed_sum(x: list, weights: list) -> tuple[mpf, list]:
    """`sum_k w_k e^{x_k}`, and its terms."""
    terms = [
        times(w, ZERO if a == -inf else inf if a == inf else mp.exp(a))
        for a, w in zip(x, weights, strict=True)
    ]
    return sum(terms, ZERO), terms


def share(terms: list, total: mpf) -> list:
    return [ONE if isinf(a) else ZERO if isinf(total) else a / total for a in terms]


def zlpr(z, t):
    above, up = weighed_sum(z, [1 - b for b in t])
    below, down = weighed_sum([-a for a in z], t)
    value = mp.log1p(above) + mp.log1p(below)
    pairs = list(zip(share(up, 1 + above), share(down, 1 + below), strict=True))
    return value, value, [a - b for a, b in pairs], [a + b for a, b in pairs]


def lsep(z, t):
    others, up = weighed_sum(z, [1 - b for b in t])
    there, down = weighed_sum([-a for a in z], t)
    if not others or not there:
        return ZERO, ZERO, [ZERO for _ in z], [ZERO for _ in z]
    product = others * there
    value, rate = mp.log1p(product), product / (1 + product)
    pairs = [
        (rate * a / others, rate * b / there) for a, b in zip(up, down, strict=True)
    ]
    return value, value, [a - b for a, b in pairs], [a + b for a, b in pairs]


def info_nce(s, t, temperature=0.07):
    if max(s) == inf:
        raise OutsideDomain
    probs = softmax([x / temperature for x in s])
    value = mp.fsum(-b * c for b, c in zip(t, probs.log_p, strict=True) if b > 0)
    d, size = differences(probs.p, probs.complement, t)
    scaled = [[x / temperature for x in y] for y in (d, size)]
    return value, value, *scaled


def supervised_contrastive(s, t, temperature=0.1):
    count = sum(t, ZERO)
    if not count:
        return ZERO, ZERO, [ZERO for _ in s], [ZERO for _ in s]
    return info_nce(s, [b / count for b in t], temperature)


def decoupled(s, t, temperature=0.1):
    y = t.index(1)
    gaps = [(a - s[y]) / temperature for a in s]
    negatives = [ONE if k != y else ZERO for k in range(len(s))]
    top = max(x for k, x in enumerate(gaps) if k != y)
    total, terms = weighed_sum([x - top for x in gaps], negatives)
    gradient = [x / total / temperature for x in terms]
    gradient[y] = -1 / temperature
    first = next(k for k, x in enumerate(gaps) if x == top and k != y)
    spread = mp.log1p(mp.fsum(x for k, x in enumerate(terms) if k != first))
    return top + spread, abs(top) + spread, gradient, [abs(x) for x in gradient]


def triplet(s, t, margin=0.2, negatives="all"):
    y, n = t.index(1), len(s)
    others = [k for k in range(n) if k != y]
    pulls = tied_share(s, others) if negatives == "hardest" else [ONE] * n
    worst = max((s[k] for k in others), default=-inf)
    chosen = [
        k for k in others if pulls[k] and margin + s[k] - s[y] > 0 and s[k] > -inf
    ]
    once = chosen[:1] if negatives == "hardest" else chosen
    value = mp.fsum(margin + s[k] - s[y] for k in once)
    total = mp.fsum(margin + abs(s[k] - s[y]) for k in once)
    gradient = [pulls[k] if k in chosen else ZERO for k in range(n)]
    gradient[y] = -mp.fsum(pulls[k] for k in chosen)
    assert negatives == "all" or not once or s[once[0]] == worst
    return value, total, gradient, [abs(x) for x in gradient]


def mil_nce(s, t, temperature=1):
    top = max(s)
    x = [(a - top) / temperature for a in s]
    others, up = weighed_sum(x, [1 - b for b in t])
    there, down = weighed_sum(x, t)
    if not there:
        return inf, inf, [None for _ in s], [ZERO for _ in s]
    if not others:
        return ZERO, ZERO, [ZERO for _ in s], [ZERO for _ in s]
    rate = others / (others + there) / temperature
    pairs = [
        (rate * a / others, rate * b / there) for a, b in zip(up, down, strict=True)
    ]
    value = mp.log1p(others / there)
    return value, value, [a - b for a, b in pairs], [a + b for a, b in pairs]


def siglip(s, t, scale=10, bias=-10):
    value, total, gradient, sizes = per_class(of_weights)(
        [scale * x + bias for x in s], t
    )
    return value, total, [scale * x for x in gradient], [scale * x for x in sizes]


MULTILABEL_LOSSES = {
    "sigmoid_cross_entropy": per_class(of_weights),
    "sigmoid_focal": per_class(focal_term),
    "asymmetric": per_class(asymmetric_term),
    "sigmoid_brier": per_class(brier_term),
    "binary_hinge": both(hinge),
    "binary_squared_hinge": both(squared_hinge),
    "binary_perceptron": both(perceptron),
    "soft_f1": lambda z, t, smoothing=0: overlap(
        lambda z, t, **_: weighed_errors(z, t, ONE, ONE),
        lambda z, t, smoothing: found(z, t, smoothing=smoothing, times=2),
    )(z, t, smoothing=smoothing),
    "dice": lambda z, t, smoothing=0: overlap(
        squares, lambda z, t, smoothing: found(z, t, smoothing=smoothing, times=2)
    )(z, t, smoothing=smoothing),
    "tversky": overlap(weighed_errors, found),
    "lovasz_hinge": lovasz_hinge,
    "zlpr": zlpr,
    "lsep": lsep,
}
CONTRASTIVE_LOSSES = {
    "info_nce": info_nce,
    "decoupled": decoupled,
    "triplet": triplet,
    "supervised_contrastive": supervised_contrastive,
    "mil_nce": mil_nce,
    "siglip": siglip,
}
DEFAULTS = {
    "sigmoid_focal": {"gamma": 2, "alpha": 0.25},
    "asymmetric": {"gamma_positive": 1, "gamma_negative": 4, "shift": 0.05},
    "tversky": {"alpha": 0.3, "beta": 0.7},
    "info_nce": {"temperature": 0.07},
    "decoupled": {"temperature": 0.1},
    "supervised_contrastive": {"temperature": 0.1},
    "triplet": {"margin": 0.2},
    "siglip": {"scale": 10, "bias": -10},
}
