"""What everything looks like: a line for every normalizer and loss, a colour for every gradient law and growth.

The colours are those of Okabe and Ito, which the colour-blind tell apart. Line styles say in what a
curve differs: solid and long dashes are normalizers, short dashes losses of the probabilities, dots losses of
the logits.
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

Dashes: TypeAlias = str | tuple[int, tuple[float | int, ...]]
SOLID: Dashes = "-"
LONG: Dashes = (0, (8, 1.6))
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
_OTHERS = [
    (color, dashes)
    for dashes in (DASH_DOT_DOTTED, SPARSE)
    for color in (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
]


class Law(NamedTuple):
    """How a kind of gradient law is drawn: the more gradient, the more ink, so that it reads in grey too."""

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
"""How the time to correct grows, as `dynamics.growth` names it."""

UNDEFINED: dict[str, Any] = {
    "facecolor": "0.97",
    "edgecolor": "0.72",
    "hatch": "//////",
    "linewidth": 0,
}


def style_of(name: str) -> dict[str, Any]:
    """Line2D keywords for a normalizer, a loss or a pair "normalizer + loss", the same in every figure.

    A pair looks like that part of it which is not softmax or cross-entropy; if neither is, it has the
    normalizer's colour and the loss's line style. Parameters change nothing. What an unknown name looks like
    depends on the name alone.
    """
    first, *rest = (part.strip() for part in re.sub(r"\(.*?\)", "", name).split("+"))
    loss = rest[0] if rest else "cross_entropy"
    color, dashes = _of(loss if first == "softmax" and rest else first)
    if first != "softmax" and loss != "cross_entropy":
        dashes = _of(loss)[1]
    hero = (first, loss) == ("softmax", "cross_entropy") or (first, *rest) == (
        "cross_entropy",
    )
    return {"color": color, "linestyle": dashes, "linewidth": 2.8 if hero else 1.6}


def ink_on(color: Any) -> str:
    """Black or white, whichever reads better on a colour."""
    red, green, blue = to_rgb(color)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.45 else "white"


def settled(values: Any) -> NDArray[Any]:
    """Values to 8 decimals, without -0: the last digits are noise and differ between machines."""
    return np.round(np.asarray(values, float), 8) + 0.0


def settled_digits(values: Any) -> NDArray[Any]:
    """Values to 9 significant digits, for logarithmic axes."""
    values = np.asarray(values, float)
    return np.array([float(f"{value:.8e}") for value in values.ravel()]).reshape(
        values.shape
    )


def settled_log10(values: Any) -> NDArray[Any]:
    """The decimal logarithm to 8 decimals; NaN where the value is not positive and finite."""
    values = np.asarray(values, float)
    drawn = np.isfinite(values) & (values > 0)
    return np.where(drawn, settled(np.log10(np.where(drawn, values, 1))), np.nan)


def _of(name: str) -> tuple[str, Dashes]:
    return _STYLES.get(name) or _OTHERS[zlib.crc32(name.encode()) % len(_OTHERS)]
