"""The entries of the catalog that are normalizers, or logit maps in front of them."""

from functools import partial

from ..normalizers import (
    augmented,
    budget,
    entmax,
    evidential,
    evidential_weights,
    exponential,
    exponential_weights,
    label_chances,
    logit_maps,
    map_statements,
    norm_maps,
    normmax,
    power_weights,
    projection_chances,
    rational,
    real_powers,
    selective,
    selective_weights,
    sigmoidal,
    sparsemax,
    taylor,
    truncated,
    unnormalized,
)
from .formula import Formula

_normalizer = partial(Formula, "normalizer")
_logit_map = partial(Formula, "logit map")

NORMALIZER_ENTRIES: tuple[Formula, ...] = (
    _normalizer(exponential.softmax, weigh=exponential_weights.softmax),
    _normalizer(rational.sum, weigh=power_weights.sum),
    _normalizer(rational.abs, weigh=power_weights.abs),
    _normalizer(rational.relu, weigh=power_weights.relu),
    _normalizer(rational.square, weigh=power_weights.square),
    _normalizer(rational.spherical, weigh=power_weights.spherical),
    _normalizer(taylor.taylor, weigh=power_weights.taylor),
    _normalizer(sigmoidal.softplus, weigh=exponential_weights.softplus),
    _normalizer(sigmoidal.sigmoid, weigh=exponential_weights.sigmoid),
    _normalizer(sigmoidal.sigsoftmax, weigh=exponential_weights.sigsoftmax),
    _normalizer(
        exponential.iterated_exponential,
        weigh=exponential_weights.iterated_exponential,
    ),
    _normalizer(rational.min_shift, weigh=selective_weights.min_shift),
    _normalizer(exponential.argmax, at_label=label_chances.argmax),
    _normalizer(
        exponential.softmax_one,
        weigh=exponential_weights.softmax_one,
        sums_to="less than 1",
    ),
    _normalizer(sparsemax.sparsemax, at_label=projection_chances.sparsemax),
    _normalizer(entmax.entmax, at_label=projection_chances.entmax),
    _normalizer(entmax.tempered),
    _normalizer(evidential.stablemax, weigh=evidential_weights.stablemax),
    _normalizer(evidential.evidential, weigh=evidential_weights.evidential),
    _normalizer(real_powers.power, weigh=power_weights.power),
    _normalizer(selective.top_k, weigh=selective_weights.top_k),
    _normalizer(selective.ev_softmax, weigh=selective_weights.ev_softmax),
    _normalizer(augmented.eps_softmax, at_label=label_chances.eps_softmax),
    _normalizer(truncated.t_softmax, weigh=selective_weights.t_softmax),
    _normalizer(truncated.r_softmax, weigh=selective_weights.r_softmax),
    _normalizer(sparsemax.sparsegen, at_label=projection_chances.sparsegen),
    _normalizer(sparsemax.sparsehourglass, at_label=projection_chances.sparsehourglass),
    _normalizer(normmax.normmax),
    _normalizer(
        unnormalized.softpick,
        at_label=label_chances.softpick,
        sums_to="less than 1",
    ),
    _normalizer(
        unnormalized.sigmoid_attention,
        at_label=label_chances.sigmoid_attention,
        sums_to="any number from 0 to n",
    ),
    _normalizer(
        budget.budget,
        at_label=projection_chances.budget,
        sums_to="its parameter, the total",
    ),
)

LOGIT_MAP_ENTRIES: tuple[Formula, ...] = (
    _logit_map(logit_maps.soft_cap),
    _logit_map(logit_maps.scale),
    _logit_map(logit_maps.log_size),
    _logit_map(norm_maps.logit_norm, mapped=map_statements.logit_norm),
    _logit_map(norm_maps.clip_norm, mapped=map_statements.clip_norm),
    _logit_map(logit_maps.multimax),
)
