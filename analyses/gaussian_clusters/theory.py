"""The theory of the clusters: their posterior, and the probabilities that minimise each loss."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

CLASSES = 3
SEPARATION = 1.5
"""Distance of every cluster's centre from the origin, in standard deviations."""
SHARES = (0.5, 0.3, 0.2)
"""Probabilities of the classes."""

# For a Gaussian the trapezoidal rule is off by about
# e^(-2 pi^2 / h^2), 1e-24 for h = 0.6.
SPACING = 0.6
"""Distance between neighbouring points of the integration grid, in standard deviations."""
RADIUS = 7.0
"""Half the side of the square that the grid covers, in standard deviations."""
NEGLIGIBLE = 1e-9
"""Points whose density is below this fraction of the largest are left out of the grid."""

SMOOTHING = 0.1
# Intervals of up to 90, in the logarithm, shrink to 1e-13.
HALVINGS = 50

SLOPES: dict[str, Callable[[Array], Array]] = {
    "cross_entropy": lambda p: 1 / p,
    "clipped_cross_entropy": lambda p: 1 / (p + 1e-7),
    "exponential": lambda p: p**-2,
    "generalized_cross_entropy": lambda p: p**-0.3,
    "hellinger": lambda p: p**-0.5,
    "focal": lambda p: (1 - p) ** 2 / p - 2 * (1 - p) * np.log(p),
    "poly1": lambda p: 1 / p + 1,
    "symmetric_cross_entropy": lambda p: 1 / p + 4,
}
"""-psi'(p), up to a constant factor, for the losses psi(p_y) with a convex psi."""
PROPER = ("cross_entropy", "kl", "brier", "spherical_score", "tsallis_score")


def centres() -> Array:
    """The clusters' centres [3, 2], the same as those of `datasets.gaussian_clusters`."""
    angles = 2 * np.pi * np.arange(CLASSES) / CLASSES
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(SEPARATION * directions)


def true_weights() -> Array:
    """The weights of the posterior's logits [features and the constant 1, classes] = [3, 3]."""
    means = centres()
    # The square of the input is the same for all classes, as their
    # covariances are, and cancels.
    biases = np.log(SHARES) - (means**2).sum(axis=1) / 2
    return np.concatenate([means.T, [biases]])


def densities(points: Array, deviations: Array) -> Array:
    """Joint density of input and label at every point, [m, 3].

    Args:
        points: Inputs, [m, 2].
        deviations: Standard deviation of each class's cluster, [3].
    """
    squares = ((points[:, None] - centres()) ** 2).sum(axis=2)
    bells = np.array(SHARES) * np.exp(-squares / (2 * deviations**2))
    return np.asarray(bells / (2 * np.pi * deviations**2))


def bayes(points: Array) -> Array:
    """The true posterior of the inputs, [m, 3]."""
    weights = true_weights()
    return softmax(points @ weights[:2] + weights[2])


def softmax(z: Array) -> Array:
    weights = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def grid(deviations: Array | None = None) -> tuple[Array, Array]:
    """Points [m, 2] and weights [m] of the trapezoidal rule for means over the inputs.

    For smooth functions of rapid decay the rule is exact to rounding; only sharp edges cost digits.
    """
    deviations = np.ones(CLASSES) if deviations is None else deviations
    axis = np.arange(-RADIUS, RADIUS + SPACING / 2, SPACING) * deviations.max()
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    density = densities(points, deviations).sum(axis=1)
    relevant = density > NEGLIGIBLE * density.max()
    return points[relevant], density[relevant] / density[relevant].sum()


def ideal(loss: str, eta: Array) -> Array:
    """The probabilities that minimise the expected loss, [m, 3].

    Args:
        loss: Name of a loss of probabilities.
        eta: True probabilities of the labels, [m, 3].
    """
    if loss in SLOPES:
        return _equal_slopes(SLOPES[loss], eta)
    if loss == "mae":
        return np.asarray(np.eye(CLASSES)[eta.argmax(axis=1)])
    if loss == "label_smoothing":
        return (1 - SMOOTHING) * eta + SMOOTHING / CLASSES
    if loss == "reverse_kl":
        # The minimiser of sum_y eta_y KL(p, t_y) is the softmax of sum_y eta_y log t_y,
        # and a smoothed label has only two different values of log t.
        return softmax(eta * np.log(1 + (1 - SMOOTHING) * CLASSES / SMOOTHING))
    assert loss in PROPER, loss
    return eta


def _equal_slopes(slope: Callable[[Array], Array], eta: Array) -> Array:
    """Minimise sum_k eta_k psi(p_k) subject to sum_k p_k = 1.

    At the minimum all eta_k psi'(p_k) are the same number, Lagrange's multiplier. One bisection
    finds p for a given multiplier, another around it finds the multiplier for which p sums to 1;
    both work with logarithms, because the solutions spread over many orders of magnitude.
    """

    def shares(log_multiplier: Array) -> Array:
        wanted = np.exp(log_multiplier)[:, None] / eta

        def too_steep(log_p: Array) -> Array:
            return slope(np.exp(log_p)) > wanted

        log_shares = _bisected(
            too_steep, np.full(eta.shape, -60.0), np.zeros(eta.shape)
        )
        return np.exp(log_shares)

    def too_much(log_multiplier: Array) -> Array:
        return np.asarray(shares(log_multiplier).sum(axis=1) > 1)

    lowest = np.full(len(eta), -30.0)
    highest = np.full(len(eta), 60.0)
    return shares(_bisected(too_much, lowest, highest))


def _bisected(holds: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """The points up to which a condition that is true at `low` stays true."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        still_true = holds(middle)
        low = np.where(still_true, middle, low)
        high = np.where(still_true, high, middle)
    return low
