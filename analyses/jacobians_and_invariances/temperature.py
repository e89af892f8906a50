"""The effect of an inverse temperature c on softmax and on its gradient."""

from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting
from logitscape._src.plotting.style import BLACK, BLUE, VERMILLION

Values: TypeAlias = NDArray[Any]

TEMPERATURES = 10.0 ** np.linspace(-2, 3, 101)
"""Values of c, 20 to a decade."""
LOGITS = {"alone": (2.0, 1.0, 0.0), "tied": (2.0, 2.0, 0.0)}
COLORS = {"alone": BLUE, "tied": VERMILLION}
FIRST = np.eye(3)[0]
LAST = np.eye(3)[2]
PLACES = {"label tied for first": "tied", "label last": "alone", "label first": "alone"}
"""The logits of each place of the label among the classes."""
STYLES = {
    "label tied for first": (BLACK, "--"),
    "label last": (VERMILLION, "-"),
    "label first": (BLUE, "-"),
}


class Errors(NamedTuple):
    """Largest errors of three laws.

    Attributes:
        hard: Difference from the hard maximum, at c = 1e6.
        uniform: Difference from the uniform distribution, at c = 0.
        law: Difference of the gradient from c (p(c z) - y), divided by c.
    """

    hard: float
    uniform: float
    law: float


class Temperature(NamedTuple):
    """Curves over TEMPERATURES.

    Attributes:
        top: Probability of the first class, by the names of LOGITS.
        norms: Gradient norm of cross-entropy, by the label's place.
        errors: Errors of the laws.
    """

    top: dict[str, Values]
    norms: dict[str, Values]
    errors: Errors


def temperature() -> Temperature:
    z = jnp.array(list(LOGITS.values()))
    falling, p = gradients(TEMPERATURES, z, jnp.asarray(FIRST))
    rising, _ = gradients(TEMPERATURES, z, jnp.asarray(LAST))
    norms = {
        "label tied for first": np.linalg.norm(falling[1], axis=-1),
        "label last": np.linalg.norm(rising[0], axis=-1),
        "label first": np.linalg.norm(falling[0], axis=-1),
    }
    top = {name: np.asarray(p[i, :, 0]) for i, name in enumerate(LOGITS)}
    return Temperature(top, norms, _errors(z, rising, p))


def _errors(z: Any, rising: Any, p: Any) -> Errors:
    """The errors of the laws, the last of them for the label last."""
    _, ends = gradients(np.array([0.0, 1e6]), z, jnp.asarray(FIRST))
    uniform = np.abs(ends[:, 0] - 1 / 3)
    hard = np.abs(ends[:, 1] - ls.drop_in("argmax")(z))
    c = TEMPERATURES[:, None]
    # Relative to c, as the gradient and its rounding errors grow with it.
    law = np.abs(rising - c * (p - LAST)) / c
    return Errors(float(hard.max()), float(uniform.max()), float(np.max(law)))


@jax.jit
@partial(jax.vmap, in_axes=(None, 0, None))
@partial(jax.vmap, in_axes=(0, None, None))
def gradients(c: Any, z: Any, y: Any) -> Any:
    """The gradient of cross-entropy of softmax(c z), and softmax(c z): each [logits, c, class]."""

    def loss(z: Any) -> Any:
        probs = ls.NORMALIZERS["softmax"](z, inverse_temperature=c)
        return ls.LOSSES["cross_entropy"](probs, y), probs.p

    return jax.grad(loss, has_aux=True)(z)


def draw_top(axes: Axes, top: dict[str, Values]) -> None:
    axes.set(xscale="log", xlim=(1e-2, 1e3), ylim=(0.3, 1.03))
    axes.set_title("softmax(c z): p of the first class")
    for name, p in top.items():
        axes.plot(TEMPERATURES, plotting.settled(p), color=COLORS[name])
    style: dict[str, Any] = {"fontsize": 8, "ha": "center"}
    axes.text(60, 0.95, "z = (2, 1, 0): hard maximum", color=COLORS["alone"], **style)
    axes.text(60, 0.53, "z = (2, 2, 0): ties share", color=COLORS["tied"], **style)
    axes.text(0.012, 0.36, "uniform", fontsize=8)
    axes.set_xlabel("inverse temperature c")


def draw_norms(axes: Axes, norms: dict[str, Values]) -> None:
    axes.set(xscale="log", yscale="log", xlim=(1e-2, 1e3), ylim=(1e-6, 1e4))
    for name, norm in norms.items():
        color, dashes = STYLES[name]
        logits = ", ".join(f"{z:g}" for z in LOGITS[PLACES[name]])
        axes.plot(
            TEMPERATURES,
            plotting.settled_digits(norm),
            color=color,
            linestyle=dashes,
            label=f"{name}, z = ({logits})",
        )
    axes.legend(loc="upper left")
    axes.set_title("softmax(c z) + cross_entropy: gradient norm")
    axes.set_xlabel("inverse temperature c")
