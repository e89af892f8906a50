"""Laws in the words and colours of the page."""

from typing import get_args

from ..plotting.style import LAWS, family_of
from ..properties.law import Kind

RAY_WORDS = {
    "R1": "a wrong output rises",
    "R2": "the true output falls",
    "R3": "both at once",
}

_FAR = {
    "constant": "never lets go",
    "growth": "pulls ever harder",
    "polynomial decay": "lets go slowly, like a power",
    "exponential decay": "lets go exponentially fast",
    "zero": "then lets go altogether",
    "undefined": "then has no finite loss",
}
_SIGNS = {
    "exponential growth": "⇈",
    "polynomial growth": "↑",
    "constant": "=",
    "polynomial decay": "↓",
    "exponential decay": "⇊",
    "zero": "0",
    "undefined": "∞",
}
NO_LAW = {"style": "no-law", "sign": "?", "text": "follows no simple law"}


def _family(kind: str) -> str:
    """Return the kind under which a law is coloured, as in the figures of the atlas."""
    return family_of(kind.removeprefix("stretched "))


def _fate(kind: str) -> str:
    family = _family(kind)
    return _FAR["growth"] if family.endswith("growth") else _FAR.get(family, "")


def _look(kind: str) -> dict[str, str]:
    family = _family(kind)
    if family not in LAWS:
        return NO_LAW
    style = family.replace(" ", "-")
    text = "no finite loss" if family == "undefined" else LAWS[family].text
    return {"style": style, "sign": _SIGNS[family], "text": text}


FATES: dict[str, str] = {kind: _fate(kind) for kind in get_args(Kind)}
"""What becomes of a slope far out, by the kind of its law."""

LOOKS: dict[str, dict[str, str]] = {kind: _look(kind) for kind in get_args(Kind)}
"""Class, sign and words of a cell of the atlas, by the kind of its law."""
