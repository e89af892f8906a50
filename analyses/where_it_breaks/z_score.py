"""The z-score, which is no normalizer, at one point: a panel of `where_it_breaks.py`."""

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
    """At EXAMPLE: the Jacobian, and the loss -log s_0 with the norm of its gradient."""

    jacobian: Values
    loss: float
    gradient_norm: float


def z_score(z: Any) -> Any:
    return (z - jnp.mean(z)) / jnp.std(z)


def at_example() -> ZScore:
    z = jnp.array(EXAMPLE)
    loss, gradient = jax.value_and_grad(lambda z: -jnp.log(z_score(z))[0])(z)
    return ZScore(
        np.asarray(jax.jacfwd(z_score)(z)),
        float(loss),
        float(jnp.linalg.norm(gradient)),
    )


def draw_z_score(axes: Axes, jacobian: Values, scores: Values) -> None:
    rows, columns = ([f"${name}_{k}$" for k in range(len(EXAMPLE))] for name in "sz")
    plotting.matrix(axes, jacobian, rows=rows, columns=columns)
    text = " ".join(f"{value:.2f}" for value in scores).replace("-", "−")
    axes.set_title(f"z-score of (−2, −1, 1, 2):\n{text}\nand its Jacobian", fontsize=9)
