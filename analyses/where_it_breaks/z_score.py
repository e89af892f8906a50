"""The z-score, which is no normalizer, at one point."""

from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from logitscape import plotting

Values: TypeAlias = NDArray[Any]

EXAMPLE = (-2.0, -1.0, 1.0, 2.0)


class ZScore(NamedTuple):
    """The z-score at EXAMPLE.

    Attributes:
        jacobian: Jacobian ds_j / dz_k.
        loss: Cross-entropy with label 0, -log s_0.
        gradient_norm: Norm of the loss's gradient.
    """

    jacobian: Values
    loss: float
    gradient_norm: float


def z_score(z: Any) -> Any:
    return (z - jnp.mean(z)) / jnp.std(z)


def at_example() -> ZScore:
    z = jnp.array(EXAMPLE)
    loss, gradient = jax.value_and_grad(_cross_entropy)(z)
    return ZScore(
        jacobian=np.asarray(jax.jacfwd(z_score)(z)),
        loss=float(loss),
        gradient_norm=float(jnp.linalg.norm(gradient)),
    )


def _cross_entropy(z: Any) -> Any:
    return -jnp.log(z_score(z))[0]


def draw_z_score(axes: Axes, jacobian: Values, scores: Values) -> None:
    classes = range(len(EXAMPLE))
    rows = [f"$s_{k}$" for k in classes]
    columns = [f"$z_{k}$" for k in classes]
    plotting.matrix(jacobian, rows=rows, columns=columns, ax=axes)
    text = " ".join(f"{value:.2f}" for value in scores).replace("-", "−")
    axes.set_title(f"z-score of (−2, −1, 1, 2):\n{text}\nand its Jacobian", fontsize=9)
