"""Is the exponential what makes softmax expensive, or the sum over all classes?

The claim (C19): the exponential is expensive; the reply: it is cheap, it is the sum over all classes that costs.

An output layer, from hidden units by a product with weights to logits and to cross-entropy with softmax, for 64 and 512 hidden
units and 10 to 262,144 classes; forward, and with the gradient in hidden units and weights; float32; with few classes many
examples at a time. Timed are compiled programs for its parts, one after the other in rounds, so that whatever else the machine
does falls on all of them:

* the product with the weights (for the gradient also the two products back);
* the loss from the logits on (max, exponential, sum, logarithm; for the gradient also the division), and the same with a square
  in place of the exponential: by that difference the exponential is judged, and what is left is called the sum;
* the whole in one program, with the square, and over 512 sampled classes only.

Shares are taken within a round and told as medians with quartiles; one below 0 is lost in the noise. Seconds differ from
machine to machine and are not told. Counted FLOP, exponentials and bytes, as the compiler gives them, are beside the times.
It runs on whatever JAX runs on, CPU or GPU.
"""

from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting import style

from .. import harness
from ..harness.findings import Finding, Verdict, proved

if TYPE_CHECKING:
    import pandas as pd

    from ..harness.results import Tables

CLASSES, HIDDEN, PASSES = (
    (10, 100, 1000, 10_000, 65_536, 262_144),
    (64, 512),
    ("forward", "gradient"),
)
QUICK_CLASSES, QUICK_HIDDEN = (10, 2000), (64,)
SECONDS, QUICK_SECONDS = 3.5, 0.2
LOOKS = {
    "product": (style.GREY, "product with the weights"),
    "square": (style.SKY, "max, sum, logarithm, division"),
    "exp": (style.VERMILLION, "exponential"),
}
INSTEAD = {
    "whole, square": (style.PURPLE, "o", "a square instead of the exponential"),
    "whole, sampled": (style.BLUE, "s", "512 sampled classes instead of all"),
}


def measure(plan: harness.StudyRun) -> "Tables":
    from .output_layer import layer, machine, measured

    sizes = [
        (hidden, k)
        for hidden in (QUICK_HIDDEN if plan.quick else HIDDEN)
        for k in (QUICK_CLASSES if plan.quick else CLASSES)
    ]
    seconds = QUICK_SECONDS if plan.quick else SECONDS

    def make(key: tuple[int, int, str]) -> "pd.DataFrame":
        of = layer(*key[:2])
        found = measured(of, key[2] == "gradient", seconds)
        about = {
            "pass": key[2],
            "hidden": of.hidden,
            "classes": of.classes,
            "batch": of.batch,
        }
        return found.assign(**about)[[*about, *found.columns]]

    keys = [(*size, each) for size in sizes for each in PASSES]
    return {"parts": plan.gather("output layer", keys, make), "machine": machine()}


def findings(tables: "Tables") -> list[Finding]:
    parts = tables["parts"]
    most = int(parts["classes"].max())
    widest = parts[parts["hidden"] == parts["hidden"].max()]
    return [
        *[
            expensive(f"C19{letter}", parts[parts["pass"] == each], each)
            for letter, each in zip("ab", PASSES, strict=True)
        ],
        the_sum(parts),
        all_classes(widest[widest["classes"] == most]),
        saved(parts),
        *counted(widest),
    ]  # fmt: skip


def expensive(id: str, rows: "pd.DataFrame", which: str) -> Finding:
    """Of product, sum and exponential: is the last the most of it anywhere?"""
    exp = of(rows, "exp")
    worst = exp.loc[exp["share"].idxmax()]
    most = ", ".join(
        f"{percent(each['share'].max())} with {hidden}"
        for hidden, each in exp.groupby("hidden")
    )
    verdict: Verdict = (
        "does not hold" if exp["share_high"].max() < 0.5 else "holds with a limit"
    )
    where = f"most at K = {worst['classes']:,} with {worst['hidden']} hidden units, quartiles {spread(worst)}"
    claim = f"the exponential is expensive: its share of an output layer, {which}"
    return Finding(id, claim, f"at most {most} hidden units", verdict, where)


