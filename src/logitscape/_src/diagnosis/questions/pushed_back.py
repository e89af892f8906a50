"""Losses of the label's probability that rise again as the label becomes more right."""

import numpy as np

from ..answers import Witness
from ..evaluation import Rows, losses, one_hot, row
from .mistake_samples import EXACT, Mistake, Samples

DISTANCES = np.linspace(-30, 30, 241)
"""How far the label is ahead, in units of the temperature."""
RISES = 0.01
"""Rise beyond the least loss, relative to all that the loss falls, that is no rounding."""
SURE = 0.9
"""Probability of the label from which on nobody minds that the loss rises again."""


def pushed_back_when_right(samples: Samples) -> Mistake | None:
    """A loss of the label's probability alone that is least where that is far from 1."""
    if samples.subject.domain.is_bounded or samples.subject.domain.normalised:
        return None
    if samples.subject.one_logit or not _is_of_probability(samples):
        return None
    n = samples.num_classes
    z = np.zeros((len(DISTANCES), n))
    z[:, 0] = samples.temperature * DISTANCES
    loss = losses(samples.subject, z, 0)
    if not np.isfinite(loss).all():
        return None
    least = int(loss.argmin())
    p = float(1 / (1 + (n - 1) * np.exp(-DISTANCES[least])))
    falls, rises = loss[0] - loss[least], loss[-1] - loss[least]
    if p >= SURE or rises <= RISES * falls or falls <= RISES * rises:
        return None
    text = (
        f"The loss is least where the label's probability is {p:.2g}, and rises by {rises:.3g} "
        "as the label becomes more right: descent pushes what is right back. Some term has the "
        "wrong sign, or too large a factor."
    )
    shows = (
        f"the label is ahead by {z[-1, 0]:g}; loss = {loss[-1]:.4g}, more than the least, "
        f"{loss[least]:.4g}"
    )
    witness = Witness(row(z[-1]), one_hot(0, n), shows, "loss")
    return Mistake("never certain", "fault", text, p, witness)


def _is_of_probability(samples: Samples) -> bool:
    """Whether rivals matter by the sum of their exponentials only, and a common shift not."""
    if samples.num_classes < 3:
        # One rival is its own sum, whatever the loss is.
        return False
    label, values = samples.labels[0], samples.values[0]
    z: Rows = samples.z.copy()
    rivals = np.delete(z, label, axis=1)
    largest = rivals.max(axis=1, keepdims=True)
    level = largest + np.log(np.exp(rivals - largest).mean(axis=1, keepdims=True))
    equal = np.repeat(level + 1, z.shape[1], axis=1)
    equal[:, label] = z[:, label] + 1
    loss = losses(samples.subject, samples.temperature * equal, label)
    spread = float(np.ptp(values.loss))
    # Written so that a NaN is none.
    return bool((np.abs(loss - values.loss) <= EXACT * spread).all() and spread > 0)
