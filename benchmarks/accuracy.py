"""Accuracy beside what people write today: large vocabularies, and second derivatives.

First derivatives at difficult points are in the tables of docs/numerics.md.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .process import in_fresh_process, progress
from .report import Report, Table

CLASSES = (50_257, 128_256)
QUICK_CLASSES = (1000,)
DTYPES = ("float32", "bfloat16")
MARGINS = (20.0, 25.0, 40.0)
QUICK_NORMALIZERS = ("softmax", "sum", "")
LARGE = ("dtype", "classes", "right by", "formula", "loss", "label", "others", "worst")
HESSIANS = ("normalizer", "dtype", "entries", "right", "worst / allowed", "where")
FORMULAS = ("formula", "dtype", "entries", "right", "worst error", "NaN", "lost to 0")
NOTES = (
    "Large vocabularies: relative errors of the loss, of the label's component of the gradient, "
    "and the largest one of the other components; the last column is the worst of the three. "
    "The logit of the label is that much, those of the others are normal random numbers, all "
    "rounded to the dtype. "
    "One rounding to bfloat16 is an error of at most 3.9e-3.",
    "Second derivatives: every entry of the Hessian in 3 logits against mpmath with 220 digits, "
    "at moderate, tied and saturated logits. An entry is right if its error is at most 2e-5 "
    "(float32) or 1e-12 (float64) of the sum of the |terms| of its product rule, as stated at the "
    "head of tests/oracle/hessians.py; `worst / allowed` is in units of that.",
    "A row of second derivatives covers all losses with one normalizer; exponential is left out, "
    "where it promises no more than that nothing is NaN.",
)


def measure(quick: bool) -> Report:
    """Run all comparisons, each in a process of its own."""
    large = Table(
        "Softmax cross-entropy with many classes, right", LARGE, _large(quick)
    )
    formulas = Table(
        "Second derivatives of softmax cross-entropy, relative to each entry",
        FORMULAS,
        _formulas(),
    )
    hessians = Table("Second derivatives of all pairs", HESSIANS, _hessians(quick))
    tables = [large, formulas, hessians]
    return Report("accuracy", "Accuracy", tables, NOTES)


def _large(quick: bool) -> list[list[str]]:
    rows = []
    for n in QUICK_CLASSES if quick else CLASSES:
        for dtype in DTYPES:
            for margin in MARGINS:
                progress(f"accuracy: {n:,} classes, {dtype}, right by {margin:g}")
                found = in_fresh_process(
                    "accuracy_large", n=n, dtype=dtype, margin=margin
                )
                setting = [dtype, f"{n:,}", f"{margin:g}"]
                rows += [
                    [*setting, name, *_errors(errors)]
                    for name, errors in found["formulas"].items()
                ]
    return rows


def _errors(errors: Sequence[float]) -> list[str]:
    return [f"{error:.1e}" for error in (*errors, max(errors))]


def _formulas() -> list[list[str]]:
    rows = []
    for dtype in ("float32", "float64"):
        found = in_fresh_process("accuracy_hessians", normalizer=None, dtype=dtype)
        rows += [
            [name, dtype, *_counts(counts)]
            for name, counts in found["formulas"].items()
        ]
    return rows


def _counts(counts: Mapping[str, Any]) -> list[str]:
    return [
        f"{counts['entries']:,}",
        _share(counts),
        f"{counts['error']:.1e}",
        f"{counts['nan']}",
        f"{counts['lost']}",
    ]


def _hessians(quick: bool) -> list[list[str]]:
    names = QUICK_NORMALIZERS if quick else (*_normalizers(), "")
    rows, worst = [], (0.0, "")
    for name in names:
        for dtype in ("float32", "float64"):
            progress(f"accuracy: Hessians, {name or 'losses of logits'}, {dtype}")
            found = in_fresh_process("accuracy_hessians", normalizer=name, dtype=dtype)
            title = name or "losses of logits"
            rows.append([title, dtype, f"{found['entries']:,}", *_worst(found)])
            worst = max(worst, (found["ratio"], f"{title} + {found['where']}, {dtype}"))
    return [*rows, ["**worst row**", "", "", "", f"{worst[0]:.2g}", worst[1]]]


def _worst(found: Mapping[str, Any]) -> list[str]:
    return [_share(found), f"{found['ratio']:.2g}", str(found["where"])]


def _share(found: Mapping[str, Any]) -> str:
    """The share of right entries, not rounded up to 100 %."""
    wrong = found["entries"] - found["right"]
    return "100 %" if wrong == 0 else f"all but {wrong}"


def _normalizers() -> Sequence[str]:
    from logitscape._src.objectives.catalog import NORMALIZERS

    return tuple(NORMALIZERS)
