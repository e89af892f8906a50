"""Settings of matplotlib under which figures are drawn.

What the user asked for comes first: by `style=`, or by rcParams that differ from matplotlib's own.
The package's style decides what nobody asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import matplotlib
from matplotlib import style as styles
from matplotlib.figure import Figure

from ..base.messages import quoted

OneStyle: TypeAlias = str | Path | Mapping[str, Any]
Style: TypeAlias = OneStyle | Sequence[OneStyle] | None
"""What `matplotlib.style.use` takes: a name, a file, settings by name, or several of these."""

# matplotlib's types allow literal names only, and here names are data.
CURRENT: Any = matplotlib.rcParams
DEFAULTS: Any = matplotlib.rcParamsDefault
FONT_SIZE = 9.0
"""Points of the package's style, to which all sizes in this room belong."""
SIZES = (
    "figure.titlesize",
    "axes.titlesize",
    "axes.labelsize",
    "xtick.labelsize",
    "ytick.labelsize",
    "legend.fontsize",
    "legend.title_fontsize",
)
KEPT = (
    "axes.unicode_minus",
    "figure.facecolor",
    "font.",
    "hatch.",
    "lines.",
    "mathtext.",
    "patch.",
    "path.",
    "pdf.",
    "pgf.",
    "ps.",
    "savefig.",
    "svg.",
    "text.",
)
"""Beginnings of the names of settings that matplotlib reads when it writes a figure."""

_OF_FIGURES: "WeakKeyDictionary[Figure, dict[str, Any]]" = WeakKeyDictionary()


@contextmanager
def settings(function_name: str, style: Style = None) -> Iterator[None]:
    """Draw under the user's settings, and under the package's style where there are none.

    Args:
        function_name: Name of the public function, for the messages.
        style: Style that goes before the current settings.

    Raises:
        ValueError: If matplotlib knows no such style or setting.
        TypeError: If it is no style.
    """
    with matplotlib.rc_context():
        named = _apply(function_name, style)
        CURRENT.update(_paper_where_unset(named))
        yield


def points(size: float) -> float:
    """A size of text in points, in proportion to the font size that was asked for."""
    return size * (float(CURRENT["font.size"]) / FONT_SIZE)


def asked_size(natural: tuple[float, float]) -> tuple[float, float]:
    """Width and height, in inches, that the settings ask for; if they do not, the natural ones."""
    asked = CURRENT["figure.figsize"]
    if list(asked) == list(paper()["figure.figsize"]):
        return natural
    width, height = asked
    return float(width), float(height)


def remember(figure: Figure) -> None:
    """Remember the settings under which a figure was drawn: it is written under them later."""
    _OF_FIGURES[figure] = {name: CURRENT[name] for name in _kept()}


@contextmanager
def settings_of(figure: Figure) -> Iterator[None]:
    """Write a figure under the settings that it was drawn under, changed by the current ones."""
    with matplotlib.rc_context():
        changed = {name: CURRENT[name] for name in _kept() if _is_set(name)}
        CURRENT.update(paper())
        CURRENT.update(_OF_FIGURES.get(figure, {}))
        CURRENT.update(changed)
        yield


@cache
def paper() -> dict[str, Any]:
    """The settings of the package's style."""
    file = str(files("logitscape.styles") / "paper.mplstyle")
    # As `CURRENT` above: matplotlib's types allow literal names only.
    made: Any = matplotlib.rc_params_from_file(file, use_default_template=False)
    return dict(made)


def _kept() -> list[str]:
    return [name for name in CURRENT if name.startswith(KEPT)]


def _paper_where_unset(named: set[str]) -> dict[str, Any]:
    unset = {
        name: value
        for name, value in paper().items()
        if name not in named and not _is_set(name)
    }
    if "font.size" not in unset:
        scale = float(CURRENT["font.size"]) / FONT_SIZE
        unset |= {name: scale * unset[name] for name in SIZES if name in unset}
    if "mathtext.fontset" in unset and "serif" in CURRENT["font.family"]:
        unset["mathtext.fontset"] = "dejavuserif"
    return unset


def _is_set(name: str) -> bool:
    """Whether the user has changed a setting."""
    return bool(CURRENT[name] != DEFAULTS[name])


def _apply(function_name: str, style: Style) -> set[str]:
    """Apply a style, and return the names of the settings that it is known to make."""
    named = set[str]()
    for part in _parts(function_name, style):
        try:
            styles.use(dict(part) if isinstance(part, Mapping) else part)
        except (OSError, KeyError, ValueError) as error:
            raise ValueError(
                f"`{function_name}(style=...)` must be a style of matplotlib, a file, or "
                f"settings by name, got {quoted(part)}: {error}"
            ) from None
        if part == "default":
            named |= set(DEFAULTS)
        else:
            named |= set(part if isinstance(part, Mapping) else _of_library(part))
    return named


def _of_library(style: str | Path) -> Mapping[str, Any]:
    library: Any = styles.library
    found: Mapping[str, Any] = library.get(str(style), {})
    return found


def _parts(function_name: str, style: Style) -> list[OneStyle]:
    if style is None:
        return []
    parts = [style] if isinstance(style, str | Path | Mapping) else style
    if not isinstance(parts, Sequence) or not all(
        isinstance(part, str | Path | Mapping) for part in parts
    ):
        raise TypeError(
            f"`{function_name}(style=...)` must be the name of a style, a file, or settings "
            f"by name, or several of these, got {quoted(style)}."
        )
    return list(parts)
