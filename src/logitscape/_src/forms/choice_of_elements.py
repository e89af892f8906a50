"""The form of a loss of every logit on its own, told by values."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from . import laws
from .call import TARGETS, Call, call_of_preferences, second_name
from .framework import Rows
from .reading import Form, Reading, Reduction
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
        best = min(
            (one for one in found if one is not None),
            key=lambda one: one.reduction is None,
            default=None,
        )
        return best if best is None else _in_all_pairs(trials, best, binary) or best
    if multi_label is not None:
        return Recognised(multi_label, trials.call, "none", targets)
    return None


def of_preferences(trials: Trials, form: Form | None) -> Recognised | None:
    """A loss of the scores of what is preferred and of what is not, such as a reward model's."""
    reading = next(
        (
            each
            for each in trials.accepted("binary")
            if each.logits == each.target == "N"
        ),
        None,
    )
    may_be = (
        trials.call == Call() and second_name(trials.function).lower() not in TARGETS
    )
    if not may_be or reading is None or form not in (None, "binary"):
        return None
    if not tested(lambda: laws.is_of_preferences(trials.run), False):
        return None
    call = call_of_preferences(trials.function)
    return _of_one_logit(replace(trials, call=call), reading)


def _in_all_pairs(
    trials: Trials, found: Recognised, binary: Sequence[Reading]
) -> Recognised | None:
    """A batch in which every logit meets every target, though arrays of one shape are given.

    One example alone shows nothing of it, and would be taken for all that the function takes.
    """
    reading = binary[0]
    if found.reading.takes_batch or reading.logits != "N" or reading.labels:
        return None
    run = _runner(trials, reading)
    if not tested(lambda: laws.is_mean_of_pairs(run), False):
        return None
    return Recognised(reading, trials.call, "mean", found.targets, reading)


def _runner(trials: Trials, binary: Reading) -> Callable[[Rows, Rows], Rows]:
    def run(z: Rows, t: Rows) -> Rows:
        shape = [1 if axis == "1" else len(z) for axis in binary.logits]
        target = t.astype(np.int32) if binary.labels else t
        end = [1 if axis == "1" else len(z) for axis in binary.target]
        return trials.run(z.reshape(shape), target.reshape(end))

    return run


def _of_one_logit(trials: Trials, binary: Reading) -> Recognised | None:
    run = _runner(trials, binary)
    if not tested(lambda: run(np.zeros(1), np.ones(1)) is not None, False):
        return None
    many = binary.takes_batch
    count = laws.EXAMPLES if many else 1
    targets = tested(lambda: laws.targets_of(run, count), AS_GIVEN)
    reduction: Reduction | None = "none"
    if many:
        reduction = tested(lambda: laws.reduction_of_elements(run), None)
    return Recognised(binary, trials.call, reduction, targets, binary if many else None)
