"""How far the formulas that people write for cross-entropy can be trusted, by dtype."""

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

import logitscape as ls

from ..shared.dtypes import DTYPES, limits

Values: TypeAlias = NDArray[Any]
Form: TypeAlias = Callable[[Any], Any]
"""The cross-entropy of logits, label 0."""


def _logitscape(z: Any) -> Any:
    return ls.per_example("softmax + cross_entropy")(z, jnp.zeros((), int))


def _with_epsilon(z: Any) -> Any:
    return -jnp.log(jax.nn.softmax(z) + jnp.asarray(1e-7, z.dtype))[0]


FORMS: dict[str, Form] = {
    "−log(e$^z$ / Σ e$^z$)": lambda z: -jnp.log(jnp.exp(z) / jnp.sum(jnp.exp(z)))[0],
    "−log(softmax(z))": lambda z: -jnp.log(jax.nn.softmax(z))[0],
    "−log(softmax(z) + 1e-7)": _with_epsilon,
    "−log_softmax(z)": lambda z: -jax.nn.log_softmax(z)[0],
    "logitscape": _logitscape,
}
SIDES = {"wrong": (0.0, 1.0), "right": (1.0, 0.0)}
"""Logits of two classes whose gap is 1; the label is 0."""
POINTS = 64
"""Number of gaps that are compared at a time."""
# After the first, every round divides the interval by 63: by 1e7 in all.
ROUNDS = 5
CAPTION = (
    "Two classes, label 0; wrong by a gap g: z = (0, g), right: z = (g, 0).\n"
    "A bar ends where the loss or the label's gradient is off by half,\n"
    "an arrow where the true ones leave the dtype's normal range."
)
END = 2500
"""Where the arrows end on the axis of gaps."""


def breaks(dtype: str) -> Values:
    """The first gap at which the loss or the label's gradient is off by half, [form, side].

    It is infinite where there is none as long as the true values are normal numbers of the dtype.
    Each round looks closer, between the last gap that is good and the first that is bad.
    """
    gaps = np.broadcast_to(_all_gaps(dtype), (len(FORMS), len(SIDES), POINTS))
    for _ in range(ROUNDS):
        rounded = jnp.asarray(gaps, dtype)
        # The true values are those at the rounded gaps, so that their
        # rounding counts for nothing.
        exact = np.asarray(rounded).astype(float)
        losses = np.asarray(losses_and_gradients(rounded))
        bad = off_by_half(losses, exact, float(limits(dtype).tiny))
        broken = np.asarray(bad.any(axis=-1))
        # At least 1, as there must be a gap before; the index
        # is 0 where none is bad, too.
        first = np.maximum(np.argmax(bad, axis=-1), 1)[..., None]
        at_break = np.take_along_axis(exact, first, axis=-1)[..., 0]
        gaps = np.where(broken[..., None], _between(gaps, first), gaps)
    return np.where(broken, at_break, np.inf)


def _all_gaps(dtype: str) -> Values:
    """Gaps up to the dtype's end, most of them where most forms break."""
    near = np.geomspace(0.5, 1000, POINTS - 8)
    far = np.geomspace(2000, float(limits(dtype).max) / 4, 8)
    return np.concatenate([near, far])


def _between(gaps: Values, first: Values) -> Values:
    """Gaps from the one before `first` up to it, equally spaced."""
    low = np.take_along_axis(gaps, first - 1, axis=-1)
    high = np.take_along_axis(gaps, first, axis=-1)
    return np.asarray(low + (high - low) * np.linspace(0, 1, POINTS))


@jax.jit
def losses_and_gradients(gaps: Any) -> Any:
    """Loss and label gradient, [form, side, 2, m], at gaps [form, side, m] of some dtype."""
    units = jnp.array(list(SIDES.values()), gaps.dtype)
    rows = []
    for i, form in enumerate(FORMS.values()):
        rows.append([_of_form(form, unit, gaps[i, j]) for j, unit in enumerate(units)])
    return rows


def _of_form(form: Form, unit: Any, gaps: Any) -> Any:
    def loss_and_gradient(gap: Any) -> Any:
        loss, gradient = jax.value_and_grad(form)(gap * unit)
        return loss.astype(float), gradient[0].astype(float)

    return jax.vmap(loss_and_gradient)(gaps)


def off_by_half(values: Values, gaps: Values, tiny: float) -> Values:
    """Whether loss or gradient is off by half where the true one is a normal number.

    Args:
        values: Losses and gradients, [form, side, 2, m].
        gaps: Gaps, [form, side, m].
        tiny: The least normal number.
    """
    label_logit, other_logit = np.array(list(SIDES.values())).T[:, :, None]
    fading = np.exp(-gaps)
    # Where wrong, log(1 + e^g) as g + log(1 + e^-g), which does not overflow.
    loss = np.log1p(fading) + gaps * other_logit
    gradient = -np.where(label_logit == 1, fading, 1) / (1 + fading)
    true = np.stack([loss, gradient], axis=2)
    with np.errstate(invalid="ignore"):
        # Negated, so that NaN is wrong.
        wrong = ~(np.abs(values - true) < 0.5 * np.abs(true))
    return np.asarray(np.any(wrong & (np.abs(true) >= tiny), axis=2))


def draw_breaks(figure: Any, breaks: dict[str, Values]) -> None:
    """Draw the results of `breaks`: a panel for each side, a group of bars for each form."""
    panels = figure.subplots(1, 2, sharey=True)
    for j, (axes, side) in enumerate(zip(panels, SIDES, strict=True)):
        _draw_side(axes, {dtype: ends[:, j] for dtype, ends in breaks.items()})
        axes.set(
            xscale="log",
            xlim=(1, 6000),
            ylim=(len(FORMS) - 0.5, -0.5),
            title=f"{side} by a gap of",
            yticks=[],
        )
    panels[0].set_yticks(range(len(FORMS)), list(FORMS))
    panels[0].tick_params(axis="y", length=0, labelsize=9)
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=4,
        title=CAPTION,
        title_fontproperties={"size": 8},
    )
    figure.suptitle("Written naively, cross-entropy breaks at small gaps", fontsize=11)


def _draw_side(axes: Axes, ends: dict[str, Values]) -> None:
    for k, (dtype, color) in enumerate(DTYPES.items()):
        for i in range(len(FORMS)):
            y = i + 0.2 * (k - 1.5)
            _draw_bar(axes, y, ends[dtype][i], color, dtype if i == 0 else None)


def _draw_bar(axes: Axes, y: float, end: float, color: str, label: str | None) -> None:
    """A line up to where the form breaks, or an arrow if it does not."""
    shown = min(float(f"{end:.3g}"), END)
    axes.plot(
        [1, shown],
        [y, y],
        color=color,
        linewidth=3,
        solid_capstyle="butt",
        label=label,
    )
    if math.isinf(end):
        axes.plot(shown, y, ">", color=color, markersize=6)
    else:
        axes.text(shown * 1.12, y, f"{end:.3g}", va="center_baseline", fontsize=7)
