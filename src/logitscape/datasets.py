"""Data sets for `ls.train`: digits, MNIST, clusters and words; nothing is downloaded.

>>> from logitscape.datasets import load
>>> data = load("gaussian_clusters")
>>> data.classes, data.features
(3, 2)
"""

from ._src.datasets.builtin import load as load
from ._src.datasets.dataset import Dataset as Dataset
from ._src.datasets.dataset import Examples as Examples
