"""Identities that need no data: equal objectives, and the ties of softmax to cross-entropy."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

import logitscape as ls

from .minimise import minimise
from .theory import CLASSES, Array, bayes, densities, grid, ideal, softmax

WIDTHS = np.array([1.0, 1.0, 2.0])
"""Standard deviations of clusters that are not alike."""
# At the minimum all eta_k psi'(p_k) are equal: with psi' a power p^-a, p is eta^(1/a).
TEMPERED = {"exponential": 1 / 2, "hellinger": 2.0, "generalized_cross_entropy": 10 / 3}
"""Losses minimised by a power of the posterior: softmax gives it exactly, with linear logits."""
INPUTS = 4
LABELS = 25
"""Number of labels for each input in a small table of counts."""


def identities() -> pd.DataFrame:
    """The distances from identities that theory proves."""
    values, gradients = three_objectives()
    tempered = max(tempering(loss, power) for loss, power in TEMPERED.items())
    rows = {
        "three objectives, values": values,
        "three objectives, gradients": gradients,
        "unlike clusters, linear functions": unlike_clusters(squares=False),
        "unlike clusters, quadratic functions": unlike_clusters(squares=True),
        "tempered posteriors": tempered,
    }
    return pd.DataFrame({"what": list(rows), "value": list(rows.values())})


def tempering(loss: str, power: float) -> float:
    """The largest difference of the loss's minimiser from softmax(power * log(posterior))."""
    points, _ = grid()
    eta = bayes(points)
    differences = np.abs(ideal(loss, eta) - softmax(power * np.log(eta)))
    return float(differences.max())


def three_objectives() -> tuple[float, float]:
    """Differences between negative log likelihood, cross-entropy and KL divergence plus entropy.

    The data are a table of counts: four inputs with 25 labels each.

    Returns:
        The range of the three values, and the largest range of a component of their gradients.
    """
    random = np.random.default_rng(0)
    x = random.standard_normal((INPUTS, 3))
    theta = random.standard_normal((3, CLASSES))
    counts = random.multinomial(LABELS, [0.5, 0.3, 0.2], INPUTS)
    shares = counts / LABELS
    objectives = [
        _likelihood(x, counts),
        _mean_loss("softmax + cross_entropy", x, shares),
        _divergence_and_entropy(x, shares),
    ]
    values = []
    gradients = []
    for objective in objectives:
        program = jax.jit(jax.value_and_grad(objective))
        value, gradient = program(jnp.asarray(theta))
        values.append(value)
        gradients.append(gradient)
    return float(np.ptp(values)), float(np.ptp(gradients, axis=0).max())


def _likelihood(x: Array, counts: Array) -> Callable[[Any], Any]:
    """The negative log likelihood of the weights, divided by the number of labels."""
    rows = np.repeat(np.arange(INPUTS), LABELS)
    labels = [np.repeat(np.arange(CLASSES), row) for row in counts]
    columns = np.concatenate(labels)

    def likelihood(theta: Any) -> Any:
        p = jax.vmap(ls.normalizer("softmax"))(x @ theta).p[rows, columns]
        return -jnp.sum(jnp.log(p)) / len(columns)

    return likelihood


def _mean_loss(spec: str, x: Array, shares: Array) -> Callable[[Any], Any]:
    def mean(theta: Any) -> Any:
        losses = jax.vmap(ls.objective(spec).function)(x @ theta, jnp.asarray(shares))
        return jnp.mean(losses)

    return mean


def _divergence_and_entropy(x: Array, shares: Array) -> Callable[[Any], Any]:
    divergence = _mean_loss("softmax + kl", x, shares)
    entropy = -np.mean(np.sum(shares * np.log(shares), axis=1))
    return lambda theta: divergence(theta) + entropy


def relative_distance(normalizer: str) -> float:
    """The relative distance of dL/dz with cross-entropy from the nearest multiple of p - y.

    All random logits share one multiple; those where the loss is infinite are left out.
    """
    random = np.random.default_rng(0)
    # Positive logits are in the domain of all normalizers.
    z = random.uniform(0.2, 3.0, (2000, CLASSES))
    targets = np.eye(CLASSES)[random.integers(0, CLASSES, 2000)]
    objective = ls.objective(f"{normalizer} + cross_entropy")

    @jax.jit
    @jax.vmap
    def evaluate(z: Any, target: Any) -> Any:
        loss, gradient = jax.value_and_grad(objective.function)(z, target)
        return loss, gradient, ls.normalizer(normalizer)(z).p

    losses, gradients, p = evaluate(z, targets)
    finite = np.isfinite(losses)
    g = np.asarray(gradients)[finite].ravel()
    r = (np.asarray(p) - targets)[finite].ravel()
    return _remainder(g, r) if g.any() else float("nan")


def _remainder(g: Array, r: Array) -> float:
    """The norm of g without its projection onto r, relative to the norm of g."""
    rest = g - r * (g @ r) / (r @ r)
    return float(np.linalg.norm(rest) / np.linalg.norm(g))


def unlike_clusters(*, squares: bool) -> float:
    """KL divergence of the posterior from the nearest softmax of linear or quadratic functions.

    One cluster is twice as wide as the others; the only quadratic function that its posterior needs
    is the square of the input's norm.

    Args:
        squares: Whether that square is an input too.
    """
    points, weights = grid(WIDTHS)
    joint = densities(points, WIDTHS)
    eta = joint / joint.sum(axis=1, keepdims=True)
    columns = [points, np.ones(len(points))]
    if squares:
        columns.append((points**2).sum(axis=1))
    features = np.column_stack(columns)

    def excess(theta: Array) -> tuple[Array, Array]:
        p = softmax(features @ theta.reshape(-1, CLASSES))
        divergences = (eta * np.log(eta / p)).sum(axis=1)
        # In the logits the gradient of this divergence is p - eta.
        slopes = features.T @ (weights[:, None] * (p - eta))
        return np.array([weights @ divergences]), slopes.reshape(1, -1)

    start = np.zeros((1, features.shape[1] * CLASSES))
    return float(minimise(excess, start, most=500).values[0])
