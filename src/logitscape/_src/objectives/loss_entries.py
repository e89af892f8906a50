"""The entries of the catalog that are losses."""

from functools import partial

from ..base.target_kinds import DISTRIBUTION, LABELS, POSITIVES
from ..losses import (
    angular,
    binary,
    binary_margins,
    distribution,
    entropic,
    evidential_gradients,
    fenchel_young,
    focal,
    jensen_shannon,
    label_losses,
    label_orders,
    label_ranking,
    label_scores,
    label_sums,
    logarithmic,
    logit_gradients,
    logit_penalties,
    long_tailed,
    lovasz,
    margin,
    margin_gradients,
    noise_robust,
    normalized,
    ordinal,
    overlap,
    power,
    regression,
    rows,
    spherical_bound,
    top_k,
    top_k_gradients,
    tsallis,
)
from ..losses import evidential as evidential_losses
from ..normalizers import (
    entmax,
    evidential,
    exponential,
    exponential_weights,
    sigmoidal,
    sparsemax,
)
from .formula import Formula

_of_probabilities = partial(Formula, "loss of probabilities")
_of_logits = partial(Formula, "loss of logits")
_of_labels = partial(Formula, "multi-label loss", targets=LABELS)
_of_row = partial(Formula, "contrastive loss", targets=DISTRIBUTION)
_of_marked_row = partial(Formula, "contrastive loss", targets=POSITIVES)

