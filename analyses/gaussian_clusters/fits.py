"""Linear classifiers fitted to Gaussian clusters, ten at a time: the measuring half of gaussian_clusters.py."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

import logitscape as ls
from logitscape._src.datasets.builtin import gaussian_clusters

from .minimise import Fits, minimise
from .theory import CLASSES, SEPARATION, SHARES, Array, bayes, grid, ideal

LANES, BLOCK = 10, 128
MOST, MOST_OF_MANY, MANY, STARTED_OFTEN = 100, 30, 100_000, 1000
"""Evaluations of a fit, and of one to many examples, which starts near its end."""
FEW = 1000
"""With more examples a fit begins only where that to fewer has ended."""
ASKED = np.array(
    [
        [0.6, 0.3, 0.1],
        [0.45, 0.15, 0.4],
        [0.3, 0.36, 0.34],
        [0.1, 0.2, 0.7],
        [0.02, 0.9, 0.08],
    ]
)
SHARES_ASKED, ATTEMPTS = np.repeat(ASKED, LANES // len(ASKED), axis=0), 4
TRAINED, NO_GRADIENT, UNDEFINED = (
    "trained",
    "the gradient is 0 at the start",
    "the loss is infinite or undefined at the start",
)


class Weighted(NamedTuple):
    """Examples for every lane: inputs [3, lanes, m], the last of them 1; labels and weights [lanes, m]; how many blocks."""

    inputs: Any
    labels: Any
    weights: Any
    blocks: int


class Data(NamedTuple):
    """What every pair is fitted to."""

    sizes: dict[int, Weighted]
    infinite: Weighted
    labels_alone: Weighted


def data(sizes: Sequence[int]) -> Data:
    """The first so many examples of ten data sets; the whole distribution; and labels without features, of shares ASKED.

    All arrays are of the same shape, so that one program does for all.
    """
    points, density = grid()
    length = max(*sizes, CLASSES * len(points))
    length += -length % BLOCK
    sets = [
        gaussian_clusters(
            examples=length, separation=SEPARATION, priors=SHARES, seed=seed
        ).train
        for seed in range(LANES)
    ]
    inputs, labels = (
        np.stack([each.inputs for each in sets]),
        np.stack([each.labels for each in sets]),
    )
    drawn = _weighted(inputs, labels, np.ones(labels.shape), length)
    names = np.arange(CLASSES, dtype=np.int32)
    inputs, joint = (
        np.repeat(points, CLASSES, axis=0),
        (density[:, None] * bayes(points)).ravel(),
    )
    everywhere, cases = (
        np.broadcast_to(inputs, (LANES, *inputs.shape)),
        np.broadcast_to(joint, (LANES, len(joint))),
    )
    return Data(
        {size: _first(drawn, size) for size in sizes},
        _weighted(everywhere, np.tile(names, (LANES, len(points))), cases, length),
        _weighted(
            np.zeros((LANES, CLASSES, 2)),
            np.tile(names, (LANES, 1)),
            SHARES_ASKED,
            length,
        ),
    )


def _weighted(inputs: Array, labels: Array, weights: Array, length: int) -> Weighted:
    """Inputs [lanes, m, 2] and the rest, with as many more of no weight as make the length."""
    m = labels.shape[1]
    padding = [(0, 0), (0, length - m)]
    features = np.moveaxis(
        np.concatenate([inputs, np.ones((*labels.shape, 1))], axis=2), 2, 0
    )
    x, y = np.pad(features, [(0, 0), *padding], "edge"), np.pad(labels, padding, "edge")
    return Weighted(
        jnp.asarray(x),
        jnp.asarray(y),
        jnp.asarray(np.pad(weights, padding)),
        -(-m // BLOCK),
    )


def _first(drawn: Weighted, size: int) -> Weighted:
    weights = np.broadcast_to(
        np.where(np.arange(drawn.labels.shape[1]) < size, 1 / size, 0.0),
        drawn.labels.shape,
    )
    return drawn._replace(weights=jnp.asarray(weights), blocks=-(-size // BLOCK))


def starts(seed: int, scale: float) -> Array:
    """Random weights [lanes, 3, 3]; the biases lie about 1, where all normalizers have their domain."""
    centre = np.array([0.0, 0.0, 1.0])[:, None]
    found: Array = centre + scale * np.random.default_rng(seed).standard_normal(
        (LANES, 3, CLASSES)
    )
    return found


GENTLE, RANDOM = starts(0, 0.05), starts(1, 1.0)


def measured(
    spec: str, everything: Data, sizes: Sequence[int], many_starts: bool
) -> pd.DataFrame:
    """All fits of a pair, a row for each lane of each data set."""
    value, gradient = _losses(spec, everything.sizes[sizes[0]])(
        GENTLE.reshape(LANES, -1)
    )
    if not np.isfinite(value).any() or not np.nan_to_num(gradient).any():
        reason = UNDEFINED if not np.isfinite(value).any() else NO_GRADIENT
        return pd.DataFrame([{"pair": spec, "data": "none", "outcome": reason}])
    parts, last = [_of_labels_alone(spec, everything)], GENTLE
    if many_starts:
        parts.append(_of_many_starts(spec, everything))
    for size in sizes:
        starts = [last]
        if size == sizes[0]:
            starts.append(RANDOM)
        elif size <= FEW:
            starts.append(GENTLE)
        found = best(
            spec, everything.sizes[size], starts, MOST_OF_MANY if size >= MANY else MOST
        )
        parts.append(_rows(spec, found) | {"data": size})
        last = found.points.reshape(GENTLE.shape)
    parts.append(
        _rows(spec, best(spec, everything.infinite, [last], MOST))
        | {"data": "infinite"}
    )
    return pd.concat(
        [pd.DataFrame({"pair": spec, "outcome": TRAINED, **part}) for part in parts],
        ignore_index=True,
    )


def best(spec: str, examples: Weighted, candidates: Sequence[Array], most: int) -> Fits:
    """For each lane the fit of least loss among those from several starts; the gentle one where none is defined."""
    function = _losses(spec, examples)
    found = []
    for start in candidates:
        defined = np.isfinite(function(start.reshape(LANES, -1))[0])
        found.append(
            minimise(
                function,
                np.where(defined[:, None, None], start, GENTLE).reshape(LANES, -1),
                most=most,
            )
        )
    values = np.stack(
        [np.where(np.isnan(each.values), np.inf, each.values) for each in found]
    )
    winner = values.argmin(axis=0)
    return Fits(
        *(np.stack(each)[winner, np.arange(LANES)] for each in zip(*found, strict=True))
    )


def _of_many_starts(spec: str, everything: Data) -> dict[str, Any]:
    """Ten starts on the first data set."""
    drawn = everything.sizes[STARTED_OFTEN]
    same = drawn._replace(
        inputs=jnp.repeat(drawn.inputs[:, :1], LANES, axis=1),
        labels=jnp.repeat(drawn.labels[:1], LANES, axis=0),
    )
    found = best(spec, same, [starts(2, 1.0)], 2 * MOST)
    return _rows(spec, found) | {
        "data": "starts",
        "moments": _moments(spec, same, found),
    }


def _moments(spec: str, examples: Weighted, fits: Fits) -> Array:
    """The largest difference of a moment, mean of p_k x, from that of the data, mean of y_k x; of every lane."""
    x, y = (np.asarray(each)[..., :STARTED_OFTEN] for each in examples[:2])
    z = np.einsum("fln,lfk->lnk", x, fits.points.reshape(GENTLE.shape))
    residuals = np.asarray(_predicted(spec)(jnp.asarray(z))[0]) - np.eye(CLASSES)[y]
    found: Array = np.abs(np.einsum("fln,lnk->lfk", x, residuals) / STARTED_OFTEN).max(
        axis=(1, 2)
    )
    return found


def _of_labels_alone(spec: str, everything: Data) -> dict[str, Any]:
    """How far the best p is from the labels' shares, and from what theory says that the loss asks for."""
    attempts = [GENTLE, *(starts(3 + i, 1.0) for i in range(ATTEMPTS - 1))]
    found = best(spec, everything.labels_alone, attempts, MOST)
    p = _predicted(spec)(jnp.asarray(found.points.reshape(GENTLE.shape)[:, 2]))[0]
    p = np.asarray(p)[_lower(found.values.reshape(len(ASKED), -1))]
    loss = spec.partition(" + ")[2]
    wanted = ideal(loss, ASKED) if loss else np.full(ASKED.shape, np.nan)
    return {
        "data": "labels alone",
        "tv": distance(p, ASKED),
        "tv_ideal": distance(p, wanted),
    }


