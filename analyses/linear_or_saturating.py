"""Is the loss linear and the gradient constant while the model is wrong, and for which pairs?

Softmax with cross-entropy beside telling alternatives (claims C03, C04, C05), for three classes from
z = (1, 1, 1): on R1 a wrong logit rises, z_j = 1 + s; on R2 the label's falls, z_y = 1 - s; on the right and
confident side the label's rises. Drawn are the loss and its slope dL/ds, what the gradient does about s: on
R1 the push on the rival, on R2 the pull on the label. The laws are fitted far out, up to s = 1e14.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import logitscape as ls
from logitscape import analysis, plotting
from logitscape.diagnosis.gradient_law import fit_law
from logitscape.diagnosis.law import Law
from logitscape.findings import Finding, proved
from logitscape.plotting.style import UNDEFINED

Array: TypeAlias = NDArray[Any]

HERO, SQUARED_ERROR, SUM = "softmax + cross_entropy", "softmax + brier", "sum + cross_entropy"
PAIRS = (
    "softmax + exponential",
    HERO,
    "sparsemax_loss",
    SUM,
    "taylor + cross_entropy",
    "softmax + hellinger",
    SQUARED_ERROR,
    "sparsemax + brier",
)
RAYS = {"R1": (1, 1.0), "R2": (0, -1.0), "right": (0, 1.0)}  # the logit that moves, and which way
LABEL = 0
SHOWN = 12.0
NEAR_POLE = 1 - 10.0 ** -np.arange(3, 12)  # on R2 the label's logit is 0 at s = 1
S = np.unique([*np.linspace(0, SHOWN, 601), *NEAR_POLE, *10.0 ** np.linspace(-2, 14, 801)])
GAPS = np.linspace(0, 40, 161)
CLASSES = (2, 10, 100, 1000)

TITLES = {
    "R1": "A wrong logit rises (ray R1: $z = (1,\\, 1 + s,\\, 1)$)",
    "R2": "The label's logit falls (ray R2: $z = (1 - s,\\, 1,\\, 1)$)",
}
WORDS = {"explodes": (2.9, 300.0), "constant": (8.2, 1.6), "fade": (4.6, 1.5e-3), "dies": (1.15, 1e-5)}
STRIP = 0.07  # of a panel's height
CAPTION = (
    "Three classes, label $y = 0$. The slope is what the gradient does about $s$: "
    "on the left the push on the rival, on the right the pull on the label.\n"
    "Beside each name stands the law that was fitted up to $s = 10^{14}$; "
    "where the slope is negative, training drives $s$ further out. Hatched: outside the domain."
)


class Behaviour(NamedTuple):
    """A pair on a ray: loss and slope over S, NaN where the loss is not finite; laws by quantity."""

    loss: Array
    slope: Array
    laws: dict[str, Law]


class Data(NamedTuple):
    """Behaviours by ray and pair; z_y - max z - log p_y by number of classes, [leader or not, gap]."""

    rays: dict[str, dict[str, Behaviour]]
    approximation_errors: dict[int, Array]


def compute() -> Data:
    found = ls.sweep(PAIRS, fan())
    rays = {
        ray: {pair: behaviour(found, i, r, *motion) for i, pair in enumerate(PAIRS)}
        for r, (ray, motion) in enumerate(RAYS.items())
    }
    return Data(rays, {classes: approximation_errors(classes) for classes in CLASSES})


def fan() -> ls.Slice:
    """All rays in one slice, so that they share a program."""
    directions = np.array([sign * np.eye(3)[moving] for moving, sign in RAYS.values()])
    coordinates = {"ray": np.arange(float(len(RAYS))), "s": S}
    return ls.Slice("fan", coordinates, lambda c: 1 + c[1] * jnp.asarray(directions)[c[0].astype(int)], 3, "")


def behaviour(found: ls.Landscape, pair: int, ray: int, moving: int, sign: float) -> Behaviour:
    loss, gradient = found.loss[pair, 0, ray], np.asarray(found.gradient[pair, 0, ray])
    quantities = {
        "loss": loss,
        "slope": sign * gradient[:, moving],
        "pull": -gradient[:, LABEL],
        "norm": np.hypot.reduce(gradient, axis=-1),
    }
    known = {name: np.where(np.isfinite(loss), values, np.nan) for name, values in quantities.items()}
    laws = {name: fit_law(S[S > 0], values[S > 0]) for name, values in known.items()}
    return Behaviour(known["loss"], known["slope"], laws)


def approximation_errors(classes: int) -> Array:
    """Of log p_y ~ z_y - max z, for y the leader and for another; the others are equal, GAPS behind."""
    logits = jnp.zeros((len(GAPS), classes)).at[:, 0].set(GAPS)
    log_p = np.asarray(jax.jit(jax.vmap(ls.normalizer("softmax")))(logits).log_p)
    return np.stack([-log_p[:, 0], -GAPS - log_p[:, 1]])


def findings(data: Data) -> list[Finding]:
    return [
        *approximation(data.approximation_errors),
        *while_wrong(data.rays),
        *when_right(data.rays["right"]),
    ]


def approximation(errors: Mapping[int, Array]) -> list[Finding]:
    claim = "log softmax_y is about z_y - max z"
    outside = sum(np.sum((each < -1e-12) | (each > np.log(k) + 1e-12)) for k, each in errors.items())
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


def while_wrong(rays: Mapping[str, Mapping[str, Behaviour]]) -> list[Finding]:
    hero, falling, squared = rays["R1"][HERO].laws, rays["R2"][HERO].laws, rays["R1"][SQUARED_ERROR].laws
    wrong = [{pair: each.laws["slope"].kind for pair, each in rays[ray].items()} for ray in ("R1", "R2")]
    steady = [pair for pair in PAIRS if all(kinds[pair] == "constant" for kinds in wrong)]
    others = Counter(wrong[0][pair].split()[-1] for pair in PAIRS if pair not in steady)
    return [
        proved("C04a", "log and exp cancel: while wrong, the loss is linear (R1: its power of s)",
               hero["loss"].power, expected=1, tolerance=1e-6, measured="s^{:.3f}"),
        proved("C04b", "while wrong, the pull on the label stays constant (R1)", hero["pull"].coefficient,
               expected=1, tolerance=1e-6, measured="{:.4f}"),
        proved("C04c", "while wrong, the pull on the label stays constant (R2)", falling["pull"].coefficient,
               expected=1, tolerance=1e-6, measured="{:.4f}"),
        proved("C04d", "while wrong, the gradient's norm stays constant, sqrt 2 (R1)",
               hero["norm"].coefficient, expected=2**0.5, tolerance=1e-6, measured="{:.4f}"),
        proved("C04e", "squared error does not have this: with softmax its pull fades like e^-s (R1)",
               squared["pull"].rate, expected=1, tolerance=1e-6, measured=f"{squared['pull']}"),
        Finding("C04f", "none of seven alternatives has a constant slope on R1 and R2",
                f"constant {len(steady) - 1}, " + ", ".join(f"{end} {n}" for end, n in others.items()),
                "holds with a limit", f"{', '.join(steady[1:])} has it too: its normalizer and loss match"),
    ]  # fmt: skip


def when_right(right: Mapping[str, Behaviour]) -> list[Finding]:
    hero, laws = right[HERO].laws, {pair: each.laws["loss"] for pair, each in right.items()}
    vanish = [pair for pair, law in laws.items() if law.kind == "zero" or law.kind.endswith("decay")]
    slow = [f"{pair}: {laws[pair]}" for pair in vanish if laws[pair].kind == "polynomial decay"]
    return [
        proved("C05a", "when right, the loss goes to 0 like (K-1) e^-s (K = 3)", hero["loss"].coefficient,
               expected=2, tolerance=1e-6, measured="{:.4f} e^-s"),
        proved("C05b", "when right, the gradient goes to 0 as fast (rate of its norm)", hero["norm"].rate,
               expected=1, tolerance=1e-6, measured="e^(-{:.4f} s)"),
        Finding("C05c", "when right, the loss goes to 0 for the seven alternatives too",
                f"{len(vanish) - 1} of {len(PAIRS) - 1}; slowly: {', '.join(slow)}",
                "holds" if len(vanish) == len(PAIRS) else "does not hold"),
    ]  # fmt: skip


def draw(data: Data) -> Figure:
    figure, panels = plt.subplots(2, 2, figsize=(11.4, 6.8), sharex=True)
    title = "While the model is wrong, softmax with cross-entropy has a linear loss and a constant gradient;"
    figure.suptitle(f"{title}\nothers fade, explode, die or turn around", x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for (losses, slopes), (ray, title) in zip(panels.T, TITLES.items(), strict=True):
        losses.set(title=title, xlim=(0, SHOWN), ylim=(-1.2, 13))
        slopes.set(xlabel="$s$", yscale="log", ylim=(1e-6, 3e3))
        draw_curves(losses, "loss", data.rays[ray])
        draw_curves(slopes, "slope", data.rays[ray])
    panels[0, 0].set_ylabel("loss $L$")
    panels[1, 0].set_ylabel("slope $dL/ds$, log axis")
    say(panels[0, 0], "linear", 6.4, 6.9, rotation=34)
    for word, (x, y) in WORDS.items():
        say(panels[1, 0], word, x, y)
    say(panels[1, 1], "turns around", 2.15, 1e-4)
    return figure


def draw_curves(axes: Axes, quantity: str, pairs: Mapping[str, Behaviour]) -> None:
    near = S <= SHOWN
    curves = {pair: getattr(each, quantity)[near] for pair, each in pairs.items()}
    notes = {pair: note(each.laws[quantity], quantity) for pair, each in pairs.items()}
    labels = plotting.labelled_curves(axes, S[near], curves, notes=notes)
    labels[PAIRS.index(HERO)].set_fontweight("bold")
    for start in S[near][~np.isfinite(curves[SUM])][:1]:
        axes.axvspan(start, SHOWN, 0, STRIP, zorder=3, **UNDEFINED)
        middle, paper = (start + SHOWN) / 2, {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
        centred: dict[str, Any] = {"ha": "center", "va": "center", "bbox": paper}
        say(axes, f"no {SUM}", middle, STRIP / 2, transform=axes.get_xaxis_transform(), **centred)


def say(axes: Axes, word: str, x: float, y: float, **look: Any) -> None:
    axes.text(x, y, word, fontsize=8, fontstyle="italic", color="0.25", zorder=4, **look)


def note(law: Law, quantity: str) -> str:
    if law.kind == "undefined":
        return rf"$\infty$ at $s = {law.begins:.3g}$"
    return rf"$\to${law.math}" if (law.kind, quantity) == ("constant", "loss") else law.math


if __name__ == "__main__":
    analysis.main(__file__, compute, findings, draw)
