"""The entries of the catalog that are losses of the logits themselves."""

from functools import partial

from ..base.target_kinds import DISTRIBUTION, LABELS, POSITIVES
from ..losses import (
    angular,
    binary,
    binary_margins,
    dual_focal,
    evidential_gradients,
    fenchel_young,
    label_losses,
    label_ranking,
    logit_gradients,
    logit_penalties,
    long_tailed,
    lovasz,
    margin,
    margin_gradients,
    overlap,
    regression,
    rows,
    smooth_top_k,
    spherical_bound,
    top_k,
    top_k_gradients,
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

_of_logits = partial(Formula, "loss of logits")
_of_labels = partial(Formula, "multi-label loss", targets=LABELS)
_of_row = partial(Formula, "contrastive loss", targets=DISTRIBUTION)
_of_marked_row = partial(Formula, "contrastive loss", targets=POSITIVES)

LOGIT_LOSS_ENTRIES: tuple[Formula, ...] = (
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
    _of_logits(fenchel_young.sparsegen_loss, sparsemax.sparsegen),
    _of_logits(fenchel_young.entmax_loss, entmax.entmax),
    _of_logits(
        spherical_bound.spherical_bound,
        exponential.softmax,
        with_label=spherical_bound.value_and_gradient,
    ),
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
        dual_focal.dual_focal,
        exponential.softmax,
        with_label=logit_gradients.dual_focal,
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
        smooth_top_k.smooth_top_k_hinge,
        exponential.argmax,
        with_label=smooth_top_k.value_and_gradient,
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
    _of_logits(
        evidential_losses.evidential_mse,
        evidential.evidential,
        with_label=evidential_gradients.evidential_mse,
    ),
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
