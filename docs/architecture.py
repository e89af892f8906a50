"""The picture of docs/architecture.md: the rooms of the library and the imports between them.

`python -m docs.architecture` draws it anew from the code.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from logitscape._src.plotting.files import settle, write

from .rooms import ROOMS, code, room

PICTURE = Path(__file__).with_suffix(".svg")
BLUE, FORBIDDEN = "#0072B2", "0.94"


def draw() -> Figure:
    """A row for every room that imports, a column for every room it imports from."""
    figure = Figure(figsize=(7.6, 6.6))
    axes = figure.add_axes((0.17, 0.02, 0.81, 0.78))
    count = len(ROOMS)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), aspect="equal")
    above = [(-0.5, -0.5), (count - 0.5, -0.5), (count - 0.5, count - 0.5)]
    axes.add_patch(Polygon(above, facecolor=FORBIDDEN, linewidth=0))
    for importer, imported in sorted(imports_between_rooms()):
        place = ROOMS.index(imported), ROOMS.index(importer)
        axes.add_patch(Circle(place, 0.3, facecolor=BLUE, linewidth=0))
    axes.text(
        count * 0.62,
        count * 0.3,
        "imports that are\nnot allowed",
        color="0.45",
        ha="center",
    )
    _label(axes)
    figure.text(
        0.02,
        0.965,
        "Imports between the rooms point one way",
        weight="bold",
        fontsize=12,
    )
    return figure


def imports_between_rooms() -> set[tuple[str, str]]:
    """The pairs of rooms of which the first imports from the second."""
    pairs = {(room(each.importer), room(each.imported)) for each in code().imports}
    return {
        (importer, imported) for importer, imported in pairs if importer != imported
    }


def _label(axes: Axes) -> None:
    numbers = range(len(ROOMS))
    axes.set_xticks(numbers, ROOMS, rotation=50, ha="left", rotation_mode="anchor")
    axes.set_yticks(numbers, ROOMS)
    axes.set_ylabel("a file of this room imports ...")
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("... from a file of that room")
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.set_xticks([place - 0.5 for place in numbers], minor=True)
    axes.set_yticks([place - 0.5 for place in numbers], minor=True)
    axes.grid(which="minor", color="0.85", linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_visible(False)


def main() -> None:
    """Write the picture."""
    figure = draw()
    settle(figure)
    write(figure, PICTURE, ".svg")


if __name__ == "__main__":
    main()
