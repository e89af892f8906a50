"""Lines of every normalizer and loss, colours of every gradient law and growth, stable digits.

The colours are those of Okabe and Ito, which colour-blind readers can tell apart. Solid lines and
long dashes are normalizers, short dashes are losses of probabilities, dots are losses of logits.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from ..base.conversion import reals_of
from ..base.messages import quoted

BLACK, GREY = "#000000", "#7F7F7F"
ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"

Dashes: TypeAlias = str | tuple[int, tuple[float | int, ...]]
SOLID: Dashes = "-"
LONG: Dashes = (0, (8, 1.6))
LONG_DOTTED: Dashes = (0, (8, 1.6, 1.2, 1.6))
LONG_DASHED: Dashes = (0, (8, 1.6, 3.6, 1.6))
DASHED: Dashes = (0, (3.6, 1.3))
DASH_DOTTED: Dashes = (0, (5, 1.3, 1.2, 1.3))
DOTTED: Dashes = (0, (1.2, 1.2))
DASH_DOT_DOTTED: Dashes = (0, (5, 1.2, 1.2, 1.2, 1.2, 1.2))
SPARSE: Dashes = (0, (1.5, 3))

NORMALIZER_STYLES: dict[str, tuple[str, Dashes]] = {
    "softmax": (BLACK, SOLID),
    "softmax_one": (BLACK, LONG),
    "sum": (VERMILLION, SOLID),
    "min_shift": (VERMILLION, LONG),
    "taylor": (ORANGE, SOLID),
    "abs": (ORANGE, LONG),
    "spherical": (PURPLE, SOLID),
    "square": (PURPLE, LONG),
    "softplus": (GREEN, SOLID),
    "sigmoid": (GREEN, LONG),
    "iterated_exponential": (BLUE, SOLID),
    "sigsoftmax": (BLUE, LONG),
    "sparsemax": (SKY, SOLID),
    "entmax": (SKY, LONG),
    "argmax": (GREY, SOLID),
    "relu": (GREY, LONG),
    "tempered": (BLACK, LONG_DOTTED),
    "stablemax": (VERMILLION, LONG_DOTTED),
    "evidential": (ORANGE, LONG_DOTTED),
    "power": (PURPLE, LONG_DOTTED),
    "top_k": (GREEN, LONG_DOTTED),
    "ev_softmax": (BLUE, LONG_DOTTED),
    "eps_softmax": (SKY, LONG_DOTTED),
    "normmax": (GREY, LONG_DOTTED),
    "t_softmax": (BLACK, LONG_DASHED),
    "r_softmax": (VERMILLION, LONG_DASHED),
    "sparsegen": (ORANGE, LONG_DASHED),
    "sparsehourglass": (PURPLE, LONG_DASHED),
    "softpick": (GREEN, LONG_DASHED),
    "sigmoid_attention": (BLUE, LONG_DASHED),
    "budget": (SKY, LONG_DASHED),
}

LOSS_STYLES: dict[str, tuple[str, Dashes]] = {
    "cross_entropy": (BLACK, SOLID),
    "kl": (BLACK, DASHED),
    "exponential": (VERMILLION, DASHED),
    "focal": (ORANGE, DASHED),
    "hellinger": (PURPLE, DASHED),
    "mae": (GREEN, DASHED),
    "brier": (BLUE, DASHED),
    "spherical_score": (SKY, DASHED),
    "label_smoothing": (GREY, DASHED),
    "reverse_kl": (BLACK, DASH_DOTTED),
    "poly1": (ORANGE, DASH_DOTTED),
    "symmetric_cross_entropy": (PURPLE, DASH_DOTTED),
    "generalized_cross_entropy": (GREEN, DASH_DOTTED),
    "tsallis_score": (BLUE, DASH_DOTTED),
    "clipped_cross_entropy": (GREY, DASH_DOTTED),
    "z_loss": (BLACK, DOTTED),
    "crammer_singer": (VERMILLION, DOTTED),
    "weston_watkins": (ORANGE, DOTTED),
    "perceptron": (PURPLE, DOTTED),
    "one_vs_rest": (GREEN, DOTTED),
    "squared_logits": (BLUE, DOTTED),
    "sparsemax_loss": (SKY, DOTTED),
    "entmax_loss": (SKY, DASH_DOT_DOTTED),
    "spherical_bound": (GREY, DOTTED),
}

_STYLES = NORMALIZER_STYLES | LOSS_STYLES
_OTHER_STYLES = [
    (color, dashes)
    for dashes in (DASH_DOT_DOTTED, SPARSE)
    for color in (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
]
"""Styles of names that are in no catalog."""


class Law(NamedTuple):
    """Look of a kind of gradient law: the more gradient, the more ink, so that it reads in grey.

    Attributes:
        color: Colour of its cells.
        text: Text in the legend.
        hatch: Hatching of its cells, as matplotlib takes it.
    """

    color: str
    text: str
    hatch: str = ""


LAWS: dict[str, Law] = {
    "exponential growth": Law("#5E1A0A", "grows exponentially"),
    "polynomial growth": Law("#A8440A", "grows like a power"),
    "constant": Law("#3FC79A", "constant"),
    "polynomial decay": Law("#9CCFF5", "decays like a power"),
    "exponential decay": Law("#D2E8F8", "decays exponentially"),
    "zero": Law("#FAFAFA", "exactly zero"),
    "undefined": Law("#EDEDED", "undefined", "//////"),
}


def family_of(kind: str) -> str:
    """The kind in `LAWS` that has the colour of a law's kind: several kinds share one."""
    return kind.removeprefix("super-").replace("logarithmic", "polynomial")


