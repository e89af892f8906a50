"""Are log-probabilities numerically safer: where does a product of probabilities underflow, and how exact is the sum of logs?

Claim C14, in float64, float32, bfloat16 and float16. Powers of 0.9, 0.5, 0.1 and 0.001 are multiplied out, as IEEE 754 has it
and in JAX, until they fall below the smallest normal number, which theory puts at n = log(smallest) / log p, and until they
are 0; products of probabilities that are uniform in (0, 1) likewise, in 1,000 draws. Logarithms of such probabilities are
added up, one after the other, pairwise, compensated (Neumaier), as a running mean times n, and by jnp.sum, up to a million of
them in ten draws each, and compared with their exact sum (math.fsum) and the bounds of theory (Higham). Up to where products
go, both forms' errors are compared. Last, the gradient of a negative log likelihood in the logits, by JAX, written either way.
Intervals are Student's t over the draws, 95 %. There is nothing to tune.
"""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from logitscape import plotting
from logitscape._src.plotting.style import (
    BLACK,
    BLUE,
    DASHED,
    DOTTED,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    SOLID,
    settled_log10,
)

from .. import harness
from ..harness.findings import Finding, proved
from ..harness.study import StudyRun

DTYPES = ("float64", "float32", "bfloat16", "float16")
PROBABILITIES = {0.9: ORANGE, 0.5: GREEN, 0.1: BLUE, 0.001: BLACK}
STYLES = {
    "one after the other": (BLACK, SOLID),
    "pairwise": (BLUE, DASHED),
    "compensated": (GREEN, DOTTED),
    "running mean": (ORANGE, DASHED),
    "jnp.sum": (SKY, SOLID),
}
SHOWN = ("float32", "bfloat16")
CAPTION = (
    "Left: n equal probabilities p, and p drawn uniformly from (0, 1). Middle and right: p drawn uniformly; "
    "means of ten draws of the relative error of the sum of log p."
)


def measure(plan: StudyRun) -> dict[str, pd.DataFrame]:
    from . import tables

    return tables.measure(plan)


