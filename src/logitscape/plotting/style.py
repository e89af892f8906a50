"""What everything looks like: a line for every normalizer and loss, a colour for every gradient law.

The colours are those of Okabe and Ito, which the colour-blind tell apart; a family shares one, and its line styles differ.
"""

import re
import zlib
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

BLACK, GREY = "#000000", "#7F7F7F"
ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"

SOLID, DASHED, DOTTED, DASH_DOTTED = "-", (0, (4.5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.3, 1.2, 1.3))
Dashes: TypeAlias = str | tuple[float, tuple[float, ...]]

NORMALIZER_STYLES: dict[str, tuple[str, Dashes]] = {
    "softmax": (BLACK, SOLID),
    "softmax_one": (BLACK, DASHED),
    "argmax": (GREY, SOLID),
    "sum": (VERMILLION, SOLID),
    "abs": (VERMILLION, DASHED),
    "relu": (VERMILLION, DOTTED),
    "min_shift": (VERMILLION, DASH_DOTTED),
    "spherical": (PURPLE, SOLID),
    "square": (PURPLE, DASHED),
    "taylor": (ORANGE, SOLID),
    "softplus": (GREEN, SOLID),
    "sigmoid": (GREEN, DASHED),
    "iterated_exponential": (BLUE, SOLID),
    "sigsoftmax": (BLUE, DASHED),
    "sparsemax": (SKY, SOLID),
    "entmax": (SKY, DASHED),
}

LOSS_STYLES: dict[str, tuple[str, Dashes]] = {
    "cross_entropy": (BLACK, SOLID),
    "z_loss": (BLACK, DASHED),
    "kl": (BLACK, DOTTED),
    "reverse_kl": (BLACK, DASH_DOTTED),
    "brier": (BLUE, SOLID),
    "spherical_score": (BLUE, DASHED),
    "tsallis_score": (BLUE, DASH_DOTTED),
    "squared_logits": (BLUE, DOTTED),
    "exponential": (VERMILLION, SOLID),
    "focal": (VERMILLION, DASHED),
    "poly1": (VERMILLION, DASH_DOTTED),
    "one_vs_rest": (VERMILLION, DOTTED),
    "mae": (GREEN, SOLID),
    "hellinger": (GREEN, DASHED),
    "generalized_cross_entropy": (GREEN, DASH_DOTTED),
    "clipped_cross_entropy": (ORANGE, SOLID),
    "symmetric_cross_entropy": (ORANGE, DASHED),
    "label_smoothing": (ORANGE, DASH_DOTTED),
    "crammer_singer": (PURPLE, SOLID),
    "weston_watkins": (PURPLE, DASHED),
    "perceptron": (PURPLE, DOTTED),
    "spherical_bound": (PURPLE, DASH_DOTTED),
    "sparsemax_loss": (SKY, SOLID),
    "entmax_loss": (SKY, DASHED),
}

_STYLES = NORMALIZER_STYLES | LOSS_STYLES
_OTHERS = [
    (color, dashes)
    for color in (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
    for dashes in (DASH_DOTTED, DOTTED, DASHED)
]


class Law(NamedTuple):
    """How a kind of gradient law is drawn: the more gradient, the more ink, so that it reads in grey too."""

    color: str
    text: str
    hatch: str = ""


LAWS: dict[str, Law] = {
    "exponential growth": Law("#5E1A0A", "grows exponentially"),
    "polynomial growth": Law("#C4560E", "grows like a power"),
    "constant": Law("#2DB489", "constant"),
    "polynomial decay": Law("#8CC6F0", "decays like a power"),
    "exponential decay": Law("#D2E8F8", "decays exponentially"),
    "zero": Law("#FAFAFA", "exactly zero"),
    "undefined": Law("#EDEDED", "undefined", "//////"),
}

UNDEFINED: dict[str, Any] = {"facecolor": "0.97", "edgecolor": "0.72", "hatch": "//////", "linewidth": 0}


def style_of(name: str) -> dict[str, Any]:
    """Line2D keywords for a normalizer, a loss or a pair "normalizer + loss"; the same for a name wherever it is drawn.

    A pair looks like that part of it which is not softmax or cross-entropy. If neither is, it has the normalizer's colour and
    the loss's line style. Unknown names get a style that depends on nothing but the name.
    """
    first, *rest = (part.strip() for part in re.sub(r"\(.*?\)", "", name).split("+"))
    loss = rest[0] if rest else "cross_entropy"
    color, dashes = _of(loss if first == "softmax" and rest else first)
    if first != "softmax" and loss != "cross_entropy":
        dashes = _of(loss)[1]
    hero = (first, loss) == ("softmax", "cross_entropy") or (first, *rest) == ("cross_entropy",)
    return {"color": color, "linestyle": dashes, "linewidth": 2.8 if hero else 1.6}


def ink_on(color: Any) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = to_rgb(color)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.45 else "white"


def settled(values: Any) -> NDArray[Any]:
    """Values to 8 decimals and without -0: the noise of the last digits, different on every machine, is not drawn."""
    return np.round(np.asarray(values, float), 8) + 0.0


def settled_digits(values: Any) -> NDArray[Any]:
    """Values to 9 significant digits, for logarithmic axes."""
    values = np.asarray(values, float)
    return np.array([float(f"{value:.8e}") for value in values.ravel()]).reshape(values.shape)


def settled_log10(values: Any) -> NDArray[Any]:
    """The decimal logarithm to 8 decimals; NaN where the value is not positive and finite."""
    values = np.asarray(values, float)
    drawn = np.isfinite(values) & (values > 0)
    return np.where(drawn, settled(np.log10(np.where(drawn, values, 1))), np.nan)


def _of(name: str) -> tuple[str, Dashes]:
    return _STYLES.get(name) or _OTHERS[zlib.crc32(name.encode()) % len(_OTHERS)]