def the_sum(parts: "pd.DataFrame") -> Finding:
    """Literally: what normalising takes beside the exponential, against the exponential; told apart by their quartiles."""
    exp, rest = of(parts, "exp"), of(parts, "square")
    dearer, cheaper = (
        int((a["share_low"] > b["share_high"]).sum())
        for a, b in ((rest, exp), (exp, rest))
    )
    measured = f"longer in {dearer} of {len(exp)} cases, shorter in {cheaper}"
    verdict: Verdict = (
        "cannot tell"
        if dearer == cheaper == 0
        else "holds with a limit"
        if dearer
        else "does not hold"
    )
    if dearer == len(exp):
        verdict = "holds"
    limit = f"of the layer: sum {percent(rest['share'].min())} to {percent(rest['share'].max())}, exp at most "
    limit += f"{percent(exp['share'].max())}, the product the rest"
    return Finding(
        "C19c",
        "it is the sum that costs: max, sum, log and division take longer than exp",
        measured,
        verdict,
        limit,
    )


def all_classes(rows: "pd.DataFrame") -> Finding:
    """As the reply means it: everything that is done for every class, against a few."""
    sampled = {each["pass"]: each for _, each in of(rows, "whole, sampled").iterrows()}
    measured = ", ".join(
        f"{name} {1 / each['relative']:.0f} times" for name, each in sampled.items()
    )
    least = min(
        (1 / each["relative_high"] for each in sampled.values()), default=np.nan
    )
    verdict: Verdict = "holds" if least > 2 else "cannot tell"
    claim = f"all classes cost: the layer of {rows['classes'].max():,} classes takes, against 512 sampled ones"
    return Finding(
        "C19d",
        claim,
        measured,
        verdict,
        f"the product is most of it; {rows['hidden'].max()} hidden units",
    )


def saved(parts: "pd.DataFrame") -> Finding:
    relative = of(parts, "whole, square")
    measured = f"time {percent(relative['relative'].min())} to {percent(relative['relative'].max())} of softmax's"
    clear = int((relative["relative_high"] < 0.95).sum())
    verdict: Verdict = "does not hold" if clear == 0 else "holds with a limit"
    limit = (
        f"more than 5 % saved, at three quartiles, in {clear} of {len(relative)} cases"
    )
    return Finding(
        "C19e",
        "squares instead of exponentials make the output layer cheaper",
        measured,
        verdict,
        limit,
    )


def counted(rows: "pd.DataFrame") -> list[Finding]:
    """What theory counts; left out where the backend does not count."""
    forward = rows[rows["pass"] == "forward"]
    product, loss = of(forward, "product"), of(forward, "exp")
    logits = product["batch"] * product["classes"]
    flop = (
        product["flops"].to_numpy() / (2 * product["hidden"] * logits).to_numpy() - 1
    ).tolist()
    # The logarithm of each example's sum is one more.
    exponentials = (
        (loss["transcendentals"] - loss["batch"]).to_numpy() / logits.to_numpy()
    ).tolist()
    if not np.isfinite([*flop, *exponentials]).all():
        return []
    hidden = int(rows["hidden"].max())
    return [
        proved("C19f", f"counted: the product takes 2 x {hidden} FLOP a logit (relative excess)", max(map(abs, flop)),
               expected=0, tolerance=1e-3, measured="{:.3f}"),
        proved("C19g", "counted: the loss takes one exponential a logit, forward", max(exponentials), expected=1,
               tolerance=1e-3, measured="{:.3f}"),
    ]  # fmt: skip


def of(rows: "pd.DataFrame", program: str) -> "pd.DataFrame":
    return rows[rows["program"] == program].reset_index(drop=True)


def percent(share: float) -> str:
    return f"{100 * share:.2g} %" if abs(share) < 0.1 else f"{100 * share:.0f} %"


