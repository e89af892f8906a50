"""Gradient fields of three classes: the gradient's length as colour, its direction as arrows.

A gradient that is exactly zero is grey; where there is none, the field is hatched.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colorbar import Colorbar
from matplotlib.image import AxesImage
from matplotlib.patches import Polygon
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.tri import Triangulation
from numpy.typing import NDArray

from ..base.messages import quoted
from .arguments import limits as limits_of
from .arguments import numbers, text, texts
from .arrows import ARROWS, draw_arrows, inner_points, inner_samples
from .drawn import Source, note
from .panels import figure_of, panel, several
from .settings import Style, settings
from .style import settled, settled_log10
from .texts import Labels, translation

LIMITS = (1e-4, 1e1)
ZERO = "0.8"
"""Colour of a gradient that is exactly zero."""
HATCHED: dict[str, Any] = {"colors": ["0.97"], "hatches": ["//////"]}
"""Keywords of `contourf` where there is no gradient."""
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
"""Corners of the triangle of probabilities, [3, 2]."""


def plane_field(
    x: Any,
    y: Any,
    norm: Any,
    arrows: Any,
    *,
    limits: tuple[float, float] = LIMITS,
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> AxesImage:
    """Draw a field over a rectangle.

    >>> import numpy as np
    >>> from logitscape import plotting
    >>> x = np.linspace(-3, 3, 31)
    >>> gradient = np.stack(np.meshgrid(x, x), axis=-1)
    >>> norm = np.linalg.norm(gradient, axis=-1)
    >>> plotting.plane_field(x, x, norm, -gradient).get_clim()
    (-4.0, 1.0)

    Args:
        x: Horizontal coordinates, [m], evenly spaced.
        y: Vertical coordinates, [n], evenly spaced.
        norm: Length of the gradient, [n, m]; NaN or inf where it is undefined.
        arrows: Vectors, [n, m, 2], of which only the directions are drawn.
        limits: Lengths at which the colours begin and end.
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.

    Returns:
        The image, for `norm_bar`; its values are decimal logarithms.
    """
    function = "plane_field"
    x, y = (settled(_spaced(name, each)) for name, each in (("x", x), ("y", y)))
    norm = numbers(function, "norm", norm, y.size, x.size, of="y and x")
    arrows = numbers(function, "arrows", arrows, y.size, x.size, 2, of="y and x")
    limits = limits_of(function, limits)
    translation(function, labels)
    with panel("plane_field", ax, style, size) as axes:
        return _draw_plane(axes, x, y, norm, arrows, limits)


def _draw_plane(
    axes: Axes,
    x: NDArray[Any],
    y: NDArray[Any],
    norm: NDArray[Any],
    arrows: NDArray[Any],
    limits: tuple[float, float],
) -> AxesImage:
    left, right = _borders(x)
    bottom, top = _borders(y)
    image = axes.imshow(
        settled_log10(norm),
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="equal",
        **_colors(limits),
    )
    across, up = np.meshgrid(x, y)
    note(image, Source("", across, up, norm))
    if not np.isfinite(norm).all():
        axes.contourf(x, y, ~np.isfinite(norm), [0.5, 1.5], **HATCHED)
    at = np.ix_(inner_samples(len(y)), inner_samples(len(x)))
    shown = _is_drawn(norm[at])
    places = np.stack(np.meshgrid(x, y), axis=-1)[at]
    spacing = (right - left) / ARROWS
    draw_arrows(axes, places[shown], arrows[at][shown], spacing)
    # The logarithm of 0 is NaN, where images are transparent:
    # the background shows the zeros.
    axes.set(xlim=(left, right), ylim=(bottom, top), facecolor=ZERO)
    axes.grid(visible=False)
    return image


def simplex_field(
    p: Any,
    norm: Any,
    arrows: Any,
    *,
    corners: Sequence[str] = ("class 0", "class 1", "class 2"),
    limits: tuple[float, float] = LIMITS,
    ax: Axes | None = None,
    labels: Labels = None,
    style: Style = None,
    size: tuple[float, float] | None = None,
) -> PolyCollection:
    """Draw a field over the probabilities of three classes, as a triangle.

    >>> import numpy as np
    >>> from logitscape import plotting
    >>> p = np.array([(i, j, 9 - i - j) for i in range(10) for j in range(10 - i)]) / 9
    >>> to_centre = 1 / 3 - p
    >>> field = plotting.simplex_field(p, np.linalg.norm(to_centre, axis=-1), to_centre)
    >>> [text.get_text() for text in field.axes.texts]
    ['class 0', 'class 1', 'class 2']

    Args:
        p: Probabilities, [m, 3], each summing to 1.
        norm: Length of the gradient, [m]; NaN or inf where it is undefined.
        arrows: Vectors, [m, 3], each summing to 0, of which only the directions are drawn.
        corners: Texts at p = (1, 0, 0), (0, 1, 0) and (0, 0, 1).
        limits: Lengths at which the colours begin and end.
        ax: Axes to draw on; by default those of a new figure.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
        size: Width and height of a new figure, in inches.

    Returns:
        The coloured triangles, for `norm_bar`; their values are decimal logarithms.
    """
    function = "simplex_field"
    p = numbers(function, "p", p, None, 3)
    norm = numbers(function, "norm", norm, len(p), of="p")
    arrows = numbers(function, "arrows", arrows, len(p), 3, of="p")
    limits = limits_of(function, limits)
    given = texts(function, "corners", corners)
    if len(given) != 3:
        raise ValueError(
            f"`simplex_field(corners=...)` must be three texts, got {quoted(corners)}."
        )
    if len(p) < 3 or not np.isfinite(p).all():
        raise ValueError(
            "`simplex_field(p)` must be at least three places, all finite, got "
            f"{quoted(p)}."
        )
    names = list(map(translation(function, labels), given))
    with panel("simplex_field", ax, style, size) as axes:
        return _draw_simplex(axes, p, norm, arrows, names, limits)


def _draw_simplex(
    axes: Axes,
    p: NDArray[Any],
    norm: NDArray[Any],
    arrows: NDArray[Any],
    corners: Sequence[str],
    limits: tuple[float, float],
) -> PolyCollection:
    # Of rounded places: on a regular grid the last digits would
    # choose between two diagonals.
    mesh = Triangulation(*settled(ternary(p)).T)
    axes.add_patch(Polygon(CORNERS, facecolor=ZERO, edgecolor="none"))
    colors: PolyCollection = axes.tripcolor(
        mesh, settled_log10(norm), rasterized=True, **_colors(limits)
    )
    across, up = ternary(p).T
    note(colors, Source("", across, up, norm))
    undefined = ~np.isfinite(norm)
    if undefined.any():
        axes.tricontourf(mesh, undefined.astype(float), [0.5, 1.5], **HATCHED)
    near = inner_points(p)
    shown = near[_is_drawn(norm[near])]
    places, directions = ternary(p[shown]), ternary(arrows[shown])
    draw_arrows(axes, places, directions, 1 / ARROWS)
    axes.add_patch(Polygon(CORNERS, facecolor="none", edgecolor="0.35", linewidth=0.8))
    _name_corners(axes, corners)
    height = CORNERS[2, 1]
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, height + 0.02), aspect="equal")
    axes.set_axis_off()
    return colors


def norm_bar(
    colors: ScalarMappable,
    *,
    ax: Axes | Sequence[Axes] | None = None,
    label: str = "gradient norm",
    labels: Labels = None,
    style: Style = None,
) -> Colorbar:
    """Draw the colour bar that fields share, with powers of ten.

    >>> import numpy as np
    >>> from logitscape import plotting
    >>> x = np.linspace(-3, 3, 31)
    >>> field = plotting.plane_field(x, x, np.ones((31, 31)), np.ones((31, 31, 2)))
    >>> [text.get_text() for text in plotting.norm_bar(field).ax.get_yticklabels()]
    ['$10^{-4}$', '$10^{-3}$', '$10^{-2}$', '$10^{-1}$', '$10^{0}$', '$10^{1}$']

    Args:
        colors: Return value of `plane_field` or `simplex_field`.
        ax: Axes of the fields that share the bar; by default those of this field.
        label: Text beside the bar.
        labels: Texts by the text in whose place they are drawn, or a function of a text.
        style: Style of matplotlib, or settings by name, before the current ones.
    """
    if not isinstance(colors, ScalarMappable) or not hasattr(colors, "axes"):
        raise TypeError(
            "`norm_bar(colors)` must be what `plane_field` or `simplex_field` returned, got "
            f"{quoted(colors)}."
        )
    text("norm_bar", "label", label)
    if ax is None:
        ax = [colors.axes]
    fields = several("norm_bar", ax, None, "at least one")
    word = translation("norm_bar", labels)
    with settings("norm_bar", style):
        bar = figure_of(fields).colorbar(
            colors,
            ax=fields,
            extend="both",
            extendfrac=0.025,
            label=word(label),
            aspect=35,
            pad=0.02,
        )
        bar.locator = MaxNLocator(integer=True)
        bar.formatter = FuncFormatter(lambda power, _: f"$10^{{{power:.0f}}}$")
        bar.outline.set_visible(False)
        bar.update_ticks()
    return bar


def ternary(p: Any) -> NDArray[Any]:
    """Return places in the triangle, [..., 2], of probabilities [..., 3]."""
    places: NDArray[Any] = np.asarray(p, float) @ CORNERS
    return places


def _spaced(name: str, value: Any) -> NDArray[Any]:
    """At least two finite coordinates, increasing."""
    values = numbers("plane_field", name, value, None)
    if (
        len(values) < 2
        or not np.isfinite(values).all()
        or not (np.diff(values) > 0).all()
    ):
        raise ValueError(
            f"`plane_field({name})` must be at least two finite numbers, increasing, got "
            f"{quoted(value)}."
        )
    return values


def _borders(samples: NDArray[Any]) -> tuple[Any, Any]:
    """Return the ends of an image's axis, half a pixel beyond the first and the last sample."""
    half_pixel = (samples[1] - samples[0]) / 2
    return samples[0] - half_pixel, samples[-1] + half_pixel


def _is_drawn(norm: NDArray[Any]) -> NDArray[Any]:
    drawn: NDArray[Any] = np.isfinite(norm) & (norm > 0)
    return drawn


def _name_corners(axes: Axes, names: Sequence[str]) -> None:
    offsets = [(0, -4), (0, -4), (0, 3)]
    for name, corner, offset in zip(names, CORNERS, offsets, strict=True):
        axes.annotate(
            name,
            corner,
            offset,
            textcoords="offset points",
            ha="center",
            va="bottom" if offset[1] > 0 else "top",
        )


def _colors(limits: tuple[float, float]) -> dict[str, Any]:
    low, high = settled_log10(limits)
    return {"cmap": "viridis", "vmin": low, "vmax": high}
