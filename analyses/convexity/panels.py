"""The lower half of the figure: pulls of losses, and maps of the least curvature on a plane."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from logitscape import plotting

from .softmax import MAPPED, PLANE, WRONG, pull_theorem
from .verdicts import CONVEX, MILD, STRONG, Values

BENDS = LinearSegmentedColormap.from_list(
    "bends", [STRONG, MILD, "#FFFFFF", "#8FC1E3", CONVEX]
)


def draw_pulls(axes: Axes, pulls: Mapping[str, Values]) -> None:
    notes = {
        name: "convex" if pull_theorem(values) else "" for name, values in pulls.items()
    }
    axes.set(xlim=(WRONG[0], WRONG[-1]), ylim=(-0.03, 2.6))
    plotting.labelled_curves(WRONG, pulls, notes=notes, ax=axes)
    axes.set_title("softmax is convex where the pull never falls")
    axes.set_xlabel("right ← log-odds against the label → wrong")
    axes.set_ylabel("pull (1 − p) w(p)")


def draw_maps(figure: Any, panels: Sequence[Axes], curvatures: Values) -> None:
    """Draw a map for each of the mapped objectives, and their colour bar."""
    for axes, name, values in zip(panels, MAPPED, curvatures, strict=True):
        image = draw_map(axes, name, plotting.settled(values))
    figure.colorbar(
        image,
        ax=panels,
        label="least curvature",
        extend="both",
        aspect=22,
        pad=0.02,
    )


def draw_map(axes: Axes, name: str, curvatures: Values) -> Any:
    half = (PLANE[1] - PLANE[0]) / 2
    extent = (PLANE[0] - half, PLANE[-1] + half) * 2
    image = axes.imshow(
        curvatures.T, extent=extent, origin="lower", cmap=BENDS, vmin=-0.5, vmax=0.5
    )
    lowest = np.nanmin(curvatures)
    if lowest < 0:
        mark_lowest(axes, curvatures)
    else:
        say_nowhere_negative(axes)
    normalizer, loss = name.split(" + ")
    least = f"{lowest:.2f}".replace("-", "−")
    axes.set_title(f"{normalizer} +\n{loss}\nleast: {least}", fontsize=9)
    axes.set(xlabel="$z_0$ (label)", ylabel="$z_1$")
    axes.grid(visible=False)
    return image


def mark_lowest(axes: Axes, curvatures: Values) -> None:
    """Mark where the curvature is least; of several such points, the one nearest to 0."""
    lowest = np.argwhere(curvatures < np.nanmin(curvatures) + 1e-3)
    distances = [float(np.abs(PLANE[index]).sum()) for index in lowest]
    i, j = lowest[np.argmin(distances)]
    axes.plot(
        PLANE[i],
        PLANE[j],
        "x",
        color="black",
        markersize=7,
        markeredgewidth=1.6,
        clip_on=False,
    )


def say_nowhere_negative(axes: Axes) -> None:
    axes.text(
        0.5,
        0.5,
        "nowhere\nbelow 0",
        transform=axes.transAxes,
        ha="center",
        va="center",
        color="0.4",
    )
