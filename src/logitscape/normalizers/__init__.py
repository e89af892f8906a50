"""Normalizers: logits [n] -> Probs, a file per family."""

from .exponential import argmax as argmax
from .exponential import iterated_exponential as iterated_exponential
from .exponential import softmax as softmax
from .exponential import softmax_one as softmax_one
from .rational import abs as abs
from .rational import min_shift as min_shift
from .rational import relu as relu
from .rational import spherical as spherical
from .rational import square as square
from .rational import sum as sum
from .rational import taylor as taylor
from .sigmoidal import sigmoid as sigmoid
from .sigmoidal import sigsoftmax as sigsoftmax
from .sigmoidal import softplus as softplus
from .sparse import entmax as entmax
from .sparse import sparsemax as sparsemax
