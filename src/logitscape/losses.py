"""Losses: of probabilities, `(Probs, target) -> scalar`, and of the logits themselves, `(logits, target) -> scalar`."""

from ._src.losses.distribution import brier as brier
from ._src.losses.distribution import kl as kl
from ._src.losses.distribution import label_smoothing as label_smoothing
from ._src.losses.distribution import reverse_kl as reverse_kl
from ._src.losses.distribution import spherical_score as spherical_score
from ._src.losses.distribution import tsallis_score as tsallis_score
from ._src.losses.fenchel_young import entmax_loss as entmax_loss
from ._src.losses.fenchel_young import sparsemax_loss as sparsemax_loss
from ._src.losses.label import clipped_cross_entropy as clipped_cross_entropy
from ._src.losses.label import cross_entropy as cross_entropy
from ._src.losses.label import exponential as exponential
from ._src.losses.label import focal as focal
from ._src.losses.label import generalized_cross_entropy as generalized_cross_entropy
from ._src.losses.label import hellinger as hellinger
from ._src.losses.label import mae as mae
from ._src.losses.label import poly1 as poly1
from ._src.losses.label import symmetric_cross_entropy as symmetric_cross_entropy
from ._src.losses.margin import crammer_singer as crammer_singer
from ._src.losses.margin import perceptron as perceptron
from ._src.losses.margin import weston_watkins as weston_watkins
from ._src.losses.regression import one_vs_rest as one_vs_rest
from ._src.losses.regression import spherical_bound as spherical_bound
from ._src.losses.regression import squared_logits as squared_logits
from ._src.losses.regression import z_loss as z_loss
