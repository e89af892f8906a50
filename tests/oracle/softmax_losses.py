"""More losses of logits, in the form of logit_losses.py: of a softmax, of ranks, of evidence."""

from mpmath import inf, mp, mpf

from .exact import ONE, ZERO, OutsideDomain, all_but
from .normalizers import finite, sigmoid, softmax, softplus
from .scores import differences, label


def cross_entropy(z, t) -> tuple:
    s = softmax(z)
    value = mp.fsum(-b * c for b, c in zip(t, s.log_p, strict=True) if b > 0)
    gradient, sizes = differences(s.p, s.complement, t)
    return value, value, gradient, sizes


def plus(first: tuple, second: tuple) -> tuple:
    """The sum of two losses."""
    a, b, c, d = first
    e, f, g, h = second
    together = lambda x, y: [i + j for i, j in zip(x, y, strict=True)]
    return a + e, b + f, together(c, g), together(d, h)


def adjusted(z, t, weights) -> tuple:
    """Cross-entropy of `softmax(z + log w)`."""
    return cross_entropy([a + mp.log(w) for a, w in zip(z, weights, strict=True)], t)


def logit_adjusted(z, t, prior=None, tau=1):
    weights = [mpf(x) ** mpf(tau) for x in prior] if prior else [ONE for _ in z]
    return adjusted(z, t, weights)


def ldam(z, t, counts=None, max_margin=0.5, scale=30):
    counts = [mpf(x) for x in counts] if counts else [ONE for _ in z]
    margins = [max_margin * (min(counts) / x) ** (ONE / 4) for x in counts]
    return with_margins(z, t, margins, mpf(scale))


def with_margins(z, t, margins, scale):
    moved = [scale * (a - m * b) for a, b, m in zip(z, t, margins, strict=True)]
    value, total, gradient, sizes = cross_entropy(moved, t)
    return value, total, [scale * x for x in gradient], [scale * x for x in sizes]


def shares_of_largest(z) -> list:
    top = max(z)
    count = z.count(top)
    return [ONE / count if x == top else ZERO for x in z]


def max_sup(z, t, weight=0.1):
    finite(z)
    n, top = len(z), max(z)
    value = weight * mp.fsum(top - x for x in z) / n
    terms = [(weight * a, weight / mpf(n)) for a in shares_of_largest(z)]
    gradient, sizes = [a - b for a, b in terms], [a + b for a, b in terms]
    return plus(cross_entropy(z, t), (value, value, gradient, sizes))


def margin_label_smoothing(z, t, margin=10, weight=0.1):
    finite(z)
    n, top = len(z), max(z)
    excess = [top - x - margin for x in z]
    active = [ONE if x > 0 else ZERO for x in excess]
    value = weight * mp.fsum(x for x in excess if x > 0) / n
    factor = mpf(weight) / n
    pulls = [factor * a * mp.fsum(active) for a in shares_of_largest(z)]
    gradient = [a - factor * b for a, b in zip(pulls, active, strict=True)]
    sizes = [a + factor * b for a, b in zip(pulls, active, strict=True)]
    total = weight * mp.fsum(
        a * (top - x + margin) for a, x in zip(active, z, strict=True)
    )
    return plus(cross_entropy(z, t), (value, total / n, gradient, sizes))


def squentropy(z, t):
    finite(z)
    factor = ONE / (len(z) - 1)
    value = factor * mp.fsum((1 - b) * a * a for a, b in zip(z, t, strict=True))
    gradient = [2 * factor * (1 - b) * a for a, b in zip(z, t, strict=True)]
    penalty = value, value, gradient, [abs(x) for x in gradient]
    return plus(cross_entropy(z, t), penalty)


def dual_focal(z, t, gamma=5):
    y, s, gamma = label(t), softmax(z), mpf(gamma)
    below = [x for x in z if x < z[y]]
    tied = [k for k, x in enumerate(z) if below and x == max(below)]
    q = s.p[tied[0]] if tied else ZERO
    base, surprisal = s.complement[y] + q, -s.log_p[y]
    weight = base**gamma
    value = weight * surprisal
    pull = ZERO if base == 0 or surprisal == inf else gamma * value / base
    gradient = [p * (weight + pull * (s.p[y] - q)) for p in s.p]
    sizes = [p * (weight + pull * (s.p[y] + q)) for p in s.p]
    for k in tied:
        gradient[k] += pull * q / len(tied)
        sizes[k] += pull * q / len(tied)
    gradient[y] = -weight * s.complement[y] - pull * s.p[y] * base
    sizes[y] = -gradient[y]
    return value, value, gradient, sizes


