"""Every normalizer, loss and logit loss to 50 digits: value, gradient, and how much the formula
cancels.

Nothing of logitscape is imported: formulas and chain rule are written anew with mpmath. The door is
`truth(spec, z, target, dtype)`.

**The one rule of the tolerances.** A number x is right if `|got - x| <= tolerance * amplification
* |x|`, where the amplification is `sum |terms| / |sum terms|` of the textbook formula, computed
at the very point, never below 1:

* chain rule: the terms are `dp_j/dz_k dL/dp_j` and `dp_j/dz_k dL/dp_k` for all j that differ from
  k in logit or target: a column of a Jacobian sums to 0, and equals take nothing from each other
  (but in forward mode, which sees one direction only, and in losses over their sum for all labels);
* `dL/dp_j` and values that are sums of terms of both signs: their terms (kl, reverse_kl, label
  smoothing, poly1 with epsilon < 0, scores of soft targets, z_loss near logsumexp = 0, the
  derivative of min_shift in its lowest class);
* a class whose p is itself the result of a cancellation passes that on to what depends on it, by
  as much as the loss moves when p is moved by it: the support edge of sparsemax and entmax, `(z_j
  - tau)^(1/beta)` with z_j and tau measured from the largest logit; Taylor polynomials of order 4
  and more;
* input conditioning, only where unavoidable: `exp(exp(exp z))` turns the rounding of `exp z` into
  `exp(z)` times as much.

What a stable implementation avoids is not excused: 1 - p, gaps between logits with any common
offset, `1 - p_y / |p|` and the one-hot Tsallis score near their optimum, Fenchel-Young losses
(sums of Bregman divergences) near theirs; and `sum_j p_j dL/dp_j` of the spherical score, which is
0 identically: with a separable normalizer the score is the Hellinger loss of `escort`. Numbers in
subnormal range have an absolute bound (accuracy.py, `allowed_error`).
"""

import re
from ast import literal_eval
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from mpmath import inf, isinf, mp, mpf

from .exact import (
    INSIDE,
    ONE,
    OUTSIDE,
    OVERFLOW,
    POLE,
    ZERO,
    OutsideDomain,
    Overflow,
    Simplex,
    Truth,
    all_but,
    distinct,
    exactly,
)
from .logit_losses import LOGIT_LOSSES
from .losses import LOSSES
from .multilabel_losses import CONTRASTIVE_LOSSES, MULTILABEL_LOSSES
from .multilabel_losses import DEFAULTS as MULTILABEL_DEFAULTS
from .normalizers import NORMALIZERS, PERTURBATION, logarithms, perturbed
from .vector_losses import COUNTS_EQUALS, ORDERED


def truth(
    spec: str,
    z: np.ndarray,
    target: np.ndarray,
    dtype: str = "float64",
    *,
    forward: bool = False,
) -> Truth:
    """Value and gradient of `spec` at exactly these numbers, to 50 digits whatever cancels;
    `forward`: by forward mode.
    """
    key = tuple(float(x) for x in z), tuple(float(x) for x in target)
    for digits in (60, 400, 1000):
        with mp.workdps(digits):
            result = evaluate(spec, *key, dtype, digits, forward)
        if settled(result, digits):
            break
    return result


def settled(result: Truth, digits: int) -> bool:
    """Whether 50 digits are left; a sum of terms is taken for an exact 0 only when 1000 digits say
    so.
    """
    pairs = distinct(
        (result.value, *result.gradient), (result.value_size, *result.gradient_size)
    )
    lost = mpf(10) ** (50 - digits)
    return all(x is None or abs(x) >= size * lost for x, size in pairs.values())


