"""Whether a loss is mixable: how curved its Bayes risk is, relative to that of the log loss."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..base.users_code import keeps_nothing
from ..base.whole_numbers import MOST_CLASSES, whole_number
from ..base.x64 import enable_x64
from ..objectives.sources import Source
from .by_label import ByLabel, Rows, by_label, for_all_labels, of_one_label

SHARES_OF = (0.5, 2.0, 6.0)
"""Widths of the logarithms of random shares."""
POINTS = 32
"""Number of random distributions for each of the simple inverses of normalizers."""
ROUNDS, CANDIDATES, STEPS = 10, 20, (1e-3, 1.0)
"""Rounds of the search around the most curved logits; points of each, and sizes of steps."""
FEWEST = 8
"""Least number of logits at which the expected loss of some distribution is least."""
BORDER = (1e-2, 1e-3, 1e-4)
"""Least share of a class in parts of the simplex, each nearer to its border."""
NO_SHARE = 1e-12
NO_REST = 20.0
"""Common level of logits beside which e^0 is nothing."""
GROWS = 1.15
"""Factor by which a curvature that has no bound grows from part to part."""
STATIONARY, FLAT, ROUNDING = 1e-8, 1e-10, 1e-9
"""Size of a gradient that counts as 0, and of a curvature, relative to the largest there."""
STAYS, MOVES = 1e-7, 1e-3
"""Relative size of a change of gradients up to which it is none, and from which it is one."""


class Curvature(NamedTuple):
    """Curvatures of the Bayes risk relative to the log loss.

    Attributes:
        z: Logits, [m, n].
        shares: Distributions whose expected loss is least there, [m, n].
        relative: Largest curvature of the Bayes risk over that of the log loss, [m].
    """

    z: Rows
    shares: Rows
    relative: Rows


@keeps_nothing
def mixability(source: Source, *, num_classes: int = 3) -> float:
    """The mixability constant eta of a loss: how fast a mixture of experts learns with it.

    The Bayes risk of a distribution p of the labels is the least expected loss,
    H(p) = min_z sum_k p_k L(z, k). Then
    `eta = 1 / max_p lambda_max(H_log''(p)^{-1} H''(p))` on vectors that sum to 0, H_log being
    that of the log loss, the entropy. With a loss of constant eta the aggregating algorithm
    loses at most `log(N) / eta` more than the best of N experts, however long it runs; without
    one (eta = 0) the regret grows with time. Half the loss has twice the eta. The maximum is
    searched for over distributions with shares from 1e-6, in float64, by implicit
    differentiation at logits where the expected loss of some distribution is least.

    Args:
        source: Objective, or a spec or a function that `ls.objective` accepts.
        num_classes: Number of classes n, at least 2.

    Returns:
        The constant; 0 if the loss is not mixable.

    Raises:
        ValueError: If there are fewer than 2 classes, or if hardly any logits have the least
            expected loss of a distribution, as with a loss that only vertices minimise, or if every
            class has a target of its own.

    Source: van Erven, Reid and Williamson, Mixability is Bayes risk curvature relative to log
    loss, JMLR 13, 2012, theorem 13.

    Example:
        >>> import logitscape as ls
        >>> round(ls.mixability("softmax + cross_entropy"), 6)
        1.0
        >>> round(ls.mixability("sparsemax_loss"), 4)  # half the Brier score
        2.0
        >>> ls.mixability("crammer_singer")
        0.0
    """
    whole_number("mixability", "num_classes", num_classes, low=2, high=MOST_CLASSES)
    loss = of_one_label("mixability", source)
    with enable_x64():
        found = mixability_of(by_label(loss), num_classes)
    if found is None:
        raise ValueError(
            f"`mixability({source!r})`: no expected loss is least at the logits that were tried."
        )
    return found


def mixability_of(
    loss: ByLabel, n: int, fit: Callable[[Rows], Rows] = lambda z: z
) -> float | None:
    """The mixability constant of a loss; None if too few logits have a least expected loss.

    Args:
        loss: The loss.
        n: Number of classes.
        fit: Function that moves logits into the domain of the loss.
    """
    random = np.random.default_rng(0)
    scattered = _scattered(n, random)
    found = curvatures(loss, fit(scattered))
    if len(found.z) < FEWEST:
        # Where some probability goes to no class, all expected losses fall as all logits rise.
        found = curvatures(loss, fit(scattered + NO_REST))
    if len(found.z) < FEWEST:
        return None
    for _ in range(ROUNDS):
        near = [_near(place, random) for place in _most_curved(found)]
        more = curvatures(loss, fit(np.concatenate(near)))
        found = Curvature(*map(np.concatenate, zip(found, more, strict=True)))
    by_part = [part.max(initial=0) for part in _parts(found)]
    # Towards the border it keeps growing where it has no bound.
    if not np.isfinite(by_part[-1]):
        return 0.0
    if by_part[0] > 0 and (np.diff(np.log(by_part)) > np.log(GROWS)).all():
        return 0.0
    return float(1 / by_part[-1])


def _parts(found: Curvature) -> list[Rows]:
    """The relative curvatures in every part of the simplex, 0 outside, [m] each."""
    least = np.min(found.shares, axis=1, where=found.shares > 0, initial=1)
    return [np.where(least >= border, found.relative, 0) for border in BORDER]


def _most_curved(found: Curvature) -> Rows:
    """The logits of the largest curvature in every part of the simplex, [part, n]."""
    places: Rows = found.z[[part.argmax() for part in _parts(found)]]
    return places


def curvatures(loss: ByLabel, z: Rows) -> Curvature:
    """The curvatures at those of the logits [m, n] where an expected loss is least."""
    n = z.shape[1]
    losses, gradients = loss.values(*for_all_labels(z))
    losses, gradients = losses.reshape(-1, n), gradients.reshape(-1, n, n)
    finite = np.isfinite(losses).all(axis=1) & np.isfinite(gradients).all(axis=(1, 2))
    z, losses, gradients = z[finite], losses[finite], gradients[finite]
    shares, chosen = _stationary_shares(gradients)
    z, losses, gradients, shares = (
        rows[chosen] for rows in (z, losses, gradients, shares)
    )
    least = _is_least(losses, shares)
    z, gradients, shares = (rows[least] for rows in (z, gradients, shares))
    hessians = loss.hessians(*for_all_labels(z)).reshape(-1, n, n, n)
    relative = _relative(shares, gradients, hessians)
    known = ~np.isnan(relative)
    return Curvature(z[known], shares[known], relative[known])


def _stationary_shares(gradients: Rows) -> tuple[Rows, Rows]:
    """Distributions whose expected loss is stationary, [m, n], and whether there is one, [m].

    Args:
        gradients: Gradients of all labels, [m, label, n].
    """
    _, sizes, vectors = np.linalg.svd(np.swapaxes(gradients, 1, 2))
    last = vectors[:, -1]
    total = np.abs(last).sum(axis=1)
    shares = np.abs(last) / total[:, None]
    shares[shares < NO_SHARE] = 0
    # Another distribution would be as good where a further singular value is 0.
    is_null = sizes[:, -1] <= STATIONARY * sizes[:, 0]
    is_only = sizes[:, -2] > NO_SHARE * sizes[:, 0]
    is_positive = np.abs(last.sum(axis=1)) >= (1 - NO_SHARE) * total
    least = np.min(shares, axis=1, where=shares > 0, initial=1)
    inside = np.minimum(least, 1 - shares.max(axis=1)) >= BORDER[-1]
    return shares, is_null & is_only & is_positive & inside


def _is_least(losses: Rows, shares: Rows) -> Rows:
    """Whether no other logits have a lower expected loss of these shares, [m]."""
    expected = shares @ losses.T
    own = np.diagonal(expected)
    allowed = ROUNDING * (1 + np.abs(losses).max(axis=1, initial=0))
    least: Rows = own <= expected.min(axis=1, initial=np.inf) + allowed
    return least


def _relative(shares: Rows, gradients: Rows, hessians: Rows) -> Rows:
    """The largest relative curvatures, [m]; NaN at a saddle, infinite where the loss is flat.

    By implicit differentiation the Bayes risk has the Hessian -B^T A^+ B, A being the Hessian of
    the expected loss and B the gradients of all labels, in columns; the log loss has -diag(1/p).
    """
    finite: Rows = np.asarray(np.isfinite(hessians).all(axis=(1, 2, 3)))
    hessians = np.where(finite[:, None, None, None], hessians, 0)
    mean = np.einsum("mk,mkij->mij", shares, hessians)
    sizes, axes = np.linalg.eigh((mean + np.swapaxes(mean, 1, 2)) / 2)
    columns = np.swapaxes(gradients * np.sqrt(shares)[:, :, None], 1, 2)
    rows = np.swapaxes(axes, 1, 2) @ columns
    bent = np.abs(hessians).max(axis=(1, 2, 3), initial=1e-300)
    limit = FLAT * bent[:, None]
    flat = sizes <= limit
    scaled = np.where(flat, 0, 1 / np.sqrt(np.maximum(sizes, limit)))[:, :, None] * rows
    relative: Rows = np.asarray(np.linalg.norm(scaled, ord=2, axis=(1, 2))) ** 2
    # Where the expected loss is flat, a small change of the shares moves the minimum far.
    change: Rows = np.where(flat, np.abs(rows).max(axis=2), 0).max(axis=1)
    change /= np.maximum(np.abs(rows).max(axis=(1, 2), initial=0), bent)
    relative[change > STAYS] = np.nan
    relative[change > MOVES] = np.inf
    relative[~finite | (sizes < -limit).any(axis=1)] = np.nan
    return relative


def _near(place: Rows, random: np.random.Generator) -> Rows:
    """Logits near others [n]: by steps of many sizes in some of them, and by factors."""
    shape = (CANDIDATES, len(place))
    low, high = np.log(STEPS)
    sizes = np.exp(random.uniform(low, high, (CANDIDATES, 1)))
    steps = sizes * random.standard_normal(shape) * (random.random(shape) < 0.5)
    near: Rows = place + steps * (0.1 + np.abs(place).max())
    near[::2] = place * np.exp(4 * steps[::2])
    return near


def _scattered(n: int, random: np.random.Generator) -> Rows:
    """Logits of random distributions, as the simple normalizers would have them."""
    widths = np.resize(SHARES_OF, (POINTS, 1))
    shares = np.exp(widths * random.standard_normal((POINTS, n)))
    shares /= shares.sum(axis=1, keepdims=True)
    logs = np.log(shares)
    # One yes or no for each class has the log-odds of its share.
    odds = logs - np.log1p(-shares)
    z: Rows = np.concatenate([logs, shares, np.sqrt(shares), odds])
    return z
