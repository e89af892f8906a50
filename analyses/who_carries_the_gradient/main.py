"""Do the misclassified examples carry more of the gradient than their share of the examples?

Claim C06, by training twelve pairs on scikit-learn's digits (8 x 8 pixels, 10 classes; 1078 images
to train, 360 to tune, 359 to test): a linear model and one with a hidden layer of 64, mini-batches
of 64, 20 epochs of plain gradient descent. The learning rate is tuned for each pair and model: of 6
rates, the same for all, the one with the best validation accuracy after the last epoch, over 5
seeds. The measurements are from 10 other seeds, of initial weights and mini-batches, on the one
split.

An example's gradient is the derivative of its loss in the logits; its share is its norm over the
sum of the norms of all images to train on, after every epoch. The share of the examples that are
wrong falls over training, so that pairs are compared where AT of the images are wrong: for each
seed, between the two epochs around that moment. A seed that never gets there is counted, and its
pair is not compared.

Intervals are Student's t over seeds, 95 %. Differences from softmax + cross_entropy are taken seed
by seed, with Holm's correction over the pairs and models.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .. import harness
from ..harness.findings import Finding, Verdict, proved
from .figure import AT, MODELS, REFERENCE, draw, draw_details

if TYPE_CHECKING:
    import pandas as pd

    Tables: TypeAlias = Mapping[str, pd.DataFrame]


def measure(run: harness.StudyRun) -> "dict[str, pd.DataFrame]":
    import jax  # here, as a figure is redrawn without JAX

    from . import tables
    from .training import train_all

    jax.config.update("jax_enable_x64", True)
    runs = train_all(run)
    return {
        "pairs": tables.by_pair(runs),
        "shares": tables.by_epoch(runs),
        "bounds": tables.bounds(),
    }


def findings(tables: "Tables") -> list[Finding]:
    pairs = tables["pairs"]
    linear, hidden = (pairs[pairs.model == model].set_index("pair") for model in MODELS)
    return [
        within_bounds(tables["bounds"].iloc[0]),
        dominated("C06b", MODELS[0], linear.loc[REFERENCE]),
        dominated("C06c", MODELS[1], hidden.loc[REFERENCE]),
        at_the_end("C06d", MODELS[0], linear.loc[REFERENCE]),
        at_the_end("C06e", MODELS[1], hidden.loc[REFERENCE]),
        others("C06f", MODELS[0], linear.drop(REFERENCE)),
        others("C06g", MODELS[1], hidden.drop(REFERENCE)),
        tuning(pairs),
    ]


def within_bounds(bounds: "pd.Series[Any]") -> Finding:
    return proved(
        "C06a",
        "with softmax + cross_entropy the norm lies between 1.05 and 1.41 times 1 - p_y",
        bounds.outside,
        expected=0,
        tolerance=0,
        measured=f"{{:.0f}} of {bounds.logits:.0f} random logits lie outside",
    )


def dominated(id: str, model: str, row: "pd.Series[Any]") -> Finding:
    """Whether the wrong carry most of the gradient, where AT of the examples are wrong."""
    claim = f"the wrong dominate the likelihood ({model})"
    if np.isnan(row.carried):
        limit = f"{row.never_there} of {row.seeds} seeds never are at {AT:.0%}"
        return Finding(id, claim, "nothing was measured", "cannot tell", limit)
    verdict, limit = verdict_on_share(row)
    measured = (
        f"{AT:.0%} of the examples carry {percent(row, 'carried')} of the gradient"
    )
    return Finding(id, claim, measured, verdict, limit)


def verdict_on_share(row: "pd.Series[Any]") -> tuple[Verdict, str]:
    if row.carried_low > 0.5:
        return "holds", ""
    if row.carried_low > AT:
        times = f"{row.carried / AT:.0f} times their share of the examples"
        return "holds with a limit", f"{times}, yet not most of the gradient"
    if row.carried_high < AT:
        return "does not hold", "no more than their share"
    return "cannot tell", ""


def at_the_end(id: str, model: str, row: "pd.Series[Any]") -> Finding:
    """Whether the wrong carry more than their share after the last epoch."""
    more = row.end_carried_low > row.end_wrong_high
    limit = "the right are many, and none has a gradient of 0"
    return Finding(
        id,
        f"the wrong still do so after the last epoch ({model})",
        f"{row.end_wrong:.2%} of the examples carry {percent(row, 'end_carried')}",
        "holds with a limit" if more else "cannot tell",
        limit if more else "hardly any is wrong",
    )


def others(id: str, model: str, pairs: "pd.DataFrame") -> Finding:
    """Whether the wrong carry less with other pairs, where AT of the examples are wrong."""
    claim = f"with other pairs the wrong carry less ({model}, at {AT:.0%} wrong)"
    count = len(pairs)
    measured = pairs[np.isfinite(pairs.difference_mean)].sort_values("carried")
    if measured.empty:
        limit = f"none of {count} has all its seeds there"
        return Finding(id, claim, "nothing was measured", "cannot tell", limit)
    clear = measured[measured.holm_p < 0.05]
    more = (clear.difference_mean > 0).sum()
    less = (clear.difference_mean < 0).sum()
    least = measured.iloc[0]
    most = measured.iloc[-1]
    alike = len(measured) - len(clear)
    never = count - len(measured)
    return Finding(
        id,
        claim,
        f"of {count}, {less} carry less and {more} more, "
        f"from {least.carried:.0%} to {most.carried:.0%}",
        verdict_by_count(less, count),
        f"{least.name} carries least and {most.name} most; "
        f"{alike} are not told apart, and {never} are never there (Holm, 5 %)",
    )


def verdict_by_count(holding: int, count: int) -> Verdict:
    if holding == count:
        return "holds"
    return "holds with a limit" if holding else "does not hold"


def tuning(pairs: "pd.DataFrame") -> Finding:
    edges = pairs[pairs.edge != "inside"]
    names = ", ".join(sorted(set(edges.pair)))
    inside = len(pairs) - len(edges)
    return Finding(
        "C06h",
        "the learning rates that were tuned lie inside the grid",
        f"{inside} of {len(pairs)} do, and {pairs.diverged.sum()} runs diverged",
        "holds with a limit" if names else "holds",
        f"at its edge {names}" if names else "",
    )


def percent(row: "pd.Series[Any]", name: str) -> str:
    """The mean and the ends of its interval, in percent."""
    mean = 100 * row[name]
    low = 100 * row[f"{name}_low"]
    high = 100 * row[f"{name}_high"]
    return f"{mean:.0f} [{low:.0f}, {high:.0f}] %"


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, details=draw_details)
