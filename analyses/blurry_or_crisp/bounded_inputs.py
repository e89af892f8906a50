"""Softmax of inputs within [0, 1], such as the output of another softmax: the lower panels."""

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
FAR = 60.0
"""Lead of the label's logit where softmax applied twice is at its best."""
STEPS = 20
S = np.unique([*np.linspace(0, 12, 241), *10.0 ** np.linspace(-1, 3, 201)])
"""Positions on ray R1."""
SHOWN = 12


class Best(NamedTuple):
    """The best values that can be reached.

    Attributes:
        p: Probability of the label.
        loss: Cross-entropy.
        pull: Pull on the label's logit that is left, -dL/dz.
    """

    p: float
    loss: float
    pull: float


def softmax_twice(logits: jax.Array) -> ls.Probs:
    """Softmax of probabilities that are a softmax already, a common mistake."""
    softmax = ls.normalizer("softmax")
    probs: ls.Probs = softmax(softmax(logits).p)
    return probs


OBJECTIVES = {
    "sum": ls.objective("sum + cross_entropy"),
    "softmax": ls.objective("softmax + cross_entropy"),
    "softmax twice": ls.compose(softmax_twice, "cross_entropy"),
}
STYLES = {
    "sum": plotting.style_of("sum") | {"linestyle": "-"},
    "softmax": plotting.style_of("softmax") | {"linestyle": "-"},
    "softmax twice": plotting.style_of("softmax") | {"linestyle": "--"},
}


def best_values() -> dict[str, dict[int, Best]]:
    """The best values by objective and number of classes."""
    best: dict[str, dict[int, Best]] = {name: {} for name in OBJECTIVES}
    for k in CLASSES:
        by_name = _best_values(k)
        for name in OBJECTIVES:
            p, loss, pull = by_name[name]
            best[name][k] = Best(float(p), float(loss), float(pull))
    return best


@partial(jax.jit, static_argnums=0)
def _best_values(num_classes: int) -> dict[str, Any]:
    """The best values by objective.

    They are found by descent within [0, 1]; for softmax applied twice, where the label leads by
    FAR.
    """
    target = jax.nn.one_hot(0, num_classes)
    logits = {
        "sum": descent(OBJECTIVES["sum"], target),
        "softmax": descent(OBJECTIVES["softmax"], target),
        "softmax twice": FAR * target,
    }
    return {
        name: values_at(objective, logits[name], target)
        for name, objective in OBJECTIVES.items()
    }


def descent(objective: ls.Objective, target: jax.Array) -> jax.Array:
    """Gradient descent from 1/2, in steps so long that it ends on the border of [0, 1]."""
    learning_rate = target.size

    def step(_: int, logits: jax.Array) -> jax.Array:
        gradient = jax.grad(objective)(logits, target)
        return jnp.clip(logits - learning_rate * gradient, 0, 1)

    start = jnp.full_like(target, 0.5)
    end: jax.Array = jax.lax.fori_loop(0, STEPS, step, start)
    return end


def values_at(objective: ls.Objective, logits: jax.Array, target: jax.Array) -> Any:
    """Probability of the label, loss and pull, as in `Best`."""
    loss, gradient = jax.value_and_grad(objective)(logits, target)
    return objective.predict(logits).p[0], loss, -gradient[0]


def slopes() -> dict[str, Array]:
    """dL/ds over S on R1, of softmax applied once and twice."""
    names = ("softmax", "softmax twice")
    sweep = ls.sweep({name: OBJECTIVES[name] for name in names}, ls.ray("R1", S))
    label, rival = 0, 1
    return {
        name: np.asarray(sweep.gradient[i, label, :, rival])
        for i, name in enumerate(names)
    }


def highest_p(num_classes: Any) -> Any:
    """The largest probability that softmax gives for inputs within [0, 1]."""
    return np.e / (np.e + num_classes - 1)


def draw_best(
    highest: Axes, lowest: Axes, best: Mapping[str, Mapping[int, Best]]
) -> None:
    """Draw lines from the formulas, and dots as measured."""
    num_classes = np.geomspace(CLASSES[0], CLASSES[-1], 100)
    bound = highest_p(num_classes)
    ones = np.ones_like(num_classes)
    highest.set(title="Inputs within [0, 1]: the best $p$", ylim=(-0.03, 1.05))
    highest.set_ylabel("probability of the label")
    draw_lines(highest, num_classes, 1.0 * ones, bound)
    draw_dots(highest, "p", best)
    lowest.set(title="Inputs within [0, 1]: the lowest loss", ylim=(-0.3, 7))
    lowest.set_ylabel("cross-entropy")
    draw_lines(lowest, num_classes, 0.0 * ones, -np.log(bound))
    draw_dots(lowest, "loss", best)


def draw_lines(
    axes: Axes, num_classes: Array, by_sum: Array, by_softmax: Array
) -> None:
    axes.set(xscale="log", xlim=(CLASSES[0] * 0.9, CLASSES[-1] * 1.1))
    axes.set_xlabel("classes $K$, log axis")
    lines = {"sum": by_sum, "softmax,\nonce or twice": by_softmax}
    styles = {"sum": STYLES["sum"], "softmax,\nonce or twice": STYLES["softmax"]}
    plotting.labelled_curves(num_classes, lines, styles=styles, ax=axes)


def draw_dots(
    axes: Axes, quantity: str, best: Mapping[str, Mapping[int, Best]]
) -> None:
    for name, by_classes in best.items():
        values = [getattr(by_classes[k], quantity) for k in CLASSES]
        # Adding 0.0 turns -0.0 into 0.0.
        dots = np.round(values, 8) + 0.0
        axes.plot(CLASSES, dots, "o", color=STYLES[name]["color"], markersize=5)


def draw_slopes(axes: Axes, slopes: Mapping[str, Array]) -> None:
    axes.set_title("Softmax twice: the gradient fades")
    axes.set(yscale="log", ylim=(1e-6, 1e1), xlim=(0, SHOWN), xlabel="$s$")
    axes.set_ylabel("slope $dL/ds$, log axis")
    near = S <= SHOWN
    curves = {name: slope[near] for name, slope in slopes.items()}
    plotting.labelled_curves(S[near], curves, styles=STYLES, ax=axes)