LABEL_LOSS_ENTRIES: tuple[Formula, ...] = (
    _of_probabilities(
        logarithmic.cross_entropy,
        of_label=label_losses.cross_entropy,
    ),
    _of_probabilities(power.exponential, of_label=label_losses.exponential),
    _of_probabilities(
        power.generalized_cross_entropy,
        of_label=label_losses.generalized_cross_entropy,
    ),
    _of_probabilities(power.mae, of_label=label_losses.mae),
    _of_probabilities(power.hellinger, of_label=label_losses.hellinger),
    _of_probabilities(focal.focal, of_label=label_losses.focal),
    _of_probabilities(logarithmic.poly1, of_label=label_losses.poly1),
    _of_probabilities(
        logarithmic.symmetric_cross_entropy,
        of_label=label_losses.symmetric_cross_entropy,
    ),
    _of_probabilities(
        logarithmic.clipped_cross_entropy,
        of_label=label_losses.clipped_cross_entropy,
    ),
    _of_probabilities(distribution.brier, of_label=label_scores.brier),
    _of_probabilities(
        distribution.spherical_score,
        of_label=label_scores.spherical_score,
        of_weights=distribution.one_minus_cosine,
    ),
    _of_probabilities(
        tsallis.tsallis_score,
        of_label=label_scores.tsallis_score,
    ),
    _of_probabilities(distribution.kl, of_label=label_losses.cross_entropy),
    _of_probabilities(
        distribution.reverse_kl,
        of_label=label_scores.reverse_kl,
    ),
    _of_probabilities(
        distribution.label_smoothing,
        of_label=label_scores.label_smoothing,
    ),
    _of_probabilities(
        power.alpha_loss,
        of_label=label_losses.alpha_loss,
    ),
    _of_probabilities(
        power.comp_sum,
        of_label=label_losses.comp_sum,
    ),
    _of_probabilities(
        focal.sample_dependent_focal,
        of_label=label_losses.sample_dependent_focal,
    ),
    _of_probabilities(
        noise_robust.partially_huberised_cross_entropy,
        of_label=label_losses.partially_huberised_cross_entropy,
    ),
    _of_probabilities(
        noise_robust.asymmetric_generalized_cross_entropy,
        of_label=label_losses.asymmetric_generalized_cross_entropy,
    ),
    _of_probabilities(
        noise_robust.asymmetric_unhinged,
        of_label=label_losses.asymmetric_unhinged,
    ),
    _of_probabilities(
        noise_robust.asymmetric_exponential,
        of_label=label_losses.asymmetric_exponential,
    ),
    _of_probabilities(
        noise_robust.taylor_cross_entropy,
        of_label=label_losses.taylor_cross_entropy,
    ),
    _of_probabilities(
        tsallis.bi_tempered,
        of_label=label_sums.bi_tempered,
    ),
    _of_probabilities(
        normalized.normalized_cross_entropy,
        of_label=label_sums.normalized_cross_entropy,
    ),
    _of_probabilities(
        normalized.normalized_focal,
    ),
    _of_probabilities(
        normalized.normalized_generalized_cross_entropy,
    ),
    _of_probabilities(
        normalized.normalized_negative_cross_entropy,
    ),
    _of_probabilities(
        normalized.active_passive,
        of_label=label_sums.active_passive,
    ),
    _of_probabilities(
        normalized.active_negative,
    ),
    _of_probabilities(
        jensen_shannon.jensen_shannon,
        of_label=label_sums.jensen_shannon,
    ),
    _of_probabilities(
        entropic.confidence_penalty,
        of_label=label_sums.confidence_penalty,
    ),
    _of_probabilities(
        entropic.soft_bootstrapping,
        of_label=label_sums.soft_bootstrapping,
    ),
    _of_probabilities(entropic.hard_bootstrapping),
    _of_probabilities(
        ordinal.ranked_probability_score,
        of_label=label_orders.ranked_probability_score,
    ),
    _of_logits(
        margin.perceptron,
        exponential.argmax,
        with_label=margin_gradients.perceptron,
    ),
    _of_logits(
        margin.crammer_singer,
        exponential.argmax,
        with_label=margin_gradients.crammer_singer,
    ),
    _of_logits(
        margin.weston_watkins,
        exponential.argmax,
        with_label=margin_gradients.weston_watkins,
    ),
    _of_logits(
        regression.one_vs_rest,
        sigmoidal.sigmoid,
        with_label=margin_gradients.one_vs_rest,
    ),
    _of_logits(
        regression.squared_logits,
        exponential.argmax,
        with_label=margin_gradients.squared_logits,
    ),
    _of_logits(fenchel_young.sparsemax_loss, sparsemax.sparsemax),
    _of_logits(fenchel_young.entmax_loss, entmax.entmax),
    _of_logits(spherical_bound.spherical_bound, exponential.softmax),
    _of_logits(
        regression.z_loss,
        exponential.softmax,
        weigh=exponential_weights.softmax,
        of_label=label_losses.z_loss,
    ),
    _of_logits(
        long_tailed.logit_adjusted,
        exponential.softmax,
        with_label=logit_gradients.logit_adjusted,
    ),
    _of_logits(
        long_tailed.balanced_softmax,
        exponential.softmax,
        with_label=logit_gradients.balanced_softmax,
    ),
    _of_logits(
        long_tailed.ldam,
        exponential.argmax,
        with_label=logit_gradients.ldam,
    ),
    _of_logits(
        long_tailed.cosface,
        exponential.argmax,
        with_label=logit_gradients.cosface,
    ),
    _of_logits(angular.arcface, exponential.argmax, domain=(-1.0, 1.0)),
    _of_logits(
        logit_penalties.max_sup,
        exponential.softmax,
        with_label=logit_gradients.max_sup,
    ),
    _of_logits(
        logit_penalties.margin_label_smoothing,
        exponential.softmax,
        with_label=logit_gradients.margin_label_smoothing,
    ),
    _of_logits(
        logit_penalties.squentropy,
        exponential.softmax,
        with_label=logit_gradients.squentropy,
    ),
    _of_logits(
        top_k.top_k_entropy,
        exponential.argmax,
        with_label=top_k_gradients.top_k_entropy,
    ),
    _of_logits(
        top_k.top_k_hinge,
        exponential.argmax,
        with_label=top_k_gradients.top_k_hinge,
    ),
    _of_logits(
        evidential_losses.evidential_log,
        evidential.evidential,
        with_label=evidential_gradients.evidential_log,
    ),
    _of_logits(
        evidential_losses.evidential_digamma,
        evidential.evidential,
        with_label=evidential_gradients.evidential_digamma,
    ),
    _of_logits(evidential_losses.evidential_mse, evidential.evidential),
)
"""Losses whose target is a distribution over the classes: one label, or a soft one."""

TARGET_LOSS_ENTRIES: tuple[Formula, ...] = (
    _of_labels(binary.sigmoid_cross_entropy),
    _of_labels(binary.sigmoid_focal),
    _of_labels(binary.asymmetric),
    _of_labels(binary.sigmoid_brier),
    _of_labels(binary_margins.binary_hinge),
    _of_labels(binary_margins.binary_squared_hinge),
    _of_labels(binary_margins.binary_perceptron),
    _of_labels(overlap.soft_f1),
    _of_labels(overlap.dice),
    _of_labels(overlap.tversky),
    _of_labels(lovasz.lovasz_hinge),
    _of_labels(label_ranking.zlpr),
    _of_labels(label_ranking.lsep),
    _of_row(rows.info_nce, as_pair=rows.pair_of_info_nce),
    _of_row(rows.decoupled),
    _of_row(rows.triplet),
    _of_marked_row(rows.supervised_contrastive),
    _of_marked_row(rows.mil_nce),
    _of_marked_row(rows.siglip),
)
"""Losses that have targets of another kind, or a row of similarities for logits."""
