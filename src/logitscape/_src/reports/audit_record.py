"""An audit as a record: dicts of the types that JSON has."""

from dataclasses import asdict
from typing import Any

from ..audit.results import AuditResults
from ..base.versions import versions
from .records import plain

AUDIT_SCHEMA = "logitscape.audit/2"


def audit_record(audit: AuditResults) -> dict[str, Any]:
    """Return everything but the numbers of single examples, which `to_xarray` has.

    Examples are named by their index.
    """
    record = {
        "schema": AUDIT_SCHEMA,
        "name": audit.name,
        "objective": audit.objective,
        "against": list(audit.measured.setting.names[1:]),
        "classes": audit.shape[1],
        "stored_dtype": audit.dtype,
        "dtype": audit.measured.setting.dtype,
        **audit.counts(),
        "healthy": audit.healthy,
        "worst": audit.worst,
        "headline": audit.headline(),
        "findings": [asdict(each) for each in audit.findings],
        "numbers": {each.name: asdict(each) for each in audit.numbers},
        "alternatives": [asdict(each) for each in audit.alternatives],
        "groups": [asdict(each) for each in audit.groups],
        "left_out": {
            "not_finite": audit.measured.part.not_finite.first.tolist(),
            "without_loss": audit.measured.part.without_loss.first.tolist(),
        },
        "versions": versions(),
    }
    result: dict[str, Any] = plain(record)
    return result
