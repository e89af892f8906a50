"""Writing reports: one suffix, one form, whole or not at all, the same bytes for the same report."""

import json
from collections.abc import Callable, Mapping
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.files import checked_path, replacing, write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

STYLE = "logitscape.styles.paper"
DRAWN = (".png", ".svg", ".pdf")


def save(
    path: str | Path,
    texts: Mapping[str, Callable[[], str]],
    figure: Callable[[], "Figure"],
) -> Path:
    """Write the form that belongs to the suffix.

    Args:
        path: where to.
        texts: suffix -> what makes the text.
        figure: makes the figure, for ".png", ".svg" and ".pdf".

    Raises:
        ValueError: for another suffix.
        FileNotFoundError: if the folder does not exist.
    """
    target = checked_path("save", path)
    suffix = target.suffix.lower()
    if suffix in texts:
        write_text(target, texts[suffix]())
    elif suffix in DRAWN:
        drawn = rendered(figure(), suffix)
        with replacing(target) as temporary:
            temporary.write_bytes(drawn)
    else:
        raise ValueError(
            f"`save(path)` must end in {', '.join([*texts, *DRAWN])}, got {str(path)!r}."
        )
    return target


def as_text(renderable: "RenderableType") -> str:
    """What a terminal of 80 columns without colours shows."""
    from rich.console import Console

    console = Console(
        file=StringIO(), width=80, color_system=None, force_terminal=False
    )
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def as_json(data: Mapping[str, Any]) -> str:
    """A report's `to_dict` as text."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def rendered(figure: "Figure", suffix: str) -> bytes:
    """A figure as a file's content, without dates, versions or random ids."""
    from matplotlib import style

    from ..plotting.files import settle, write

    file = BytesIO()
    with style.context(STYLE, after_reset=True):
        settle(figure)
        write(figure, file, suffix)
    return file.getvalue()
