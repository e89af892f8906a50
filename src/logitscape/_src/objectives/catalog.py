"""The catalog of normalizers and losses, with one entry for each formula.

The meaning, the domain and the source of a formula are in the docstring of its function.
"""

from collections.abc import Callable
from typing import Any

from .formula import Formula, Kind
from .logit_loss_entries import LOGIT_LOSS_ENTRIES, TARGET_LOSS_ENTRIES
from .normalizer_entries import LOGIT_MAP_ENTRIES, NORMALIZER_ENTRIES
from .probability_loss_entries import PROBABILITY_LOSS_ENTRIES

FORMULAS: tuple[Formula, ...] = (
    *NORMALIZER_ENTRIES,
    *PROBABILITY_LOSS_ENTRIES,
    *LOGIT_LOSS_ENTRIES,
    *LOGIT_MAP_ENTRIES,
    *TARGET_LOSS_ENTRIES,
)


def _functions(kind: Kind) -> dict[str, Callable[..., Any]]:
    formulas = [formula for formula in FORMULAS if formula.kind == kind]
    return {formula.name: formula.function for formula in formulas}


LOGIT_MAPS: dict[str, Callable[..., Any]] = _functions("logit map")
"""Maps of the logits, `logits -> logits`, in front of a normalizer or a loss of logits."""

NORMALIZERS: dict[str, Callable[..., Any]] = _functions("normalizer")

PROBABILITY_LOSSES: dict[str, Callable[..., Any]] = _functions("loss of probabilities")
"""Losses of probabilities, `(Probs, target) -> scalar`, for any normalizer."""

LOGIT_LOSSES: dict[str, Callable[..., Any]] = _functions("loss of logits")
"""Losses of the logits themselves, `(logits, target) -> scalar`, without a normalizer."""

LOSSES: dict[str, Callable[..., Any]] = PROBABILITY_LOSSES | LOGIT_LOSSES
"""Losses whose target is a distribution over the classes: one label, or a soft one."""

MULTILABEL_LOSSES: dict[str, Callable[..., Any]] = _functions("multi-label loss")
"""Losses `(logits, target) -> scalar` whose target has a number from 0 to 1 for each class."""

CONTRASTIVE_LOSSES: dict[str, Callable[..., Any]] = _functions("contrastive loss")
"""Losses of a row of similarities, `(similarities, target) -> scalar`."""

BY_NAME = {formula.name: formula for formula in FORMULAS}

_BY_FUNCTION = {
    function: formula
    for formula in FORMULAS
    for function in (formula.function, formula.trusting)
}


def trusting_form(function: Callable[..., Any]) -> Callable[..., Any]:
    """A public function without the test whether a traced target is a valid one."""
    return _BY_FUNCTION[function].trusting


def formula_of(function: Any) -> Formula | None:
    """Entry of a public function, or of its trusting form; None for any other object."""
    try:
        return _BY_FUNCTION.get(function)
    except TypeError:  # the object cannot be hashed
        return None
