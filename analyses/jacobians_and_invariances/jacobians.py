"""Softmax beside the sigmoid: the Jacobians of both, and of other normalizers."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting

Values: TypeAlias = NDArray[Any]

POINT = np.array([1.0, 1.5, 0.5])


class Differences(NamedTuple):
    """The largest relative difference of two functions, and of their gradients."""

    value: float
    gradient: float


def jacobians() -> dict[str, Values]:
    """dp_j / dz_k at POINT; "s(1 − s)" is the formula that is quoted for softmax."""
    p = ls.drop_in("softmax")(POINT)
    return {
        "softmax": _jacobian(ls.drop_in("softmax")),
        "s(1 − s), as quoted": np.asarray(jnp.diag(p * (1 - p))),
        "a sigmoid for each class": _jacobian(jax.nn.sigmoid),
        "divided by the sum": _jacobian(ls.drop_in("sum")),
        "sparsemax": _jacobian(ls.drop_in("sparsemax")),
    }


def _jacobian(function: Callable[[Any], Any]) -> Values:
    return np.asarray(jax.jit(jax.jacfwd(function))(POINT))


def sigmoid_of_two() -> Differences:
    """The differences between softmax of [z, 0] and the sigmoid of z."""
    return Differences(
        value=_difference(_softmax_of_two, jax.nn.sigmoid),
        gradient=_difference(jax.grad(_softmax_of_two), _slope_of_sigmoid),
    )


def _softmax_of_two(z: Any) -> Any:
    return ls.NORMALIZERS["softmax"](jnp.stack([z, jnp.zeros_like(z)])).p[0]


def _slope_of_sigmoid(z: Any) -> Any:
    # JAX differentiates the sigmoid as s (1 - s), which is 0 from z = 37 on.
    return jax.nn.sigmoid(z) * jax.nn.sigmoid(-z)


def _difference(
    function: Callable[[Any], Any], reference: Callable[[Any], Any]
) -> float:
    # At -700 both are 1e-304, hardly above the least normal number.
    z = jnp.linspace(-700, 700, 1401)
    values = np.asarray(jax.jit(jax.vmap(function))(z))
    expected = np.asarray(jax.jit(jax.vmap(reference))(z))
    return float(np.max(np.abs(values - expected) / expected))


def draw_jacobians(figure: Any, jacobians: dict[str, Values]) -> None:
    panels = figure.subplots(1, len(jacobians))
    for axes, (name, values) in zip(panels, jacobians.items(), strict=True):
        plotting.matrix(
            values, limit=0.5, columns=[f"$z_{k}$" for k in range(3)], ax=axes
        )
        totals = plotting.settled(values.sum(axis=0))
        sums = " ".join(f"{total:.2f}" for total in totals)
        axes.set_title(name, fontsize=9.5, fontweight="bold", loc="center")
        axes.set_xlabel(f"columns sum to {sums}", fontsize=8)
    panels[0].set_yticks(range(3), [f"$p_{k}$" for k in range(3)])
    figure.suptitle(
        "Jacobians $∂p_j / ∂z_k$ at z = (1, 1.5, 0.5): s(1 − s) is only softmax's diagonal",
        fontsize=11,
    )
