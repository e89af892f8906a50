"""Losses that teach shares of several classes, and losses that forgive wrong labels."""

import numpy as np

from ...base.softmax import log_softmax_rows
from ..evaluation import Rows, evaluate
from .design import Design, predicts
from .samples import EXACT, Samples, is_close
from .softmax_forms import SAME

FAR = np.array([1e8, 1e12])
"""Distances at which a bounded loss has reached its bound, also if it approaches it like 1/s."""
FADING = frozenset({"fades exponentially", "fades slowly", "slow to correct"})
"""What a bounded loss must do where it is very wrong."""


def soft_targets(samples: Samples) -> list[Design]:
    """Cross-entropy towards shares that belong to the label, such as those of ordinal labels."""
    n = samples.num_classes
    if len(samples.labels) < n:
        return []
    features = -log_softmax_rows(samples.wide)
    shares = np.zeros((n, n))
    for label, loss in zip(
        samples.labels, samples.losses(samples.at_wide), strict=True
    ):
        solution, *_ = np.linalg.lstsq(features, loss, rcond=None)
        if not is_close(features @ solution, loss):
            return []
        shares[label] = np.round(solution, 9) + 0.0
    if (shares.argmax(axis=1) != np.arange(n)).any() or (shares < 0).any():
        return []
    if not _depend_on_distance(shares):
        return []
    price = (
        "Neighbours share in every label, so that the prediction is that of the smoothed "
        "distribution, whose most probable class may be another one."
    )
    return [
        Design(
            name="ordinal targets",
            severity="trade",
            text="Every label teaches its neighbours too, the less the farther they are.",
            price=price,
            explains=predicts(lambda eta: eta @ shares, lambda z: z),
        )
    ]


def _depend_on_distance(shares: Rows) -> bool:
    """Whether classes share less the farther they are from the label, and unequally at all."""
    for label, row in enumerate(shares):
        below, above = row[: label + 1][::-1], row[label:]
        if (np.diff(below) > EXACT).any() or (np.diff(above) > EXACT).any():
            return False
    spreads = [np.ptp(np.delete(row, label)) for label, row in enumerate(shares)]
    return bool(max(spreads) > SAME)


def bounded(samples: Samples) -> list[Design]:
    """A loss with an upper bound, which noise-robust losses have."""
    # The bound may depend on the number of classes, so that few are not enough.
    far = np.zeros((2 * len(FAR), samples.all_classes))
    far[: len(FAR), 1] = FAR
    far[len(FAR) :, 0] = -FAR
    loss = evaluate(samples.subject, far, 0).loss.reshape(2, -1)
    if not np.isfinite(loss).all() or not is_close(loss[:, 0], loss[:, 1]):
        return []
    top = float(loss.max()) + 0.0
    if top <= samples.at_wide.loss.min():
        return []
    # A bound of 0 that rounding moves is told as 0.
    size = float(np.ptp(samples.at_wide.loss))
    shown = top if abs(top) > EXACT * size else 0.0
    text = f"A wrong example costs at most {shown:.4g}, however wrong it is."
    if _is_symmetric(samples):
        text += (
            " The losses of all labels have a constant sum, so that uniform label noise "
            "does not move the minimum."
        )
    price = (
        "A bounded loss forgives wrong labels and pays for it: "
        "its gradient fades where the label is very wrong."
    )
    return [Design("bounded", "note", text, price, costs=FADING, number=top)]


def _is_symmetric(samples: Samples) -> bool:
    """Whether the losses of all labels have the same sum everywhere."""
    if len(samples.labels) < samples.num_classes:
        return False
    total = samples.losses(samples.at_wide).sum(axis=0)
    return is_close(total, np.full(len(total), total[0]))
