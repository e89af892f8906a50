"""Findings about softmax collapse: what vanishes, what that costs, and what mends it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ..harness.findings import Finding, Verdict
from .arms import (
    ACCURATE,
    COPIED,
    DECAY,
    DECAYED,
    DECAYED_USUAL,
    REMEDY,
    UNSCALED,
    USUAL,
    Arm,
)

if TYPE_CHECKING:
    import pandas as pd

    Row: TypeAlias = pd.Series[Any]
    Tables: TypeAlias = Mapping[str, pd.DataFrame]

SIGNIFICANT = 0.05
"""Largest p-value, corrected by Holm's method, at which a difference counts."""
HALF = 0.5
"""Share of stablemax's gain that accuracy alone must bring to be what matters."""


def findings(tables: "Tables") -> list[Finding]:
    end = tables["end"].set_index("arm")
    differences = tables["differences"].set_index(["arm", "other"])
    found = [
        gradients_vanish(end.loc[USUAL.name]),
        accuracy_keeps_them(end.loc[ACCURATE.name], end.loc[USUAL.name]),
        accuracy_alone(
            differences.loc[(ACCURATE.name, USUAL.name)], end, tables["steps"]
        ),
        the_other_gradient(differences.loc[(REMEDY.name, ACCURATE.name)], end),
    ]
    if COPIED.name not in end.index:  # a quick run has a few arms only
        return found
    return [
        *found,
        copies(end.loc[COPIED.name], differences.loc[(COPIED.name, REMEDY.name)]),
        decay(end),
        half_precision(end),
        double_precision(end),
        epsilon(end, differences.loc[(ACCURATE.name, UNSCALED.name)]),
    ]


def gradients_vanish(usual: "Row") -> Finding:
    vanish = usual.absent_low > 0
    return Finding(
        "C23a",
        "with cross-entropy as people write it, gradients become exactly 0 in float32",
        f"in the later half of the training {percent(usual, 'absent')} of the examples have "
        f"dL/dz_y = 0, at a median margin of {usual.margin:.0f}",
        "holds" if vanish else "does not hold",
    )


def accuracy_keeps_them(accurate: "Row", usual: "Row") -> Finding:
    keeps = accurate.most_absent == 0
    return Finding(
        "C23b",
        "computed accurately, the same loss keeps every gradient and its margins go on growing",
        f"dL/dz_y is 0 for {accurate.most_absent:.0%} of the examples at every measurement, and "
        f"the median margin reaches {accurate.margin:.0f} instead of {usual.margin:.0f}",
        "holds"
        if keeps and accurate.margin_low > usual.margin_high
        else "does not hold",
    )


