"""The catalog of normalizers and losses, with one entry for each formula.

The meaning, the domain and the source of a formula are in the docstring of its function.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..base.formula import trusting_on_logits, trusting_on_probs
from ..losses import (
    distribution,
    fenchel_young,
    focal,
    label_losses,
    label_scores,
    logarithmic,
    margin,
    power,
    regression,
    spherical_bound,
    tsallis,
)
from ..losses.label_shares import OfLabel
from ..normalizers import (
    augmented,
    budget,
    entmax,
    evidential,
    evidential_weights,
    exponential,
    exponential_weights,
    logit_maps,
    normmax,
    power_weights,
    rational,
    real_powers,
    selective,
    sigmoidal,
    sparsemax,
    taylor,
    truncated,
    unnormalized,
)
from ..normalizers.weights import Weigh

Kind: TypeAlias = Literal[
    "logit map", "normalizer", "loss of probabilities", "loss of logits"
]


@dataclass(frozen=True)
class Formula:
    """One entry of the catalog.

    Attributes:
        kind: Whether it is a logit map, a normalizer, a loss of probabilities or one of logits.
        function: Public function, which checks its arguments.
        predictor: Normalizer that turns logits that were trained with a loss of logits
            into a prediction. It is given those parameters of the loss that it takes.
        weigh: Statement of a separable normalizer, or of the one that a loss of logits has in it.
        of_label: Statement of a loss that has one.
        of_weights: Function (weights [n], target [n]) -> loss, if it is a loss that depends on the
            ratios of the probabilities only. The largest weight is about 1.
        trusting: The function without the test whether a traced target is a distribution.
    """

    kind: Kind
    function: Callable[..., Any]
    predictor: Callable[..., Any] | None = None
    weigh: Weigh | None = None
    of_label: OfLabel | None = None
    of_weights: Callable[..., Any] | None = None
    trusting: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the trusting form once: forms made anew would not be equal.

        Equal functions share their compiled programs, and their place in a sweep.
        """
        of_probs = self.kind == "loss of probabilities"
        trusting = trusting_on_probs if of_probs else trusting_on_logits
        # Unwrapped, as the public function's decorator has added the test of targets.
        object.__setattr__(self, "trusting", trusting(inspect.unwrap(self.function)))

    @property
    def name(self) -> str:
        """Name of the formula in specs."""
        return str(self.function.__name__)

    @property
    def parameters(self) -> dict[str, Any]:
        """Default values of the parameters, by name."""
        signature = inspect.signature(self.function)
        return {
            parameter.name: parameter.default
            for parameter in signature.parameters.values()
            if parameter.kind is parameter.KEYWORD_ONLY
        }


