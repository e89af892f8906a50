"""Data sets for `ls.train`: digits, MNIST, clusters, words; nothing is downloaded.

>>> from logitscape.datasets import load
>>> data = load("gaussian_clusters")
"""

from ._src.datasets.builtin import load as load
from ._src.datasets.dataset import Dataset as Dataset
