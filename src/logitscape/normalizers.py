"""Normalizers: logits [n] -> Probs, a file per family."""

from ._src.normalizers.exponential import argmax as argmax
from ._src.normalizers.exponential import iterated_exponential as iterated_exponential
from ._src.normalizers.exponential import softmax as softmax
from ._src.normalizers.exponential import softmax_one as softmax_one
from ._src.normalizers.rational import abs as abs
from ._src.normalizers.rational import min_shift as min_shift
from ._src.normalizers.rational import relu as relu
from ._src.normalizers.rational import spherical as spherical
from ._src.normalizers.rational import square as square
from ._src.normalizers.rational import sum as sum
from ._src.normalizers.rational import taylor as taylor
from ._src.normalizers.sigmoidal import sigmoid as sigmoid
from ._src.normalizers.sigmoidal import sigsoftmax as sigsoftmax
from ._src.normalizers.sigmoidal import softplus as softplus
from ._src.normalizers.sparse import entmax as entmax
from ._src.normalizers.sparse import sparsemax as sparsemax
