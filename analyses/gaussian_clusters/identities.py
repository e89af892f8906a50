"""What needs no data to be measured: three names of one objective, and what ties softmax to it."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import logitscape as ls

from .minimise import minimise
from .theory import CLASSES, Array, densities, grid, softmax

WIDTHS = np.array([1.0, 1.0, 2.0])
"""Standard deviations of clusters that are not alike."""


def three_objectives() -> tuple[float, float]:
    """How far apart negative log likelihood, cross-entropy and KL divergence + entropy are: values, gradients in the weights.

    Four inputs with 25 labels each, as data repeat themselves in a table of counts.
    """
    random = np.random.default_rng(0)
    x, theta = random.standard_normal((4, 3)), random.standard_normal((3, CLASSES))
    counts = random.multinomial(25, [0.5, 0.3, 0.2], 4)
    shares = counts / 25
    entropy = -np.mean(np.sum(shares * np.log(shares), axis=1))
    rows, labels = (
        np.repeat(np.arange(4), 25),
        np.concatenate([np.repeat(np.arange(CLASSES), row) for row in counts]),
    )

    def likelihood(theta: Any) -> Any:
        p = jax.vmap(ls.normalizer("softmax"))(x @ theta).p[rows, labels]
        return -jnp.sum(jnp.log(p)) / len(labels)

    def mean(spec: str, theta: Any) -> Any:
        return jnp.mean(
            jax.vmap(ls.objective(spec).function)(x @ theta, jnp.asarray(shares))
        )

    def divergence(theta: Any) -> Any:
        return mean("softmax + kl", theta) + entropy

    objectives = likelihood, partial(mean, "softmax + cross_entropy"), divergence
    values, gradients = zip(
        *[jax.jit(jax.value_and_grad(each))(jnp.asarray(theta)) for each in objectives],
        strict=True,
    )
    return float(np.ptp(values)), float(np.ptp(gradients, axis=0).max())


def tie(normalizer: str) -> float:
    """How far dL/dz is from every fixed multiple of p - y with cross-entropy, relative to its norm, over random logits.

    The square root of what the best multiple leaves; logits where the loss is infinite are left out.
    """
    random = np.random.default_rng(0)
    z, targets = (
        random.uniform(0.2, 3.0, (2000, CLASSES)),
        np.eye(CLASSES)[random.integers(0, CLASSES, 2000)],
    )
    objective = ls.objective(f"{normalizer} + cross_entropy")

    @jax.jit
    @jax.vmap
    def evaluate(z: Any, target: Any) -> Any:
        return jax.value_and_grad(objective.function)(z, target), ls.normalizer(
            normalizer
        )(z).p

    (losses, gradients), p = evaluate(z, targets)
    kept = np.isfinite(losses)
    g, r = np.asarray(gradients)[kept].ravel(), (np.asarray(p) - targets)[kept].ravel()
    return _left(g, r) if g.any() else float("nan")


def _left(g: Array, r: Array) -> float:
    return float(np.linalg.norm(g - r * (g @ r) / (r @ r)) / np.linalg.norm(g))


def unlike_clusters(*, squares: bool) -> float:
    """KL divergence of the true posterior from the best softmax of linear functions, or of quadratic ones.

    One cluster is twice as wide as the others; for such a width the square of the input's norm is all that is missing.
    """
    points, weights = grid(WIDTHS)
    joint = densities(points, WIDTHS)
    eta = joint / joint.sum(axis=1, keepdims=True)
    features = np.column_stack(
        [points, np.ones(len(points)), *([(points**2).sum(axis=1)] if squares else [])]
    )

    def excess(theta: Array) -> tuple[Array, Array]:
        p = softmax(features @ theta.reshape(-1, CLASSES))
        slopes = features.T @ (weights[:, None] * (p - eta))
        return np.array(
            [weights @ (eta * np.log(eta / p)).sum(axis=1)]
        ), slopes.reshape(1, -1)

    return float(
        minimise(excess, np.zeros((1, features.shape[1] * CLASSES)), most=500).values[0]
    )
