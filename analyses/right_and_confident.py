"""Does the loss go to zero, and the gradient with it, once the model is right and sure?

Claims C03 (log softmax_y is about z_y - max z) and C05 (the loss of a right model goes to zero as the gap
grows): what that approximation leaves is just the loss of a right model. On the right, softmax with
cross-entropy beside telling alternatives, for three classes from z = (1, 1, 1) as the label's logit rises.
"""

from collections.abc import Mapping
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

from . import harness
from .harness.findings import Finding, proved
from .shared.probe_rays import (
    HERO,
    PAIRS,
    SHOWN,
    Array,
    Behaviour,
    Laws,
    S,
    follow,
    laws,
    vanishes,
)

RAY = "right"
GAPS = np.linspace(0, 40, 161)
CLASSES = (2, 10, 100, 1000)
FLOOR = 1e-6
CAPTION = (
    "Left: the label leads, all others are equal, a gap behind; dotted: $(K - 1)\\,e^{-\\mathrm{gap}}$. "
    "Middle and right: three classes, label 0, $z = (1 + s,\\, 1,\\, 1)$;\n"
    "beside each name stands the law that was fitted up to $s = 10^{14}$."
)


class Data(NamedTuple):
    """z_y - max z - log p_y by number of classes, [leader or not, gap]; by pair, what was found over S, and its laws."""

    errors: dict[int, Array]
    found: dict[str, Behaviour]
    laws: dict[str, Laws]


def compute() -> Data:
    found = follow(PAIRS, S, [RAY])[RAY]
    errors = {classes: approximation_errors(classes) for classes in CLASSES}
    return Data(errors, found, {pair: laws(S, each) for pair, each in found.items()})


def approximation_errors(classes: int) -> Array:
    """Of log p_y ~ z_y - max z, for y the leader and for another; the others are equal, GAPS behind."""
    logits = jnp.zeros((len(GAPS), classes)).at[:, 0].set(GAPS)
    log_p = np.asarray(jax.jit(jax.vmap(ls.normalizer("softmax")))(logits).log_p)
    return np.stack([-log_p[:, 0], -GAPS - log_p[:, 1]])


def findings(data: Data) -> list[Finding]:
    return [*approximation(data.errors), *when_right(data.laws)]


def approximation(errors: Mapping[int, Array]) -> list[Finding]:
    claim = "log softmax_y is about z_y - max z"
    outside = sum(
        np.sum((each < -1e-12) | (each > np.log(k) + 1e-12))
        for k, each in errors.items()
    )
    tied = max(abs(each[0, 0] - np.log(k)) for k, each in errors.items())
    at_five = {k: each[0, GAPS == 5].item() for k, each in errors.items()}
    return [
        proved("C03a", f"{claim}: the error lies in [0, log K]", outside, expected=0, tolerance=0,
               measured="{:.0f} exceptions, K = 2 to 1000, gaps to 40"),
        proved("C03b", f"{claim}: the error is log K where all logits are equal", tied, expected=0,
               tolerance=1e-12, measured="log K, to 12 digits"),
        Finding("C03c", f"{claim} once the logits differ: the error at a gap of 5",
                ", ".join(f"K = {k}: {error:.3f}" for k, error in at_five.items()), "holds with a limit",
                "log(1 + (K-1) e^-gap), so the gap must exceed log K"),
    ]  # fmt: skip


def when_right(laws: Mapping[str, Laws]) -> list[Finding]:
    hero, others = laws[HERO], [pair for pair in PAIRS if pair != HERO]
    vanish = [pair for pair in others if vanishes(laws[pair].loss)]
    rest = [pair for pair in others if vanishes(laws[pair].norm)]
    slow = [
        f"{pair}: {laws[pair].loss}"
        for pair in vanish
        if laws[pair].loss.kind == "polynomial decay"
    ]
    return [
        proved("C05a", "when right, the loss goes to 0 like (K-1) e^-s (K = 3)", hero.loss.coefficient,
               expected=2, tolerance=1e-6, measured="{:.4f} e^-s"),
        proved("C05b", "when right, the gradient goes to 0 as fast (rate of its norm)", hero.norm.rate,
               expected=1, tolerance=1e-6, measured="e^(-{:.4f} s)"),
        Finding("C05c", "when right, the loss goes to 0 for the seven alternatives too",
                f"{len(vanish)} of {len(others)}; slowly: {', '.join(slow)}",
                "holds" if len(vanish) == len(others) else "does not hold"),
        Finding("C05f", "when right, the gradient goes to 0 for the seven alternatives too",
                f"{len(rest)} of {len(others)}; " + ", ".join(f"{pair}: {laws[pair].norm}" for pair in others),
                "holds" if len(rest) == len(others) else "does not hold"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(15, 4.9))
    title = "Right and sure: with softmax, loss and gradient fade like powers of $e^{-s}$; with sum and taylor slowly"
    figure.suptitle(title, x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    draw_errors(left, data.errors)
    draw_pairs(middle, "loss", data)
    draw_pairs(right, "norm", data)
    middle.set(title="Loss when right", ylabel="loss $L$, log axis")
    right.set(title="Gradient when right", ylabel="gradient norm, log axis")
    return figure


def draw_errors(axes: Axes, errors: Mapping[int, Array]) -> None:
    shown = GAPS <= SHOWN
    axes.set(
        yscale="log",
        xlim=(0, SHOWN),
        ylim=(FLOOR, 20),
        xlabel="gap between the label and the others",
    )
    axes.set(
        title="$z_y - \\max z$ for $\\log p_y$: the error", ylabel="error, log axis"
    )
    for color, (classes, each) in zip(
        (BLACK, BLUE, GREEN, VERMILLION), errors.items(), strict=True
    ):
        axes.plot(
            GAPS[shown],
            plotting.settled_digits(each[0, shown]),
            color=color,
            label=f"K = {classes}",
        )
        axes.plot(
            GAPS[shown],
            plotting.settled_digits((classes - 1) * np.exp(-GAPS[shown])),
            ":",
            color=color,
            linewidth=1,
        )
    axes.legend(loc="lower left")


def draw_pairs(axes: Axes, quantity: str, data: Data) -> None:
    near = S <= SHOWN
    axes.set(yscale="log", xlim=(0, SHOWN), ylim=(FLOOR, 20), xlabel="$s$")
    curves = {pair: getattr(each, quantity)[near] for pair, each in data.found.items()}
    notes = {pair: getattr(each, quantity).math for pair, each in data.laws.items()}
    labels = plotting.labelled_curves(axes, S[near], curves, notes=notes)
    labels[PAIRS.index(HERO)].set_fontweight("bold")


if __name__ == "__main__":
    harness.main(__file__, compute, findings, draw)
