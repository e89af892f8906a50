"""Do Taylor, spherical or sparse softmax ever beat softmax, with few classes or with many?

The claim (C20, after arXiv 1511.05042): softmax is an arbitrary choice; Taylor and spherical softmax do better than it on small
image sets, and worse on language modelling.

* Few classes: MNIST-5k, 3,000 images to train, a perceptron with 64 hidden units, 1,000 steps; every seed splits anew.
* Many classes: the next of 10,000 tokens in the sources of Python's own standard library from the token before; 19,200 tokens
  to train, 16 hidden units, 300 steps; every seed has other files and a vocabulary of its own. It depends on Python's version.
  Of the Brier pairs only the one with softmax is there, for time.
* Mini-batches of 64 and Adam in both. The learning rate (and for images the initial scale) is tuned for each pair on validation
  data over the same grid, by other seeds than those of the results, once for accuracy and once for NLL, and each metric is
  reported with the setting that was tuned for it.
* Results are on test data, 24 seeds (images) and 12 (language): 95 % intervals (Student's t) of the paired difference to
  softmax with cross-entropy at the same seed. They cover initial values, mini-batches and splits, but no images
  other than these 5,000. All comparisons, of both tasks and metrics, are one family: "significant" is Holm's correction at 5 %.
* A sparse normalizer gives some labels the probability 0, and then the NLL is infinite: of those pairs only the accuracy is
  compared. That the language models have learned something is seen from unigram and bigram models of the same tokens.
"""

from collections.abc import Collection
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape._src.plotting import style

from .. import harness
from ..harness.findings import Finding, Verdict
from ..shared.intervals import LEVEL, Difference, difference, holm

if TYPE_CHECKING:
    import pandas as pd

    from ..harness.results import Tables

IMAGES, LANGUAGE = "images, 10 classes", "language, 10,000 classes"
HERO, TAYLOR, SPHERICAL = (
    f"{name} + cross_entropy" for name in ("softmax", "taylor", "spherical")
)
SPARSE = (
    "sparsemax_loss",
    "entmax_loss(alpha=1.5)",
    "sparsemax + brier",
    "entmax(alpha=1.5) + brier",
)
PAIRS = {
    IMAGES: (
        HERO,
        TAYLOR,
        SPHERICAL,
        "softmax + brier",
        "taylor + brier",
        "spherical + brier",
        *SPARSE,
    ),
    LANGUAGE: (
        HERO,
        TAYLOR,
        SPHERICAL,
        "softmax + brier",
        "sparsemax_loss",
        "entmax_loss(alpha=1.5)",
    ),
}
QUICK_PAIRS = {IMAGES: (HERO, "sparsemax_loss"), LANGUAGE: (HERO, TAYLOR)}
METRICS = {
    "accuracy": (100, "percentage points more"),
    "nll": (-1, "nats per example less"),
}
"""What a difference is multiplied by, so that better is positive."""


class Comparison(NamedTuple):
    """A pair against softmax with cross-entropy, positive where the pair is better."""

    gain: Difference
    significant: bool
    impossible: float
    """Share of test labels that got probability 0."""


def measure(plan: harness.StudyRun) -> "Tables":
    import pandas as pd

    from .tuning import images, language, measured

    tasks = [images, language]
    found = [
        measured(
            plan, task(plan.quick, name, (QUICK_PAIRS if plan.quick else PAIRS)[name])
        )
        for task, name in zip(tasks, PAIRS, strict=True)
    ]
    return {
        name: pd.concat(
            [each[name] for each in found if name in each], ignore_index=True
        )
        for name in ("tasks", "tuning", "results", "baselines")
    }


def findings(tables: "Tables") -> list[Finding]:
    compared = comparisons(tables["results"])
    paper = "as arXiv 1511.05042 has it"
    directions = [
        (
            "C20a",
            f"few classes: Taylor softmax does better than softmax, {paper}",
            IMAGES,
            TAYLOR,
            1,
        ),
        (
            "C20b",
            f"few classes: spherical softmax does better than softmax, {paper}",
            IMAGES,
            SPHERICAL,
            1,
        ),
        (
            "C20c",
            f"many classes: Taylor softmax does worse than softmax, {paper}",
            LANGUAGE,
            TAYLOR,
            -1,
        ),
        (
            "C20d",
            f"many classes: spherical softmax does worse than softmax, {paper}",
            LANGUAGE,
            SPHERICAL,
            -1,
        ),
    ]
    return [
        *[
            direction(
                id,
                claim,
                compared[task, pair, "accuracy"],
                compared[task, pair, "nll"],
                sign,
            )
            for id, claim, task, pair, sign in directions
            if (task, pair, "nll") in compared
        ],
        winners(
            "C20e",
            "few classes: some other pair is more accurate than softmax with cross-entropy",
            compared,
            IMAGES,
        ),
        winners(
            "C20f",
            "many classes: some other pair is more accurate than softmax with cross-entropy",
            compared,
            LANGUAGE,
        ),
        impossible(compared),
        has_learned(tables),
    ]