def top_k_entropy(z, t, k=2):
    y = label(t)
    rivals = sorted((j for j in range(len(z)) if j != y), key=lambda j: (-z[j], j))
    left_out = rivals[: int(k) - 1]
    return cross_entropy([-inf if j in left_out else x for j, x in enumerate(z)], t)


def top_k_hinge(z, t, k=2):
    y, k = label(t), int(k)
    gaps = [
        ZERO if j == y else x if x == -inf else x - z[y] + 1 for j, x in enumerate(z)
    ]
    # A gap of 1e-300 is lost beside the 1, to 50 digits too.
    chosen = sorted(range(len(z)), key=lambda j: (-gaps[j], -z[j], j))[:k]
    value = mp.fsum(gaps[j] for j in chosen) / k
    total = mp.fsum(abs(z[j] - z[y]) + (j != y) for j in chosen) / k
    if value <= 0:
        return ZERO, total, [ZERO for _ in z], [ZERO for _ in z]
    gradient = [ONE / k if j in chosen else ZERO for j in range(len(z))]
    gradient[y] = -mp.fsum(x for j, x in enumerate(gradient) if j != y)
    return value, total, gradient, [abs(x) for x in gradient]


def smooth_top_k_hinge(z, t, k=2, temperature=1, margin=1):
    y, k, tau = label(t), int(k), mpf(temperature)
    rivals = [j for j in range(len(z)) if j != y]
    weights = {j: mp.exp(z[j] / (k * tau)) for j in rivals}
    before, behind = [symmetric([], k)], [symmetric([], k)]
    for i, j in zip(rivals, reversed(rivals), strict=True):
        before.append(times(before[-1], weights[i]))
        behind.append(times(behind[-1], weights[j]))
    whole = before[-1]
    nothing = [ZERO for _ in z]
    if whole[k] == 0:
        return ZERO, ZERO, nothing, nothing
    own = mp.exp(z[y] / (k * tau))
    odds = mp.exp(margin / tau) * whole[k] / whole[k - 1] / own if own else inf
    share = 1 / (1 + 1 / odds)
    gradient = nothing
    for i, j in enumerate(rivals):
        rest = joined(before[i], behind[len(rivals) - 1 - i])
        below = rest[k - 2] if k > 1 else ZERO
        move = weights[j] * (rest[k - 1] ** 2 - below * rest[k])
        gradient[j] = share * move / (whole[k] * whole[k - 1] * k)
    gradient[y] = -share / k
    value = tau * mp.log1p(odds)
    return value, value, gradient, [abs(x) for x in gradient]


def symmetric(weights, k) -> list:
    """The sums of the products of 0 to k of the weights."""
    found = [ONE] + [ZERO] * k
    for w in weights:
        found = times(found, w)
    return found


def times(sums, w) -> list:
    """The sums with one more weight."""
    return [a + w * b for a, b in zip(sums, [ZERO, *sums[:-1]], strict=True)]


def joined(first, second) -> list:
    """The sums of the weights of both."""
    return [
        mp.fsum(first[i] * second[m - i] for i in range(m + 1))
        for m in range(len(first))
    ]


def evidence(z, kind) -> tuple[list, list]:
    """The parameters of the Dirichlet distribution and their derivatives."""
    if kind == "relu":
        return [1 + max(x, ZERO) for x in z], [ONE if x > 0 else ZERO for x in z]
    return [1 + softplus(x) for x in z], [sigmoid(x) for x in z]


def evidential_log(z, t, evidence_kind="relu"):
    a, slopes = evidence(z, evidence_kind)
    total, others = mp.fsum(a), all_but(a)
    value = mp.fsum(b * mp.log1p(o / x) for b, o, x in zip(t, others, a, strict=True))
    terms = [
        (1 / total * (1 - b), b * o / (x * total))
        for b, o, x in zip(t, others, a, strict=True)
    ]
    # d/da_k = 1/S - t_k/a_k, written so that a one-hot target has one term.
    gradient = [h * (p - q) for h, (p, q) in zip(slopes, terms, strict=True)]
    sizes = [h * (p + q) for h, (p, q) in zip(slopes, terms, strict=True)]
    return value, value, gradient, sizes


