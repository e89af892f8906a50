"""Findings about discrete steps of plain descent, momentum and Adam."""

import numpy as np
import pandas as pd

from ..harness.findings import Finding
from .cases import REFERENCE

SATURATED = "softmax + mae"
DEAD = "sparsemax + brier"
EXPLODING = "softmax + exponential"
AS_MANY = 2
"""Up to this ratio, two numbers of steps count as equally many."""


def of_optimizers(steps: pd.DataFrame) -> list[Finding]:
    """Whether Adam undoes saturation, explosion and dead regions (C07i to l, w)."""
    by_case = steps.set_index(["optimizer", "margin", "objective"])["steps"]
    taken = by_case.replace(-1, np.inf)
    margins = sorted(steps["margin"].unique())
    near = margins[-2:][0]
    far = margins[-1]
    return [
        *_of_explosion(taken, near),
        _of_plain_descent(taken, near),
        _of_adam(taken, near),
        _of_adam_far_out(taken, far, most=steps["steps"].max()),
        _of_dead_region(taken, margins),
    ]


def _ratio(taken: pd.Series, optimizer: str, margin: float) -> float:
    """The steps of the saturated pair over those of the reference."""
    saturated = taken[optimizer, margin, SATURATED]
    return float(saturated / taken[optimizer, margin, REFERENCE])


def _of_plain_descent(taken: pd.Series, margin: float) -> Finding:
    plain = _ratio(taken, "sgd", margin)
    momentum = _ratio(taken, "momentum", margin)
    return Finding(
        "C07i",
        f"with plain descent, softmax + mae takes as many steps as cross_entropy (M = {margin:g})",
        f"it takes {_times(plain)} as many, and with momentum {_times(momentum)}",
        "does not hold" if plain > AS_MANY else "holds",
    )


def _of_adam(taken: pd.Series, margin: float) -> Finding:
    ratio = _ratio(taken, "adam", margin)
    return Finding(
        "C07j",
        "Adam undoes saturation: "
        f"softmax + mae takes as many steps as cross_entropy (M = {margin:g})",
        f"it takes {_times(ratio)} as many",
        "holds" if ratio < AS_MANY else "does not hold",
    )


def _of_adam_far_out(taken: pd.Series, margin: float, most: int) -> Finding:
    ratio = _ratio(taken, "adam", margin)
    measured = f"it takes {_times(ratio)} as many"
    if not np.isfinite(ratio):
        measured = f"it is still wrong after {most:,} steps or more"
    cured = ratio < AS_MANY
    return Finding(
        "C07k",
        f"Adam undoes it however wrong the model is (M = {margin:g})",
        measured,
        "holds" if cured else "does not hold",
        "" if cured else "gradients below its epsilon, 1e-8, are not scaled up",
    )


def _of_dead_region(taken: pd.Series, margins: list[float]) -> Finding:
    steps = {margin: taken["adam", margin, DEAD] for margin in margins}
    texts = [f"{_count(number)} (M = {margin:g})" for margin, number in steps.items()]
    return Finding(
        "C07l",
        "Adam undoes dead regions (sparsemax + brier)",
        f"the model is right after these steps: {', '.join(texts)}",
        "does not hold" if np.isinf(list(steps.values())).any() else "holds",
        "a gradient of exactly 0 has no sign to follow",
    )


def _of_explosion(taken: pd.Series, margin: float) -> list[Finding]:
    """Nothing where a quick run has left the exploding pair out."""
    if ("adam", margin, EXPLODING) not in taken:
        return []
    adam = taken["adam", margin, EXPLODING]
    reference = taken["adam", margin, REFERENCE]
    plain = taken["sgd", margin, EXPLODING]
    slow = adam > AS_MANY * reference
    finding = Finding(
        "C07w",
        f"a gradient that explodes makes Adam fast too ({EXPLODING}, M = {margin:g})",
        f"it takes {_count(adam)} steps where cross_entropy takes {_count(reference)}, and plain "
        f"descent {_count(plain)}",
        "does not hold" if slow else "holds",
        "its mean of squares remembers the first gradient" if slow else "",
    )
    return [finding]


def _times(ratio: float) -> str:
    return f"{ratio:.2g} times" if ratio < 100 else f"{ratio:.0f} times"


def _count(steps: float) -> str:
    return "never" if np.isinf(steps) else f"{steps:.0f}"
