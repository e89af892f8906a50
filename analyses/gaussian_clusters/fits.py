"""Linear classifiers fitted to Gaussian clusters, ten at a time."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd

from .minimise import Evaluated, minimise
from .programs import WEIGHTS, loss_function, probabilities
from .samples import ASKED, LANES, Samples, Weighted
from .theory import CLASSES, Array, bayes, grid, ideal

MANY = 100_000
"""A fit to this many examples or more starts near its end, and may take fewer evaluations."""
MOST = 100
"""Maximum number of evaluations of a fit."""
MOST_OF_MANY = 30
"""Maximum number of evaluations of a fit to many examples."""
FEW = 1000
"""A fit to more examples starts only from where the fit to fewer has ended."""
STARTED_OFTEN = 1000
"""Number of examples that are fitted from many starts."""
ATTEMPTS = 4
"""Number of starts for fits to labels without inputs."""

TRAINED = "trained"
NO_GRADIENT = "the gradient is 0 at the start"
UNDEFINED = "the loss is infinite or undefined at the start"


def starts(seed: int, scale: float) -> Array:
    """Random weights [lanes, 3, 3], with biases about 1 in the domain of all normalizers."""
    centre = np.array([0.0, 0.0, 1.0])[:, None]
    noise = np.random.default_rng(seed).standard_normal(WEIGHTS)
    return np.asarray(centre + scale * noise)


GENTLE = starts(0, 0.05)
RANDOM = starts(1, 1.0)


def most_evaluations(examples: int) -> int:
    """The maximum number of evaluations of a fit to that many examples."""
    return MOST_OF_MANY if examples >= MANY else MOST


def fit_pair(
    spec: str, samples: Samples, sizes: Sequence[int], many_starts: bool
) -> pd.DataFrame:
    """Fit a pair to all its data sets; one row for each lane of each of them.

    Args:
        spec: The pair, "normalizer + loss" or a loss of the logits.
        samples: The examples.
        sizes: Numbers of examples, in increasing order.
        many_starts: Whether to fit the first data set from ten wild starts too.
    """
    reason = _untrainable(spec, samples.sizes[sizes[0]])
    if reason is not None:
        return pd.DataFrame([{"pair": spec, "data": "none", "outcome": reason}])
    parts = [_fit_labels_alone(spec, samples.labels_alone)]
    if many_starts:
        parts.append(_fit_many_starts(spec, samples.sizes[STARTED_OFTEN]))
    parts += _fit_sizes(spec, samples, sizes)
    tables = [
        pd.DataFrame({"pair": spec, "outcome": TRAINED, **part}) for part in parts
    ]
    return pd.concat(tables, ignore_index=True)


def _untrainable(spec: str, examples: Weighted) -> str | None:
    """Why training cannot begin at the gentle start, or None where it can."""
    value, gradient = loss_function(spec, examples)(GENTLE.reshape(LANES, -1))
    if not np.isfinite(value).any():
        return UNDEFINED
    if not np.nan_to_num(gradient).any():
        return NO_GRADIENT
    return None


def _fit_sizes(
    spec: str, samples: Samples, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """Fits to more and more examples, and last to the distribution.

    Each fit starts where the one before it has ended.
    """
    parts = []
    last = GENTLE
    for size in sizes:
        candidates = [last]
        if size == sizes[0]:
            candidates.append(RANDOM)
        # From the fit to fewer examples alone, generalized_cross_entropy
        # ends elsewhere than theory says.
        elif size <= FEW:
            candidates.append(GENTLE)
        fits = best(spec, samples.sizes[size], candidates, most_evaluations(size))
        parts.append(_rows(spec, fits) | {"data": size})
        last = fits.points.reshape(WEIGHTS)
    fits = best(spec, samples.infinite, [last], MOST)
    parts.append(_rows(spec, fits) | {"data": "infinite"})
    return parts


def best(
    spec: str, examples: Weighted, candidates: Sequence[Array], most: int
) -> Evaluated:
    """The fit of least loss in each lane among those from several starts.

    Args:
        spec: The pair.
        examples: The examples to fit.
        candidates: Starts, [lanes, 3, 3] each; where the loss is not finite at one, the gentle
            start takes its place.
        most: Maximum number of evaluations of each fit.
    """
    function = loss_function(spec, examples)
    attempts = []
    for start in candidates:
        values, _ = function(start.reshape(LANES, -1))
        defined = np.isfinite(values)[:, None, None]
        weights = np.where(defined, start, GENTLE).reshape(LANES, -1)
        attempts.append(minimise(function, weights, most=most))
    winner = _nan_as_infinite([fits.values for fits in attempts]).argmin(axis=0)
    columns = zip(*attempts, strict=True)
    return Evaluated(
        *(np.stack(column)[winner, np.arange(LANES)] for column in columns)
    )


def _nan_as_infinite(values: Any) -> Array:
    return np.where(np.isnan(values), np.inf, values)


def _fit_many_starts(spec: str, examples: Weighted) -> dict[str, Any]:
    """Ten fits to the first data set, from ten wild starts."""
    same = examples._replace(
        inputs=jnp.repeat(examples.inputs[:, :1], LANES, axis=1),
        labels=jnp.repeat(examples.labels[:1], LANES, axis=0),
    )
    fits = best(spec, same, [starts(2, 1.0)], 2 * MOST)
    return _rows(spec, fits) | {"data": "starts", "moments": _moments(spec, same, fits)}


def _moments(spec: str, examples: Weighted, fits: Evaluated) -> Array:
    """The largest |mean of p_k x - mean of y_k x| over classes and inputs, [lanes]."""
    x = np.asarray(examples.inputs)[..., :STARTED_OFTEN]
    y = np.asarray(examples.labels)[..., :STARTED_OFTEN]
    z = np.einsum("fln,lfk->lnk", x, fits.points.reshape(WEIGHTS))
    p, _ = probabilities(spec, z)
    residuals = p - np.eye(CLASSES)[y]
    differences = np.einsum("fln,lnk->lfk", x, residuals) / STARTED_OFTEN
    return np.asarray(np.abs(differences).max(axis=(1, 2)))


def _fit_labels_alone(spec: str, examples: Weighted) -> dict[str, Any]:
    """Distances of the best p from the labels' probabilities, and from the loss's minimiser."""
    attempts = [GENTLE]
    attempts += [starts(3 + i, 1.0) for i in range(ATTEMPTS - 1)]
    fits = best(spec, examples, attempts, MOST)
    biases = fits.points.reshape(WEIGHTS)[:, 2]
    p, _ = probabilities(spec, biases)
    p = p[_least_in_rows(fits.values.reshape(len(ASKED), -1))]
    loss = _loss_of_probabilities(spec)
    wanted = ideal(loss, ASKED) if loss else np.full(ASKED.shape, np.nan)
    return {
        "data": "labels alone",
        "tv": distance(p, ASKED),
        "tv_ideal": distance(p, wanted),
    }


def _least_in_rows(values: Array) -> Array:
    """The position of the least value in each row, counted in the flattened array."""
    rows, columns = values.shape
    return np.asarray(
        np.arange(rows) * columns + _nan_as_infinite(values).argmin(axis=1)
    )


def _rows(spec: str, fits: Evaluated) -> dict[str, Any]:
    """The distances to the posterior in every lane: infinite, or 1, where p is undefined."""
    points, density = grid()
    eta = bayes(points)
    theta = fits.points.reshape(WEIGHTS)
    slopes = theta[:, :2]
    biases = theta[:, 2:]
    p, log_p = probabilities(spec, points @ slopes + biases)
    with np.errstate(invalid="ignore"):
        divergence = (eta * (np.log(eta) - log_p)).sum(axis=2)
    loss = _loss_of_probabilities(spec)
    return {
        "lane": np.arange(LANES),
        "loss": fits.values,
        "steepest": np.abs(fits.gradients).max(axis=1),
        "evaluations": fits.evaluations,
        "kl": _nan_as_infinite(divergence) @ density,
        "tv": distance(p, eta) @ density,
        "tv_ideal": distance(p, _ideal_on_grid(loss)) @ density if loss else np.nan,
        "undefined": np.isnan(p).any(axis=2) @ density,
    }


def _loss_of_probabilities(spec: str) -> str:
    """The name of a pair's loss; empty for a loss of the logits."""
    return spec.partition(" + ")[2]


@cache
def _ideal_on_grid(loss: str) -> Array:
    points, _ = grid()
    return ideal(loss, bayes(points))


def distance(p: Array, q: Array) -> Array:
    """Total variation along the last axis; 1, the largest value, where p is undefined."""
    variation = np.abs(p - q).sum(axis=-1) / 2
    return np.where(np.isnan(p).any(axis=-1), 1, variation)
