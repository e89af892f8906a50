"""The form of a loss of every logit on its own, told by values."""

from collections.abc import Sequence

import numpy as np

from . import laws
from .framework import Rows
from .reading import Reading, Reduction
from .recognised import AS_GIVEN, Recognised, tested
from .trials import Trials


def of_elements(
    trials: Trials, binary: Sequence[Reading], multi_label: Reading | None
) -> Recognised | None:
    """A loss of every logit on its own."""
    n = trials.num_classes
    targets = tested(lambda: laws.targets_of(trials.run, n), AS_GIVEN)
    if multi_label is not None and binary:
        asks = laws.asks_yes_or_no_of(targets)
        if not tested(lambda: asks(trials.run, n), True):
            return Recognised(multi_label, trials.call, "none", targets)
    if binary:
        found = [_of_one_logit(trials, reading) for reading in binary]
        # A target of the wrong shape is broadcast, and mixes the examples.
        return min(
            (one for one in found if one is not None),
            key=lambda one: one.reduction is None,
            default=None,
        )
    if multi_label is not None:
        return Recognised(multi_label, trials.call, "none", targets)
    return None


def _of_one_logit(trials: Trials, binary: Reading) -> Recognised | None:
    def run(z: Rows, t: Rows) -> Rows:
        shape = [1 if axis == "1" else len(z) for axis in binary.logits]
        target = t.astype(np.int32) if binary.labels else t
        end = [1 if axis == "1" else len(z) for axis in binary.target]
        return trials.run(z.reshape(shape), target.reshape(end))

    if not tested(lambda: run(np.zeros(1), np.ones(1)) is not None, False):
        return None
    many = binary.takes_batch
    count = laws.EXAMPLES if many else 1
    targets = tested(lambda: laws.targets_of(run, count), AS_GIVEN)
    reduction: Reduction | None = "none"
    if many:
        reduction = tested(lambda: laws.reduction_of_elements(run), None)
    return Recognised(binary, trials.call, reduction, targets, binary if many else None)