def accuracy_alone(
    difference: "Row", end: "pd.DataFrame", steps: "pd.DataFrame"
) -> Finding:
    """Whether accuracy alone makes softmax generalise as stablemax does, or by half of that."""
    gained = difference.holm_p < SIGNIFICANT and difference.difference > 0
    accurate, usual, remedy = (end.loc[arm.name] for arm in (ACCURATE, USUAL, REMEDY))
    part = difference.difference / (remedy.test - usual.test)
    verdict: Verdict = (
        "holds with a limit" if gained and part >= HALF else "does not hold"
    )
    gain = f"accuracy brings {points(difference)}, {part:.0%} of what stablemax brings"
    course = steps[steps.arm == ACCURATE.name].set_index("step").test
    half = float(course.loc[course.index[-1] // 2])
    if gained and course.iloc[-1] > half:
        gain += (
            f"; it still rises, from {100 * half:.1f} % after half of the steps, and what longer "
            "trainings bring was not measured"
        )
    return Finding(
        "C23c",
        f"collapse is what keeps softmax from generalising within {steps.step.max():,} steps, "
        "without weight decay",
        f"the test accuracy is {percent(accurate, 'test')} without collapse and "
        f"{percent(usual, 'test')} with it",
        verdict,
        gain if gained else f"{gain}, and cannot be told from nothing",
    )


def the_other_gradient(difference: "Row", end: "pd.DataFrame") -> Finding:
    better = difference.holm_p < SIGNIFICANT and difference.difference > 0
    remedy = end.loc[REMEDY.name]
    return Finding(
        "C23d",
        "stablemax's own gradient does more than accuracy, both computed accurately",
        f"the test accuracy is {percent(remedy, 'test')} with stablemax, higher by "
        f"{points(difference)}",
        "holds" if better else "cannot tell",
        "" if better else "the difference is within what seeds make",
    )


def copies(copied: "Row", difference: "Row") -> Finding:
    """Whether stablemax as it is copied trains like an accurate one."""
    broken = int(copied.seeds - copied.finite)
    same = not broken and not difference.holm_p < SIGNIFICANT
    absent = copied.absent_low > 0
    verdict: Verdict = "does not hold"
    if same:
        verdict = "holds with a limit" if absent else "holds"
    limits = []
    if broken:
        limits.append("where a logit is exactly 1, which is chance, it becomes NaN")
    if absent:
        limits.append(f"collapse begins at step {copied.begins:,.0f}")
    return Finding(
        "C23e",
        "stablemax as commonly copied trains like an accurate one, in float32",
        f"in the later half of the training {percent(copied, 'absent')} of the examples have "
        f"dL/dz_y = 0, the gradient of {broken} of {int(copied.seeds)} runs is not finite at "
        f"the end, and the test accuracy differs by {points(difference)}",
        verdict,
        "; ".join(limits),
    )


def decay(end: "pd.DataFrame") -> Finding:
    decayed, usual, remedy = (
        end.loc[arm.name] for arm in (DECAYED, DECAYED_USUAL, REMEDY)
    )
    more = min(decayed.test_low, usual.test_low) > remedy.test_high
    return Finding(
        "C23f",
        f"a weight decay of {DECAY:g} lets softmax generalise without any remedy",
        f"the test accuracy is {percent(decayed, 'test')} computed accurately and "
        f"{percent(usual, 'test')} as people write it, where stablemax without decay has "
        f"{percent(remedy, 'test')}",
        "holds" if more else "cannot tell",
    )


def half_precision(end: "pd.DataFrame") -> Finding:
    usual, accurate = (
        end.loc[Arm("softmax", form, "bfloat16").name] for form in ("optax", "accurate")
    )
    single = end.loc[USUAL.name]
    return Finding(
        "C23g",
        "with logits in bfloat16 collapse begins far earlier, and accuracy still prevents it",
        f"it begins at step {usual.begins:,.0f} instead of {single.begins:,.0f}, and "
        f"{percent(usual, 'absent')} of the examples then have dL/dz_y = 0 in the later half; "
        f"accurately computed {percent(accurate, 'absent')} have",
        "holds"
        if usual.begins < single.begins and accurate.most_absent == 0
        else "holds with a limit",
        ""
        if accurate.most_absent == 0
        else f"at most {accurate.most_absent:.2%} vanish",
    )


def double_precision(end: "pd.DataFrame") -> Finding:
    """Whether the loss in float64, as the authors of stablemax cast it, is enough."""
    loss, model = (
        end.loc[Arm("softmax", "optax", "float64", model).name]
        for model in ("float32", "float64")
    )
    usual = end.loc[USUAL.name]
    none = loss.most_absent == model.most_absent == 0
    return Finding(
        "C23h",
        "the loss alone in float64 prevents collapse",
        f"at most {loss.most_absent:.0%} of the gradients are 0, and {model.most_absent:.0%} "
        "with the model in float64 too",
        "holds" if none else "does not hold",
        ""
        if none
        else f"it only postpones it, from step {usual.begins:,.0f} to {loss.begins:,.0f}, when "
        "margins reach about 36",
    )


def epsilon(end: "pd.DataFrame", difference: "Row") -> Finding:
    """Whether Adam's epsilon ends what accuracy had saved."""
    scaled, unscaled = (end.loc[arm.name] for arm in (ACCURATE, UNSCALED))
    ends = unscaled.margin_high < scaled.margin_low
    return Finding(
        "C23i",
        "an epsilon of 1e-15 in Adam ends the growth of margins that accuracy had saved",
        f"the median margin ends at {unscaled.margin:.0f} instead of {scaled.margin:.0f} with a "
        f"loss scaled by 2^40; with the scale, the test accuracy is higher by "
        f"{points(difference)}",
        "holds" if ends else "does not hold",
    )


def percent(row: "Row", name: str) -> str:
    """The mean and the ends of its interval, in percent, within 0 and 100."""
    mean, low, high = (100 * row[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{mean:.1f} [{max(low, 0):.1f}, {min(high, 100):.1f}] %"


def points(difference: "Row") -> str:
    """A difference of accuracies with its interval, in percentage points."""
    ends = ("difference", "difference_low", "difference_high")
    mean, low, high = (100 * difference[name] for name in ends)
    return f"{mean:.1f} [{low:.1f}, {high:.1f}] points"
