"""Everything that the library writes: the door, the argument, and a way to read it back."""

import json
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure

import logitscape as ls
from logitscape import plotting
from logitscape._src.audit.batch import BatchGradient
from logitscape._src.cli import main
from logitscape._src.training import run
from tests.training.small_ensemble import small

PAIR = "softmax + cross_entropy"


class Writer(NamedTuple):
    """A door that writes.

    Attributes:
        suffix: Suffix of the name.
        write: Function that writes to a path.
        argument: The argument, as errors name it.
        check: Function that fails where the content is not whole.
        begin: Function that writes what a later call replaces or goes on from.
        is_quick: Whether it takes milliseconds, so that every run of the tests asks it.
    """

    suffix: str
    write: Callable[[Any], Any]
    argument: str
    check: Callable[[Path], Any]
    begin: Callable[[Any], Any] | None = None
    is_quick: bool = True


class CommandError(ValueError):
    """A command line ended with a status that is not 0; the text is what it said."""


def command(*words: Any) -> None:
    """Run the command line; fail as it does."""
    said = StringIO()
    with redirect_stderr(said), redirect_stdout(StringIO()):
        status = main([str(word) for word in words])
    if status == 2 and "Traceback" not in said.getvalue():
        raise CommandError(said.getvalue())
    assert status in (0, 1), said.getvalue()


@cache
def landscape() -> ls.Landscape:
    return ls.sweep("softmax + brier", ls.ray("R1", np.linspace(0, 1, 200)))


@cache
def dump() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 60)
    logits = rng.normal(size=(60, 4)) + 2 * np.eye(4)[labels]
    return logits.astype(np.float32), labels


@cache
def audit() -> ls.Audit:
    return ls.audit(*dump())


@cache
def diagnosis() -> ls.Diagnosis:
    return ls.diagnose("softmax + brier", budget=5)


@cache
def recording() -> ls.Recording:
    """Three steps; their numbers mean nothing, as to compile a probe takes seconds."""
    sizes = {"quantiles": (3,), "margins": (3,)}
    numbers = (np.full(sizes.get(name, ()), 0.5) for name in BatchGradient._fields)
    statistics, recording = BatchGradient(*numbers), ls.Recording()
    for step in range(3):
        recording.append(step, statistics)
    return recording


@cache
def curve() -> Figure:
    lines = plotting.labelled_curves([0.0, 1.0], {"softmax": [2.0, 3.0]})
    return lines[0].figure


def numbers_of_a_picture(path: Any) -> None:
    with TemporaryDirectory() as elsewhere:
        plotting.save(curve(), Path(elsewhere) / "curve.pgf", data=path)


def sweep_to(path: Any) -> None:
    with warnings.catch_warnings():
        # Zarr of some versions warns of names that have no bytes.
        warnings.simplefilter("ignore")
        ls.sweep_to(path, "softmax + brier", ls.ray("R1", np.linspace(0, 1, 50)))


def train(path: Any) -> None:
    small(checkpoint=path)


def interrupted_training(path: Any) -> None:
    """Leave a checkpoint of the first record, from which `train` goes on."""

    def stop(done: int, _: int) -> None:
        raise KeyboardInterrupt

    before, run.CHECKPOINT_SECONDS = run.CHECKPOINT_SECONDS, 0.0
    try:
        small(checkpoint=path, progress=stop)
    except KeyboardInterrupt:
        run.CHECKPOINT_SECONDS = before


def opened_netcdf(path: Path) -> None:
    import xarray

    with xarray.open_dataset(path) as opened:
        opened.load()


def opened_zarr(path: Path) -> None:
    import xarray

    assert xarray.open_zarr(path, consolidated=False).load().loss.size == 50


def opened_arrays(path: Path) -> None:
    with np.load(path, allow_pickle=False) as file:
        assert len(dict(file)) > 2


def opened_xml(path: Path) -> None:
    ElementTree.parse(path)


def ends_with(ending: bytes) -> Callable[[Path], None]:
    def check(path: Path) -> None:
        assert path.read_bytes().rstrip().endswith(ending)

    return check


def report(suffix: str, check: Callable[[Path], Any], *, is_quick: bool) -> Writer:
    return Writer(
        suffix,
        lambda path: audit().save(path),
        "`save(path=...)`",
        check,
        is_quick=is_quick,
    )


def picture(suffix: str, check: Callable[[Path], Any]) -> Writer:
    return Writer(
        suffix, lambda path: plotting.save(curve(), path), "`save(path=...)`", check
    )


JSON = lambda path: json.loads(path.read_text(encoding="utf-8"))
HTML, PDF = ends_with(b"</html>"), ends_with(b"%%EOF")
PNG, PGF = ends_with(b"IEND\xaeB`\x82"), ends_with(rb"\endgroup")
TEXT = lambda path: path.read_text(encoding="utf-8")

WRITERS = {
    "Landscape.save": Writer(
        ".nc", lambda path: landscape().save(path), "`save(path=...)`", opened_netcdf
    ),
    "sweep_to": Writer(".zarr", sweep_to, "`sweep_to(path=...)`", opened_zarr),
    "train(checkpoint)": Writer(
        ".npz", train, "`train(checkpoint=...)`", opened_arrays, interrupted_training
    ),
    "Recording.save": Writer(
        ".npz",
        lambda path: recording().save(path),
        "`Recording.save(path=...)`",
        opened_arrays,
    ),
    "Audit.save, JSON": report(".json", JSON, is_quick=True),
    "Audit.save, text": report(".txt", TEXT, is_quick=True),
    "Audit.save, NetCDF": report(".nc", opened_netcdf, is_quick=True),
    "Audit.save, HTML": report(".html", HTML, is_quick=False),
    "Audit.save, SVG": report(".svg", opened_xml, is_quick=False),
    "Audit.save, PNG": report(".png", PNG, is_quick=False),
    "Audit.save, PDF": report(".pdf", PDF, is_quick=False),
    "Diagnosis.save, HTML": Writer(
        ".html",
        lambda path: diagnosis().save(path),
        "`save(path=...)`",
        HTML,
        is_quick=False,
    ),
    "plotting.save, SVG": picture(".svg", opened_xml),
    "plotting.save, PNG": picture(".png", PNG),
    "plotting.save, PDF": picture(".pdf", PDF),
    "plotting.save, PGF": picture(".pgf", PGF),
    "plotting.save, CSV": Writer(
        ".csv",
        numbers_of_a_picture,
        "`save(data=...)`",
        ends_with(b","),
    ),
    "logitscape sweep --out": Writer(
        ".nc",
        lambda path: command("sweep", PAIR, "--points=200", "-q", "--out", path),
        "--out",
        opened_netcdf,
    ),
    "logitscape show --out": Writer(
        ".svg",
        lambda path: command("show", PAIR, "-q", "--out", path),
        "--out",
        opened_xml,
        is_quick=False,
    ),
    "logitscape explore --out": Writer(
        ".html",
        lambda path: command("explore", "-q", "--out", path),
        "--out",
        HTML,
    ),
}
"""Everything that is written, by the name of its door."""
