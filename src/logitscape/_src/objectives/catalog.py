"""The catalog of normalizers and losses, with one entry for each formula.

The meaning, the domain and the source of a formula are in the docstring of its function.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..base.formula import trusting_on_logits, trusting_on_probs
from ..base.target_kinds import DISTRIBUTION, LABELS, POSITIVES, TargetKind
from ..losses import (
    binary,
    binary_margins,
    distribution,
    entropic,
    fenchel_young,
    focal,
    jensen_shannon,
    label_losses,
    label_ranking,
    label_scores,
    label_sums,
    logarithmic,
    logit_penalties,
    long_tailed,
    lovasz,
    margin,
    noise_robust,
    normalized,
    ordinal,
    overlap,
    power,
    regression,
    rows,
    spherical_bound,
    top_k,
    tsallis,
)
from ..losses import (
    evidential as evidential_losses,
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
    "logit map",
    "normalizer",
    "loss of probabilities",
    "loss of logits",
    "multi-label loss",
    "contrastive loss",
]


Call: TypeAlias = tuple[str, dict[str, Any]]
"""Name of a formula, and its parameters."""


@dataclass(frozen=True)
class Formula:
    """One entry of the catalog.

    Attributes:
        kind: Whether it is a logit map, a normalizer, or which kind of loss.
        function: Public function, which checks its arguments.
        predictor: Normalizer that turns logits that were trained with a loss of logits
            into a prediction. It is given those parameters of the loss that it takes.
        weigh: Statement of a separable normalizer, or of the one that a loss of logits has in it.
        of_label: Statement of a loss that has one.
        of_weights: Function (weights [n], target [n]) -> loss, if it is a loss that depends on the
            ratios of the probabilities only. The largest weight is about 1.
        targets: Kind of its targets.
        sums_to_one: Whether the probabilities of a normalizer always sum to 1.
        as_pair: Function of the parameters that gives the normalizer and the loss whose pair it is,
            each by its name and parameters.
        trusting: The function without the test whether a traced target is a distribution.
    """

    kind: Kind
    function: Callable[..., Any]
    predictor: Callable[..., Any] | None = None
    weigh: Weigh | None = None
    of_label: OfLabel | None = None
    of_weights: Callable[..., Any] | None = None
    targets: TargetKind = DISTRIBUTION
    sums_to_one: bool = True
    as_pair: Callable[..., tuple[Call, Call]] | None = None
    trusting: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the trusting form once: forms made anew would not be equal.

        Equal functions share their compiled programs, and their place in a sweep.
        """
        # Unwrapped, as the public function's decorator has added the test of targets.
        formula = inspect.unwrap(self.function)
        if self.kind == "loss of probabilities":
            trusting = trusting_on_probs(formula)
        else:
            of_rows = self.kind == "contrastive loss"
            first = "similarities" if of_rows else "logits"
            trusting = trusting_on_logits(formula, self.targets, first)
        object.__setattr__(self, "trusting", trusting)

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


def _of_labels(*functions: Callable[..., Any]) -> tuple[Formula, ...]:
    return tuple(
        Formula("multi-label loss", function, targets=LABELS) for function in functions
    )


