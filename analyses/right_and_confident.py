"""Does the loss go to zero, and the gradient with it, once the model is right and sure?

Claims C03 (log softmax_y is about z_y - max z) and C05 (the loss of a right model goes to zero as
the gap grows): the error of that approximation is the loss of a right model. On the right, softmax
with cross-entropy beside alternatives, for three classes from z = (1, 1, 1) as the label's logit
rises.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import logitscape as ls
from logitscape import plotting
from logitscape._src.plotting.style import BLACK, BLUE, GREEN, VERMILLION
from logitscape._src.properties.law import Law

from . import harness
from .harness.findings import Finding, Verdict, proved
from .shared.probe_rays import (
    PAIRS,
    REFERENCE,
    SHOWN,
    Array,
    Behaviour,
    Laws,
    S,
    follow,
    laws,
    vanishes,
)
from .shared.titles import headline

RAY = "right"
GAPS = np.linspace(0, 40, 161)
COLORS = {2: BLACK, 10: BLUE, 100: GREEN, 1000: VERMILLION}
"""Colours of the curves, by number of classes."""
FLOOR = 1e-6
TITLE = (
    "Once the model is right, the loss of softmax fades like $e^{-s}$;\n"
    "divide by the sum instead, and it fades no faster than 1 / s"
)
TOLD = (REFERENCE, "sum + cross_entropy", "taylor + cross_entropy")
"""Pairs in the figure; the details have all of them."""
DETAILS = "Right and sure: the error of $z_y - \\max z$, the loss and the gradient of all pairs"
CAPTION = (
    "Left: the label leads, all others are equal, a gap behind; "
    "dotted: $(K - 1)\\,e^{-\\mathrm{gap}}$. "
    "Middle and right: three classes, label 0, $z = (1 + s,\\, 1,\\, 1)$;\n"
    "beside each name stands the law that was fitted up to $s = 10^{14}$."
)


class Data(NamedTuple):
    """What was computed.

    Attributes:
        errors: z_y - max z - log p_y by number of classes, [y leads or does not, gap].
        behaviour: Behaviour over S, by pair.
        laws: Its laws, by pair.
    """

    errors: dict[int, Array]
    behaviour: dict[str, Behaviour]
    laws: dict[str, Laws]


def compute() -> Data:
    by_pair = follow(PAIRS, S, [RAY])[RAY]
    return Data(
        errors={k: approximation_errors(k) for k in COLORS},
        behaviour=by_pair,
        laws={pair: laws(S, behaviour) for pair, behaviour in by_pair.items()},
    )


def approximation_errors(num_classes: int) -> Array:
    """Errors of log p_y ~ z_y - max z, for a y that leads and for one that does not.

    The logits of all classes but the leader are equal, GAPS behind.
    """
    logits = jnp.zeros((len(GAPS), num_classes)).at[:, 0].set(GAPS)
    softmax = jax.jit(jax.vmap(ls.normalizer("softmax")))
    log_p = np.asarray(softmax(logits).log_p)
    leading = -log_p[:, 0]
    behind = -GAPS - log_p[:, 1]
    return np.stack([leading, behind])


def findings(data: Data) -> list[Finding]:
    return [
        *approximation(data.errors),
        *reference_when_right(data.laws[REFERENCE]),
        *alternatives_when_right(data.laws),
    ]


def approximation(errors: Mapping[int, Array]) -> list[Finding]:
    claim = "log softmax_y is about z_y - max z"
    outside = sum(exceptions(k, error) for k, error in errors.items())
    tied = max(abs(error[0, 0] - np.log(k)) for k, error in errors.items())
    at_five = [
        f"{error[0, GAPS == 5].item():.3f} for K = {k}" for k, error in errors.items()
    ]
    return [
        proved(
            id="C03a",
            claim=f"{claim}: the error lies in [0, log K]",
            value=outside,
            expected=0,
            tolerance=0,
            measured="there are {:.0f} exceptions for K = 2 to 1000 and gaps to 40",
        ),
        proved(
            id="C03b",
            claim=f"{claim}: the error is log K where all logits are equal",
            value=tied,
            expected=0,
            tolerance=1e-12,
            measured="it is log K, to 12 digits",
        ),
        Finding(
            id="C03c",
            claim=f"{claim} once the logits differ",
            measured=f"at a gap of 5 the error is {', '.join(at_five)}",
            verdict="holds with a limit",
            limit="the error is log(1 + (K-1) e^-gap), so that the gap must exceed log K",
        ),
    ]


def exceptions(num_classes: int, error: Array) -> int:
    """The number of errors outside of [0, log K], apart from rounding."""
    below = error < -1e-12
    above = error > np.log(num_classes) + 1e-12
    return int(np.sum(below | above))


def reference_when_right(laws: Laws) -> list[Finding]:
    return [
        proved(
            id="C05a",
            claim="when right, the loss goes to 0 like (K-1) e^-s (K = 3)",
            value=laws.loss.coefficient,
            expected=2,
            tolerance=1e-6,
            measured="it goes like {:.4f} e^-s",
        ),
        proved(
            id="C05b",
            claim="when right, the gradient goes to 0 as fast (rate of its norm)",
            value=laws.norm.rate,
            expected=1,
            tolerance=1e-6,
            measured="it goes like e^(-{:.4f} s)",
        ),
    ]


def alternatives_when_right(laws: Mapping[str, Laws]) -> list[Finding]:
    others = [pair for pair in PAIRS if pair != REFERENCE]
    losses = {pair: laws[pair].loss for pair in others}
    norms = {pair: laws[pair].norm for pair in others}
    slow = [
        f"{pair}: {law}"
        for pair, law in losses.items()
        if law.kind == "polynomial decay"
    ]
    norm_texts = [f"{pair}: {law}" for pair, law in norms.items()]
    return [
        Finding(
            id="C05c",
            claim="when right, the loss goes to 0 for the seven alternatives too",
            measured=f"it does for {vanishing_text(losses)}, and slowly for {', '.join(slow)}",
            verdict=all_vanish(losses),
        ),
        Finding(
            id="C05f",
            claim="when right, the gradient goes to 0 for the seven alternatives too",
            measured=f"it does for {vanishing_text(norms)}: {', '.join(norm_texts)}",
            verdict=all_vanish(norms),
        ),
    ]


def vanishing_text(laws: Mapping[str, Law]) -> str:
    count = sum(vanishes(law) for law in laws.values())
    return f"{count} of {len(laws)}"


def all_vanish(laws: Mapping[str, Law]) -> Verdict:
    if all(vanishes(law) for law in laws.values()):
        return "holds"
    return "does not hold"


def draw(data: Data) -> Figure:
    figure, axes = plt.subplots(figsize=(8.4, 4.2))
    headline(figure, TITLE)
    draw_pairs(axes, "loss", data, TOLD)
    axes.set_ylim(1e-6, 3)
    axes.set_xlabel("how far the right logit is ahead, $s$")
    axes.set_ylabel("loss, log axis")
    return figure


def draw_details(data: Data) -> Figure:
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.9))
    figure.suptitle(DETAILS, x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    draw_errors(left, data.errors)
    draw_pairs(middle, "loss", data, PAIRS)
    draw_pairs(right, "norm", data, PAIRS)
    middle.set(title="Loss when right", ylabel="loss $L$, log axis")
    right.set(title="Gradient when right", ylabel="gradient norm, log axis")
    return figure


def draw_errors(axes: Axes, errors: Mapping[int, Array]) -> None:
    axes.set(yscale="log", xlim=(0, SHOWN), ylim=(FLOOR, 20))
    axes.set_xlabel("gap between the label and the others")
    axes.set_ylabel("error, log axis")
    axes.set_title("$z_y - \\max z$ for $\\log p_y$: the error")
    shown = GAPS <= SHOWN
    gaps = GAPS[shown]
    for num_classes, color in COLORS.items():
        error = plotting.settled_digits(errors[num_classes][0, shown])
        theory = plotting.settled_digits((num_classes - 1) * np.exp(-gaps))
        axes.plot(gaps, error, color=color, label=f"K = {num_classes}")
        axes.plot(gaps, theory, ":", color=color, linewidth=1)
    axes.legend(loc="lower left")


def draw_pairs(axes: Axes, quantity: str, data: Data, pairs: Sequence[str]) -> None:
    near = S <= SHOWN
    axes.set(yscale="log", xlim=(0, SHOWN), ylim=(FLOOR, 20), xlabel="$s$")
    curves = {pair: getattr(data.behaviour[pair], quantity)[near] for pair in pairs}
    notes = {pair: getattr(data.laws[pair], quantity).math for pair in pairs}
    labels = plotting.labelled_curves(S[near], curves, notes=notes, ax=axes)
    labels[pairs.index(REFERENCE)].set_fontweight("bold")


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw, details=draw_details)
