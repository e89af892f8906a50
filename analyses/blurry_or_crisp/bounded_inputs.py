"""Softmax of inputs within [0, 1], such as the output of another softmax: the lower panels of `blurry_or_crisp.py`."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls
from logitscape import plotting

Array: TypeAlias = NDArray[Any]

CLASSES = (2, 10, 100, 1000)
FAR, STEPS = 60.0, 20
S = np.unique([*np.linspace(0, 12, 241), *10.0 ** np.linspace(-1, 3, 201)])  # on ray R1


class Reached(NamedTuple):
    """The best that can be reached: the label's probability, the loss, and the pull that is left."""

    p: float
    loss: float
    pull: float


def twice(logits: jax.Array) -> ls.Probs:
    """Softmax, by mistake, of what is a softmax already."""
    softmax = ls.normalizer("softmax")
    probs: ls.Probs = softmax(softmax(logits).p)
    return probs


OBJECTIVES = {
    "sum": ls.objective("sum + cross_entropy"),
    "softmax": ls.objective("softmax + cross_entropy"),
    "softmax twice": ls.compose(twice, "cross_entropy"),
}
STYLES = {
    name: plotting.style_of(name.split()[0])
    | {"linestyle": "--" if "twice" in name else "-"}
    for name in OBJECTIVES
}


def best() -> dict[str, dict[int, Reached]]:
    """By objective and number of classes."""
    by_classes = {classes: reach(classes) for classes in CLASSES}
    return {
        name: {k: Reached(*map(float, each[name])) for k, each in by_classes.items()}
        for name in OBJECTIVES
    }


@partial(jax.jit, static_argnums=0)
def reach(classes: int) -> dict[str, Any]:
    """The best by descent within [0, 1]; for softmax twice, where the label leads by FAR."""
    target = jax.nn.one_hot(0, classes)
    ends = {name: descent(OBJECTIVES[name], target) for name in ("sum", "softmax")}
    return {
        name: at(OBJECTIVES[name], ends.get(name, FAR * target), target)
        for name in OBJECTIVES
    }


def descent(objective: ls.Objective, target: jax.Array) -> jax.Array:
    """From 1/2, in steps so long that it ends on the border of [0, 1]."""

    def step(_: int, logits: jax.Array) -> jax.Array:
        return jnp.clip(
            logits - target.size * jax.grad(objective)(logits, target), 0, 1
        )

    end: jax.Array = jax.lax.fori_loop(0, STEPS, step, jnp.full_like(target, 0.5))
    return end


def at(objective: ls.Objective, logits: jax.Array, target: jax.Array) -> Any:
    loss, gradient = jax.value_and_grad(objective)(logits, target)
    return objective.predict(logits).p[0], loss, -gradient[0]


def slopes() -> dict[str, Array]:
    """dL/ds over S on R1, of softmax once and twice."""
    names = ("softmax", "softmax twice")
    found = ls.sweep({name: OBJECTIVES[name] for name in names}, ls.ray("R1", S))
    return {
        name: np.asarray(found.gradient[i, 0, :, 1]) for i, name in enumerate(names)
    }


def draw_best(
    highest: Axes, lowest: Axes, found: Mapping[str, Mapping[int, Reached]]
) -> None:
    """Lines from the formulas, dots as measured."""
    many = np.geomspace(CLASSES[0], CLASSES[-1], 100)
    bound = np.e / (np.e + many - 1)
    highest.set(
        title="Inputs within [0, 1]: the best $p$",
        ylim=(-0.03, 1.05),
        ylabel="probability of the label",
    )
    lowest.set(
        title="Inputs within [0, 1]: the lowest loss",
        ylim=(-0.3, 7),
        ylabel="cross-entropy",
    )
    for axes, quantity, softmax, divided in (
        (highest, "p", bound, 1.0),
        (lowest, "loss", -np.log(bound), 0.0),
    ):
        axes.set(
            xscale="log",
            xlim=(CLASSES[0] * 0.9, CLASSES[-1] * 1.1),
            xlabel="classes $K$, log axis",
        )
        lines = {"sum": np.full_like(many, divided), "softmax,\nonce or twice": softmax}
        plotting.labelled_curves(
            axes, many, lines, styles=dict(zip(lines, STYLES.values(), strict=False))
        )
        for name, by_classes in found.items():
            dots = [getattr(each, quantity) for each in by_classes.values()]
            axes.plot(
                CLASSES,
                np.round(dots, 8) + 0.0,
                "o",
                color=STYLES[name]["color"],
                markersize=5,
            )


def draw_slopes(axes: Axes, found: Mapping[str, Array]) -> None:
    near = S <= 12
    axes.set(
        title="Softmax twice: the gradient fades",
        yscale="log",
        ylim=(1e-6, 1e1),
        xlabel="$s$",
        xlim=(0, 12),
    )
    axes.set_ylabel("slope $dL/ds$, log axis")
    plotting.labelled_curves(
        axes, S[near], {name: each[near] for name, each in found.items()}, styles=STYLES
    )