def comparisons(results: "pd.DataFrame") -> dict[tuple[str, str, str], Comparison]:
    """By task, pair and metric; all of them are one family."""
    tasks = list(dict.fromkeys(results["task"]))
    keys, gains, lost = [], [], []
    for task, (metric, (factor, _)) in product(tasks, METRICS.items()):
        of_metric = results[
            (results["task"] == task) & results["best_for"].str.contains(metric)
        ]
        hero = of_metric[of_metric["pair"] == HERO].set_index("seed")[metric]
        for pair, rows in of_metric[of_metric["pair"] != HERO].groupby(
            "pair", sort=False
        ):
            ours = rows.set_index("seed")[metric].reindex(hero.index)
            keys.append((task, str(pair), metric))
            gains.append(difference(factor * ours, factor * hero))
            lost.append(float(rows["impossible"].mean()))
    corrected = holm([gain.p for gain in gains])
    found = zip(keys, gains, corrected, lost, strict=True)
    return {key: Comparison(gain, p < LEVEL, share) for key, gain, p, share in found}


def direction(
    id: str, claim: str, accuracy: Comparison, nll: Comparison, sign: int
) -> Finding:
    """Whether both metrics, one or none go where the claim says."""
    goes = [
        round(np.sign(each.gain.mean) * sign) if each.significant else 0
        for each in (accuracy, nll)
    ]
    measured = f"acc. {accuracy.gain} points; NLL {flipped(nll.gain)}"
    verdict, limit = verdict_of(*goes)
    return Finding(id, claim, measured, verdict, limit)


def verdict_of(accuracy: int, nll: int) -> tuple[Verdict, str]:
    """From where the two go: 1 with the claim, -1 against it, 0 not significant."""
    if accuracy == nll:
        outcomes: dict[int, tuple[Verdict, str]] = {
            1: ("holds", ""),
            0: ("cannot tell", "neither difference is significant"),
            -1: ("does not hold", "both go the other way"),
        }
        return outcomes[accuracy]
    words = {1: "is as claimed", 0: "is not significant", -1: "goes the other way"}
    how = f"accuracy {words[accuracy]}, NLL {words[nll]}"
    return ("holds with a limit" if 1 in (accuracy, nll) else "does not hold"), how


def flipped(gain: Difference) -> Difference:
    """A gain in NLL as a difference in NLL, where less is better."""
    return Difference(-gain.mean, -gain.high, -gain.low, gain.p)


def winners(
    id: str, claim: str, compared: dict[tuple[str, str, str], Comparison], task: str
) -> Finding:
    each = {
        pair: found
        for (of, pair, metric), found in compared.items()
        if (of, metric) == (task, "accuracy")
    }
    better, worse = (
        [
            pair
            for pair, found in each.items()
            if found.significant and found.gain.mean * sign > 0
        ]
        for sign in (1, -1)
    )
    measured = f"{len(better)} of {len(each)} better, {len(worse)} worse, {len(each) - len(better) - len(worse)} not told apart"
    if better:
        best = max(better, key=lambda pair: each[pair].gain.mean)
        return Finding(
            id, claim, measured, "holds", f"most: {best}, {each[best].gain} points"
        )
    verdict: Verdict = "does not hold" if len(worse) == len(each) else "cannot tell"
    return Finding(
        id,
        claim,
        measured,
        verdict,
        "" if verdict == "does not hold" else "none is significantly better",
    )


def impossible(compared: dict[tuple[str, str, str], Comparison]) -> Finding:
    shares = {task: [each.impossible for (of, pair, _), each in compared.items() if of == task and pair in SPARSE]
              for task in PAIRS}  # fmt: skip
    measured = "; ".join(
        f"{task.split(',')[0]} {min(each):.2g} to {max(each):.2g}"
        for task, each in shares.items()
        if each
    )
    sparse = all(share > 0 for each in shares.values() for share in each)
    claim = "sparse normalizers give test labels probability 0, so that their NLL is infinite: share"
    return Finding(
        "C20g",
        claim,
        measured,
        "holds" if sparse else "holds with a limit",
        "" if sparse else "not every one",
    )


