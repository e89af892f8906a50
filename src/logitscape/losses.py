"""Losses of a prediction, measured against a target distribution t over the classes, [n].

Losses of probabilities, `(Probs, target) -> scalar`, go with any normalizer. Losses of logits,
`(logits, target) -> scalar`, stand alone. All take one example; `ls.per_example` takes a batch.

Every loss raises TypeError if its prediction is not floating point or its target not real, and
ValueError if their shapes differ or the target is no distribution. Traced values cannot be refused:
a traced target that is no distribution, and a traced parameter out of its range, give NaN. Half
precision is computed in float32 and rounded once.

Logits outside the domain of a loss or of its normalizer give NaN in value and gradient. Where a
class has weight 0 in the target, an infinite value counts as 0.
"""

from ._src.losses.angular import arcface as arcface
from ._src.losses.distribution import brier as brier
from ._src.losses.distribution import kl as kl
from ._src.losses.distribution import label_smoothing as label_smoothing
from ._src.losses.distribution import reverse_kl as reverse_kl
from ._src.losses.distribution import spherical_score as spherical_score
from ._src.losses.dual_focal import dual_focal as dual_focal
from ._src.losses.entropic import confidence_penalty as confidence_penalty
from ._src.losses.entropic import hard_bootstrapping as hard_bootstrapping
from ._src.losses.entropic import soft_bootstrapping as soft_bootstrapping
from ._src.losses.evidential import evidential_digamma as evidential_digamma
from ._src.losses.evidential import evidential_log as evidential_log
from ._src.losses.evidential import evidential_mse as evidential_mse
from ._src.losses.fenchel_young import entmax_loss as entmax_loss
from ._src.losses.fenchel_young import sparsegen_loss as sparsegen_loss
from ._src.losses.fenchel_young import sparsemax_loss as sparsemax_loss
from ._src.losses.focal import focal as focal
from ._src.losses.focal import sample_dependent_focal as sample_dependent_focal
from ._src.losses.jensen_shannon import jensen_shannon as jensen_shannon
from ._src.losses.logarithmic import clipped_cross_entropy as clipped_cross_entropy
from ._src.losses.logarithmic import cross_entropy as cross_entropy
from ._src.losses.logarithmic import poly1 as poly1
from ._src.losses.logarithmic import symmetric_cross_entropy as symmetric_cross_entropy
from ._src.losses.logit_penalties import (
    margin_label_smoothing as margin_label_smoothing,
)
from ._src.losses.logit_penalties import max_sup as max_sup
from ._src.losses.logit_penalties import squentropy as squentropy
from ._src.losses.long_tailed import balanced_softmax as balanced_softmax
from ._src.losses.long_tailed import cosface as cosface
from ._src.losses.long_tailed import ldam as ldam
from ._src.losses.long_tailed import logit_adjusted as logit_adjusted
from ._src.losses.margin import crammer_singer as crammer_singer
from ._src.losses.margin import perceptron as perceptron
from ._src.losses.margin import weston_watkins as weston_watkins
from ._src.losses.noise_robust import asymmetric_exponential as asymmetric_exponential
from ._src.losses.noise_robust import (
    asymmetric_generalized_cross_entropy as asymmetric_generalized_cross_entropy,
)
from ._src.losses.noise_robust import asymmetric_unhinged as asymmetric_unhinged
from ._src.losses.noise_robust import (
    partially_huberised_cross_entropy as partially_huberised_cross_entropy,
)
from ._src.losses.noise_robust import taylor_cross_entropy as taylor_cross_entropy
from ._src.losses.normalized import active_negative as active_negative
from ._src.losses.normalized import active_passive as active_passive
from ._src.losses.normalized import normalized_cross_entropy as normalized_cross_entropy
from ._src.losses.normalized import normalized_focal as normalized_focal
from ._src.losses.normalized import (
    normalized_generalized_cross_entropy as normalized_generalized_cross_entropy,
)
from ._src.losses.normalized import (
    normalized_negative_cross_entropy as normalized_negative_cross_entropy,
)
from ._src.losses.ordinal import ranked_probability_score as ranked_probability_score
from ._src.losses.power import alpha_loss as alpha_loss
from ._src.losses.power import comp_sum as comp_sum
from ._src.losses.power import exponential as exponential
from ._src.losses.power import generalized_cross_entropy as generalized_cross_entropy
from ._src.losses.power import hellinger as hellinger
from ._src.losses.power import mae as mae
from ._src.losses.regression import one_vs_rest as one_vs_rest
from ._src.losses.regression import squared_logits as squared_logits
from ._src.losses.regression import z_loss as z_loss
from ._src.losses.smooth_top_k import smooth_top_k_hinge as smooth_top_k_hinge
from ._src.losses.spherical_bound import spherical_bound as spherical_bound
from ._src.losses.top_k import top_k_entropy as top_k_entropy
from ._src.losses.top_k import top_k_hinge as top_k_hinge
from ._src.losses.tsallis import bi_tempered as bi_tempered
from ._src.losses.tsallis import tsallis_score as tsallis_score
