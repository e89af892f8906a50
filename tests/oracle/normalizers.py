"""Every normalizer to any number of digits, as a Simplex."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mpmath import inf, mp, mpf

from .exact import ONE, ZERO, OutsideDomain, Overflow, Simplex, all_but, excess


def logarithms(p: list, complement: list) -> list:
    return [
        -inf if not x else mp.log(x) if 2 * x < 1 else mp.log1p(-y)
        for x, y in zip(p, complement, strict=True)
    ]


PERTURBATION = mpf(2) ** -120


def perturbed(s: Simplex) -> Simplex:
    """Probabilities off by their noise, times a number so small that everything is linear in it."""
    small = [2 * a < 1 for a in s.p]
    shift = [
        PERTURBATION * e * (a if low else -b)
        for a, b, e, low in zip(s.p, s.complement, s.noise, small, strict=True)
    ]
    p = [a + x for a, x in zip(s.p, shift, strict=True)]
    complement = [b - x for b, x in zip(s.complement, shift, strict=True)]
    return replace(s, p=p, complement=complement, log_p=logarithms(p, complement))


def from_the_smaller_side(p: list, complement: list, noise: list) -> list:
    """Relative errors of p become those of 1 - p where p > 1/2: there the other classes determine
    it.
    """
    others = all_but([a * b for a, b in zip(p, noise, strict=True)])
    return [
        e if 2 * a < 1 or not b else o / b
        for a, b, e, o in zip(p, complement, noise, others, strict=True)
    ]


def from_weights(
    g: list, scale: Callable, extra: mpf = ZERO, noise=None, steep=None, stays=None
) -> Simplex:
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
    log_p = logarithms(p, complement)
    return Simplex(
        p,
        complement,
        log_p,
        p,
        scales,
        shared,
        shared,
        bent,
        still,
        unseen=extra / total,
    )


def separable(
    logs: list, slopes: list, noise=None, steep=None, reference: mpf | None = None
) -> Simplex:
    """`p_k` in proportion to `e^{l_k}`, with slopes `dl_k/dz_k`; `reference` is an unlisted one."""
    top = max([*logs, *([] if reference is None else [reference])])
    if top == -inf:
        raise OutsideDomain
    g = [ZERO if x == -inf else mp.exp(x - top) for x in logs]
    extra = ZERO if reference is None else mp.exp(reference - top)
    masks = [x == -inf for x in logs]
    return from_weights(
        g, lambda k, total: g[k] / total * slopes[k], extra, noise, steep, masks
    )


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
    return separable(
        *unmasked(lambda x: (inverse_temperature * x, inverse_temperature))(z)
    )


def softmax_one(z, sink=ZERO):
    return separable(*unmasked(lambda x: (x, ONE))(z), reference=mpf(sink))


def stablemax(z):
    return separable(
        *unmasked(lambda x: (mp.sign(x) * mp.log1p(abs(x)), 1 / (1 + abs(x))))(z)
    )


EVIDENCE = {
    "relu": lambda x: (max(x, ZERO), ONE if x > 0 else ZERO),
    "softplus": lambda x: (softplus(x), sigmoid(x)),
    "exp": lambda x: (mp.exp(x), mp.exp(x)),
}


def evidential(z, evidence="relu"):
    def weight(x):
        e, slope = EVIDENCE[evidence](x)
        return mp.log1p(e), slope / (1 + e)

    return separable(*unmasked(weight)(z))


def top_k(z, k=2):
    least = sorted(z)[-min(int(k), len(z))]
    return softmax_of_some([x if x >= least else -inf for x in z])


def softmax_of_some(z):
    """The choice depends on all classes, so that it is not taken for a separable normalizer."""
    s = softmax(z)
    return replace(s, share=list(s.p))


def ev_softmax(z):
    there = [x for x in z if x != -inf]
    if not there:
        raise OutsideDomain
    mean = mp.fsum(there) / len(there)
    return softmax_of_some([x if x >= mean else -inf for x in z])


def eps_softmax(z, amount):
    s, top = softmax(z), max(z)
    ties = z.count(top)
    added = [amount / ties if x == top else ZERO for x in z]
    p = [(a + b) / (1 + amount) for a, b in zip(s.p, added, strict=True)]
    complement = [
        (a + (amount - b)) / (1 + amount)
        for a, b in zip(s.complement, added, strict=True)
    ]
    return Simplex(
        p,
        complement,
        logarithms(p, complement),
        s.p,
        [x / (1 + amount) for x in s.p],
        *(s.noise for _ in range(3)),
        s.stays,
    )


def softplus_normalizer(z):
    return separable(
        *unmasked(lambda x: (mp.log(softplus(x)), sigmoid(x) / softplus(x)))(z)
    )


def sigmoid_normalizer(z):
    return separable(*unmasked(lambda x: (-softplus(-x), sigmoid(-x)))(z))


def sigsoftmax(z):
    return separable(*unmasked(lambda x: (x - softplus(-x), 1 + sigmoid(-x)))(z))


def spherical(z, epsilon):
    finite(z)
    return separable(
        [mp.log(x * x + epsilon) for x in z], [2 * x / (x * x + epsilon) for x in z]
    )


def taylor(z, order=2):
    finite(z)
    order = int(order)
    terms = [[x**i / mp.factorial(i) for i in range(order + 1)] for x in z]
    g, slope = [mp.fsum(t) for t in terms], [mp.fsum(t[:-1]) for t in terms]
    noise = [
        excess(mp.fsum(map(abs, t)), s) if order > 2 else ZERO
        for t, s in zip(terms, g, strict=True)
    ]
    steep = [
        excess(mp.fsum(map(abs, t[:-1])), s) if order > 2 else ZERO
        for t, s in zip(terms, slope, strict=True)
    ]
    steep = [a + b for a, b in zip(noise, steep, strict=True)]
    return separable(
        [mp.log(x) for x in g],
        [a / b for a, b in zip(slope, g, strict=True)],
        noise,
        steep,
    )


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


def powers(
    amplitude: Callable, slope: Callable, power: int, stays: Callable
) -> Callable:
    """`p_k` in proportion to `amplitude(z_k)^power`."""

    def normalizer(z):
        finite(z)
        a = [amplitude(x) for x in z]
        if max(a) <= 0 or min(a) < 0:
            raise OutsideDomain
        change = [
            power * x ** (power - 1) * slope(y) for x, y in zip(a, z, strict=True)
        ]
        return from_weights(
            [x**power for x in a],
            lambda k, total: change[k] / total,
            stays=[stays(x) for x in z],
        )

    return normalizer


def power(z, exponent):
    finite(z)
    a = [abs(x) for x in z]
    if max(a) == 0 or (exponent < 0 and min(a) == 0):
        raise OutsideDomain
    change = [
        exponent * x ** (exponent - 1) * mp.sign(y) if x else ZERO
        for x, y in zip(a, z, strict=True)
    ]
    return from_weights([x**exponent for x in a], lambda k, total: change[k] / total)


def relu(z):
    a = [x if x > 0 else ZERO for x in z]
    if max(a) <= 0:
        raise OutsideDomain
    return from_weights(
        a,
        lambda k, total: (ONE if a[k] > 0 else ZERO) / total,
        stays=[x < 0 for x in z],
    )


def min_shift(z):
    finite(z)
    n, least = len(z), min(z)
    d = [x - least for x in z]
    total = mp.fsum(d)
    if total == 0:
        raise OutsideDomain
    lowest = [k for k in range(n) if d[k] == 0]
    result = from_weights(
        d, lambda k, total: 1 / total, stays=[len(lowest) == 1 and x == 0 for x in d]
    )
    tie = ONE / len(lowest)

    def column(k: int) -> tuple[list, list]:
        terms = [
            ((ONE if j == k else ZERO), tie, result.p[j] * (1 - n * tie))
            for j in range(n)
        ]
        return [(a - b - c) / total for a, b, c in terms], [
            (a + b + abs(c)) / total for a, b, c in terms
        ]

    result.columns.update((k, partial(column, k)) for k in lowest)
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
    p = [
        (y - tau) ** (1 / beta)
        if y != -inf and y - tau > mpf(10) ** (8 - mp.dps)
        else ZERO
        for y in x
    ]
    u = [y ** (2 - alpha) if y > 0 else ZERO for y in p]
    size, complement = mp.fsum(u), all_but(p)
    noise = [
        ((abs(y) + abs(tau)) / (y - tau) - 1) / beta if q else ZERO
        for y, q in zip(x, p, strict=True)
    ]
    bent = [abs(2 - alpha) * e for e in noise]
    return Simplex(
        p, complement, logarithms(p, complement), [y / size for y in u], u,
        from_the_smaller_side(p, complement, noise), bent, bent, [q == 0 for q in p],
    )  # fmt: skip


def t_softmax(z, width):
    if max(z) == -inf:
        raise OutsideDomain
    return cut_off(z, lambda s: s + width, lambda s: abs(s) + width)


def r_softmax(z, rate, epsilon):
    there = sorted(x for x in z if x != -inf)
    if not there:
        raise OutsideDomain
    n = len(there)
    place = rate * (n - 1)
    first = int(mp.floor(place))
    low, high = (there[min(k, n - 1)] - max(z) for k in (first, first + 1))
    part = place - first
    between = part * (high - low)
    return cut_off(
        z,
        lambda s: (s - low) - between + epsilon,
        lambda s: abs(s - low) + between + epsilon,
    )


def cut_off(z: list, above: Callable, size: Callable) -> Simplex:
    """`p_k` in proportion to `[x]_+ e^s` with `s = z - max z`; `x = above(s)` has slope 1."""
    top, n = max(z), len(z)
    s = [x - top for x in z]
    inside = [x != -inf and above(x) > 0 for x in s]
    g = [above(x) * mp.exp(x) if y else ZERO for x, y in zip(s, inside, strict=True)]
    total = mp.fsum(g)
    moves = [
        (1 + above(x)) * mp.exp(x) / total if y else ZERO
        for x, y in zip(s, inside, strict=True)
    ]
    noise = [
        size(x) / above(x) - 1 if y else ZERO for x, y in zip(s, inside, strict=True)
    ]
    result = from_weights(g, lambda k, total: moves[k], noise=noise)
    # So that it is not taken for a separable normalizer.
    result = replace(result, share=list(result.p), stays=[not y for y in inside])
    largest = [k for k in range(n) if s[k] == 0]
    tie, p = ONE / len(largest), result.p

    def column(k: int) -> tuple[list, list]:
        """All other classes move down, of those that tie only a part."""
        by = [(ONE if i == k else ZERO) - tie for i in range(n)]
        terms = [
            [
                by[i] * moves[i] * (result.complement[j] if i == j else -p[j])
                for i in range(n)
                if by[i]
            ]
            for j in range(n)
        ]
        amplified = [1 + max(result.noise[j], ZERO) for j in range(n)]
        return [mp.fsum(x) for x in terms], [
            mp.fsum(map(abs, x)) * a for x, a in zip(terms, amplified, strict=True)
        ]

    result.columns.update((k, partial(column, k)) for k in largest)
    return result


def sparsegen(z, sparsity):
    s = entmax([x / (1 - sparsity) for x in z], mpf(2))
    return replace(s, scale=[x / (1 - sparsity) for x in s.scale])


def sparsehourglass(z, q):
    there = [x for x in z if x != -inf]
    if not there:
        raise OutsideDomain
    n, total = len(there), mp.fsum(there)
    factor = (1 + n * q) / (abs(total) + n * q)
    lost = (mp.fsum(map(abs, there)) + n * q) / (abs(total) + n * q)
    s = entmax([factor * x for x in z], mpf(2))
    kept = [k for k in range(len(z)) if s.p[k]]
    top = max(z)
    mean = mp.fsum(z[k] - top for k in kept) / len(kept)
    # How p moves with the logarithm of the factor.
    swing = [
        factor * (x - top - mean) if p else ZERO for x, p in zip(z, s.p, strict=True)
    ]
    small = [p if 2 * p < 1 else c for p, c in zip(s.p, s.complement, strict=True)]
    noise = [
        e + (abs(x) / y * lost if y else ZERO)
        for e, x, y in zip(s.noise, swing, small, strict=True)
    ]

    def column(k: int) -> tuple[list, list]:
        by_factor = -mp.sign(total) / (abs(total) + n * q) if z[k] != -inf else ZERO
        terms = [
            (
                factor * ((ONE if j == k else ZERO) - ONE / len(kept))
                if k in kept and j in kept
                else ZERO,
                swing[j] * by_factor,
            )
            for j in range(len(z))
        ]
        return [a + b for a, b in terms], [lost * (abs(a) + abs(b)) for a, b in terms]

    columns = {k: partial(column, k) for k in range(len(z))}
    return replace(s, noise=noise, columns=columns)


def normmax(z, alpha):
    s = entmax([x * alpha / (alpha - 1) for x in z], 2 - 1 / alpha)
    q = [x ** (1 / alpha) for x in s.p]
    total, others = mp.fsum(q), all_but(q)
    p, complement = [x / total for x in q], [x / total for x in others]
    moves = [x ** (2 - alpha) / (alpha - 1) / total if x else ZERO for x in q]
    elsewhere = all_but(moves)
    noise = [
        e / alpha if 2 * a < 1 else ZERO for e, a in zip(s.noise, s.p, strict=True)
    ]
    common = mp.fsum(a * b for a, b in zip(p, noise, strict=True))
    noise = [a + common for a in from_the_smaller_side(p, complement, noise)]

    def column(k: int) -> tuple[list, list]:
        entries = []
        for j in range(len(z)):
            if j == k:
                entries.append(
                    [moves[k] * complement[k] ** 2, p[k] ** 2 * elsewhere[k]]
                )
            else:
                entries.append(
                    [
                        -moves[k] * p[j] * complement[k],
                        -moves[j] * p[k] * complement[j],
                        p[j]
                        * p[k]
                        * mp.fsum(x for i, x in enumerate(moves) if i not in (j, k)),
                    ]
                )
        sizes = [
            mp.fsum(map(abs, x)) * (1 + noise[k] + noise[j])
            for j, x in enumerate(entries)
        ]
        return [mp.fsum(x) for x in entries], sizes

    columns = {k: partial(column, k) for k in range(len(z))}
    zeros = [ZERO for _ in z]
    return Simplex(
        p, complement, logarithms(p, complement), zeros, moves, noise, noise, noise,
        s.stays, columns,
    )  # fmt: skip


def softpick(z, epsilon):
    size = [ZERO if x == -inf else abs(mp.expm1(x)) for x in z]
    r = [x if y > 0 else ZERO for x, y in zip(size, z, strict=True)]
    rest = epsilon + mp.fsum(x for x, y in zip(size, z, strict=True) if y < 0)
    result = from_weights(
        r,
        lambda k, total: mp.exp(z[k]) / total if z[k] > 0 else ZERO,
        rest,
        stays=[x < 0 for x in z],
    )
    whole = mp.fsum(r) + rest

    def column(k: int) -> tuple[list, list]:
        falls = mp.exp(z[k]) / whole if z[k] < 0 else ZERO
        entries = [x * falls for x in result.p]
        return entries, entries

    columns = {k: partial(column, k) for k in range(len(z)) if z[k] <= 0}
    return replace(result, share=list(result.p), columns=columns)


def sigmoid_attention(z):
    there = [x for x in z if x != -inf]
    if not there:
        raise OutsideDomain
    shifted = [x - mp.log(len(there)) for x in z]
    p = [ZERO if x == -inf else sigmoid(x) for x in shifted]
    complement = [ONE if x == -inf else sigmoid(-x) for x in shifted]
    none = [ZERO for _ in z]

    def column(k: int) -> tuple[list, list]:
        entries = [p[k] * complement[k] if j == k else ZERO for j in range(len(z))]
        return entries, entries

    columns = {k: partial(column, k) for k in range(len(z))}
    return Simplex(
        p, complement, logarithms(p, complement), none, none, none, none, none,
        [x == -inf for x in z], columns,
    )  # fmt: skip


def budget(z, total):
    there = [x for x in z if x != -inf]
    if len(there) < total:
        raise OutsideDomain
    reference = sorted(there, reverse=True)[int(mp.ceil(total)) - 1]
    d = [x - reference for x in z]

    def parts(u):
        return [min(max(x + u, ZERO), ONE) for x in d]

    # The sum is linear between the points where a class begins to move, or ends.
    kinks = sorted({u for x in d if abs(x) != inf for u in (-x, 1 - x) if 0 <= u <= 1})
    points = sorted({ZERO, ONE, *kinks})
    sums = [mp.fsum(parts(u)) for u in points]
    at = max(i for i, x in enumerate(sums) if x < total) if sums[0] < total else 0
    rise = sums[at + 1] - sums[at]
    u = points[at] + (points[at + 1] - points[at]) * (total - sums[at]) / rise
    p = parts(u)
    complement = [min(max((1 - x) - u, ZERO), ONE) for x in d]
    moves = [0 < x < 1 for x in p]
    share = [ONE / moves.count(True) if x else ZERO for x in moves]
    noise = [
        ZERO
        if not y
        else (abs(x) + u) / a - 1
        if 2 * a < 1
        else (1 + abs(x) + u) / b - 1
        for x, y, a, b in zip(d, moves, p, complement, strict=True)
    ]
    scale = [ONE if x else ZERO for x in moves]
    # An ulp from 0 or 1, rounding decides whether a class moves at all.
    stays = [x == 0 for x in p]
    return Simplex(
        p, complement, logarithms(p, complement), share, scale, noise, noise, noise, stays
    )  # fmt: skip


def threshold(x: list, beta: mpf) -> mpf:
    """tau with `sum [x - tau]_+^{1/beta} = 1`: Newton's method from the left of a convex falling
    function.
    """
    if beta < 0:
        return heavy_threshold(x, beta)
    tau = mpf(-1)
    for _ in range(200):
        gaps = [y - tau for y in x if y > tau]
        excess = mp.fsum(y ** (1 / beta) for y in gaps) - 1
        step = excess / mp.fsum(y ** (1 / beta - 1) / beta for y in gaps)
        tau += step
        if step < mpf(10) ** (3 - mp.dps):
            return tau
    raise RuntimeError("Newton's method for tau did not converge")


def heavy_threshold(x: list, beta: mpf) -> mpf:
    """tau below 0 with `sum (x - tau)^{1/beta} = 1` for beta < 0: Newton's method on the power
    `(sum ...)^beta`, which is concave in -tau.
    """
    a = ONE
    x = [y for y in x if abs(y) != inf]
    for _ in range(500):
        total = mp.fsum((y + a) ** (1 / beta) for y in x)
        slope = mp.fsum((y + a) ** (1 / beta - 1) for y in x)
        step = (1 - total**beta) / (total ** (beta - 1) * slope)
        a += step
        if step < mpf(10) ** (3 - mp.dps) * a:
            return -a
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
    "tempered": lambda z, temperature=1.5: entmax(z, 2 - mpf(temperature)),
    "stablemax": stablemax,
    "evidential": evidential,
    "power": lambda z, exponent=1.5: power(z, mpf(exponent)),
    "t_softmax": lambda z, width=2: t_softmax(z, mpf(width)),
    "r_softmax": lambda z, rate=0.5, epsilon=1e-8: r_softmax(
        z, mpf(rate), mpf(epsilon)
    ),
    "sparsegen": lambda z, sparsity=0.5: sparsegen(z, mpf(sparsity)),
    "sparsehourglass": lambda z, q=1: sparsehourglass(z, mpf(q)),
    "normmax": lambda z, alpha=2: normmax(z, mpf(alpha)),
    "softpick": lambda z, epsilon=1e-8: softpick(z, mpf(epsilon)),
    "sigmoid_attention": sigmoid_attention,
    "budget": lambda z, total=2: budget(z, mpf(total)),
    "top_k": top_k,
    "ev_softmax": ev_softmax,
    "eps_softmax": lambda z, amount=1000: eps_softmax(z, mpf(amount)),
}