FORMULAS: tuple[Formula, ...] = (
    Formula("normalizer", exponential.softmax, weigh=exponential_weights.softmax),
    Formula("normalizer", rational.sum, weigh=power_weights.sum),
    Formula("normalizer", rational.abs, weigh=power_weights.abs),
    Formula("normalizer", rational.relu, weigh=power_weights.relu),
    Formula("normalizer", rational.square, weigh=power_weights.square),
    Formula("normalizer", rational.spherical, weigh=power_weights.spherical),
    Formula("normalizer", taylor.taylor, weigh=power_weights.taylor),
    Formula("normalizer", sigmoidal.softplus, weigh=exponential_weights.softplus),
    Formula("normalizer", sigmoidal.sigmoid, weigh=exponential_weights.sigmoid),
    Formula("normalizer", sigmoidal.sigsoftmax, weigh=exponential_weights.sigsoftmax),
    Formula(
        "normalizer",
        exponential.iterated_exponential,
        weigh=exponential_weights.iterated_exponential,
    ),
    Formula("normalizer", rational.min_shift),
    Formula("normalizer", exponential.argmax),
    Formula(
        "normalizer", exponential.softmax_one, weigh=exponential_weights.softmax_one
    ),
    Formula("normalizer", sparsemax.sparsemax),
    Formula("normalizer", entmax.entmax),
    Formula("normalizer", entmax.tempered),
    Formula("normalizer", evidential.stablemax, weigh=evidential_weights.stablemax),
    Formula("normalizer", evidential.evidential, weigh=evidential_weights.evidential),
    Formula("normalizer", real_powers.power, weigh=power_weights.power),
    Formula("normalizer", selective.top_k),
    Formula("normalizer", selective.ev_softmax),
    Formula("normalizer", augmented.eps_softmax),
    Formula("normalizer", truncated.t_softmax),
    Formula("normalizer", truncated.r_softmax),
    Formula("normalizer", sparsemax.sparsegen),
    Formula("normalizer", sparsemax.sparsehourglass),
    Formula("normalizer", normmax.normmax),
    Formula("normalizer", unnormalized.softpick),
    Formula("normalizer", unnormalized.sigmoid_attention),
    Formula("normalizer", budget.budget),
    Formula(
        "loss of probabilities",
        logarithmic.cross_entropy,
        of_label=label_losses.cross_entropy,
    ),
    Formula(
        "loss of probabilities", power.exponential, of_label=label_losses.exponential
    ),
    Formula(
        "loss of probabilities",
        power.generalized_cross_entropy,
        of_label=label_losses.generalized_cross_entropy,
    ),
    Formula("loss of probabilities", power.mae, of_label=label_losses.mae),
    Formula("loss of probabilities", power.hellinger, of_label=label_losses.hellinger),
    Formula("loss of probabilities", focal.focal, of_label=label_losses.focal),
    Formula("loss of probabilities", logarithmic.poly1, of_label=label_losses.poly1),
    Formula(
        "loss of probabilities",
        logarithmic.symmetric_cross_entropy,
        of_label=label_losses.symmetric_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        logarithmic.clipped_cross_entropy,
        of_label=label_losses.clipped_cross_entropy,
    ),
    Formula("loss of probabilities", distribution.brier, of_label=label_scores.brier),
    Formula(
        "loss of probabilities",
        distribution.spherical_score,
        of_label=label_scores.spherical_score,
        of_weights=distribution.one_minus_cosine,
    ),
    Formula(
        "loss of probabilities",
        tsallis.tsallis_score,
        of_label=label_scores.tsallis_score,
    ),
    Formula(
        "loss of probabilities", distribution.kl, of_label=label_losses.cross_entropy
    ),
    Formula(
        "loss of probabilities",
        distribution.reverse_kl,
        of_label=label_scores.reverse_kl,
    ),
    Formula(
        "loss of probabilities",
        distribution.label_smoothing,
        of_label=label_scores.label_smoothing,
    ),
    Formula("loss of logits", margin.perceptron, exponential.argmax),
    Formula("loss of logits", margin.crammer_singer, exponential.argmax),
    Formula("loss of logits", margin.weston_watkins, exponential.argmax),
    Formula("loss of logits", regression.one_vs_rest, sigmoidal.sigmoid),
    Formula("loss of logits", regression.squared_logits, exponential.argmax),
    Formula("loss of logits", fenchel_young.sparsemax_loss, sparsemax.sparsemax),
    Formula("loss of logits", fenchel_young.entmax_loss, entmax.entmax),
    Formula("loss of logits", spherical_bound.spherical_bound, exponential.softmax),
    Formula(
        "loss of logits",
        regression.z_loss,
        exponential.softmax,
        weigh=exponential_weights.softmax,
        of_label=label_losses.z_loss,
    ),
    Formula("logit map", logit_maps.soft_cap),
    Formula("logit map", logit_maps.scale),
    Formula("logit map", logit_maps.log_size),
    Formula("logit map", logit_maps.logit_norm),
    Formula("logit map", logit_maps.clip_norm),
    Formula("logit map", logit_maps.multimax),
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

BY_NAME = {formula.name: formula for formula in FORMULAS}

_BY_FUNCTION = {
    function: formula
    for formula in FORMULAS
    for function in (formula.function, formula.trusting)
}


def formula_of(function: Any) -> Formula | None:
    """Entry of a public function, or of its trusting form; None for any other object."""
    try:
        return _BY_FUNCTION.get(function)
    except TypeError:  # the object cannot be hashed
        return None
