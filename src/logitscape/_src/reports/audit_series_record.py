"""A series of audits as a record: dicts of the types that JSON has."""

from dataclasses import asdict
from typing import Any

from ..audit.series import SeriesResults
from ..base.versions import versions
from .records import plain

SERIES_SCHEMA = "logitscape.audit_series/1"


def series_record(series: SeriesResults) -> dict[str, Any]:
    """Return all numbers at all points, and the findings."""
    record = {
        "schema": SERIES_SCHEMA,
        "name": series.name,
        "kind": series.kind,
        "points": list(series.points),
        "healthy": series.healthy,
        "worst": series.worst,
        "headline": series.headline(),
        "findings": [asdict(each) for each in series.findings],
        "numbers": {
            row.name: {
                "values": row.values.tolist(),
                "first": asdict(row.first),
                "last": asdict(row.last),
            }
            for row in series.rows
        },
        "examples": [asdict(each) for each in series.passages],
        "versions": versions(),
    }
    result: dict[str, Any] = plain(record)
    return result
