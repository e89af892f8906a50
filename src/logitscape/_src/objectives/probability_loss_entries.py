"""The entries of the catalog that are losses of probabilities."""

from functools import partial

from ..losses import (
    distribution,
    entropic,
    focal,
    jensen_shannon,
    label_losses,
    label_orders,
    label_ratios,
    label_scores,
    label_sums,
    logarithmic,
    noise_robust,
    normalized,
    ordinal,
    power,
    tsallis,
)
from .formula import Formula

_of_probabilities = partial(Formula, "loss of probabilities")

PROBABILITY_LOSS_ENTRIES: tuple[Formula, ...] = (
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
        of_label=label_ratios.normalized_cross_entropy,
    ),
    _of_probabilities(
        normalized.normalized_focal,
        of_label=label_ratios.normalized_focal,
    ),
    _of_probabilities(
        normalized.normalized_generalized_cross_entropy,
        of_label=label_ratios.normalized_generalized_cross_entropy,
    ),
    _of_probabilities(
        normalized.normalized_negative_cross_entropy,
        of_label=label_ratios.normalized_negative_cross_entropy,
    ),
    _of_probabilities(
        normalized.active_passive,
        of_label=label_ratios.active_passive,
    ),
    _of_probabilities(
        normalized.active_negative,
        of_label=label_ratios.active_negative,
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
    _of_probabilities(
        entropic.hard_bootstrapping,
        of_label=label_sums.hard_bootstrapping,
    ),
    _of_probabilities(
        ordinal.ranked_probability_score,
        of_label=label_orders.ranked_probability_score,
    ),
)
"""Losses of the probabilities that a normalizer gives."""