def has_learned(tables: "Tables") -> Finding:
    results, base = tables["results"], tables["baselines"].set_index("seed")
    hero = results[
        (results["task"] == LANGUAGE)
        & (results["pair"] == HERO)
        & results["best_for"].str.contains("nll")
    ]
    nll = hero.set_index("seed")["nll"].reindex(base.index)
    gain = difference(base["unigram_nll"], nll)
    words = {
        "unigram": base["unigram_nll"],
        "softmax": nll,
        "bigram": base["bigram_nll"],
    }
    measured = "perplexity: " + ", ".join(
        f"{name} {np.exp(values.mean()):.0f}" for name, values in words.items()
    )
    verdict: Verdict = "holds" if gain.low > 0 else "cannot tell"
    return Finding(
        "C20h",
        "many classes: the models have learned more than the frequencies of tokens",
        measured,
        verdict,
    )


def draw(tables: "Tables") -> Figure:
    compared = comparisons(tables["results"])
    rows = [
        pair
        for pair in PAIRS[IMAGES]
        if pair != HERO and pair in set(tables["results"]["pair"])
    ]
    figure, panels = plt.subplots(
        1, 4, figsize=(11.4, 0.34 * len(rows) + 2.1), sharey=True
    )
    figure.suptitle(title(compared), x=0.008, ha="left")
    for axes, (task, metric) in zip(panels, product(PAIRS, METRICS), strict=True):
        measured = [pair for pair in rows if (task, pair, "accuracy") in compared]
        draw_gains(
            axes,
            {pair: compared.get((task, pair, metric)) for pair in rows},
            measured,
            metric,
        )
        axes.set_title(f"{task}\nsoftmax: {level(tables, task, metric)}", fontsize=9)
        axes.set_xlabel(METRICS[metric][1], fontsize=8.5)
    panels[0].set_yticks(range(len(rows)), rows, fontsize=8.5)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    figure.supxlabel(caption(tables), fontsize=8, x=0.008, ha="left")
    return figure


def title(compared: dict[tuple[str, str, str], Comparison]) -> str:
    def better(task: str) -> str:
        each = [
            found
            for (of, _, metric), found in compared.items()
            if (of, metric) == (task, "accuracy")
        ]
        return f"{sum(found.significant and found.gain.mean > 0 for found in each) or 'none'} of {len(each)}"

    few, many = better(IMAGES), better(LANGUAGE)
    return f"More accurate than softmax with cross-entropy: {few} other pairs with 10 classes, {many} with 10,000"


def level(tables: "Tables", task: str, metric: str) -> str:
    results = tables["results"]
    hero = results[
        (results["task"] == task)
        & (results["pair"] == HERO)
        & results["best_for"].str.contains(metric)
    ]
    mean = hero[metric].mean()
    if metric == "accuracy":
        return f"accuracy {100 * mean:.1f} %"
    return f"NLL {mean:.3f}" + (
        f", perplexity {np.exp(mean):.0f}" if task == LANGUAGE else ""
    )


def draw_gains(
    axes: Axes,
    gains: "dict[str, Comparison | None]",
    measured: Collection[str],
    metric: str,
) -> None:
    """A dot and its interval in a row each, filled where it is significant."""
    axes.axvline(0, color=style.BLACK, linewidth=2.0, zorder=1)
    for row, (pair, found) in enumerate(gains.items()):
        if found is None or not np.isfinite(found.gain.mean):
            text = (
                r"$\infty$: impossible labels"
                if metric == "nll" and pair in measured
                else "not measured"
            )
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            look: dict[str, Any] = {
                "fontsize": 7.5,
                "color": "0.4",
                "ha": "center",
                "va": "center",
                "bbox": paper,
            }
            axes.text(0.5, row, text, transform=axes.get_yaxis_transform(), **look)
            continue
        color = style.style_of(pair)["color"]
        axes.plot(
            [found.gain.low, found.gain.high],
            [row, row],
            color=color,
            linewidth=2.2,
            solid_capstyle="butt",
        )
        face = color if found.significant else "white"
        axes.plot(
            found.gain.mean,
            row,
            "o",
            color=color,
            markerfacecolor=face,
            markersize=6,
            zorder=3,
        )
    axes.grid(axis="x", alpha=0.3)
    axes.margins(x=0.12)
    axes.locator_params(axis="x", nbins=5)


def caption(tables: "Tables") -> str:
    base, results = tables["baselines"], tables["results"]
    perplexities = [
        f"{name} {np.exp(base[f'{name}_nll'].mean()):.0f}"
        for name in ("unigram", "bigram")
    ]
    source = tables["tasks"]["data"].iloc[-1]
    return (
        "Right of 0 is better than softmax. Test data; 95 % intervals of the paired difference; filled: significant after "
        f"Holm's correction for all comparisons.\nLanguage: {source}; perplexities by counting: {', '.join(perplexities)}. "
        f"{int(results['diverged'].sum()) or 'None'} of {len(results)} runs diverged."
    )


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw)
