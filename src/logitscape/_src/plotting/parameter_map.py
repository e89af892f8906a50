"""How a loss depends on two of its parameters: a heat map of its gradient at one input."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LogNorm, Normalize
from numpy.typing import NDArray

from ..base.messages import quoted
from .drawn import Source, note
from .fields import ZERO
from .panels import figure_of, panel
from .settings import Style
from .style import settled_digits
from .texts import Labels, translation

if TYPE_CHECKING:
    import xarray

QUANTITIES = ("gradient norm", "loss")
FEW = 6
"""Number of values that can all be ticks of an axis."""
SHORT = 100.0
"""Ratio of the ends of a logarithmic axis below which powers of ten are too few as ticks."""
MUCH = 30.0
"""Ratio of the largest to the least number, above which colours are logarithmic."""


def parameter_map(
    spec: str,
    *,
    at: Sequence[float],
    label: int = 0,
    quantity: str = "gradient norm",
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
    **parameters: Sequence[float],
) -> "xarray.Dataset":
    """Draw how loss or gradient at one input depend on one or two parameters.

    Two parameters make a heat map, the first of them to the right; one makes a curve. An axis is
    logarithmic if its values grow by a factor, and so are the colours if the numbers span much.

    >>> import logitscape as ls
    >>> from logitscape import plotting
    >>> swept = plotting.parameter_map(
    ...     "softmax + focal",
    ...     at=[0.0, 3.0, 0.0],
    ...     temperature=[0.5, 1, 2, 4],
    ...     gamma=[0, 1, 2, 5],
    ...     labels={"temperature": "Temperatur", "gradient norm": "Norm des Gradienten"},
    ... )
    >>> dict(swept["gradient norm"].sizes)
    {'temperature': 4, 'gamma': 4}

    Args:
        spec: Spec such as "softmax + focal".
        at: Logits, [n].
        label: True class.
        quantity: "gradient norm" or "loss".
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.
        parameters: Values of one or two parameters by name, as `ls.sweep_parameters` takes them.

    Returns:
        What `ls.sweep_parameters` measured. The figure is `matplotlib.pyplot.gcf()`, or that of
        `ax`.

    Raises:
        TypeError: If an argument is of the wrong type.
        ValueError: If the spec, a parameter or a value is refused, or there are more than two
            parameters.
    """
    if not 1 <= len(parameters) <= 2:
        raise ValueError(
            "`parameter_map(...)` draws 1 or 2 parameters, such as `temperature=[1, 2, 4], "
            f"gamma=[0, 1, 2]`, got {list(parameters)}."
        )
    if not isinstance(quantity, str) or quantity not in QUANTITIES:
        allowed = " or ".join(map(repr, QUANTITIES))
        raise ValueError(
            f"`parameter_map(quantity=...)` must be {allowed}, got {quoted(quantity)}."
        )
    # Here, as whoever draws their own arrays does not wait for JAX.
    from ..landscapes.parameter_sweep import swept_for

    word = translation("parameter_map", labels)
    swept = swept_for("parameter_map", spec, at, label, parameters)
    values = swept[quantity].values
    names = [word(name) for name in parameters]
    axes_values = [settled_digits(swept[name].values) for name in parameters]
    with panel("parameter_map", ax, style, size, natural=(4.6, 3.4)) as axes:
        if len(parameters) == 1:
            _draw_curve(axes, axes_values[0], values, word(spec))
            axes.set_ylabel(word(quantity))
        else:
            x, y = axes_values
            _draw_map(axes, x, y, values, word(spec), word(quantity))
            axes.set_ylabel(names[1])
        axes.set(xlabel=names[0], title=word(spec))
    return swept


def _draw_curve(axes: Axes, x: NDArray[Any], values: NDArray[Any], name: str) -> None:
    shown = np.where(np.isfinite(values), settled_digits(values), np.nan)
    axes.plot(
        x,
        shown,
        label=name,
        marker="o" if x.size < 12 else None,
        markersize=3,
        clip_on=False,
    )
    _scale(axes, axes.xaxis, x)
    if _spans_much(values):
        axes.set_yscale("log")


def _draw_map(
    axes: Axes,
    x: NDArray[Any],
    y: NDArray[Any],
    values: NDArray[Any],
    name: str,
    quantity: str,
) -> None:
    # Arrays are [x, y], and images [y, x].
    image = settled_digits(values.T)
    finite = image[np.isfinite(image)]
    scale: Normalize = Normalize()
    if _spans_much(finite):
        scale = LogNorm(finite[finite > 0].min(), finite.max())
    mesh = axes.pcolormesh(
        _edges(x), _edges(y), np.ma.masked_invalid(image), norm=scale, rasterized=True
    )
    across, up = np.meshgrid(x, y)
    note(mesh, Source(name, across, up, image, panel=quantity))
    axes.set_facecolor(ZERO)
    axes.grid(visible=False)
    for axis, coordinate in ((axes.xaxis, x), (axes.yaxis, y)):
        _scale(axes, axis, coordinate)
    axes.set(xlim=_edges(x)[[0, -1]], ylim=_edges(y)[[0, -1]])
    figure_of(axes).colorbar(mesh, ax=axes, label=quantity)


def _scale(axes: Axes, axis: Axis, values: NDArray[Any]) -> None:
    """Set the scale of an axis; few values, or those within two decades, are its ticks."""
    by_factors = _grows_by_factors(values)
    set_scale = axes.set_xscale if axis is axes.xaxis else axes.set_yscale
    set_scale("log" if by_factors else "linear")
    is_short = by_factors and values[-1] / values[0] < SHORT
    if is_short or values.size <= FEW:
        shown = values[:: -(-values.size // FEW)]
        axis.set_ticks(shown, [f"{value:.3g}" for value in shown])
        axis.set_ticks([], minor=True)


def _edges(values: NDArray[Any]) -> NDArray[Any]:
    """Borders of cells around values, halfway between them; in logarithms where these are even."""
    if values.size == 1:
        half = (abs(float(values[0])) or 1.0) / 2
        return np.array([values[0] - half, values[0] + half])
    even = np.log(values) if _grows_by_factors(values) else values
    middles = (even[1:] + even[:-1]) / 2
    first, last = 2 * even[0] - middles[0], 2 * even[-1] - middles[-1]
    edges = np.concatenate([[first], middles, [last]])
    return settled_digits(np.exp(edges) if _grows_by_factors(values) else edges)


def _grows_by_factors(values: NDArray[Any]) -> bool:
    """Whether positive values are more even in their logarithms than as they are."""
    if values.size < 3 or values[0] <= 0:
        return False
    steps, ratios = np.diff(values), np.diff(np.log(values))
    return bool(steps.max() / steps.min() > ratios.max() / ratios.min())


def _spans_much(values: NDArray[Any]) -> bool:
    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() < 0:
        return False
    positive = finite[finite > 0]
    if not positive.size or positive.size < finite.size:
        return False
    return bool(positive.max() / positive.min() > MUCH)
