"""Which share of the gradient do the misclassified examples carry, and is it more than their share of the examples?

Twelve pairs (claim C06) on scikit-learn's digits (8 x 8 pixels, 10 classes; 1078 images to train, 360 to tune, 359 to test):
a linear model and one with a hidden layer of 64, mini-batches of 64, 20 epochs of plain gradient descent. The learning rate is
tuned for each pair and model: 6 of them, the same for all; the best by validation accuracy after the last epoch, over 5 seeds.
Measured are 10 other seeds, of initial weights and mini-batches, on the one split.

An example's gradient is the derivative of its loss in the logits; its share is its norm over the sum of the norms of all images
to train on, after every epoch. As the share among examples falls over training, pairs are compared where AT of the images are
wrong: for each seed, between the two epochs around it. A seed that never gets there is counted as such, and its pair not
compared. Intervals are Student's t over seeds, 95 %; differences from softmax + cross_entropy are taken seed by seed, with
Holm's correction over the pairs and models.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape import plotting

from .. import harness
from ..harness.findings import Finding, Verdict, proved

if TYPE_CHECKING:
    import pandas as pd

    Tables: TypeAlias = Mapping[str, pd.DataFrame]

HERO, AT = "softmax + cross_entropy", 0.05
MODELS = ("linear", "hidden layer of 64")
SHOWN = (0, 1, 2, 3, 4, 6, 8, 11, 15, 20)  # epochs: later ones lie close together
TICKS, LEAST = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01), 0.008
CAPTION = (
    "Digits, learning rates tuned for each pair and model, means over 10 seeds. Training goes from left to right, "
    "from chance to the fewest errors: after 0, 1, 2, 3, 4, 6, 8, 11, 15 and 20 epochs.\n"
    "The gradient is that in the logits, summed as norms over the images to train on. Shares at 5 % wrong, as in the title, "
    "are read off each seed's course."
)


def measure(plan: harness.StudyRun) -> "dict[str, pd.DataFrame]":
    from . import measure as measuring

    return measuring.measure(plan)


def findings(tables: "Tables") -> list[Finding]:
    pairs, bound = tables["pairs"], tables["bounds"].iloc[0]
    of_model = {
        model: pairs[pairs.model == model].set_index("pair") for model in MODELS
    }
    return [
        proved("C06a", "softmax + cross_entropy: the norm lies between 1.05 and 1.41 times 1 - p_y", bound.outside,
               expected=0, tolerance=0, measured=f"{{:.0f}} of {bound.logits:.0f} random logits outside"),
        *(dominated(id, model, table) for id, (model, table) in zip(("C06b", "C06c"), of_model.items(), strict=True)),
        *(at_the_end(id, model, table.loc[HERO])
          for id, (model, table) in zip(("C06d", "C06e"), of_model.items(), strict=True)),
        *(others(id, model, table) for id, (model, table) in zip(("C06f", "C06g"), of_model.items(), strict=True)),
        tuning(pairs),
    ]  # fmt: skip


def dominated(id: str, model: str, table: "pd.DataFrame") -> Finding:
    hero = table.loc[HERO]
    claim = (
        f"the wrong dominate the likelihood ({model}): {AT:.0%} of the examples carry"
    )
    if np.isnan(hero.carried):
        return Finding(
            id,
            claim,
            "-",
            "cannot tell",
            f"{hero.never_there} of {hero.seeds} seeds never are at {AT:.0%}",
        )
    verdict, limit = verdict_of(hero)
    return Finding(
        id, claim, f"{percent(hero, 'carried')} of the gradient", verdict, limit
    )


def verdict_of(hero: "pd.Series[Any]") -> tuple[Verdict, str]:
    if hero.carried_low > 0.5:
        return "holds", ""
    if hero.carried_low > AT:
        return (
            "holds with a limit",
            f"{hero.carried / AT:.0f} times their share of the examples, yet not most of the gradient",
        )
    return (
        ("does not hold", "no more than their share")
        if hero.carried_high < AT
        else ("cannot tell", "")
    )


def at_the_end(id: str, model: str, hero: "pd.Series[Any]") -> Finding:
    more = hero.end_carried_low > hero.end_wrong_high
    return Finding(id, f"the same after the last epoch ({model})",
                   f"{hero.end_wrong:.2%} of the examples carry {percent(hero, 'end_carried')}",
                   "holds with a limit" if more else "cannot tell",
                   "the right are many, and none has a gradient of 0" if more else "hardly any is wrong")  # fmt: skip


def others(id: str, model: str, table: "pd.DataFrame") -> Finding:
    """How the other pairs compare, where AT of the examples are wrong."""
    rest = table.drop(HERO)
    known = rest[np.isfinite(rest.difference_mean)].sort_values("carried")
    told = known[known.holm_p < 0.05]
    claim = f"with other pairs the wrong carry less ({model}, at {AT:.0%} wrong)"
    if known.empty:
        return Finding(
            id,
            claim,
            "-",
            "cannot tell",
            f"none of {len(rest)} has all its seeds there",
        )
    more, less = (told.difference_mean > 0).sum(), (told.difference_mean < 0).sum()
    least, most = known.iloc[0], known.iloc[-1]
    verdict: Verdict = (
        "holds"
        if less == len(rest)
        else "holds with a limit"
        if less
        else "does not hold"
    )
    measured = f"less {less}, more {more} of {len(rest)}; from {least.carried:.0%} to {most.carried:.0%}"
    never, alike = len(rest) - len(known), len(known) - len(told)
    limit = f"least {least.name}, most {most.name}; not told apart {alike}, never there {never} (Holm, 5 %)"
    return Finding(id, claim, measured, verdict, limit)


def tuning(pairs: "pd.DataFrame") -> Finding:
    edges = pairs[pairs.edge != "inside"]
    return Finding("C06h", "the learning rates that were tuned lie inside the grid",
                   f"{len(pairs) - len(edges)} of {len(pairs)}; diverged runs: {pairs.diverged.sum()}",
                   "holds" if edges.empty else "holds with a limit",
                   "" if edges.empty else f"at its edge {', '.join(sorted(set(edges.pair)))}")  # fmt: skip


def percent(row: "pd.Series[Any]", name: str) -> str:
    return f"{100 * row[name]:.0f} [{100 * row[f'{name}_low']:.0f}, {100 * row[f'{name}_high']:.0f}] %"


def draw(tables: "Tables") -> Figure:
    figure, panels = plt.subplots(1, 2, figsize=(11.4, 5.4), sharey=True)
    hero = tables["pairs"][tables["pairs"].pair == HERO].set_index("model").carried
    told = ", ".join(f"{hero[model]:.0%} ({model})" for model in MODELS)
    title = f"When {AT:.0%} of the examples are misclassified, they carry this much of the gradient of {HERO}:"
    figure.suptitle(f"{title}\n{told}", x=0.008, ha="left")
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for axes, model in zip(panels, MODELS, strict=True):
        panel(axes, tables["shares"][tables["shares"].model == model])
        axes.set(title=model[0].upper() + model[1:])
    panels[0].set_ylabel("share of the gradient that they carry")
    panels[0].legend(fontsize=7.5, loc="upper right")
    return figure


def panel(axes: Axes, shares: "pd.DataFrame") -> None:
    """What the wrong carry against how many they are; training goes to the right."""
    axes.set(
        xscale="log",
        xlim=(1.0, LEAST),
        ylim=(0, 1.02),
        xlabel="share of the examples that are misclassified",
    )
    axes.set(xticks=TICKS, xticklabels=[f"{tick:.0%}" for tick in TICKS])
    axes.set(
        yticks=np.linspace(0, 1, 6),
        yticklabels=[f"{tick:.0%}" for tick in np.linspace(0, 1, 6)],
    )
    axes.minorticks_off()
    grid = np.geomspace(1, LEAST, 100)
    axes.fill_between(grid, grid, color="0.92", lw=0, zorder=0)
    axes.text(
        0.5,
        0.1,
        "no more than their share",
        ha="center",
        fontsize=8,
        fontstyle="italic",
        color="0.35",
    )
    axes.axvline(AT, color="0.4", lw=0.8, zorder=1)
    for pair, each in shares[shares.epoch.isin(SHOWN)].groupby("pair", sort=False):
        axes.plot(each.wrong, each.carried, **plotting.style_of(str(pair)), label=pair)


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw)