def findings(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    return [
        *products(tables["powers"], tables["uniform"]),
        *sums(tables["sums"]),
        *either_way(tables),
    ]


def products(powers: pd.DataFrame, uniform: pd.DataFrame) -> list[Finding]:
    off = (powers["below_normal_at"] - powers["theory"]).abs() > powers[
        "rounding_allows"
    ]
    tenth = powers[powers["p"] == 0.1].set_index("dtype")
    likely = powers[powers["p"] > 0.5]
    stuck = likely[likely["zero_at"] < 0]
    covered = (uniform["mean"] - uniform["theory"]).abs() <= uniform["half_width"]
    return [
        proved("C14a", "a product of n probabilities underflows once n > log(smallest normal) / log p",
               off.sum(), expected=0, tolerance=0, measured=f"{{:.0f}} exceptions in {len(powers)}"),
        Finding("C14b", "where that is, p = 0.1: the smallest n", listed(tenth["below_normal_at"]), "holds"),
        Finding("C14c", "probabilities uniform in (0, 1): the mean n at which their product underflows",
                listed(uniform.set_index("dtype")["mean"].round(1)), "holds" if covered.all() else "holds with a limit",
                "" if covered.all() else "theory, 1 - log(smallest normal), lies outside of an interval"),
        Finding("C14d", "below that the product goes to 0",
                f"not for p > 1/2: 0.9^n stays at {span(stuck['last_in_units'])} units",
                "holds with a limit", "a number of few units times p > 1/2 rounds to itself; where JAX flushes it, it is 0"),
    ]  # fmt: skip


def sums(found: pd.DataFrame) -> list[Finding]:
    bounded = found[np.isfinite(found["bound"]) & np.isfinite(found["largest_error"])]
    beyond = (bounded["largest_error"] > bounded["bound"]).sum()
    last = found[found["n"] == found["n"].max()].set_index(["dtype", "method"])[
        "largest_error"
    ]
    infinite = found[~np.isfinite(found["largest_error"])]
    single = ", ".join(
        f"{name} {last['float32', name]:.0e}"
        for name in ("one after the other", "pairwise", "compensated")
    )
    plain, library = (
        last["bfloat16", "one after the other"],
        last["bfloat16", "jnp.sum"],
    )
    return [
        Finding("C14e", "the sum of logs has no such end, to a million terms",
                f"infinite in {', '.join(sorted(set(infinite['dtype']))) or 'no format'}",
                "holds with a limit" if len(infinite) else "holds",
                "float16 holds no sum beyond 65,504; the running mean stays finite" if len(infinite) else ""),
        proved("C14f", "its error is bounded: n eps/2 in order, log2 n eps/2 pairwise, eps compensated",
               beyond, expected=0, tolerance=0, measured=f"{{:.0f}} of {len(bounded)} beyond",
               verdict="holds with a limit",
               limit="as long as n eps is small (eps + 2 (n eps)^2 compensated): not in 16 bits, where all stand still"),
        Finding("C14g", f"its largest relative error in ten draws, n = {found['n'].max():,}, float32", single, "holds"),
        Finding("C14h", "16 bits are enough to add in", f"bfloat16: off by {plain:.0%} in order, {library:.1%} by jnp.sum",
                "does not hold", "the sum stands still once a term is below half its last digit; jnp.sum adds in float32"),
    ]  # fmt: skip


def either_way(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    both = tables["before_underflow"].dropna()
    ratio = (
        (both["product_error"] / both["sum_error"])
        .groupby(both["dtype"])
        .median()
        .reindex(DTYPES)
        .dropna()
    )
    slopes = tables["gradients"].set_index(["form", "dtype"])
    return [
        Finding("C14i", "before it underflows the product is less exact than the sum (median ratio of errors)",
                listed(ratio.round(2)), "does not hold", "safer is the sum's range, not its precision"),
        Finding("C14j", "the gradient of log of a product: NaN from n on",
                listed(slopes.loc["product", "not_finite_at"]), "holds"),
        proved("C14k", "the gradient of the sum of logs never is", (slopes.loc["sum", "not_finite_at"] >= 0).sum(),
               expected=0, tolerance=0, measured="not finite in {:.0f} of 4 formats"),
    ]  # fmt: skip


def listed(values: pd.Series) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def span(values: pd.Series) -> str:
    return f"{values.min():g} to {values.max():g}"


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    figure, (ends, *errors) = plt.subplots(
        1, 3, figsize=(13.2, 4.6), width_ratios=[0.8, 1, 1]
    )
    figure.suptitle("A product of probabilities soon underflows; the sum of their logarithms does not, "
                    "but in 16 bits, term by term, it stands still", x=0.008, ha="left")  # fmt: skip
    draw_ends(ends, tables["powers"], tables["uniform"])
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for axes, dtype in zip(errors, SHOWN, strict=True):
        draw_errors(axes, tables["sums"], dtype)
    return figure


def draw_ends(axes: Axes, powers: pd.DataFrame, uniform: pd.DataFrame) -> None:
    """How many probabilities a product takes, by format."""
    axes.set(
        title="Terms until a product underflows",
        xscale="log",
        xlim=(1, 2e4),
        ylim=(3.6, -0.6),
        xlabel="$n$",
    )
    for p, color in PROBABILITIES.items():
        at = (
            powers[powers["p"] == p]
            .set_index("dtype")
            .loc[list(DTYPES), "below_normal_at"]
        )
        axes.plot(at, range(4), "o", color=color, markersize=7)
        axes.text(
            at.iloc[0],
            -0.3,
            f"{p:g}",
            color=color,
            ha="right" if p == min(PROBABILITIES) else "center",
            fontsize=8.5,
        )
    at = uniform.set_index("dtype").loc[list(DTYPES), "mean"]
    axes.plot(at, np.arange(4) + 0.18, "d", color=GREY, markersize=5)
    axes.text(at.iloc[0], 0.5, "uniform, mean", color=GREY, ha="center", fontsize=8.5)
    axes.text(1.15, -0.3, "$p$ =", fontsize=8.5)
    axes.set_yticks(range(4), DTYPES)


def draw_errors(axes: Axes, found: pd.DataFrame, dtype: str) -> None:
    """Relative errors of the sum by method, and the bounds of the plain and the pairwise one."""
    rows = found[found["dtype"] == dtype]
    sizes = np.unique(rows["n"]).astype(float)
    axes.set(
        title=f"Relative error of the sum of logs, {dtype}",
        xscale="log",
        yscale="log",
        xlabel="$n$",
        xlim=sizes[[0, -1]],
    )
    axes.set_ylim(*((2e-9, 3e-2) if dtype == "float32" else (2e-4, 3)))
    curves, styles = {}, {}
    for method, (color, dashes) in STYLES.items():
        curves[method] = (
            rows[rows["method"] == method]
            .set_index("n")["mean_error"]
            .reindex(sizes)
            .to_numpy()
        )
        styles[method] = {"color": color, "linestyle": dashes, "linewidth": 1.8}
    for method in ("one after the other", "pairwise"):
        bound = (
            rows[rows["method"] == method]
            .set_index("n")["bound"]
            .reindex(sizes)
            .to_numpy()
        )
        bound = 10 ** settled_log10(np.where(np.isfinite(bound), bound, np.nan))
        axes.plot(
            sizes, bound, color=STYLES[method][0], linewidth=0.8, alpha=0.6, zorder=1
        )
    plotting.labelled_curves(axes, sizes, curves, styles=styles)
    axes.text(
        0.03,
        0.96,
        "thin: bounds",
        transform=axes.transAxes,
        va="top",
        fontsize=8,
        color="0.35",
    )


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw)
