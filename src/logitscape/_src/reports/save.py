"""Files of reports: written whole or not at all, the same bytes for the same report."""

from collections.abc import Callable, Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.files import checked_path, replacing, write_text
from ..base.messages import quoted_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

STYLE = "logitscape.styles.paper"
FIGURE_SUFFIXES = (".png", ".svg", ".pdf")
COLUMNS = 80
ARGUMENT = "`save(path=...)`"


def save(
    path: str | Path,
    texts: Mapping[str, Callable[[], str]],
    figure: Callable[[], "Figure"],
) -> Path:
    """Write the form that belongs to the suffix of the path.

    Args:
        path: Path of the file; its folder exists.
        texts: Functions that make the text, by suffix.
        figure: Function that draws the figure, for ".png", ".svg" and ".pdf".

    Raises:
        ValueError: For another suffix.
        FileNotFoundError: If the folder does not exist.
    """
    target = checked_path("save", path)
    suffix = target.suffix.lower()
    if suffix in texts:
        write_text(target, texts[suffix](), argument=ARGUMENT)
    elif suffix in FIGURE_SUFFIXES:
        content = rendered(figure(), suffix)
        with replacing(target, argument=ARGUMENT) as temporary:
            temporary.write_bytes(content)
    else:
        suffixes = ", ".join([*texts, *FIGURE_SUFFIXES])
        raise ValueError(
            f"`save(path)` must end in {suffixes}, got {quoted_path(path)}."
        )
    return target


def as_text(renderable: "RenderableType") -> str:
    """Return what a terminal of 80 columns without colours shows."""
    from .console import TextConsole

    console = TextConsole(
        file=StringIO(), width=COLUMNS, color_system=None, force_terminal=False
    )
    with console.capture() as captured:
        console.print(renderable)
    lines = captured.get().splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def rendered(figure: "Figure", suffix: str) -> bytes:
    """Return a figure as the content of a file, without dates, versions or random ids."""
    from matplotlib import style

    from ..plotting.files import settle, write

    file = BytesIO()
    # Some settings are read only when a figure is written; the user's own must not change it.
    with style.context(STYLE, after_reset=True):
        settle(figure)
        write(figure, file, suffix)
    return file.getvalue()
