"""How long does a wrong model take to correct itself, as it is more and more wrong?

Claim C07, by gradient flow on the logits, dz/dt = -grad L, for every normalizer with every loss and the losses of logits, for
2, 3, 10 and 100 classes. From z = (1, ..., 1), inside every domain but that of min_shift, the label 0 is made wrong by a margin
M from 1 to 30: on R1 a rival rises by M, on R2 the label falls by M, on R3 both move by M/2. T is the time until the label is
predicted, the argmax of p; its growth is fitted over M from 20 to 30, and named (iterated_exponential, sigmoid: 14 to
21, as further out they hardly tell wrong from right). Nothing is random, and nothing is tuned.

The times are held against closed forms and quadratures where two classes leave one unknown. The paths are drawn over the
gradient in the plane of z_0 - z_2 and z_1 - z_2, three classes. Discrete steps: plain descent, momentum 0.9 and Adam,
learning rate 0.1 for all, on R1, three classes, 100,000 steps at most.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from .. import harness
from ..harness.findings import Finding, proved
from ..harness.study import StudyRun
from .figure import CLASSES, FAST, RAY, always_fast, by_case, draw

HERO, BRIER, MAE, HELLINGER = (
    f"softmax + {loss}" for loss in ("cross_entropy", "brier", "mae", "hellinger")
)
DEAD, EXPLODING = "sparsemax + brier", "softmax + exponential"
OPTIMIZERS = ("sgd", "momentum", "adam")


def measure(plan: StudyRun) -> dict[str, pd.DataFrame]:
    from . import tables

    return tables.measure(plan)


def findings(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    cases, quadrature = (
        by_case(tables["growth"]),
        tables["quadrature"].set_index("objective"),
    )
    return [
        *of_the_pair(cases, quadrature["largest relative difference"]),
        *of_others(cases),
        *of_classes(cases),
        *of_optimizers(tables["steps"]),
    ]


def of_the_pair(cases: pd.DataFrame, off: pd.Series) -> list[Finding]:
    hero = cases[cases["objective"] == HERO]
    linear = int((hero["growth"] == "linear").sum())
    numbers = hero["number"]
    return [
        proved("C07a", "wrong by a margin M, softmax + cross_entropy is right after T = (M + 1 - e^-M)/2",
               off[HERO], expected=0, tolerance=1e-6, measured="relative difference {:.0g}, M = 1 to 30, 2 classes"),
        Finding("C07b", "so the model can correct itself quickly: T is linear in M",
                f"{linear} of {len(hero)} rays and numbers of classes: {numbers.min():.2f} M to {numbers.max():.2f} M",
                "holds" if linear == len(hero) else "holds with a limit", "" if linear == len(hero) else "not on all"),
        proved("C07c", "times agree with closed forms and quadratures, where two classes have them", off.max(),
               expected=0, tolerance=1e-6, measured=f"{len(off)} objectives, relative difference {{:.0g}}"),
    ]  # fmt: skip


def of_others(cases: pd.DataFrame) -> list[Finding]:
    main = cases[(cases["ray"] == RAY) & (cases["classes"] == CLASSES)].set_index(
        "objective"
    )
    pairs = main[main.index.str.contains("+", regex=False)]
    kinds, why = (
        Counter(pairs["growth"]),
        Counter(pairs.loc[pairs["growth"] == "never", "why"]),
    )
    slow = {
        kind: kinds[kind]
        for kind in ("polynomial", "exponential", "never")
        if kinds[kind]
    }
    always = always_fast(cases)
    paired = [name.split(" + ") for name in always if "+" in name]
    normalizers, alone = (
        list(dict.fromkeys(first for first, _ in paired)),
        [name for name in always if "+" not in name],
    )
    return [
        Finding("C07d", "every pair corrects itself as quickly (R1, 3 classes)",
                f"{sum(kinds[kind] for kind in FAST)} of {len(pairs)} pairs at most linear", "does not hold",
                counted(slow)),
        Finding("C07e", "at most linear on R1, R2 and R3, for all numbers of classes",
                f"{len(paired)} of {len(pairs)} pairs, {len(alone)} of {len(main) - len(pairs)} losses of logits",
                "holds with a limit", f"pairs of {', '.join(normalizers)} only"),
        Finding("C07f", "some pairs never correct themselves (R1, 3 classes)",
                counted(why) or "none", "holds" if why else "does not hold"),
    ]  # fmt: skip


def counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in kinds.items())


def of_classes(cases: pd.DataFrame) -> list[Finding]:
    rates = cases[
        (cases["ray"] == "R3") & (cases["growth"] == "exponential")
    ].set_index(["objective", "classes"])["number"]
    brier, two = rates[BRIER], rates.xs(2, level="classes")
    expected = brier.index / (2 * (brier.index - 1))
    saturated = {
        "mae": (MAE, 1.0),
        "brier": (BRIER, 1.0),
        "hellinger": (HELLINGER, 0.5),
    }
    known = {
        loss: abs(two[pair] - rate)
        for loss, (pair, rate) in saturated.items()
        if pair in two
    }
    return [
        proved("C07g", "bounded losses with softmax take e^M: mae, brier 1, hellinger 1/2 in the exponent (2 classes)",
               max(known.values()), expected=0, tolerance=0.01, measured=f"{', '.join(known)}: off by {{:.2f}}"),
        proved("C07h", "softmax + brier on R3: e^(M n/(2n - 2)), as n - 1 classes share the rival's lead first",
               np.max(np.abs(brier - expected)), expected=0, tolerance=0.01,
               measured="n = " + ", ".join(f"{n}: {rate:.2f}" for n, rate in brier.items()) + "; off by {:.2f}"),
    ]  # fmt: skip


def of_optimizers(steps: pd.DataFrame) -> list[Finding]:
    taken = steps.set_index(["optimizer", "margin", "objective"])["steps"].replace(
        -1, np.inf
    )
    margins = sorted(steps["margin"].unique())
    near, far = margins[-2:][0], margins[-1]
    ratio = {
        name: taken[name, near, MAE] / taken[name, near, HERO] for name in OPTIMIZERS
    }
    beyond, most = (
        taken["adam", far, MAE] / taken["adam", far, HERO],
        steps["steps"].max(),
    )
    cured = ratio["adam"] < 2
    return [
        *of_explosion(taken, near),
        Finding("C07i", f"plain descent: softmax + mae takes as many steps as cross_entropy (M = {near:g})",
                f"{times(ratio['sgd'])} as many, with momentum {times(ratio['momentum'])}",
                "does not hold" if ratio["sgd"] > 2 else "holds"),
        Finding("C07j", f"Adam undoes saturation: softmax + mae takes as many steps as cross_entropy (M = {near:g})",
                f"{times(ratio['adam'])} as many", "holds" if cured else "does not hold"),
        Finding("C07k", f"Adam undoes it however wrong the model is (M = {far:g})",
                f"{times(beyond)} as many" if np.isfinite(beyond) else f"still wrong after {most:,} steps or more",
                "holds" if beyond < 2 else "does not hold",
                "" if beyond < 2 else "its epsilon, 1e-8: smaller gradients are not scaled up"),
        Finding("C07l", "Adam undoes dead regions (sparsemax + brier)",
                ", ".join(f"M = {m:g}: {steps_text(taken['adam', m, DEAD])}" for m in margins),
                "does not hold" if np.isinf([taken["adam", m, DEAD] for m in margins]).any() else "holds",
                "a gradient of exactly 0 has no sign to follow"),
    ]  # fmt: skip


def of_explosion(taken: pd.Series, margin: float) -> list[Finding]:
    if ("adam", margin, EXPLODING) not in taken:
        return []
    adam, hero, plain = (
        taken["adam", margin, EXPLODING],
        taken["adam", margin, HERO],
        taken["sgd", margin, EXPLODING],
    )
    return [
        Finding("C07w", f"a gradient that explodes makes Adam fast too ({EXPLODING}, M = {margin:g})",
                f"{steps_text(adam)} steps, cross_entropy {steps_text(hero)}; plain descent {steps_text(plain)}",
                "does not hold" if adam > 2 * hero else "holds",
                "its mean of squares remembers the first gradient" if adam > 2 * hero else ""),
    ]  # fmt: skip


def times(ratio: float) -> str:
    return f"{ratio:.2g} times" if ratio < 100 else f"{ratio:.0f} times"


def steps_text(steps: float) -> str:
    return "never" if np.isinf(steps) else f"{steps:.0f}"


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, level=1)
