"""Broken fused losses are each named by their cause, and sound ones not at all."""

from collections.abc import Callable
from typing import Any

import pytest

import logitscape as ls
from logitscape._src.fidelity import vocabulary as v
from tests.fidelity.kernels import kernel

FEW = {"class_counts": (128, 129), "dtypes": ("float32",)}
HALVES = {"class_counts": (128, 8192), "dtypes": ("float32", "bfloat16")}
VALUES = {"label_smoothing": 0.1, "soft_cap": 30.0}


def verdicts(fused: Callable[..., Any], *args: Any, **config: Any) -> set[str]:
    found = ls.testing.check_faithful(fused, *args, **config)
    return {fault.verdict for fault in found}


CONFIDENCE = {v.CONFIDENT_LOSS, v.CONFIDENT_GRADIENT}

BROKEN = {
    "padding counted": {v.PADDING},
    "last tile dropped": {v.LAST_CLASSES},
    "bias not used": {v.BIAS_NOT_USED},
    "bias without gradient": {"no gradient of the bias"},
    "weights without gradient": {"no gradient of the weights"},
    "cotangent ignored": {v.COTANGENT_IGNORED},
    "first cotangent": {v.FIRST_COTANGENT},
    "weights summed ahead": {v.FIRST_COTANGENT},
    "mean cotangent": {v.MEAN_COTANGENT},
    "cotangent squared": {v.NOT_LINEAR},
    "divided by the rows": {v.OTHER_REDUCTION},
    "reduction not used": {v.REDUCTION_NOT_USED},
    "mean over all rows": {v.MEAN_OVER_ALL},
    "gradient of the sum": {v.OTHER_REDUCTION},
    "all ignored": {v.ALL_IGNORED},
    "ignored has a loss": {v.IGNORED_LOSS},
    "ignored has a gradient": {v.IGNORED_GRADIENT},
    "ignored first row": {v.IGNORED_SPOILS},
    "clamped label": {v.OTHER_CLASS},
    "missing label is 0": {v.OUT_OF_RANGE_NUMBER},
    "padding matches a label": {v.OUT_OF_RANGE_NUMBER},
    "one bad label": {v.OUT_OF_RANGE_SPOILS},
    "smoothing not used": {v.PARAMETER_NOT_USED},
    "smoothing not in the gradient": {v.PARAMETER_NOT_IN_GRADIENT},
    "cap not in the gradient": {v.PARAMETER_DIFFERS},
    "cap on padding": {v.PARAMETER_ON_PADDING},
    "rows share a sum": {v.ROWS_INFLUENCE},
    "one maximum": {v.ROWS_INFLUENCE, v.OFFSET_DIGITS, *CONFIDENCE},
    "rows counted in blocks": {v.BATCH_SIZES},
    "maximum from 0": {v.OFFSET_OVERFLOWS},
    "no maximum": {v.OFFSET_OVERFLOWS, *CONFIDENCE},
    "log-normaliser as one number": {v.OFFSET_DIGITS, *CONFIDENCE},
    "confidence lost": CONFIDENCE,
    "clipped": {v.CONFIDENT_MISTAKES},
}

BROKEN_IN_HALF = {
    "logits in half": v.HALF_LOGITS,
    "log-normaliser in half": v.HALF_NORMALISER,
    "sum in half": v.HALF_SUM,
    "gradient in half": v.HALF_GRADIENT,
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_kernel_is_named_by_its_cause(fault: str) -> None:
    is_about_parameters = any("parameter" in verdict for verdict in BROKEN[fault])
    values = VALUES if is_about_parameters else {}
    found = verdicts(kernel(fault), parameters=values, jit=False, **FEW)
    assert found == BROKEN[fault]


@pytest.mark.parametrize("fault", BROKEN_IN_HALF)
def test_what_is_kept_in_half_precision_is_named(fault: str) -> None:
    assert verdicts(kernel(fault), jit=False, **HALVES) == {BROKEN_IN_HALF[fault]}


SOUND: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "in tiles": (kernel(scanned=True), {"parameters": VALUES}),
    "in NumPy": (kernel(), {"jit": False, "ignored_label": 3}),
}