def evidential_digamma(z, t, evidence_kind="relu"):
    a, slopes = evidence(z, evidence_kind)
    # The arguments may be nearly equal and as large as 1e300.
    with mp.workdps(mp.dps + 700):
        total = mp.fsum(a)
        # With so many digits each takes milliseconds: once for classes that are equal.
        needed = {x for b, x in zip(t, a, strict=True) if b}
        of_total, rest = mp.digamma(total), mp.polygamma(1, total)
        gaps = {x: of_total - mp.digamma(x) for x in needed}
        slope_gaps = {x: mp.polygamma(1, x) - rest for x in needed}
        value = mp.fsum(b * gaps[x] for b, x in zip(t, a, strict=True) if b)
        of_label = [b * slope_gaps[x] if b else ZERO for b, x in zip(t, a, strict=True)]
    gradient = [
        h * (rest * (1 - b) - p) for h, b, p in zip(slopes, t, of_label, strict=True)
    ]
    sizes = [
        h * (rest * (1 - b) + p) for h, b, p in zip(slopes, t, of_label, strict=True)
    ]
    return value, value, gradient, sizes


def evidential_mse(z, t, evidence_kind="relu"):
    a, slopes = evidence(z, evidence_kind)
    total, others = mp.fsum(a), all_but(a)
    p, r = [x / total for x in a], [x / total for x in others]
    gaps, gap_sizes = differences(p, r, t)
    spread = mp.fsum(x * y for x, y in zip(p, r, strict=True))
    value = mp.fsum(x * x for x in gaps) + spread / (total + 1)
    size = mp.fsum(
        abs(x) * (2 * y - abs(x)) for x, y in zip(gaps, gap_sizes, strict=True)
    )
    pulls = [2 * d + (y - x) / (total + 1) for d, x, y in zip(gaps, p, r, strict=True)]
    sizes = [
        2 * d + (x + y) / (total + 1) for d, x, y in zip(gap_sizes, p, r, strict=True)
    ]
    gradient, gradient_sizes = [], []
    for k, h in enumerate(slopes):
        moved = [
            (p[j] * (pulls[k] - pulls[j]), p[j] * (sizes[k] + sizes[j]))
            for j in range(len(a))
            if (z[j], t[j]) != (z[k], t[k])
        ]
        down = spread / (total + 1) ** 2
        gradient.append(h * (mp.fsum(x for x, _ in moved) / total - down))
        gradient_sizes.append(h * (mp.fsum(x for _, x in moved) / total + down))
    return value, size + spread / (total + 1), gradient, gradient_sizes


def arcface(z, t, margin=0.5, scale=64):
    if any(
        abs(a) > 1 and not (a == -inf and b == 0) for a, b in zip(z, t, strict=True)
    ):
        raise OutsideDomain
    turns = [mpf(margin) * b for b in t]
    scale = mpf(scale)
    moved, slopes, sizes = [], [], []
    for a, turn in zip(z, turns, strict=True):
        root = mp.sqrt(1 - a * a) if turn else ONE
        moved.append(scale * (a * mp.cos(turn) - root * mp.sin(turn) if turn else a))
        # At -1 and 1 the slope of an angle is infinite.
        rises = (a * mp.sin(turn) / root if root else None) if turn else ZERO
        slopes.append(None if rises is None else scale * (mp.cos(turn) + rises))
        sizes.append(scale * (abs(mp.cos(turn)) + abs(rises or 0)))
    value, total, gradient, gradient_sizes = cross_entropy(moved, t)
    return (
        value,
        total,
        [None if b is None else a * b for a, b in zip(gradient, slopes, strict=True)],
        [a * b for a, b in zip(gradient_sizes, sizes, strict=True)],
    )


SOFTMAX_LOSSES = {
    "arcface": arcface,
    "logit_adjusted": logit_adjusted,
    "balanced_softmax": lambda z, t, counts=None: adjusted(
        z, t, [mpf(x) for x in counts] if counts else [ONE for _ in z]
    ),
    "ldam": ldam,
    "cosface": lambda z, t, margin=0.35, scale=64: with_margins(
        z, t, [mpf(margin) for _ in z], mpf(scale)
    ),
    "max_sup": max_sup,
    "margin_label_smoothing": margin_label_smoothing,
    "squentropy": squentropy,
    "dual_focal": dual_focal,
    "top_k_entropy": top_k_entropy,
    "top_k_hinge": top_k_hinge,
    "smooth_top_k_hinge": smooth_top_k_hinge,
    "evidential_log": lambda z, t, evidence="relu": evidential_log(z, t, evidence),
    "evidential_digamma": lambda z, t, evidence="relu": evidential_digamma(
        z, t, evidence
    ),
    "evidential_mse": lambda z, t, evidence="relu": evidential_mse(z, t, evidence),
}