def spread(row: Any) -> str:
    return f"{percent(row['share_low'])} to {percent(row['share_high'])}"


def draw(tables: "Tables") -> Figure:
    parts = tables["parts"]
    hidden = sorted(set(parts["hidden"]))
    columns = [(width, each) for width in hidden for each in PASSES]
    figure, panels = plt.subplots(
        2, len(columns), figsize=(11.4, 5.6), sharey="row", sharex="col", squeeze=False
    )
    figure.suptitle(title(parts), x=0.008, ha="left")
    for (top, bottom), (width, each) in zip(panels.T, columns, strict=True):
        rows = parts[(parts["hidden"] == width) & (parts["pass"] == each)]
        draw_shares(top, rows)
        draw_instead(bottom, rows)
        top.set_title(f"{each}, {width} hidden units")
        bottom.set_xlabel("classes $K$")
    panels[0, 0].set_ylabel("share of the time")
    panels[1, 0].set_ylabel("time, softmax over all = 1")
    for row in panels:
        handles, labels = row[0].get_legend_handles_labels()
        row[-1].legend(
            handles, labels, loc="upper left", bbox_to_anchor=(1.02, 1), fontsize=8.5
        )
    figure.supxlabel(caption(tables), fontsize=8, x=0.008, ha="left")
    return figure


def title(parts: "pd.DataFrame") -> str:
    width = parts["hidden"].max()
    rows = parts[parts["hidden"] == width]
    most, least = of(rows, "exp")["share"].max(), of(rows, "product")["share"].min()
    return (
        f"With {width} hidden units the exponential is at most {percent(most)} of an output layer's time, "
        f"the product with the weights at least {percent(least)}"
    )


def draw_shares(axes: Axes, rows: "pd.DataFrame") -> None:
    """Bars on top of each other; the exponential with its quartiles."""
    product, exp = (
        of(rows, program)["share"].clip(lower=0).to_numpy()
        for program in ("product", "exp")
    )
    shares, base = {"product": product, "square": 1 - product - exp, "exp": exp}, 0.0
    for program, (color, label) in LOOKS.items():
        each, share = of(rows, program), shares[program]
        place = np.arange(len(each))
        axes.bar(place, share, bottom=base, color=color, width=0.8, label=label)
        if program == "exp":
            distance = np.stack(
                [share - each["share_low"], each["share_high"] - share]
            ).clip(0)
            axes.errorbar(
                place,
                base + share,
                distance,
                fmt="none",
                ecolor=style.BLACK,
                elinewidth=1,
                capsize=2,
            )
        base = base + share
    axes.set_ylim(0, 1.15)


def draw_instead(axes: Axes, rows: "pd.DataFrame") -> None:
    classes = of(rows, "whole")["classes"].tolist()
    axes.axhline(1, color=style.BLACK, linewidth=1.5)
    for program, (color, marker, label) in INSTEAD.items():
        each = of(rows, program)
        place = [classes.index(k) for k in each["classes"]]
        middle = each["relative"].to_numpy()
        distance = np.stack(
            [middle - each["relative_low"], each["relative_high"] - middle]
        ).clip(0)
        axes.errorbar(
            place,
            middle,
            distance,
            fmt=marker + "-",
            color=color,
            markersize=5,
            capsize=2,
            label=label,
        )
    axes.set_yscale("log")
    axes.set_xticks(range(len(classes)), map(power, classes))


def power(k: int) -> str:
    base = 2 if k & (k - 1) == 0 else 10
    return f"${base}^{{{np.log(k) / np.log(base):.2g}}}$"


def caption(tables: "Tables") -> str:
    machine = tables["machine"].iloc[0]
    return (
        f"Medians of interleaved rounds with quartiles; {machine['dtype']} on {machine['backend']}: {machine['processor']}, "
        f"{machine['cores']} cores. "
        "The exponential: what a loss with a square in its place takes less, shown as 0 where that is negative."
    )


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw)
