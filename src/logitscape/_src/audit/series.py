"""Several audits of one training, or a recording of its probes: what changes from first to last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..diagnosis.severity import SEVERITIES
from .estimates import mean, share
from .extremes import stuck_at
from .finding import Finding
from .judged import Judged
from .measurement import largest
from .recording import Recording
from .results import AuditResults
from .series_findings import findings_of_audits, findings_of_steps
from .series_rows import Passage, Row

WINDOW = 5
"""A recording's first and last numbers are means over a fifth of its steps."""
FEWEST = 10
"""Fewest steps of a recording that are averaged."""


@dataclass(frozen=True, kw_only=True)
class SeriesResults(Judged):
    """What a series of audits, or a recording, has found.

    Attributes:
        kind: What its points are: "dumps" or "steps".
        points: Names of the points, [s].
        rows: All numbers that every point has.
        passages: What became of the examples; none for a recording.
        audits: The audit of every point; none for a recording.
    """

    kind: str
    points: tuple[str, ...]
    rows: tuple[Row, ...]
    passages: tuple[Passage, ...]
    audits: tuple[AuditResults, ...]

    @cached_property
    def by_name(self) -> dict[str, Row]:
        """All numbers by their names."""
        return {row.name: row for row in self.rows}


def series_of_audits(
    name: str, audits: Mapping[str, AuditResults], texts: Mapping[str, str]
) -> SeriesResults:
    """The series of audits of one model at several times.

    Args:
        name: Name of the series.
        audits: Audits by the names of the points, in their order.
        texts: What the numbers are; names of those to show.
    """
    each = list(audits.values())
    common = [name for name in texts if all(name in audit.by_name for audit in each)]
    rows = tuple(
        Row(
            number,
            np.array([audit.by_name[number].estimate.value for audit in each]),
            each[0].by_name[number].estimate,
            each[-1].by_name[number].estimate,
        )
        for number in common
    )
    passages = tuple(_passages(each))
    points = tuple(audits)
    found = findings_of_audits(points, each, {row.name: row for row in rows}, passages)
    return SeriesResults(
        name=name,
        kind="dumps",
        points=points,
        rows=rows,
        passages=passages,
        findings=_sorted(found),
        audits=tuple(each),
    )


def series_of_recording(name: str, recording: Recording) -> SeriesResults:
    """The series of a recording; beginning and end are means over a fifth of the steps.

    Raises:
        ValueError: If it has no step.
    """
    if len(recording) == 0:
        raise ValueError("`audit(logits=...)`: the recording has no step.")
    rows = tuple(
        _row(number, values.astype(np.float64))
        for number, values in recording.by_name().items()
    )
    points = tuple(str(step) for step in recording.steps)
    found = findings_of_steps(points, {row.name: row for row in rows})
    return SeriesResults(
        name=name,
        kind="steps",
        points=points,
        rows=rows,
        passages=(),
        findings=_sorted(found),
        audits=(),
    )


def _row(name: str, values: NDArray[np.float64]) -> Row:
    size = max(1, len(values) // WINDOW) if len(values) >= FEWEST else 1
    first, last = (
        mean(part[np.isfinite(part)]) for part in (values[:size], values[-size:])
    )
    return Row(name, values, first, last)


def _sorted(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(found, key=lambda each: SEVERITIES.index(each.severity)))


def _passages(audits: Sequence[AuditResults]) -> list[Passage]:
    """What became of the examples, if all dumps are of the same ones."""
    if len({audit.shape[0] for audit in audits}) > 1 or len(audits) < 2:
        return []
    index = audits[0].measured.index
    for audit in audits[1:]:
        index = np.intersect1d(index, audit.measured.index, assume_unique=True)
    if len(index) == 0:
        return []
    labels = [_at(audit, index, audit.measured.labels) for audit in audits]
    if any((each != labels[0]).any() for each in labels[1:]):
        return []
    right = np.stack([_at(a, index, a.measured.examples.right) for a in audits])
    stuck = np.stack([_at(a, index, _stuck(a)) for a in audits])
    loss = _at(audits[-1], index, audits[-1].measured.examples.loss)
    kinds = (
        ("learned", ~right[0] & right[-1], "wrong in the beginning, right in the end"),
        (
            "forgotten",
            right[:-1].any(axis=0) & ~right[-1],
            "right at some time, wrong in the end",
        ),
        ("never right", ~right.any(axis=0), "wrong at every time"),
        ("always stuck", stuck.all(axis=0), "stuck at every time"),
    )
    return [
        Passage(
            name,
            share(int(which.sum()), len(index)),
            text,
            largest(loss[which].astype(np.float64), index[which]),
        )
        for name, which, text in kinds
    ]


def _at(audit: AuditResults, index: NDArray[np.int64], values: Any) -> NDArray[Any]:
    """Values of the examples at these indices, all of which were measured."""
    return np.asarray(values)[np.searchsorted(audit.measured.index, index)]


def _stuck(audit: AuditResults) -> NDArray[np.bool_]:
    return stuck_at(audit.measured.setting, audit.measured.examples, 0)
