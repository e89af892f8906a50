"""Gaussian clusters, whose true probabilities are known in closed form."""

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from ..base.messages import quoted
from ..base.whole_numbers import whole_number
from .dataset import Dataset, Examples, Numbers, checked_seed

CLUSTER_HELD_OUT = 2000
"""Number of examples to validate, and of those to test."""


def gaussian_clusters(
    *,
    classes: int = 3,
    features: int = 2,
    examples: int = 1000,
    separation: float = 1.5,
    priors: Sequence[float] | None = None,
    seed: int = 0,
) -> Dataset:
    """One Gaussian cluster per class, whose posterior is a softmax of linear functions.

    All clusters have the identity as their covariance, so that

        p(k | x) = softmax_k(<m_k, x> - norm(m_k)^2 / 2 + log prior_k).

    The centres m_k lie on a circle in the first two features, evenly spaced.

    Args:
        classes: Number of classes, at least 2.
        features: Length of an input, at least 2.
        examples: Number of examples to train on, at least 1. There are 2,000 more to
            validate and 2,000 more to test.
        separation: Radius of the circle, in standard deviations of a cluster.
        priors: Probabilities of the classes, [classes]; all equal by default.
        seed: Seed that draws labels and inputs.

    Raises:
        ValueError: If an argument is out of range.
    """
    least_values = (
        ("classes", classes, 2),
        ("features", features, 2),
        ("examples", examples, 1),
    )
    for argument, value, least in least_values:
        whole_number("gaussian_clusters", argument, value, low=least)
    if not (math.isfinite(separation) and separation > 0):
        raise ValueError(
            "`gaussian_clusters(separation=...)` must be greater than 0, "
            f"got {quoted(separation)}."
        )
    random = np.random.default_rng(checked_seed("gaussian_clusters", seed))
    shares = _checked_priors(priors, classes)
    centres = _centres(classes, features, separation)
    train, validation, test = (
        _draw(random, centres, shares, size)
        for size in (examples, CLUSTER_HELD_OUT, CLUSTER_HELD_OUT)
    )
    arguments = (
        f"classes={classes}, features={features}, separation={separation:g}, "
        f"seed={seed}"
    )
    return Dataset(
        name=f"gaussian_clusters({arguments})",
        classes=classes,
        features=features,
        train=train,
        validation=validation,
        test=test,
        source="drawn by NumPy",
        posterior=partial(_posterior, centres, shares),
    )


def _checked_priors(priors: Sequence[float] | None, classes: int) -> Numbers:
    """Probabilities of the classes, scaled so that they sum to 1 exactly."""
    equal = np.full(classes, 1 / classes)
    shares = equal if priors is None else np.asarray(priors, float)
    if (
        shares.shape != (classes,)
        or not (shares > 0).all()
        or abs(shares.sum() - 1) > 1e-6
    ):
        raise ValueError(
            f"`gaussian_clusters(priors=...)` must be {classes} positive numbers that "
            f"sum to 1, got {quoted(priors)}."
        )
    return np.asarray(shares / shares.sum())


def _centres(classes: int, features: int, separation: float) -> Numbers:
    angles = 2 * np.pi * np.arange(classes) / classes
    unit_circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    circle = separation * unit_circle
    other_features = (0, features - 2)
    return np.pad(circle, ((0, 0), other_features))


def _draw(
    random: np.random.Generator, centres: Numbers, priors: Numbers, size: int
) -> Examples:
    labels = random.choice(len(priors), size, p=priors).astype(np.int32)
    noise = random.standard_normal((size, centres.shape[1]))
    inputs = centres[labels] + noise
    return Examples(inputs.astype(np.float32), labels)


def _posterior(centres: Numbers, priors: Numbers, inputs: Numbers) -> Numbers:
    """Probabilities of the classes, [m, classes], for inputs [m, features]."""
    products = inputs.astype(float) @ centres.T
    half_squares = (centres**2).sum(1) / 2
    logits = products - half_squares + np.log(priors)
    # Shifted by the largest logit, so that no exponential overflows.
    largest = logits.max(axis=1, keepdims=True)
    weights = np.exp(logits - largest)
    total = weights.sum(axis=1, keepdims=True)
    return np.asarray(weights / total)
