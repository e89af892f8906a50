"""A likelihood whose probability stays below 1 however right the label is.

Whatever a loss does inside, `p_y = e^(-L_y)` are probabilities if they sum to 1 over the labels
at the same logits. The largest that p_y can become is then measured, and follows from no formula.
"""

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, losses, one_hot, row
from .label_rows import LabelRows
from .mistake_samples import Mistake, Samples

MOST = 0.9
"""Largest probability that counts as a limit: nobody wants to be less sure of what is right."""
SUM = 10.0
"""Largest deviation of a sum of probabilities from 1, in units of what rounding may cause."""
RISE = 0.01
"""Least difference of the probabilities of a yes at the largest and the smallest logits."""
FINEST, LARGEST_STRETCH = 60, 10.0
DISTANCES = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0, 1024.0])
"""Distances by which the label is right, in units of the temperature."""


def never_certain(samples: Samples) -> Mistake | None:
    """Logits that are squashed first, as by a sigmoid, a norm or another softmax."""
    domain = samples.subject.domain
    if domain.is_bounded or domain.normalised:
        # What the logits can be is not the loss's doing.
        return None
    if not np.isfinite(samples.values[0].gradient).all():
        return None
    likelihood = _likelihood(samples.recognised.labels)
    if likelihood is None:
        of_one_logit = samples.subject.one_logit
        return (_never_sure if of_one_logit else _never_sure_of_yes)(samples)
    z = _right_logits(samples)
    of_label, of_rival = (losses(samples.subject, z, label) for label in (0, 1))
    n = samples.num_classes
    mean = (of_label + (n - 1) * of_rival) / n
    with np.errstate(over="ignore"):
        p = np.exp(-likelihood.losses(of_label, mean))
    shows = (
        f"the label is ahead by {z[-1, 0] - z[-1, 1]:g}, "
        f"and the loss is still {of_label[-1]:.4g}"
    )
    return _limited(p, Witness(row(z[-1]), one_hot(0, n), shows, "loss"))


def _never_sure_of_yes(samples: Samples) -> Mistake | None:
    """The same of a yes-or-no loss of every logit: `e^-l` of yes and of no sum to 1.

    The loss of an example is their sum, or their mean.
    """
    n = samples.num_classes
    steps = samples.temperature * np.concatenate([-DISTANCES[::-1], DISTANCES])
    z = np.repeat(steps[:, None], n, axis=1)
    # A loss that is no such loss may fall far below 0.
    with np.errstate(over="ignore"):
        costs = [
            losses(samples.subject, z, np.full_like(z, target)) for target in (1, 0)
        ]
        of_one = (np.exp(-np.array(costs) / count) for count in (n, 1))
    tolerance = SUM * samples.recognised.labels.exact
    fitting = [
        (yes, no) for yes, no in of_one if np.abs(yes + no - 1).max() <= tolerance
    ]
    # Under a softmax equal logits have equal shares, wherever they are.
    if not fitting or fitting[0][0][-1] - fitting[0][0][0] <= RISE:
        return None
    yes, _ = fitting[0]
    shows = (
        f"all logits are {z[-1, 0]:g} and every answer is yes: p is only {yes[-1]:.4g}"
    )
    return _limited(yes, Witness(row(z[-1]), (1.0,) * n, shows, "loss"))


def _never_sure(samples: Samples) -> Mistake | None:
    """The same of one logit, whose yes and no need not have equal probabilities at 0."""
    steps = samples.temperature * np.concatenate([-DISTANCES[::-1], DISTANCES])
    z = np.stack([np.zeros_like(steps), steps], axis=1)
    with np.errstate(over="ignore"):
        no, yes = (np.exp(-losses(samples.subject, z, label)) for label in (0, 1))
    tolerance = SUM * samples.recognised.labels.exact
    if not (np.abs(yes + no - 1).max() <= tolerance and yes[-1] - yes[0] > RISE):
        return None
    p, end, label = (yes, -1, 1) if yes.max() < no.max() else (no, 0, 0)
    shows = (
        f"the logit is {z[end, 1]:g}, and p of the right answer is only {p[end]:.4g}"
    )
    return _limited(p, Witness(row(z[end]), one_hot(label, 2), shows, "loss"))


def _limited(p: Rows, witness: Witness) -> Mistake | None:
    if not np.isfinite(p).all() or p.max() >= MOST:
        return None
    largest = float(p.max())
    text = (
        f"However right the label is, its probability stays below {largest + 5e-5:.4f}, and "
        "the loss never comes near 0: the logits are squashed before they become "
        "probabilities, as by a sigmoid, a tanh, a norm or another softmax. Give them to the "
        "loss as they are, or multiply what is bounded by a scale."
    )
    return Mistake("never certain", "fault", text, largest, witness)


def _right_logits(samples: Samples) -> Rows:
    """Logits of which class 0 is the largest: all others 0, or as far below 0 as it is above."""
    n = samples.num_classes
    shapes = np.zeros((3, n))
    shapes[:, 0] = 1
    shapes[1, 1:] = -1
    shapes[2, 1:] = -1 / (n - 1)
    z = samples.temperature * DISTANCES[:, None, None] * shapes
    rows: Rows = z.reshape(-1, n)
    return rows


class _Likelihood:
    """How probabilities follow from losses: `L_y = factor ((1 - e) l_y + e mean(l))`.

    Attributes:
        factor: Factor of the loss.
        stretch: 1 / (1 - e), with the smoothing e of the target.
    """

    def __init__(self, factor: float, stretch: float) -> None:
        self.factor = factor
        self.stretch = stretch

    def losses(self, loss: Rows, mean: Rows) -> Rows:
        """The negative logarithms of the probabilities, with the mean over the labels."""
        of_label: Rows = (mean + self.stretch * (loss - mean)) / self.factor
        return of_label

    def sums(self, loss: Rows) -> Rows:
        """The sums of the probabilities of all labels, for losses [n, m]."""
        with np.errstate(over="ignore"):
            total: Rows = np.exp(-self.losses(loss, loss.mean(axis=0))).sum(axis=0)
        return total


def _likelihood(rows: LabelRows) -> _Likelihood | None:
    """How the losses of all labels are logarithms of probabilities; None if they are not."""
    at_equal, loss = rows.at_equal.loss, rows.at_same.loss
    n = len(loss)
    if not np.isfinite(at_equal).all() or not np.isfinite(loss).all():
        return None
    factor = float(at_equal.mean() / np.log(n))
    tolerance = SUM * rows.exact * (1 + np.abs(loss).max() / max(abs(factor), 1e-300))
    if factor <= 0 or np.abs(at_equal / factor - np.log(n)).max() > tolerance:
        return None
    plain = _Likelihood(factor, 1.0)
    if np.abs(plain.sums(loss) - 1).max() <= tolerance:
        return plain
    # The sum rises with the stretch, as the exponential is convex.
    low, high = 1.0, LARGEST_STRETCH
    for _ in range(FINEST):
        middle = (low + high) / 2
        if _Likelihood(factor, middle).sums(loss)[0] < 1:
            low = middle
        else:
            high = middle
    smoothed = _Likelihood(factor, (low + high) / 2)
    return smoothed if np.abs(smoothed.sums(loss) - 1).max() <= tolerance else None