def evaluate(
    spec: str, z: tuple, target: tuple, dtype: str, digits: int, forward: bool = False
) -> Truth:
    least = ONE
    try:
        if " + " not in spec:
            name, parameters = parse(spec, dtype)
            logits = exactly(z)
            # An infinite logit of a multi-label loss is a limit.
            if name not in MULTILABEL_LOSSES:
                check(logits)
                if max(logits) == -inf:
                    raise OutsideDomain
            known = LOGIT_LOSSES | MULTILABEL_LOSSES | CONTRASTIVE_LOSSES
            value, total, gradient, sizes = known[name](
                logits, exactly(target), **parameters
            )
        else:
            normalizer, loss = spec.split(" + ")
            s = simplex(normalizer, z, dtype, digits)
            name, parameters = parse(loss, dtype)
            loss, t, least = LOSSES[name], exactly(target), s.least
            value, total, slopes, slope_sizes = loss(s, t, **parameters)
            if not isinf(value):
                if any(s.noise):
                    moved, _, moved_slopes, _ = loss(perturbed(s), t, **parameters)
                    total += abs(moved - value) / PERTURBATION
                    slope_sizes = [
                        b + abs(c - a) / PERTURBATION if mp.isfinite(a) else b
                        for a, b, c in zip(
                            slopes, slope_sizes, moved_slopes, strict=True
                        )
                    ]
                if name == "spherical_score" and is_separable(s, t):
                    s = escort(s)
                    _, _, slopes, slope_sizes = LOSSES["hellinger"](s, t)
                order = range(len(z)) if name in ORDERED else [0] * len(z)
                gradient, sizes = chain(
                    s,
                    slopes,
                    slope_sizes,
                    list(zip(z, target, order, strict=True)),
                    forward or name in COUNTS_EQUALS,
                )
    except OutsideDomain:
        return Truth(OUTSIDE)
    except Overflow:
        return Truth(OVERFLOW)
    if isinf(value):
        return Truth(POLE, inf)
    gradient = tuple(vanish(x, y, digits) for x, y in zip(gradient, sizes, strict=True))
    return Truth(
        INSIDE, vanish(value, total, digits), total, gradient, tuple(sizes), least
    )


def is_separable(s: Simplex, t: list) -> bool:
    """Whether p is in proportion to weights g(z), none of which is 0 at a class that counts."""
    no_pole = all(a > 0 for a, b in zip(s.p, t, strict=True) if b > 0)
    return s.share is s.p and not s.columns and no_pole


def escort(s: Simplex) -> Simplex:
    """Probabilities q in proportion to p^2: the spherical score is `1 - sum_k t_k sqrt(q_k)`."""
    squares = [p * p for p in s.p]
    total = mp.fsum(squares)
    q = [x / total for x in squares]
    complement = [x / total for x in all_but(squares)]
    scale = [2 * a * b / total for a, b in zip(s.p, s.scale, strict=True)]
    return replace(
        s,
        p=q,
        complement=complement,
        log_p=logarithms(q, complement),
        share=q,
        scale=scale,
        share_noise=[2 * x for x in s.share_noise],
        unseen=ZERO,
    )


def vanish(x: mpf | None, size: mpf, digits: int) -> mpf | None:
    """A sum that is nothing but the rounding error of its terms is 0."""
    return (
        ZERO
        if x is not None and digits >= 1000 and abs(x) < size * mpf(10) ** -900
        else x
    )


@lru_cache(maxsize=1024)
def simplex(spec: str, z: tuple, dtype: str, digits: int) -> Simplex:
    name, parameters = parse(spec, dtype)
    logits = exactly(z)
    check(logits)
    if name == "iterated_exponential":
        parameters["largest"] = mpf(float(np.finfo(dtype).max))
    return NORMALIZERS[name](logits, **parameters)


def check(logits: list) -> None:
    if any(mp.isnan(x) or x == inf for x in logits):
        raise OutsideDomain


@lru_cache
def _parse(spec: str) -> tuple[str, tuple]:
    name, _, inside = spec.strip().removesuffix(")").partition("(")
    found = re.findall(r"(\w+)=(\([^)]*\)|[^,]+)", inside)
    return name, tuple((k, literal_eval(v)) for k, v in found)


