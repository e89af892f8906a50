"""Findings as records: dicts of the types that JSON has."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from ..base.messages import printable_json
from ..base.versions import versions
from ..diagnosis.answers import Answer
from ..diagnosis.findings import Findings, common_config, gravest
from ..diagnosis.subject import Subject
from .checked_witnesses import all_witnesses, witness_of
from .remedies import remedy

DIAGNOSIS_SCHEMA = "logitscape.diagnosis/4"
COMPARISON_SCHEMA = "logitscape.comparison/4"


def diagnosis_record(findings: Findings) -> dict[str, Any]:
    """Return everything about one objective.

    Infinities and NaN are the strings "inf", "-inf" and "nan". The first answers, as many as
    "leading" says, are those that matter most.
    """
    config = findings.config
    return {
        "schema": DIAGNOSIS_SCHEMA,
        "name": findings.name,
        "form": findings.subject.form,
        "given_as": findings.subject.description,
        "num_classes": config.num_classes,
        "dtype": config.dtype,
        "seed": config.seed,
        "domain": str(config.domain),
        "reference": config.reference.name,
        "healthy": findings.healthy,
        "worst": findings.worst,
        "headline": findings.headline(),
        "identity": findings.identity,
        "leading": len(findings.leading()),
        "answers": [
            _answer(answer, findings.subject) for answer in findings.in_order()
        ],
        "witnesses": all_witnesses(findings),
        "versions": versions(),
    }


def comparison_record(compared: Mapping[str, Findings]) -> dict[str, Any]:
    """Return everything about several objectives."""
    config = common_config(compared)
    worst = gravest(findings.worst for findings in compared.values())
    return {
        "schema": COMPARISON_SCHEMA,
        "num_classes": config.num_classes,
        "dtype": config.dtype,
        "seed": config.seed,
        "reference": config.reference.name,
        "healthy": worst != "fault",
        "worst": worst,
        "diagnoses": {
            name: diagnosis_record(findings) for name, findings in compared.items()
        },
    }


def _answer(answer: Answer, subject: Subject) -> dict[str, Any]:
    """Return an answer with what to do about it, and with its witness as it is printed."""
    printed = replace(answer, witness=witness_of(answer, subject))
    record: dict[str, Any] = plain(asdict(printed))
    return record | {"remedy": remedy(answer)}


def to_json(record: Mapping[str, Any]) -> str:
    """Return a record as the text of a JSON file."""
    text = json.dumps(record, indent=2, ensure_ascii=False)
    return printable_json(text) + "\n"


def plain(value: Any) -> Any:
    """Return a value in the types that JSON has."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    number = float(value)
    return number if math.isfinite(number) else str(number)