def _lower(values: Array) -> Array:
    """In each row the place of the least, counted through all rows."""
    found: Array = np.arange(len(values)) * values.shape[1] + np.where(
        np.isnan(values), np.inf, values
    ).argmin(axis=1)
    return found


def _rows(spec: str, fits: Fits) -> dict[str, Any]:
    """Of every lane the mean distances to the posterior, which are infinite, or 1, where p is undefined."""
    points, density = grid()
    eta = bayes(points)
    theta = fits.points.reshape(GENTLE.shape)
    p, log_p = (
        np.asarray(each)
        for each in _predicted(spec)(jnp.asarray(points @ theta[:, :2] + theta[:, 2:]))
    )
    with np.errstate(invalid="ignore"):
        divergence = (eta * (np.log(eta) - log_p)).sum(axis=2)
    loss = spec.partition(" + ")[2]
    return {
        "lane": np.arange(LANES),
        "loss": fits.values,
        "steepest": np.abs(fits.gradients).max(axis=1),
        "evaluations": fits.evaluations,
        "kl": np.where(np.isnan(divergence), np.inf, divergence) @ density,
        "tv": distance(p, eta) @ density,
        "tv_ideal": distance(p, _ideal_on_grid(loss)) @ density if loss else np.nan,
        "undefined": np.isnan(p).any(axis=2) @ density,
    }


