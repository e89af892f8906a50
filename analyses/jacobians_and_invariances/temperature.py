"""What an inverse temperature c does to softmax and to its gradient: two panels of `jacobians_and_invariances.py`."""

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
LOGITS = {"alone": (2.0, 1.0, 0.0), "tied": (2.0, 2.0, 0.0)}
PLACES = {"label tied for first": "tied", "label last": "alone", "label first": "alone"}
COLORS = {"alone": BLUE, "tied": VERMILLION}


class Errors(NamedTuple):
    """Of the limits c -> infinity (the hard maximum) and c -> 0 (uniform), and of grad = c (p(c z) - y), over c."""

    hard: float
    uniform: float
    law: float


class Temperature(NamedTuple):
    """Over TEMPERATURES: p of the first class, by LOGITS; the gradient norm of cross-entropy, by the label's place."""

    top: dict[str, Values]
    norms: dict[str, Values]
    errors: Errors


def temperature() -> Temperature:
    z = jnp.array(list(LOGITS.values()))
    right, wrong = jnp.eye(3)[0], jnp.eye(3)[2]
    (fell, p), (rose, _) = (
        gradients(TEMPERATURES, z, right),
        gradients(TEMPERATURES, z, wrong),
    )
    ends = np.asarray(gradients(np.array([0.0, 1e6]), z, right)[1])
    hard = np.asarray(ls.drop_in("argmax")(z))
    law = np.max(
        np.abs(rose - TEMPERATURES[:, None] * (p - wrong)) / TEMPERATURES[:, None]
    )
    norms = {
        "label tied for first": np.linalg.norm(fell[1], axis=-1),
        "label last": np.linalg.norm(rose[0], axis=-1),
        "label first": np.linalg.norm(fell[0], axis=-1),
    }
    errors = Errors(
        float(np.abs(ends[:, 1] - hard).max()),
        float(np.abs(ends[:, 0] - 1 / 3).max()),
        float(law),
    )
    return Temperature(
        {name: np.asarray(p[i, :, 0]) for i, name in enumerate(LOGITS)}, norms, errors
    )


@jax.jit
@partial(jax.vmap, in_axes=(None, 0, None))
@partial(jax.vmap, in_axes=(0, None, None))
def gradients(c: Any, z: Any, y: Any) -> Any:
    """The gradient of cross-entropy of softmax(c z) in z, and softmax(c z): each [logits, c, class]."""

    def loss(z: Any) -> Any:
        probs = ls.NORMALIZERS["softmax"](z, inverse_temperature=c)
        return ls.LOSSES["cross_entropy"](probs, y), probs.p

    return jax.grad(loss, has_aux=True)(z)


def draw_top(axes: Axes, top: dict[str, Values]) -> None:
    axes.set(
        xscale="log",
        xlim=(1e-2, 1e3),
        ylim=(0.3, 1.03),
        title="softmax(c z): p of the first class",
    )
    for name, p in top.items():
        axes.plot(TEMPERATURES, plotting.settled(p), color=COLORS[name])
    axes.text(
        60,
        0.95,
        "z = (2, 1, 0): hard maximum",
        color=COLORS["alone"],
        fontsize=8,
        ha="center",
    )
    axes.text(
        60,
        0.53,
        "z = (2, 2, 0): ties share",
        color=COLORS["tied"],
        fontsize=8,
        ha="center",
    )
    axes.text(0.012, 0.36, "uniform", fontsize=8)
    axes.set_xlabel("inverse temperature c")


def draw_norms(axes: Axes, norms: dict[str, Values]) -> None:
    axes.set(xscale="log", yscale="log", xlim=(1e-2, 1e3), ylim=(1e-6, 1e4))
    looks = zip(norms.items(), (BLACK, VERMILLION, BLUE), ("--", "-", "-"), strict=True)
    for (name, norm), color, dashes in looks:
        axes.plot(
            TEMPERATURES,
            plotting.settled_digits(norm),
            color=color,
            linestyle=dashes,
            label=f"{name}, z = ({', '.join(f'{z:g}' for z in LOGITS[PLACES[name]])})",
        )
    axes.legend(loc="upper left")
    axes.set(
        title="softmax(c z) + cross_entropy: gradient norm",
        xlabel="inverse temperature c",
    )
