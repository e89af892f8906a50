"""Running one analysis: compute, check against theory, draw, and only then replace its files, all of them."""

import gc
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from logitscape._src.base.files import replacing

from .files import check_others, write_findings
from .findings import Finding, verify
from .scripts import script_of

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

Data = TypeVar("Data")

STYLE = "logitscape.styles.paper"


def main(
    script: str | os.PathLike[str],
    compute: Callable[[], Data],
    findings: Callable[[Data], Iterable[Finding]],
    draw: Callable[[Data], "matplotlib.figure.Figure"],
    *,
    table: "Callable[[Data], pd.DataFrame] | None" = None,
    style: str = STYLE,
) -> None:
    """Run an analysis; write `NAME.svg`, `.png` and `.findings.json` into `figures`, beside its own folder.

    Computed in float64 and drawn without a display. Nothing is replaced unless everything went well, and the
    same computation writes the same bytes.

    Args:
        script: the script's `__file__`; its name, or its folder's, is the figure's.
        compute: makes the data.
        findings: what they say about the claims; `figure` is filled in here.
        draw: makes the figure.
        table: makes the numbers behind the figure, for `NAME.csv`; where they are too many for it.
        style: a matplotlib style for it.

    Raises:
        ContradictsTheory: if a finding is further from what theory proves than its tolerance.
        ValueError: if the findings of another analysis cannot be read.
    """
    analysis = script_of(script)
    folder, stem = analysis.figures, analysis.name
    make_writable(folder)
    check_others(folder, stem)
    configure()
    publish(folder, stem, compute(), findings, draw, style, table)


def publish(
    folder: Path,
    stem: str,
    data: Data,
    findings: Callable[[Data], Iterable[Finding]],
    draw: Callable[[Data], "matplotlib.figure.Figure"],
    style: str,
    table: "Callable[[Data], pd.DataFrame] | None" = None,
) -> None:
    """Check the findings, replace the analysis's files in the folder, and print what was found."""
    found = [replace(finding, figure=stem) for finding in findings(data)]
    verify(found)
    with ExitStack() as files:
        svg, png = (
            files.enter_context(replacing(folder / f"{stem}.{suffix}"))
            for suffix in ("svg", "png")
        )
        _draw(draw, data, style, svg, png)
        if table is not None:
            from .results import write_rounded  # here, as few analyses need pandas

            write_rounded(
                files.enter_context(replacing(folder / f"{stem}.csv")), table(data)
            )
    write_findings(folder, stem, found)
    from .report import (
        print_findings,
    )  # here, so that nobody waits for rich who imports the package

    print_findings(found)


def configure() -> None:
    """float64, and compiled programs kept between runs (in JAX_COMPILATION_CACHE_DIR, if set).

    Each program is compiled once and run once: compiling it fast matters more than running it fast. The process ends before
    rubbish would fill the memory: looking for it costs a tenth of the time.
    """
    import jax

    from logitscape._src.base.xla import compile_all_fast

    gc.disable()
    compile_all_fast()
    jax.config.update("jax_enable_x64", True)
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def cache_folder() -> Path:
    """The user's folder for what can be computed again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "logitscape"


def _draw(
    draw: Callable[[Data], "matplotlib.figure.Figure"],
    data: Data,
    style: str,
    svg: Path,
    png: Path,
) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    from logitscape._src.plotting.files import save

    with plt.style.context(style, after_reset=True):
        figure = draw(data)
        if not isinstance(figure, Figure):
            raise TypeError(
                f"`draw(data)` of an analysis must return a matplotlib Figure, got {figure!r}."
            )
        save(figure, svg, png)
        plt.close(figure)


def make_writable(folder: Path) -> None:
    """Say before a long computation, not after it, that its result cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"the figures' folder `{folder}` cannot be written to.")