GROWTHS: dict[str, Law] = {
    "bounded": Law("#0B4F7D", "bounded"),
    "logarithmic": Law("#5FA8D3", "logarithmic"),
    "linear": Law("#3FC79A", "linear"),
    "polynomial": Law("#FBE3A6", "polynomial"),
    "exponential": Law("#E39A4A", "exponential"),
    "never": Law("#8C2A10", "never"),
    "right": Law("#FAFAFA", "is not wrong there"),
    "undetermined": Law("#CFCFCF", "undetermined"),
    "outside the domain": Law("#EDEDED", "outside the domain", "//////"),
}
"""Looks of the growths of the time to correct, by the name of the growth."""

UNDEFINED: dict[str, Any] = {
    "facecolor": "0.97",
    "edgecolor": "0.72",
    "hatch": "//////",
    "linewidth": 0,
}


def style_of(name: str) -> dict[str, Any]:
    """Return the line style of a normalizer, a loss or a pair of both, the same in every figure.

    A pair "normalizer + loss" has the style of that part which is not softmax or cross-entropy; if
    neither is, it has the normalizer's colour and the loss's dashes. Parameters change nothing. The
    style of an unknown name depends on the name alone.

    >>> from logitscape import plotting
    >>> plotting.style_of("softmax + brier") == plotting.style_of("brier")
    True
    >>> plotting.style_of("sum + cross_entropy")
    {'color': '#D55E00', 'linestyle': '-', 'linewidth': 1.6}

    Args:
        name: Name of a normalizer or a loss, or a spec.

    Returns:
        Line2D keywords: color, linestyle and linewidth.
    """
    if not isinstance(name, str):
        raise TypeError(f"`style_of(name)` must be a text, got {quoted(name)}.")
    names = list(_names_in(name))
    first, *others = names
    loss = others[0] if others else "cross_entropy"
    is_softmax_pair = first == "softmax" and len(names) > 1
    color, dashes = _style_of_formula(loss if is_softmax_pair else first)
    if first != "softmax" and loss != "cross_entropy":
        _, dashes = _style_of_formula(loss)
    is_common = (first, loss) == ("softmax", "cross_entropy")
    is_common = is_common or names == ["cross_entropy"]
    width = 2.8 if is_common else 1.6
    return {"color": color, "linestyle": dashes, "linewidth": width}


def _names_in(spec: str) -> Iterator[str]:
    """Yield the names in a spec, without their parameters."""
    without_parameters = re.sub(r"\(.*?\)", "", spec)
    for part in without_parameters.split("+"):
        yield part.strip()


def _style_of_formula(name: str) -> tuple[str, Dashes]:
    if name in _STYLES:
        return _STYLES[name]
    # Python's own hash of a text differs from process to process.
    checksum = zlib.crc32(name.encode("utf-8", "backslashreplace"))
    return _OTHER_STYLES[checksum % len(_OTHER_STYLES)]


def ink_on(color: Any) -> str:
    """Return "black" or "white", the one that reads better on a colour.

    >>> from logitscape import plotting
    >>> plotting.ink_on("#FAFAFA"), plotting.ink_on("#5E1A0A")
    ('black', 'white')

    Args:
        color: Colour, in any form that matplotlib takes.
    """
    try:
        red, green, blue = to_rgb(color)
    except Exception:  # whatever an object raises that matplotlib asks for its text
        raise ValueError(
            f"`ink_on(color)` must be a color of matplotlib, got {quoted(color)}."
        ) from None
    # Brightness as the eye has it (ITU-R BT.601).
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    return "black" if brightness > 0.45 else "white"


def settled(values: Any) -> NDArray[Any]:
    """Return values rounded to 8 decimals, without -0.

    The last digits of a computation are noise, which differs between machines: figures of rounded
    values are the same everywhere.

    >>> from logitscape import plotting
    >>> plotting.settled([1 / 3, -1e-12]).tolist()
    [0.33333333, 0.0]

    Args:
        values: Array of any shape.
    """
    return np.round(reals_of("`settled(values)`", values), 8) + 0.0


def settled_digits(values: Any) -> NDArray[Any]:
    """Return values rounded to 9 significant digits, for logarithmic axes.

    >>> from logitscape import plotting
    >>> plotting.settled_digits([1e-9 / 3]).tolist()
    [3.33333333e-10]

    Args:
        values: Array of any shape.
    """
    array = reals_of("`settled_digits(values)`", values)
    # Through text, as `np.round` counts decimals, and scaling by powers of ten
    # would itself round and overflow.
    rounded = [float(f"{value:.8e}") for value in array.ravel()]
    return np.array(rounded).reshape(array.shape)


def settled_log10(values: Any) -> NDArray[Any]:
    """Return the decimal logarithm, rounded to 8 decimals.

    It is NaN where the value is not positive and finite.

    >>> from logitscape import plotting
    >>> plotting.settled_log10([1000.0, 2.0, 0.0]).tolist()
    [3.0, 0.30103, nan]

    Args:
        values: Array of any shape.
    """
    values = reals_of("`settled_log10(values)`", values)
    has_logarithm = np.isfinite(values) & (values > 0)
    logarithm = np.log10(np.where(has_logarithm, values, 1))
    return np.where(has_logarithm, settled(logarithm), np.nan)
