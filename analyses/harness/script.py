"""Running one analysis: compute, check against theory, draw, and only then replace its files."""

import gc
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from logitscape._src.base.caches import keep_programs
from logitscape._src.base.files import replacing

from .files import SUFFIX, check_others, write_findings
from .findings import Finding, verify
from .record import write_record
from .scripts import script_of

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

# jax, matplotlib, pandas and rich are imported inside of the functions that need them, so that
# whoever imports the package or redraws a study does not wait for them.

Data = TypeVar("Data")

STYLE = "logitscape.styles.paper"
DETAILS = ".details"
"""What follows the name of an analysis in the names of its second figure."""


def main(
    script: str | os.PathLike[str],
    compute: Callable[[], Data],
    findings: Callable[[Data], Iterable[Finding]],
    draw: Callable[[Data], "matplotlib.figure.Figure"],
    *,
    details: "Callable[[Data], matplotlib.figure.Figure] | None" = None,
    table: "Callable[[Data], pd.DataFrame] | None" = None,
    style: str = STYLE,
) -> None:
    """Run an analysis and write `NAME.svg`, `NAME.png` and `NAME.findings.json` into `figures`.

    The folder `figures` lies beside the folder of the analyses. Everything is computed in float64
    and drawn without a display. No file is replaced unless everything went well, and the same
    computation writes the same bytes.

    Args:
        script: The script's `__file__`. The figure has the name of the script, or of its folder.
        compute: Function that makes the data.
        findings: Function that judges the claims by the data; `figure` is filled in here.
        draw: Function that makes the figure, which has one message.
        details: Function that makes a second figure, `NAME.details.svg` and `.png`, for the page
            that explains the first one.
        table: Function that makes the numbers behind the figure, for `NAME.csv`, where they are
            too many for the figure.
        style: matplotlib style of the figure.

    Raises:
        ContradictsTheory: If a finding is further from what theory proves than its tolerance.
        ValueError: If the findings of another analysis cannot be read.
    """
    analysis = script_of(script)
    make_writable(analysis.figures)
    check_others(analysis.figures, analysis.name)
    configure()
    data = compute()
    outputs = publish(
        analysis.figures,
        analysis.name,
        data,
        findings,
        draw,
        style,
        details=details,
        table=table,
    )
    write_record(analysis, outputs)


def publish(
    folder: Path,
    stem: str,
    data: Data,
    findings: Callable[[Data], Iterable[Finding]],
    draw: Callable[[Data], "matplotlib.figure.Figure"],
    style: str,
    *,
    details: "Callable[[Data], matplotlib.figure.Figure] | None" = None,
    table: "Callable[[Data], pd.DataFrame] | None" = None,
) -> list[Path]:
    """Check the findings, replace the files of the analysis, and print the findings.

    Returns:
        The files.
    """
    named_findings = [replace(finding, figure=stem) for finding in findings(data)]
    verify(named_findings)
    drawn = {stem: draw} if details is None else {stem: draw, stem + DETAILS: details}
    pictures = [
        (each, [folder / f"{name}{suffix}" for suffix in (".svg", ".png")])
        for name, each in drawn.items()
    ]
    # The files are replaced together when the stack closes, and none of them after an error.
    with ExitStack() as files:
        for each, paths in pictures:
            svg, png = (files.enter_context(replacing(path)) for path in paths)
            _draw(each, data, style, svg, png)
        if table is not None:
            from .results import write_rounded

            csv = files.enter_context(replacing(folder / f"{stem}.csv"))
            write_rounded(csv, table(data))
    write_findings(folder, stem, named_findings)

    from .report import print_findings

    print_findings(named_findings)
    others = [SUFFIX] + ([] if table is None else [".csv"])
    return [
        *(path for _, paths in pictures for path in paths),
        *(folder / f"{stem}{suffix}" for suffix in others),
    ]


def configure() -> None:
    """Compute in float64, and store compiled programs between runs.

    They are stored in the user's cache, or in JAX_COMPILATION_CACHE_DIR where that is set.
    """
    import jax

    from logitscape._src.base.program_keys import store
    from logitscape._src.base.xla import compile_all_fast

    # The process ends before garbage would fill the memory, and looking for it costs a tenth of
    # the time.
    gc.disable()
    # Each program is compiled once and run once, so it matters more to compile it fast.
    compile_all_fast()
    jax.config.update("jax_enable_x64", True)
    keep_programs()
    store()


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
                "`draw(data)` of an analysis must return a matplotlib Figure, "
                f"got {figure!r}."
            )
        save(figure, svg, png)
        plt.close(figure)


def make_writable(folder: Path) -> None:
    """Create the folder and check that it can be written to.

    A long computation should fail before it starts, not when its result is written.

    Raises:
        PermissionError: If the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"the figures' folder `{folder}` cannot be written to.")