DEFAULTS = {
    "spherical": {"epsilon": 1e-3}, "generalized_cross_entropy": {"q": 0.7},
    "clipped_cross_entropy": {"epsilon": 1e-7},
    "reverse_kl": {"smoothing": 0.1}, "label_smoothing": {"smoothing": 0.1},
    "tsallis_score": {"alpha": 1.5}, "entmax": {"alpha": 1.5}, "entmax_loss": {"alpha": 1.5},
    "focal": {"gamma": 2}, "z_loss": {"weight": 1e-4}, **MULTILABEL_DEFAULTS,
}  # fmt: skip


def parse(spec: str, dtype: str) -> tuple[str, dict]:
    """Name and parameters, these rounded to the dtype as the function under test sees them."""
    name, given = _parse(spec)
    numbers = {**DEFAULTS.get(name, {}), **dict(given)}
    seen = lambda x: mpf(float(np.dtype(dtype).type(x)))
    return name, {
        k: v
        if isinstance(v, str)
        else [seen(x) for x in v]
        if isinstance(v, tuple)
        else seen(v)
        for k, v in numbers.items()
    }


def chain(
    s: Simplex, slopes: list, sizes: list, classes: list, forward: bool
) -> tuple[list, list]:
    """Gradient by the chain rule and its |terms|: `scale_k sum_j share_j (dL/dp_k - dL/dp_j)`
    over all j other than k.

    Classes with equal logit and target share a computation, and their terms are 0; in forward
    mode only the sum is.
    """
    groups = members(classes)
    first = [group[0] for group in groups.values()]
    share = [
        len(group) * s.share[k] for k, group in zip(first, groups.values(), strict=True)
    ]
    noisy = [x * (1 + s.share_noise[k]) for k, x in zip(first, share, strict=True)]
    others = Rivals(
        all_but(share, s.unseen),
        all_but(
            [x * slopes[k] if x else ZERO for k, x in zip(first, share, strict=True)]
        ),
        all_but(noisy, s.unseen),
        all_but(
            [x * sizes[k] if x else ZERO for k, x in zip(first, noisy, strict=True)]
        ),
    )
    found = {}
    for i, (key, group) in enumerate(groups.items()):
        k = group[0]
        equals = (
            2 * (len(group) - 1) * s.share[k] * (1 + s.share_noise[k]) * sizes[k]
            if forward and s.share[k]
            else ZERO
        )
        found[key] = component(
            s, k, slopes, sizes, Rivals(*(each[i] for each in others)), equals
        )
    return [found[key][0] for key in classes], [found[key][1] for key in classes]


class Rivals(NamedTuple):
    """Sums over all classes but one, and the unseen share: of share_j, share_j dL/dp_j, and the
    |terms| of both.
    """

    share: Any
    pull: Any
    noisy: Any
    size: Any


def members(classes: list) -> dict:
    """The indices of every group of equal classes."""
    groups = {}
    for k, key in enumerate(classes):
        groups.setdefault(key, []).append(k)
    return groups


def component(
    s: Simplex, k: int, slopes: list, sizes: list, rivals: Rivals, equals: mpf
) -> tuple[mpf | None, mpf]:
    """One component and its |terms|, those of its equals among them."""
    if k in s.columns:
        return column(s, k, slopes, sizes)
    if isinf(slopes[k]):
        return (ZERO, ZERO) if not s.scale[k] and s.stays[k] else (None, ZERO)
    g = s.scale[k] * (slopes[k] * rivals.share - rivals.pull)
    return g, abs(s.scale[k]) * (1 + s.scale_noise[k]) * (
        sizes[k] * rivals.noisy + rivals.size + equals
    )


def column(s: Simplex, k: int, slopes: list, sizes: list) -> tuple[mpf | None, mpf]:
    entries, entry_sizes = s.columns[k]()
    pairs = [
        (c, d, a, b)
        for c, d, a, b in zip(slopes, sizes, entries, entry_sizes, strict=True)
        if b > 0
    ]
    pairs = [x for x in pairs if not (isinf(x[0]) and x[2] == 0)]
    if any(isinf(c) for c, *_ in pairs):
        return None, ZERO
    return mp.fsum(c * a for c, _, a, _ in pairs), mp.fsum(
        d * b for _, d, _, b in pairs
    )
