"""A picture of every entry of the catalogue: its loss and slope while the model errs more.

They are computed by one sweep from the ray that `logitscape list` states, and drawn anew where a
formula changed since the last build.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import jax
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

import logitscape as ls
from logitscape._src.cli.listing import Entry, spec_of

from .written import FOLDER, ROOT

STEPS = np.linspace(0, 12, 121)
"""How far the wrong logit has risen."""
SMALLEST = 1e-6
SOURCES = ("normalizers", "losses", "objectives", "engine", "base")
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "logitscape", "font.size": 8}
BLUE, RED = "#0b66b3", "#b3380b"


def draw_all(entries: Sequence[Entry]) -> None:
    """Draw every entry into `laws/NAME.svg`, unless that is there for this code."""
    folder = FOLDER / "laws"
    folder.mkdir(parents=True, exist_ok=True)
    key, stored = _key(), folder / "key.txt"
    if stored.exists() and stored.read_text() == key:
        return
    for entry, loss, slope in _curves(entries):
        _draw(entry, loss, slope, folder / f"{entry.name}.svg")
    stored.write_text(key)


def base_of(entry: Entry) -> float:
    """Where the ray of an entry begins, z = (base, base, base)."""
    (base,) = re.findall(r"z = \((-?[\d.]+),", entry.measured)
    return float(base)


def _key() -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    package = ROOT / "src" / "logitscape" / "_src"
    for room in SOURCES:
        for path in sorted((package / room).rglob("*.py")):
            digest.update(path.read_bytes())
    digest.update((package / "cli" / "catalog.json").read_bytes())
    return digest.hexdigest()


def _curves(
    entries: Sequence[Entry],
) -> list[tuple[Entry, np.ndarray, np.ndarray]]:
    by_base = defaultdict[float, list[Entry]](list)
    for entry in entries:
        by_base[base_of(entry)].append(entry)
    found = list[tuple[Entry, np.ndarray, np.ndarray]]()
    with jax.enable_x64(True):
        for base, group in by_base.items():
            ray = ls.ray("R1", STEPS, base=base)
            specs: Mapping[str, str] = {entry.name: spec_of(entry) for entry in group}
            values = ls.sweep(specs, ray).to_xarray().sel(label=0)
            for entry in group:
                at = values.sel(objective=entry.name)
                # On R1 the second logit rises by s, so that its gradient is dL/ds.
                found.append((entry, at.loss.values, at.gradient.values[:, 1]))
    return found


def _draw(entry: Entry, loss: np.ndarray, slope: np.ndarray, path: Path) -> None:
    with mpl.rc_context(STYLE):
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(6.4, 2.2), layout="constrained"
        )
        _plot_loss(left, loss)
        _plot_slope(right, slope)
        for axes in (left, right):
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(color="0.9", linewidth=0.6)
            axes.set(xlabel="s, by which the wrong logit has risen", xlim=(0, 12))
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        plt.close(figure)


def _plot_loss(axes: plt.Axes, loss: np.ndarray) -> None:
    finite = np.isfinite(loss)
    axes.plot(STEPS[finite], loss[finite], color=BLUE, linewidth=2)
    axes.set_title("loss L", loc="left", fontsize=9)
    _mark_undefined(axes, finite)


def _plot_slope(axes: plt.Axes, slope: np.ndarray) -> None:
    finite = np.isfinite(slope)
    size = np.where(finite, np.abs(slope), np.nan)
    shown = np.where(size >= SMALLEST, size, np.nan)
    pushes_down = slope >= 0
    for sign, color in ((pushes_down, RED), (~pushes_down, "0.45")):
        if np.any(sign & np.isfinite(shown)):
            axes.plot(STEPS, np.where(sign, shown, np.nan), color=color, linewidth=2)
    axes.set_title("slope dL/ds, log axis (grey: negative)", loc="left", fontsize=9)
    axes.set_yscale("log")
    known = shown[np.isfinite(shown)]
    low, high = (known.min(), known.max()) if known.size else (0.1, 1)
    axes.set_ylim(min(low / 2, 0.05), max(high * 2, 5))
    if not known.size:
        axes.text(6, 0.5, "exactly 0, or undefined", ha="center", va="center")
    _mark_undefined(axes, finite)


def _mark_undefined(axes: plt.Axes, finite: np.ndarray) -> None:
    if finite.all():
        return
    start = STEPS[np.argmin(finite)]
    axes.axvspan(start, 12, facecolor="none", edgecolor="0.75", hatch="////", lw=0)
    axes.text(
        0.97,
        0.06,
        "hatched: infinite or undefined",
        transform=axes.transAxes,
        ha="right",
        fontsize=7,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )
