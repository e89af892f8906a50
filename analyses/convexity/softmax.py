"""Curvatures and pulls of losses of softmax's probabilities, and of z_loss."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import logitscape as ls

from ..shared.catalogue import PROBABILITY_LOSSES
from .verdicts import Values

MAPPED = ["softmax + cross_entropy", "softmax + brier", "taylor + cross_entropy"]
"""Objectives whose least curvature is mapped on the plane z_2 = 0."""
PLANE = np.linspace(-8, 8, 81)
WRONG = np.linspace(-6, 22, 141)
"""Log-odds against the label, at which the pulls are measured."""
P = np.array([0.2, 0.5, 0.3])
FAR = -6000.0
"""Common value of logits where the sum of exponentials is so small that z_loss bends down."""


def least_curvatures() -> Values:
    """The least eigenvalues of the Hessians on the plane; NaN where the loss is not finite."""
    sweep = ls.sweep(MAPPED, ls.plane(PLANE, PLANE), hessian=True)
    curvatures = np.where(sweep.finite, sweep.curvatures[..., 0], np.nan)
    return np.asarray(curvatures[:, 0])


def pulls() -> dict[str, Values]:
    """(1 - p) w(p) at the margins, for the losses that depend on the label's probability p only."""
    by_loss = _slopes_and_pulls()
    pulls = {}
    for name in PROBABILITY_LOSSES:  # jax.jit has sorted `by_loss` by name
        slopes, pull = by_loss[name]
        if _only_label_matters(slopes):
            pulls[name] = np.asarray(pull)
    return pulls


@jax.jit
def _slopes_and_pulls() -> dict[str, Any]:
    """For each loss: its derivatives in all probabilities P, label 0, and its pulls."""
    return {
        name: (_slopes(ls.loss(name)), _pulls(ls.loss(name)))
        for name in PROBABILITY_LOSSES
    }


def _slopes(loss: Any) -> Any:
    probs = ls.Probs(jnp.asarray(P), jnp.log(P))
    return jax.grad(loss)(probs, jnp.array([1.0, 0.0, 0.0]))


def _pulls(loss: Any) -> Any:
    margins = jnp.asarray(-WRONG)
    # The derivative in log p is p psi'(p) without the loss of digits of a division by p.
    derivative = jax.vmap(jax.grad(partial(_psi, loss)))
    w = -derivative(jax.nn.log_sigmoid(margins))
    return w * jax.nn.sigmoid(-margins)


def _psi(loss: Any, log_p: Any) -> Any:
    """The loss as a function of the logarithm of the label's probability, for two classes."""
    # Where p is near 1, `expm1` keeps the digits that 1 - p would lose.
    log_of_other = jnp.log(-jnp.expm1(log_p))
    both = jnp.stack([log_p, log_of_other])
    probs = ls.Probs(jnp.exp(both), both)
    return loss(probs, jnp.array([1.0, 0.0]))


def _only_label_matters(slopes: Any) -> bool:
    return not any(np.asarray(slope)[1:].any() for slope in slopes)


def identities() -> tuple[float, float]:
    """The largest errors of two identities of softmax with cross-entropy, at random logits.

    Returns:
        The distances of the gradient from p - y and of the Hessian from diag(p) - p p^T.
    """
    z = jnp.asarray(np.random.default_rng(1).uniform(-6, 6, (200, 3)))
    y = jnp.array([1.0, 0.0, 0.0])
    loss = ls.objective("softmax + cross_entropy").function

    @jax.jit
    @jax.vmap
    def errors(z: Any) -> Any:
        p = ls.NORMALIZERS["softmax"](z).p
        gradient_error = jax.grad(loss)(z, y) - (p - y)
        hessian_error = jax.hessian(loss)(z, y) - (jnp.diag(p) - jnp.outer(p, p))
        return gradient_error, hessian_error

    gradient_errors, hessian_errors = errors(z)
    return largest(gradient_errors), largest(hessian_errors)


def largest(errors: jax.Array) -> float:
    return float(jnp.max(jnp.abs(errors)))


def z_loss_far_out() -> float:
    """The least curvature of z_loss where all logits are FAR.

    It is 1/K + 2 c log K + 2 c FAR across the direction of all ones, for c = 1e-4.
    """
    logits = jnp.full(3, FAR)
    target = jnp.array([1.0, 0.0, 0.0])
    z_loss = ls.objective("z_loss").function
    hessian = jax.jit(jax.hessian(z_loss))(logits, target)
    eigenvalues = np.linalg.eigvalsh(np.asarray(hessian))
    return float(eigenvalues[0])


def pull_theorem(pulls: Values) -> bool:
    """Whether the loss is convex by the pull theorem.

    The pulls must never be negative, and never weaker where the model is more wrong.
    """
    # A pull that tends to a constant, such as
    # cross-entropy's, falls by rounding far out.
    slack = 1e-9 * np.max(np.abs(pulls))
    never_negative = np.all(pulls >= -slack)
    never_weaker = np.all(np.diff(pulls) >= -slack)
    return bool(never_negative and never_weaker)
