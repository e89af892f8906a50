"""Losses whose likelihood of a label is a mix of probabilities, as a model of its noise has."""

import numpy as np

from ...base.softmax import log_softmax_rows
from ..answers import Answer
from ..evaluation import Rows
from .design import Design, predicts
from .samples import Samples, is_close
from .softmax_forms import SAME

LEAST_ROW = 1e-9
"""Least weight that is not rounding."""
EXPLAINED = frozenset(
    {"never certain", "epsilon inside the logarithm", "clipped probability"}
)
"""What such a loss must do: no label is ever certain, and none is impossible."""


def label_noise(samples: Samples) -> list[Design]:
    """A loss `-log sum_k p_k T_ky` with p the softmax, whose T has rows that sum to 1.

    A constant that is added to a probability, or a clip, does not keep the sum over the labels.
    """
    mix = _mix(samples)
    if mix is None:
        return []
    kept = float(np.diag(mix).min())
    text = (
        "The likelihood of a label is a mix of the softmax's probabilities, as where labels are "
        f"changed at random: the label of a class is kept with a probability of {kept:.4g} or "
        "more, and the likelihoods of all labels sum to 1."
    )
    price = (
        f"No label gets a likelihood above {np.diag(mix).max():.4g}; where another label is as "
        "likely as the noise makes it, the gradient fades, so that wrong labels have little "
        "influence, and confidently wrong predictions too."
    )
    of_prediction = predicts(lambda eta: eta @ np.linalg.pinv(mix), lambda z: z)

    def explains(answer: Answer) -> bool:
        return answer.verdict in EXPLAINED or of_prediction(answer)

    return [
        Design(
            name="label noise",
            severity="trade",
            text=text,
            price=price,
            explains=explains,
            number=kept,
        )
    ]


def _mix(samples: Samples) -> Rows | None:
    """The probability T of each label [n, n], given the class of its row; None if there is none."""
    n = samples.num_classes
    if len(samples.labels) < n or len(samples.small) <= n:
        return None
    near, far = (
        np.exp(-samples.losses(values)).T
        for values in (samples.at_small, samples.at_wide)
    )
    # Checked first, as nearly all losses end here.
    if not is_close(near.sum(axis=1), np.ones(len(near))):
        return None
    p_near, p_far = (np.exp(log_softmax_rows(z)) for z in (samples.small, samples.wide))
    found, *_ = np.linalg.lstsq(p_far, far, rcond=None)
    mix: Rows = np.where(np.abs(found) < LEAST_ROW, 0.0, found)
    is_mix = is_close(p_far @ mix, far) and is_close(p_near @ mix, near)
    is_noise = (mix >= 0).all() and (mix.argmax(axis=1) == np.arange(n)).all()
    return mix if is_mix and is_noise and np.diag(mix).min() < 1 - SAME else None