def _of_rows(
    targets: TargetKind, *functions: Callable[..., Any]
) -> tuple[Formula, ...]:
    return tuple(
        Formula("contrastive loss", function, targets=targets) for function in functions
    )


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
        "normalizer",
        exponential.softmax_one,
        weigh=exponential_weights.softmax_one,
        sums_to_one=False,
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
    Formula("normalizer", unnormalized.softpick, sums_to_one=False),
    Formula("normalizer", unnormalized.sigmoid_attention, sums_to_one=False),
    Formula("normalizer", budget.budget, sums_to_one=False),
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
    Formula(
        "loss of probabilities",
        power.alpha_loss,
        of_label=label_losses.alpha_loss,
    ),
    Formula(
        "loss of probabilities",
        power.comp_sum,
        of_label=label_losses.comp_sum,
    ),
    Formula(
        "loss of probabilities",
        focal.sample_dependent_focal,
        of_label=label_losses.sample_dependent_focal,
    ),
    Formula(
        "loss of probabilities",
        noise_robust.partially_huberised_cross_entropy,
        of_label=label_losses.partially_huberised_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        noise_robust.asymmetric_generalized_cross_entropy,
        of_label=label_losses.asymmetric_generalized_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        noise_robust.asymmetric_unhinged,
        of_label=label_losses.asymmetric_unhinged,
    ),
    Formula(
        "loss of probabilities",
        noise_robust.asymmetric_exponential,
        of_label=label_losses.asymmetric_exponential,
    ),
    Formula(
        "loss of probabilities",
        noise_robust.taylor_cross_entropy,
        of_label=label_losses.taylor_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        tsallis.bi_tempered,
        of_label=label_sums.bi_tempered,
    ),
    Formula(
        "loss of probabilities",
        normalized.normalized_cross_entropy,
        of_label=label_sums.normalized_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        normalized.normalized_focal,
    ),
    Formula(
        "loss of probabilities",
        normalized.normalized_generalized_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        normalized.normalized_negative_cross_entropy,
    ),
    Formula(
        "loss of probabilities",
        normalized.active_passive,
        of_label=label_sums.active_passive,
    ),
    Formula(
        "loss of probabilities",
        normalized.active_negative,
    ),
    Formula(
        "loss of probabilities",
        jensen_shannon.jensen_shannon,
        of_label=label_sums.jensen_shannon,
    ),
    Formula(
        "loss of probabilities",
        entropic.confidence_penalty,
        of_label=label_sums.confidence_penalty,
    ),
    Formula(
        "loss of probabilities",
        entropic.soft_bootstrapping,
        of_label=label_sums.soft_bootstrapping,
    ),
    Formula(
        "loss of probabilities",
        entropic.hard_bootstrapping,
    ),
    Formula(
        "loss of probabilities",
        ordinal.ranked_probability_score,
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
    Formula("loss of logits", long_tailed.logit_adjusted, exponential.softmax),
    Formula("loss of logits", long_tailed.balanced_softmax, exponential.softmax),
    Formula("loss of logits", long_tailed.ldam, exponential.argmax),
    Formula("loss of logits", long_tailed.cosface, exponential.argmax),
    Formula("loss of logits", logit_penalties.max_sup, exponential.softmax),
    Formula(
        "loss of logits", logit_penalties.margin_label_smoothing, exponential.softmax
    ),
    Formula("loss of logits", logit_penalties.squentropy, exponential.softmax),
    Formula("loss of logits", top_k.top_k_entropy, exponential.argmax),
    Formula("loss of logits", top_k.top_k_hinge, exponential.argmax),
    Formula("loss of logits", evidential_losses.evidential_log, evidential.evidential),
    Formula(
        "loss of logits", evidential_losses.evidential_digamma, evidential.evidential
    ),
    Formula("loss of logits", evidential_losses.evidential_mse, evidential.evidential),
    Formula("logit map", logit_maps.soft_cap),
    Formula("logit map", logit_maps.scale),
    Formula("logit map", logit_maps.log_size),
    Formula("logit map", logit_maps.logit_norm),
    Formula("logit map", logit_maps.clip_norm),
    Formula("logit map", logit_maps.multimax),
    *_of_labels(
        binary.sigmoid_cross_entropy,
        binary.sigmoid_focal,
        binary.asymmetric,
        binary.sigmoid_brier,
        binary_margins.binary_hinge,
        binary_margins.binary_squared_hinge,
        binary_margins.binary_perceptron,
        overlap.soft_f1,
        overlap.dice,
        overlap.tversky,
        lovasz.lovasz_hinge,
        label_ranking.zlpr,
        label_ranking.lsep,
    ),
    Formula("contrastive loss", rows.info_nce, as_pair=rows.pair_of_info_nce),
    *_of_rows(DISTRIBUTION, rows.decoupled, rows.triplet),
    *_of_rows(POSITIVES, rows.supervised_contrastive, rows.mil_nce, rows.siglip),
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
