"""The explorer as one HTML file."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ..base.versions import versions
from ..landscapes.probe_rays import PROBE_RAYS
from ..reports.escaped import escape
from ..reports.html import document
from . import field, opening
from .rays import S
from .words import FATES, LOOKS, RAY_WORDS

SCRIPTS = ("tables", "opening", "chart", "compare", "field", "knobs", "atlas", "main")
TITLE = "Why softmax, and not simply dividing by the sum?"
FIRST, SECOND = "softmax + cross_entropy", "sum + cross_entropy"
UNTURNED = "softmax + focal"
"""Pair that the sliders turn where the chosen one has none."""


def page(
    catalogue: Mapping[str, Any],
    own: Mapping[str, Any] | None = None,
    *,
    first: str = FIRST,
    second: str = SECOND,
) -> str:
    """Return the page.

    Args:
        catalogue: What was measured of the catalogue.
        own: What was measured of further pairs.
        first: Name of the first pair that is shown.
        second: Name of the second pair that is shown.
    """
    body = _resource("page.html").replace("{versions}", escape(_versions()))
    script = "\n".join(_resource(f"{name}.js") for name in SCRIPTS)
    return document(
        f"{TITLE} An explorer",
        [body.rstrip()],
        _data(catalogue, own) | {"first": first, "second": second},
        style=_resource("explorer.css"),
        script=f'"use strict";\n{script}',
        compact=True,
    )


def _data(
    catalogue: Mapping[str, Any], own: Mapping[str, Any] | None
) -> dict[str, Any]:
    first_screen = {
        "axis": opening.AXIS.tolist(),
        "sentences": list(opening.SENTENCES.values()),
        "presets": [[text, list(at)] for text, at in opening.PRESETS.items()],
    }
    return {
        **catalogue,
        "opening": first_screen | catalogue["opening"],
        "own": own,
        "places": S.tolist(),
        "rays": [{"name": name, "words": RAY_WORDS[name]} for name in PROBE_RAYS],
        "field": field.AXIS.tolist(),
        "points": field.POINTS.tolist(),
        "steps": field.STEPS,
        "unit": field.UNIT,
        "unturned": UNTURNED,
        "fates": FATES,
        "looks": LOOKS,
    }


def _versions() -> str:
    return f"logitscape {versions()['logitscape']}"


def _resource(name: str) -> str:
    return files(__package__).joinpath("web", name).read_text(encoding="utf-8")
