"""The catalog: one entry a formula. Its meaning, domain and source stand in its docstring."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..base.formula import trusting_on_logits, trusting_on_probs
from ..losses import distribution, fenchel_young, label, margin, regression
from ..normalizers import exponential, rational, sigmoidal, sparse

Kind: TypeAlias = Literal["normalizer", "loss of probabilities", "loss of logits"]


@dataclass(frozen=True)
class Formula:
    """One entry of the catalog.

    Attributes:
        kind: what it is.
        function: the public function, which checks all that it is given.
        predictor: for a loss of logits, the normalizer that turns logits trained with it into a
            prediction. It takes the parameters that both have.
        trusting: the same function without the test of a traced target.
    """

    kind: Kind
    function: Callable[..., Any]
    predictor: Callable[..., Any] | None = None
    trusting: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the trusting form, once, so that all that is made of it is equal."""
        of_probs = self.kind == "loss of probabilities"
        trusting = trusting_on_probs if of_probs else trusting_on_logits
        object.__setattr__(self, "trusting", trusting(inspect.unwrap(self.function)))

    @property
    def name(self) -> str:
        """By which specs call it."""
        return str(self.function.__name__)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters, with their defaults."""
        signature = inspect.signature(self.function).parameters.values()
        return {
            each.name: each.default
            for each in signature
            if each.kind is each.KEYWORD_ONLY
        }


FORMULAS: tuple[Formula, ...] = (
    Formula("normalizer", exponential.softmax),
    Formula("normalizer", rational.sum),
    Formula("normalizer", rational.abs),
    Formula("normalizer", rational.relu),
    Formula("normalizer", rational.square),
    Formula("normalizer", rational.spherical),
    Formula("normalizer", rational.taylor),
    Formula("normalizer", sigmoidal.softplus),
    Formula("normalizer", sigmoidal.sigmoid),
    Formula("normalizer", sigmoidal.sigsoftmax),
    Formula("normalizer", exponential.iterated_exponential),
    Formula("normalizer", rational.min_shift),
    Formula("normalizer", exponential.argmax),
    Formula("normalizer", exponential.softmax_one),
    Formula("normalizer", sparse.sparsemax),
    Formula("normalizer", sparse.entmax),
    Formula("loss of probabilities", label.cross_entropy),
    Formula("loss of probabilities", label.exponential),
    Formula("loss of probabilities", label.generalized_cross_entropy),
    Formula("loss of probabilities", label.mae),
    Formula("loss of probabilities", label.hellinger),
    Formula("loss of probabilities", label.focal),
    Formula("loss of probabilities", label.poly1),
    Formula("loss of probabilities", label.symmetric_cross_entropy),
    Formula("loss of probabilities", label.clipped_cross_entropy),
    Formula("loss of probabilities", distribution.brier),
    Formula("loss of probabilities", distribution.spherical_score),
    Formula("loss of probabilities", distribution.tsallis_score),
    Formula("loss of probabilities", distribution.kl),
    Formula("loss of probabilities", distribution.reverse_kl),
    Formula("loss of probabilities", distribution.label_smoothing),
    Formula("loss of logits", margin.perceptron, exponential.argmax),
    Formula("loss of logits", margin.crammer_singer, exponential.argmax),
    Formula("loss of logits", margin.weston_watkins, exponential.argmax),
    Formula("loss of logits", regression.one_vs_rest, sigmoidal.sigmoid),
    Formula("loss of logits", regression.squared_logits, exponential.argmax),
    Formula("loss of logits", fenchel_young.sparsemax_loss, sparse.sparsemax),
    Formula("loss of logits", fenchel_young.entmax_loss, sparse.entmax),
    Formula("loss of logits", regression.spherical_bound, exponential.softmax),
    Formula("loss of logits", regression.z_loss, exponential.softmax),
)


def _functions(kind: Kind) -> dict[str, Callable[..., Any]]:
    return {each.name: each.function for each in FORMULAS if each.kind == kind}


NORMALIZERS: dict[str, Callable[..., Any]] = _functions("normalizer")

PROBABILITY_LOSSES: dict[str, Callable[..., Any]] = _functions("loss of probabilities")
"""Losses of probabilities, `(Probs, target) -> scalar`: they go with any normalizer."""

LOGIT_LOSSES: dict[str, Callable[..., Any]] = _functions("loss of logits")
"""Losses of the logits themselves, `(logits, target) -> scalar`: they stand alone."""

LOSSES: dict[str, Callable[..., Any]] = PROBABILITY_LOSSES | LOGIT_LOSSES

BY_NAME = {each.name: each for each in FORMULAS}
_BY_FUNCTION = {each.function: each for each in FORMULAS}


def formula_of(function: Any) -> Formula | None:
    """The entry whose public function this is; None for any other object."""
    try:
        return _BY_FUNCTION.get(function)
    except TypeError:  # a user's object that cannot be hashed
        return None
