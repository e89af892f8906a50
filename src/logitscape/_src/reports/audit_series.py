"""Audits of several dumps of one training, and of recordings of `ls.probe`, as a series."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..audit.compute import compute
from ..audit.recording import Recording, is_recording
from ..audit.series import SeriesResults, series_of_audits, series_of_recording
from ..audit.series_rows import Row
from ..base.files import expanded
from ..base.settings import truth_value
from .audit_report import AuditReport
from .audit_series_record import series_record

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure
    from rich.console import RenderableType


@dataclass(frozen=True)
class AuditSeries(SeriesResults, AuditReport[Row]):
    """What changes from dump to dump, or from step to step; `print` it, or save it.

    `series["loss"]` has the values of a number at all points, and its first and last with their
    95 % intervals. `series.audits` has everything about every dump.
    """

    def table(self, *, everything: bool = False) -> "RenderableType":
        """Return the report for the terminal (rich), of at most 80 columns.

        Args:
            everything: Whether all numbers are shown.
        """
        from .audit_series_views import table

        truth_value("AuditSeries.table", "everything", everything)
        return table(self, everything=everything)

    def _repr_html_(self) -> str:
        from .audit_series_views import fragment

        return fragment(self)

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers and findings, in the types that JSON has.

        Infinities and NaN are the strings "inf", "-inf" and "nan".
        """
        return series_record(self)

    def to_xarray(self) -> "xarray.Dataset":
        """Return every number by the dimension "point"."""
        import xarray

        variables = {row.name: (("point",), row.values) for row in self.rows}
        return xarray.Dataset(
            variables, {"point": list(self.points)}, {"name": self.name}
        )

    def figure(self) -> "Figure":
        """Draw the numbers that matter most from point to point."""
        from .audit_series_figure import draw

        return draw(self)

    def page(self) -> str:
        """Return one self-contained HTML file: findings, pictures, all numbers, and JSON."""
        from .audit_series_views import page

        return page(self)


def is_series(logits: Any) -> bool:
    """Whether an argument is several dumps, or a recording of a probe."""
    if isinstance(logits, Mapping) or is_recording(logits):
        return True
    if isinstance(logits, str | Path):
        return "*" in str(logits)
    if not isinstance(logits, list | tuple) or not logits:
        return False
    # A list of numbers or of rows is an array; one of paths or of matrices is a series.
    return all(
        isinstance(each, str | Path) or getattr(each, "ndim", 0) == 2 for each in logits
    )


def series(logits: Any, labels: Any, source: Any, **options: Any) -> AuditSeries:
    """Audit a series; the arguments are those of `ls.audit`."""
    if is_recording(logits):
        recording = (
            logits if isinstance(logits, Recording) else Recording.load(Path(logits))
        )
        name = "the recording" if isinstance(logits, Recording) else Path(logits).name
        return _public(series_of_recording(name, recording))
    dumps = _dumps("logits", logits)
    if len(dumps) < 2:
        raise ValueError(
            f"`audit(logits=...)`: a series needs at least two dumps, got {len(dumps)}."
        )
    of_each = _labels_of(labels, list(dumps))
    audits = {
        name: compute(dump, of_each[name], source, **options)
        for name, dump in dumps.items()
    }
    shapes = {audit.shape[1] for audit in audits.values()}
    if len(shapes) > 1:
        raise ValueError(
            f"`audit(logits=...)`: all dumps of a series must have as many classes, got "
            f"{sorted(shapes)}."
        )
    texts = {each.name: each.text for each in next(iter(audits.values())).numbers}
    name = (
        str(logits)
        if isinstance(logits, str | Path)
        else f"the series of {len(dumps)} dumps"
    )
    return _public(series_of_audits(name, audits, texts))


def _public(found: SeriesResults) -> AuditSeries:
    return AuditSeries(
        **{each.name: getattr(found, each.name) for each in fields(found)}
    )


def _dumps(role: str, given: Any) -> dict[str, Any]:
    """Dumps by the names of the points, in their order."""
    if isinstance(given, Mapping):
        return {str(name): dump for name, dump in given.items()}
    if isinstance(given, str | Path):
        return _dumps(role, _matching(role, str(given)))
    paths = [each if isinstance(each, str | Path) else None for each in given]
    names = [
        str(place) if path is None else Path(path).stem
        for place, path in enumerate(paths)
    ]
    if len(set(names)) < len(names):
        # Files of the same name in several folders.
        names = [
            str(place) if path is None else str(path)
            for place, path in enumerate(paths)
        ]
    return dict(zip(names, given, strict=True))


def _matching(role: str, pattern: str) -> list[str]:
    """Paths that a pattern matches, numbers in their names in the order of numbers."""
    place, separator, member = pattern.partition("::")
    path = expanded(f"`audit({role}=...)`", place)
    found = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    paths = sorted(map(str, found), key=_natural)
    if not paths:
        raise FileNotFoundError(f"`audit({role}=...)`: no file matches `{place}`.")
    return [f"{path}{separator}{member}" for path in paths]


def _natural(path: str) -> list[Any]:
    parts = re.split(r"(\d+)", path)
    return [int(part) if part.isdigit() else part for part in parts]


def _labels_of(labels: Any, names: list[str]) -> dict[str, Any]:
    """The labels of every dump: the same for all, or one for each."""
    if isinstance(labels, Mapping):
        missing = set(names) - {str(name) for name in labels}
        if missing:
            raise ValueError(
                f"`audit(labels=...)` has none for {', '.join(sorted(missing))}."
            )
        return {str(name): each for name, each in labels.items()}
    several = (
        is_series(labels) if isinstance(labels, str | Path) else _are_several(labels)
    )
    if not several:
        return dict.fromkeys(names, labels)
    each = list(_dumps("labels", labels).values())
    if len(each) != len(names):
        raise ValueError(
            f"`audit(labels=...)` must have one entry for each of the {len(names)} dumps, got "
            f"{len(each)}."
        )
    return dict(zip(names, each, strict=True))


def _are_several(labels: Any) -> bool:
    return isinstance(labels, list | tuple) and all(
        isinstance(each, str | Path) or getattr(each, "ndim", 0) > 0 for each in labels
    )
