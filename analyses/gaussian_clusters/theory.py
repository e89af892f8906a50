"""What theory says about the clusters: their posterior, and the probabilities that each loss asks for."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

CLASSES, SEPARATION, SHARES = 3, 1.5, (0.5, 0.3, 0.2)
SPACING, RADIUS, NEGLIGIBLE = 0.6, 7.0, 1e-9
SMOOTHING, HALVINGS = 0.1, 50

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
"""-psi'(p) for the convex losses psi(p_y), up to a factor."""
PROPER = ("cross_entropy", "kl", "brier", "spherical_score", "tsallis_score")


def centres() -> Array:
    """[3, 2], as `dynamics.gaussian_clusters` has them."""
    angles = 2 * np.pi * np.arange(CLASSES) / CLASSES
    found: Array = SEPARATION * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return found


def true_weights() -> Array:
    """The weights of the posterior, [3, 3]: features and the constant 1 before classes."""
    means = centres()
    return np.concatenate([means.T, [np.log(SHARES) - (means**2).sum(axis=1) / 2]])


def densities(points: Array, deviations: Array) -> Array:
    """Of inputs with each label, [m, 3], for clusters of different widths."""
    squares = ((points[:, None] - centres()) ** 2).sum(axis=2)
    found: Array = (
        np.array(SHARES)
        * np.exp(-squares / (2 * deviations**2))
        / (2 * np.pi * deviations**2)
    )
    return found


def bayes(points: Array) -> Array:
    """The posterior, [m, 3]."""
    return softmax(points @ true_weights()[:2] + true_weights()[2])


def softmax(z: Array) -> Array:
    weights = np.exp(z - z.max(axis=1, keepdims=True))
    found: Array = weights / weights.sum(axis=1, keepdims=True)
    return found


def grid(deviations: Array | None = None) -> tuple[Array, Array]:
    """Points [m, 2] and their weights: means over the inputs by the trapezoidal rule, exact but for sharp edges."""
    deviations = np.ones(CLASSES) if deviations is None else deviations
    axis = np.arange(-RADIUS, RADIUS + SPACING / 2, SPACING) * deviations.max()
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    density = densities(points, deviations).sum(axis=1)
    kept = density > NEGLIGIBLE * density.max()
    return points[kept], density[kept] / density[kept].sum()


def ideal(loss: str, eta: Array) -> Array:
    """The probabilities at which the expected loss is least, [m, 3], where labels have the probabilities eta."""
    if loss in SLOPES:
        return _equal_slopes(SLOPES[loss], eta)
    if loss == "mae":
        return np.asarray(np.eye(CLASSES)[eta.argmax(axis=1)])
    if loss == "label_smoothing":
        return (1 - SMOOTHING) * eta + SMOOTHING / CLASSES
    if loss == "reverse_kl":
        return softmax(eta * np.log(1 + (1 - SMOOTHING) * CLASSES / SMOOTHING))
    assert loss in PROPER, loss
    return eta


def _equal_slopes(slope: Callable[[Array], Array], eta: Array) -> Array:
    """Minimise sum eta psi(p): all eta_k psi'(p_k) are the same, and sum p = 1; both found by bisection in logarithms."""

    def shares(log_multiplier: Array) -> Array:
        wanted = np.exp(log_multiplier)[:, None] / eta
        return np.exp(
            _bisected(
                lambda log_p: slope(np.exp(log_p)) > wanted,
                np.full(eta.shape, -60.0),
                np.zeros(eta.shape),
            )
        )

    def too_much(log_multiplier: Array) -> Array:
        above: Array = shares(log_multiplier).sum(axis=1) > 1
        return above

    bounds = np.full(len(eta), -30.0), np.full(len(eta), 60.0)
    return shares(_bisected(too_much, *bounds))


def _bisected(low_enough: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Where a condition that holds on the left ends."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        holds = low_enough(middle)
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return low
