"""Losses: of probabilities, `(Probs, target) -> scalar`, and of the logits themselves, `(logits, target) -> scalar`."""

from .distribution import brier as brier
from .distribution import kl as kl
from .distribution import label_smoothing as label_smoothing
from .distribution import reverse_kl as reverse_kl
from .distribution import spherical_score as spherical_score
from .distribution import tsallis_score as tsallis_score
from .fenchel_young import entmax_loss as entmax_loss
from .fenchel_young import sparsemax_loss as sparsemax_loss
from .label import clipped_cross_entropy as clipped_cross_entropy
from .label import cross_entropy as cross_entropy
from .label import exponential as exponential
from .label import focal as focal
from .label import generalized_cross_entropy as generalized_cross_entropy
from .label import hellinger as hellinger
from .label import mae as mae
from .label import poly1 as poly1
from .label import symmetric_cross_entropy as symmetric_cross_entropy
from .margin import crammer_singer as crammer_singer
from .margin import perceptron as perceptron
from .margin import weston_watkins as weston_watkins
from .regression import one_vs_rest as one_vs_rest
from .regression import spherical_bound as spherical_bound
from .regression import squared_logits as squared_logits
from .regression import z_loss as z_loss
