"""Findings about the strength of inputs, and about inputs within [0, 1]."""

from collections.abc import Mapping

import numpy as np

from logitscape._src.properties.fit import fit_law

from ..harness.findings import Finding, proved
from .bounded_inputs import CLASSES, Best, S, highest_p
from .strength import SURE, Array, Curve, grouped

WEAK = (0.26894142, 0.73105858)
"""softmax([1, 2]), as the claim has it."""
STRONG = (4.53978687e-05, 0.99995460)
"""softmax([10, 20]), as the claim has it."""


def strength(examples: Mapping[str, Array]) -> list[Finding]:
    weak, strong = examples["softmax"]
    divided = examples["sum"]
    return [
        proved(
            id="C01a",
            claim=f"softmax([1, 2]) = {WEAK}",
            value=abs(weak - WEAK).max(),
            expected=0,
            tolerance=1e-8,
            measured="it is ({:.8f}, {:.8f})".format(*weak),
        ),
        proved(
            id="C01b",
            claim=f"softmax([10, 20]) = {STRONG}",
            value=abs(strong - STRONG).max(),
            expected=0,
            tolerance=1e-8,
            measured="it is ({:.8e}, {:.8f})".format(*strong),
        ),
        proved(
            id="C01c",
            claim="dividing by the sum gives (1/3, 2/3) both times",
            value=abs(divided - np.array([1, 2]) / 3).max(),
            expected=0,
            tolerance=1e-15,
            measured="both times it gives ({:.8f}, {:.8f})".format(*divided[1]),
        ),
    ]


def strong_and_wrong(curves: Mapping[str, Curve]) -> list[Finding]:
    unsure = [name for name, curve in curves.items() if curve.p[-1] <= SURE]
    norm = curves["sum"].norm
    return [
        Finding(
            id="C01d",
            claim="strong inputs give a sure answer: p > 0.99 at (20, 40)",
            measured=f"{len(curves) - len(unsure)} of {len(curves)} normalizers give one",
            verdict="holds with a limit",
            limit=f"{', '.join(unsure)} do not",
        ),
        proved(
            id="C01e",
            claim="sure and wrong, softmax has a gradient to match: norm sqrt 2 at (20, 40)",
            value=curves["softmax"].norm[-1],
            expected=2**0.5,
            tolerance=1e-7,
            measured="the norm is {:.4f}",
        ),
        Finding(
            id="C01f",
            claim="with dividing by the sum, the stronger the inputs "
            "are, the weaker is the gradient",
            measured=f"its norm is {norm[0]:.3g} at (0.1, 0.2) and {norm[-1]:.3g} at (20, 40)",
            verdict="holds",
        ),
    ]


def monotone(curves: Mapping[str, Curve]) -> list[Finding]:
    invariant = grouped(curves)["never"]
    falling = [
        name for name, curve in curves.items() if np.diff(curve.p).min() < -1e-12
    ]
    rising = [name for name in curves if name not in (*invariant, *falling)]
    return [
        Finding(
            id="C13a",
            claim="at a fixed ratio, larger inputs give the largest one more",
            measured=f"{len(rising)} of {len(curves)} do",
            verdict="holds with a limit",
            limit="the scale-invariant ones do not, "
            f"nor does {', '.join(falling)}, which falls again",
        ),
        Finding(
            id="C13b",
            claim="the scale-invariant ones give the same p for any strength",
            measured=f"{len(invariant)} do: {', '.join(invariant)}",
            verdict="holds",
        ),
    ]


def within_bounds(best: Mapping[str, Mapping[int, Best]]) -> list[Finding]:
    softmax = best["softmax"]
    lowest = max(values.loss for values in best["sum"].values())
    return [
        agrees(
            id="C21a",
            claim="for inputs in [0, 1] softmax reaches e/(e+K-1) at best (K = 2, 10, 100, 1000)",
            field="p",
            best=softmax,
        ),
        agrees(
            id="C21b",
            claim="there its loss cannot fall below log(e+K-1) - 1",
            field="loss",
            best=softmax,
        ),
        agrees(
            id="C21c",
            claim="there its gradient never rests: the pull that is left is (K-1)/(e+K-1)",
            field="pull",
            best=softmax,
        ),
        proved(
            id="C21d",
            claim="dividing by the sum has no such floor, and its loss there is 0",
            value=lowest,
            expected=0,
            tolerance=1e-12,
            measured="its lowest loss is {:.0f}",
        ),
        agrees(
            id="C21e",
            claim="softmax applied twice has the same bound, whatever the logits",
            field="p",
            best=best["softmax twice"],
        ),
    ]


def agrees(id: str, claim: str, field: str, best: Mapping[int, Best]) -> Finding:
    """A finding that a field of the best values is that of theory."""
    values = [getattr(best[k], field) for k in CLASSES]
    theory = [getattr(theoretical_best(k), field) for k in CLASSES]
    errors = [
        abs(value - expected) for value, expected in zip(values, theory, strict=True)
    ]
    words = {"p": "probability", "loss": "loss", "pull": "pull"}[field]
    numbers = ", ".join(f"{value:.4g}" for value in values)
    return proved(
        id=id,
        claim=claim,
        value=max(errors),
        expected=0,
        tolerance=1e-12,
        measured=f"its {words} is {numbers}",
    )


def theoretical_best(num_classes: int) -> Best:
    p = highest_p(num_classes)
    return Best(p=p, loss=-np.log(p), pull=1 - p)


def fading_slope(slope: Array) -> Finding:
    law = fit_law(S[S > 0], slope[S > 0])
    return proved(
        id="C21f",
        claim="softmax applied twice loses the constant gradient, as "
        "its slope fades while wrong (R1)",
        value=law.rate,
        expected=1,
        tolerance=1e-6,
        measured=f"its rate is {{:.4f}}, and its law {law}",
    )
