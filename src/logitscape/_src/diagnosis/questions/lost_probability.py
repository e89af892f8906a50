"""Probability that goes to classes that are not there, whatever is done to the logits before."""

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, Values, one_hot, row
from ..formulas.catalogue_rows import WITH_REST, WITH_REST_OF_LARGEST
from .label_rows import LabelRows
from .mistake_samples import Mistake, Samples

LOST = 1e-3
"""Least share of the probability that counts as lost at all points."""
ONE_MORE = 1e-3
"""How near to 1 what is added to the normaliser may be: a class of abstaining is meant so."""
TOLERANCE = 1e-6
LEAST_SHARE = 1e-3
FEWEST = 3
"""Number of classes whose shares can be compared."""
LOOSE = 100
"""Factor by which gradients deviate more than losses."""


def probability_lost(samples: Samples) -> Mistake | None:
    """Classes that are not there take a part of the probability, as zero columns of padding do.

    So does a constant in the normaliser.
    """
    identity = samples.identity
    if identity is None or identity.spec not in (WITH_REST, WITH_REST_OF_LARGEST):
        return _lost_behind_a_map(samples)
    rest = identity.parameters["rest"]
    n = samples.num_classes
    cause = "padded classes with a logit of 0 would add"
    if identity.spec == WITH_REST_OF_LARGEST:
        cause = "a constant beside the sum of exponentials adds"
    total = n / (n + rest)
    text = (
        f"Probability is lost: the normaliser has {rest:.4g} more than the sum over the "
        f"{n} classes, as {cause}. p sums to {total:.4g} where all logits are 0, and the "
        "probability of a label never reaches 1."
    )
    shows = f"the loss is {np.log(n + rest):.4g} instead of log {n} = {np.log(n):.4g}"
    witness = Witness((0.0,) * n, one_hot(0, n), shows, "loss")
    return Mistake("probability lost", "fault", text, total, witness)


def _lost_behind_a_map(samples: Samples) -> Mistake | None:
    """The same where every logit goes through a map first, such as a soft cap or a prior.

    With p_k = e^(-loss of label k), the loss of label y is `log(sum_k w_k + rest) - log w_y`
    with w_k a function of z_k alone if its slope is `p_k r_k` in a rival's logit z_k, and
    `(p_y - 1) r_y` in its own, with r_k the same for all labels.
    """
    rows = samples.recognised.labels
    if samples.num_classes < 3:
        return None
    p = np.exp(-np.concatenate([rows.at_same.loss, rows.at_equal.loss], axis=1))
    totals = p.sum(axis=0)
    if not np.isfinite(p).all() or not (totals < 1 - LOST).all():
        return None
    tolerance = max(TOLERANCE, LOOSE * rows.exact)
    if not all(_is_a_share(p[:, [i]], rows.at_same, i, tolerance) for i in range(2)):
        return None
    n, total = samples.num_classes, float(totals[2])
    rest = n / total - n
    if abs(rest - 1) <= ONE_MORE or not _depends_on_place(rows):
        return None
    text = (
        f"Probability is lost: e^(-loss), added up over the {n} labels, is {total:.4g} for "
        "equal logits and never 1, although the loss is that of a softmax of mapped logits. "
        "The normaliser has more than the sum over the classes, as padded classes would add."
    )
    point = row(rows.same[0])
    shows = (
        f"p = e^(-loss) of this label is {p[0, 0]:.4g}; those of all labels sum to "
        f"{totals[0]:.4g}"
    )
    witness = Witness(point, one_hot(0, n), shows, "loss")
    return Mistake("probability lost", "fault", text, total, witness)


def _is_a_share(p: Rows, values: Values, point: int, tolerance: float) -> bool:
    """Whether gradients [label, class] are those of shares p [n, 1] of a sum at a point."""
    gradient = values.gradient[:, point]
    n = len(gradient)
    if not np.isfinite(gradient).all():
        return False
    # What has next to no share says nothing in so many digits.
    counts = p[:, 0] > LEAST_SHARE * p.max()
    if counts.sum() < FEWEST:
        return False
    with np.errstate(all="ignore"):
        slopes = np.where(np.eye(n, dtype=bool), gradient / (p - 1), gradient / p.T)
    slopes = slopes[np.ix_(counts, counts)]
    typical = np.median(slopes, axis=0)
    return bool((np.abs(slopes - typical) <= tolerance * np.abs(typical)).all())


def _depends_on_place(rows: LabelRows) -> bool:
    """Whether labels differ in their losses where logits do."""
    return bool(np.ptp(rows.at_same.loss[:, 0]) > TOLERANCE)
