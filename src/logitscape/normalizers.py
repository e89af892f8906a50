"""Normalizers, which turn the logits z of one example, [n], into probabilities.

Every normalizer raises TypeError if the logits are not floating point, and ValueError if they are
not a vector of at least one entry. `ls.drop_in` applies one along an axis of a larger array.
Half precision is computed in float32 and rounded once.

Logits outside the domain of a normalizer, which its docstring names, give NaN in all classes. A
logit that is a mask gives its class the probability 0 and the derivative 0, and leaves the others
as if the class did not exist.
"""

from ._src.normalizers.augmented import eps_softmax as eps_softmax
from ._src.normalizers.budget import budget as budget
from ._src.normalizers.entmax import entmax as entmax
from ._src.normalizers.entmax import tempered as tempered
from ._src.normalizers.evidential import evidential as evidential
from ._src.normalizers.evidential import stablemax as stablemax
from ._src.normalizers.exponential import argmax as argmax
from ._src.normalizers.exponential import iterated_exponential as iterated_exponential
from ._src.normalizers.exponential import softmax as softmax
from ._src.normalizers.exponential import softmax_one as softmax_one
from ._src.normalizers.normmax import normmax as normmax
from ._src.normalizers.rational import abs as abs
from ._src.normalizers.rational import min_shift as min_shift
from ._src.normalizers.rational import relu as relu
from ._src.normalizers.rational import spherical as spherical
from ._src.normalizers.rational import square as square
from ._src.normalizers.rational import sum as sum
from ._src.normalizers.real_powers import power as power
from ._src.normalizers.selective import ev_softmax as ev_softmax
from ._src.normalizers.selective import top_k as top_k
from ._src.normalizers.sigmoidal import sigmoid as sigmoid
from ._src.normalizers.sigmoidal import sigsoftmax as sigsoftmax
from ._src.normalizers.sigmoidal import softplus as softplus
from ._src.normalizers.sparsemax import sparsegen as sparsegen
from ._src.normalizers.sparsemax import sparsehourglass as sparsehourglass
from ._src.normalizers.sparsemax import sparsemax as sparsemax
from ._src.normalizers.taylor import taylor as taylor
from ._src.normalizers.truncated import r_softmax as r_softmax
from ._src.normalizers.truncated import t_softmax as t_softmax
from ._src.normalizers.unnormalized import sigmoid_attention as sigmoid_attention
from ._src.normalizers.unnormalized import softpick as softpick
