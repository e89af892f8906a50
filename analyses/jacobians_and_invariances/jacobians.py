"""Softmax beside the sigmoid: the Jacobians of both and of other normalizers, panels of `jacobians_and_invariances.py`."""

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
    functions = (*map(ls.drop_in, ("softmax", "sum", "sparsemax")), jax.nn.sigmoid)
    softmax, total, sparsemax, sigmoid = jax.jit(
        lambda z: [jax.jacfwd(each)(z) for each in functions]
    )(POINT)
    p = ls.drop_in("softmax")(POINT)
    found = {
        "softmax": softmax,
        "s(1 − s), as quoted": jnp.diag(p * (1 - p)),
        "a sigmoid for each class": sigmoid,
        "divided by the sum": total,
        "sparsemax": sparsemax,
    }
    return {name: np.asarray(each) for name, each in found.items()}


def sigmoid_of_two() -> Differences:
    """How far softmax of [z, 0] is from the sigmoid.

    The sigmoid's gradient is written s(z) s(-z): differentiated by JAX it is s (1 - s), which is 0 from z = 37 on.
    """
    z = jnp.linspace(-700, 700, 1401)

    def softmax(z: Any) -> Any:
        return ls.NORMALIZERS["softmax"](jnp.stack([z, jnp.zeros_like(z)])).p[0]

    def difference(ours: Any, theirs: Any) -> float:
        a, b = (np.asarray(jax.jit(jax.vmap(each))(z)) for each in (ours, theirs))
        return float(np.max(np.abs(a - b) / b))

    slope = difference(
        jax.grad(softmax), lambda z: jax.nn.sigmoid(z) * jax.nn.sigmoid(-z)
    )
    return Differences(difference(softmax, jax.nn.sigmoid), slope)


def draw_jacobians(figure: Any, found: dict[str, Values]) -> None:
    panels = figure.subplots(1, len(found))
    for axes, (name, values) in zip(panels, found.items(), strict=True):
        plotting.matrix(axes, values, limit=0.5, columns=[f"$z_{k}$" for k in range(3)])
        sums = " ".join(
            f"{value:.2f}" for value in plotting.settled(values.sum(axis=0))
        )
        axes.set_title(name, fontsize=9.5, fontweight="bold", loc="center")
        axes.set_xlabel(f"columns sum to {sums}", fontsize=8)
    panels[0].set_yticks(range(3), [f"$p_{k}$" for k in range(3)])
    figure.suptitle(
        "Jacobians $∂p_j / ∂z_k$ at z = (1, 1.5, 0.5): s(1 − s) is only softmax's diagonal",
        fontsize=11,
    )
