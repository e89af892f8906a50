"""Every pair of the catalogue as one formula of logits and labels, with parameters to fit."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..deadline import check_time
from ..evaluation import Rows
from .logits_as_probabilities import (
    log_of_clipped_logit,
    log_of_clipped_share,
    log_of_logit,
    log_of_share_of_clipped,
    logs_of_clipped_logits,
)
from .loss_rows import (
    OF_LABEL,
    OF_LOGITS,
    OF_PROBABILITIES,
    sigmoid_of_log_softmax,
    sigmoid_of_softmax,
    sigmoid_of_squashed,
    softmax_twice,
    squared_error_of_number,
    with_rest,
    with_rest_of_largest,
)
from .normalizer_rows import COMMON_NORMALIZERS, NORMALIZER_ROWS, log_probs
from .wider_rows import ROBUST_OF_LABEL, WIDER_OF_PROBABILITIES, at_labels

OfLogits = Callable[..., Rows]
"""Function (logits [m, n], labels [m], parameters) -> losses [m]."""


@dataclass(frozen=True)
class Tunable:
    """A parameter of a formula that can be fitted.

    Attributes:
        name: Its name.
        starts: Values from which a fit starts.
        on_log_scale: Whether its logarithm is fitted, as it may be of any size above 0.
        largest_log: Largest logarithm that a fit on this scale may have.
    """

    name: str
    starts: tuple[float, ...]
    on_log_scale: bool = False
    largest_log: float = 300.0

    def fitted_from(self) -> list[float]:
        """The starts on the scale of the fit."""
        return [
            math.log(start) if self.on_log_scale else start for start in self.starts
        ]

    def value(self, fitted: float) -> float:
        """The value that belongs to a number on the scale of the fit."""
        if not self.on_log_scale:
            return fitted
        return math.exp(max(-self.largest_log, min(fitted, self.largest_log)))


@dataclass(frozen=True)
class Known:
    """A known formula of logits and labels.

    Attributes:
        spec: Its name, a spec if it is in the catalogue.
        function: The formula.
        tunable: The parameter that may be fitted, if there is one.
    """

    spec: str
    function: OfLogits = field(repr=False)
    tunable: Tunable | None = None

    def losses(self, z: Rows, labels: Rows, parameters: Mapping[str, float]) -> Rows:
        """The losses, [m]; what overflows is not finite."""
        with np.errstate(all="ignore"):
            return self.function(z, labels, **parameters)

    def named(self, numbers: Rows) -> dict[str, float]:
        """The parameters that belong to the numbers of a fit: one, or none."""
        if self.tunable is None or not len(numbers):
            return {}
        return {self.tunable.name: self.tunable.value(float(numbers[0]))}


TUNABLE: Mapping[str, Tunable] = {
    "entmax": Tunable("alpha", (1.5, 1.1)),
    "power": Tunable("exponent", (3.0, -1.0)),
    "tempered": Tunable("temperature", (1.5, 3.0)),
    "spherical": Tunable("epsilon", (1.0, 1e-3), on_log_scale=True),
    "generalized_cross_entropy": Tunable("q", (0.3, 0.7)),
    "focal": Tunable("gamma", (1.0, 3.0)),
    "poly1": Tunable("epsilon", (1.0, -0.5)),
    "clipped_cross_entropy": Tunable("epsilon", (1e-2, 1e-6), on_log_scale=True),
    "tsallis_score": Tunable("alpha", (1.5, 3.0)),
    "reverse_kl": Tunable("smoothing", (0.1, 1e-4), on_log_scale=True),
    "label_smoothing": Tunable("smoothing", (0.1,)),
    "squared_logits": Tunable("target", (1.0, 5.0)),
    "entmax_loss": Tunable("alpha", (1.5, 1.1)),
    "z_loss": Tunable("weight", (1e-3, 0.1)),
}
"""The parameters that are fitted, by the name of their formula."""


def pair(normalizer: str, loss: str) -> Known:
    """A normalizer with a loss of probabilities."""
    tunable = TUNABLE.get(loss) or TUNABLE.get(normalizer)
    return Known(
        spec=f"{normalizer} + {loss}",
        function=partial(_pair_losses, normalizer, loss, loss in TUNABLE),
        tunable=tunable,
    )


def catalogue(*, common: bool = False) -> Iterator[Known]:
    """Everything in the catalogue; what comes first is the name of equal ones.

    Args:
        common: Whether to leave out the pairs of two formulas that few people use.
    """
    for normalizer in NORMALIZER_ROWS:
        for loss in (*OF_LABEL, *OF_PROBABILITIES):
            if not common or _is_common(normalizer, loss):
                yield pair(normalizer, loss)
    for name, function in OF_LOGITS.items():
        yield Known(name, function, TUNABLE.get(name))


def _is_common(normalizer: str, loss: str) -> bool:
    if normalizer == "softmax" or loss in ("cross_entropy", "brier"):
        return True
    is_wider = loss in ROBUST_OF_LABEL or loss in WIDER_OF_PROBABILITIES
    return normalizer in COMMON_NORMALIZERS and not is_wider


TWICE = "softmax + softmax + cross_entropy"
BEFORE_SIGMOID = "softmax + sigmoid cross-entropy"
LOG_BEFORE_SIGMOID = "log-softmax + sigmoid cross-entropy"
SQUASHED = "sigmoid cross-entropy of targets after a sigmoid"
WITH_REST = "softmax with a rest + cross_entropy"
WITH_REST_OF_LARGEST = "softmax with a rest of its largest weight + cross_entropy"
OF_NUMBER = "squared error of the expected class number"
REST = Tunable("rest", (3.0, 30.0, 0.01), on_log_scale=True, largest_log=14.0)
AS_PROBABILITIES: Mapping[str, OfLogits] = {
    "logarithm of the label's logit": log_of_logit,
    "logarithm of the label's logit, clipped": log_of_clipped_logit,
    "logarithm of the label's share, clipped": log_of_clipped_share,
    "logarithm of the label's share of clipped logits": log_of_share_of_clipped,
    "logarithms of all logits, clipped": logs_of_clipped_logits,
}
"""Cross-entropies of logits that are taken for probabilities, as by Keras without `from_logits`."""


def known_mistakes() -> Iterator[Known]:
    """Formulas that are mistakes: they are compared like those of the catalogue."""
    outer = Tunable("temperature", (1.0, 0.1), on_log_scale=True)
    yield Known(TWICE, softmax_twice)
    yield Known(TWICE, softmax_twice, outer)
    yield Known(BEFORE_SIGMOID, sigmoid_of_softmax)
    yield Known(BEFORE_SIGMOID, sigmoid_of_softmax, outer)
    yield Known(LOG_BEFORE_SIGMOID, sigmoid_of_log_softmax)
    yield Known(SQUASHED, sigmoid_of_squashed)
    yield Known(WITH_REST, with_rest, REST)
    yield Known(WITH_REST_OF_LARGEST, with_rest_of_largest, REST)
    yield Known(OF_NUMBER, squared_error_of_number)
    for spec, formula in AS_PROBABILITIES.items():
        yield Known(spec, formula)


def all_losses(z: Rows, labels: Rows, *, common: bool = False) -> Rows:
    """The losses of the catalogue with its default parameters, in its order, [formulas, m].

    Every normalizer is evaluated once.
    """
    rows = []
    with np.errstate(all="ignore"):
        for normalizer in NORMALIZER_ROWS:
            check_time()
            log_p = log_probs(normalizer, z)
            of_label = at_labels(log_p, labels)
            for loss in (*OF_LABEL, *OF_PROBABILITIES):
                if common and not _is_common(normalizer, loss):
                    continue
                if loss in OF_LABEL:
                    rows.append(OF_LABEL[loss](of_label))
                else:
                    rows.append(OF_PROBABILITIES[loss](log_p, labels))
        rows += [loss(z, labels) for loss in OF_LOGITS.values()]
    return np.stack(rows)


def _pair_losses(
    normalizer: str,
    loss: str,
    of_loss: bool,
    z: Rows,
    labels: Rows,
    **parameters: Any,
) -> Rows:
    own, rest = (parameters, {}) if of_loss else ({}, parameters)
    log_p = log_probs(normalizer, z, **rest)
    if loss in OF_LABEL:
        return OF_LABEL[loss](at_labels(log_p, labels), **own)
    return OF_PROBABILITIES[loss](log_p, labels, **own)