@cache
def _ideal_on_grid(loss: str) -> Array:
    return ideal(loss, bayes(grid()[0]))


def distance(p: Array, q: Array) -> Array:
    """Total variation along the last axis; 1, the largest there is, where p is undefined."""
    found: Array = np.abs(p - q).sum(axis=-1) / 2
    return np.where(np.isnan(p).any(axis=-1), 1, found)


def _losses(spec: str, examples: Weighted) -> Callable[[Array], tuple[Array, Array]]:
    run = _program(spec)

    def function(flat: Array) -> tuple[Array, Array]:
        value, gradient = run(jnp.asarray(flat.reshape(GENTLE.shape)), *examples)
        return np.asarray(value), np.asarray(gradient).reshape(flat.shape)

    return function


@cache
def _program(spec: str) -> Callable[..., Any]:
    """Weighted sums of losses [lanes] and their gradients in the weights [lanes, 3, 3]."""
    per_example = ls.value_and_grad(spec, class_axis=0)

    def block(theta: Any, x: Any, y: Any, w: Any) -> Any:
        z = sum(x[f][None] * theta[:, f].T[:, :, None] for f in range(3))
        losses, slopes = per_example(z.reshape(CLASSES, -1), y.reshape(-1))
        counted = w > 0
        losses = w * jnp.where(counted, losses.reshape(w.shape), 0)
        slopes = w[None] * jnp.where(counted[None], slopes.reshape(z.shape), 0)
        return jnp.sum(losses, axis=1), jnp.sum(x[:, None] * slopes[None], axis=3)

    @jax.jit
    def run(theta: Any, x: Any, y: Any, w: Any, blocks: Any) -> Any:
        def step(i: Any, sums: Any) -> Any:
            cut = partial(
                jax.lax.dynamic_slice_in_dim,
                start_index=i * BLOCK,
                slice_size=BLOCK,
                axis=-1,
            )
            return jax.tree.map(jnp.add, sums, block(theta, *map(cut, (x, y, w))))

        value, gradient = jax.lax.fori_loop(
            0, blocks, step, (jnp.zeros(LANES), jnp.zeros((3, CLASSES, LANES)))
        )
        return value, jnp.moveaxis(gradient, 2, 0)

    return run


def _predicted(spec: str) -> Callable[..., Any]:
    """Probs of logits [..., 3]."""
    return _of_normalizer(ls.objective(spec).normalizer)


@cache
def _of_normalizer(normalizer: Any) -> Callable[..., Any]:
    return jax.jit(jnp.vectorize(normalizer, signature="(n)->(n),(n)"))
