"""Are log-probabilities numerically safer than products of probabilities?

Claim C14, in float64, float32, bfloat16 and float16: where does a product of probabilities
underflow, and how exact is the sum of logs?

Products: powers of 0.9, 0.5, 0.1 and 0.001 are multiplied out, as IEEE 754 defines it and in JAX,
until they fall below the smallest normal number, at n = log(smallest) / log p by theory, and until
they are 0; products of probabilities that are uniform in (0, 1) likewise, in 1,000 draws.

Sums: logarithms of such probabilities are added up, one after the other, pairwise, compensated
(Neumaier), as a running mean times n, and by jnp.sum, up to a million of them in ten draws each.
They are compared with their exact sum (math.fsum) and the bounds of theory (Higham). As far as
products go, the errors of both forms are compared. Last comes the gradient of a negative log
likelihood in the logits, by JAX, written either way.

Intervals are Student's t over the draws, 95 %. There is nothing to tune.
"""

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from .. import harness
from ..harness.findings import Finding, Verdict, proved
from ..harness.study import StudyRun
from .overview import draw
from .panels import DTYPES, draw_ends, draw_errors

SHOWN = ("float32", "bfloat16")
CAPTION = (
    "Left: n equal probabilities p, and p drawn uniformly from (0, 1). "
    "Middle and right: p drawn uniformly; "
    "means of ten draws of the relative error of the sum of log p."
)


def measure(run: StudyRun) -> dict[str, pd.DataFrame]:
    import jax  # here, as a figure is redrawn without JAX

    from . import tables

    jax.config.update("jax_enable_x64", True)
    ends = tables.ENDS[:6] if run.quick else tables.ENDS

    def sum_errors(dtype: str) -> pd.DataFrame:
        return tables.sum_errors(dtype, ends)

    return {
        "powers": run.gather("powers", DTYPES, tables.power_rows),
        "uniform": run.gather("uniform", DTYPES, tables.uniform_rows),
        "sums": run.gather("sums", DTYPES, sum_errors),
        "before_underflow": run.gather(
            "before underflow", DTYPES, tables.before_underflow
        ),
        "gradients": run.gather("gradients", DTYPES, tables.gradient_rows),
    }


def findings(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    return [
        *products(tables["powers"], tables["uniform"]),
        *sums(tables["sums"]),
        exactness(tables["before_underflow"]),
        *gradients(tables["gradients"]),
    ]


def products(powers: pd.DataFrame, uniform: pd.DataFrame) -> list[Finding]:
    """Where products underflow, and that some never go to 0 (C14a to d)."""
    difference = (powers["below_normal_at"] - powers["theory"]).abs()
    off = difference > powers["rounding_allows"]
    tenth = powers[powers["p"] == 0.1].set_index("dtype")["below_normal_at"]
    likely = powers[powers["p"] > 0.5]
    stuck = likely[likely["zero_at"] < 0]["last_in_units"]
    covered = (uniform["mean"] - uniform["theory"]).abs() <= uniform["half_width"]
    means = uniform.set_index("dtype")["mean"].round(1)
    outside = "theory, 1 - log(smallest normal), lies outside of an interval"
    return [
        proved("C14a",
               "a product of n probabilities underflows once n > log(smallest normal) / log p",
               off.sum(), expected=0, tolerance=0,
               measured=f"there are {{:.0f}} exceptions in {len(powers)} cases"),
        Finding("C14b", "for p = 0.1 the product "
                        "underflows from some n on",
                f"it does from these n on: {listed(tenth)}", "holds"),
        Finding("C14c",
                "products of probabilities that are uniform in (0, "
                "1) underflow at some n on average",
                f"they do at these n: {listed(means)}", verdict(bool(covered.all())),
                "" if covered.all() else outside),
        Finding("C14d", "below that the product goes to 0",
                f"it does not for p > 1/2: 0.9^n stays at {span(stuck)} units",
                "holds with a limit",
                "a number of few units times p > 1/2 rounds to itself; "
                "where JAX flushes it, it is 0"),
    ]  # fmt: skip


def sums(errors: pd.DataFrame) -> list[Finding]:
    """How exact the sums are (C14e to h)."""
    finite = np.isfinite(errors["largest_error"])
    bounded = errors[np.isfinite(errors["bound"]) & finite]
    beyond = (bounded["largest_error"] > bounded["bound"]).sum()
    infinite = ", ".join(sorted(set(errors["dtype"][~finite])))
    longest = errors["n"].max()
    last = errors[errors["n"] == longest].set_index(["dtype", "method"])[
        "largest_error"
    ]
    methods = ("one after the other", "pairwise", "compensated")
    single = ", ".join(f"{method} {last['float32', method]:.0e}" for method in methods)
    plain = last["bfloat16", "one after the other"]
    library = last["bfloat16", "jnp.sum"]
    beyond_float16 = "float16 holds no sum beyond 65,504; the running mean stays finite"
    return [
        Finding("C14e", "the sum of logs has no such end, to a million terms",
                f"it is infinite in {infinite or 'no format'}", verdict(not infinite),
                beyond_float16 if infinite else ""),
        proved("C14f",
               "its error is bounded: n eps/2 in order, log2 n eps/2 pairwise, eps compensated",
               beyond, expected=0, tolerance=0,
               measured=f"{{:.0f}} of {len(bounded)} cases lie beyond",
               verdict="holds with a limit",
               limit="it is as long as n eps is small (eps + 2 (n eps)^2 compensated): "
                     "not in 16 bits, where all stand still"),
        Finding("C14g", f"with n = {longest:,} in float32 it is exact, added in a good order",
                f"the worst relative errors of ten are: {single}", "holds"),
        Finding("C14h", "16 bits are enough to add in",
                f"in bfloat16 it is off by {plain:.0%} in order, and by {library:.1%} with jnp.sum",
                "does not hold",
                "the sum stands still once a term is below half its last digit; "
                "jnp.sum adds in float32"),
    ]  # fmt: skip


def exactness(errors: pd.DataFrame) -> Finding:
    """Which form is more exact before products underflow (C14i)."""
    both = errors.dropna()
    ratios = both["product_error"] / both["sum_error"]
    medians = ratios.groupby(both["dtype"]).median().reindex(DTYPES).dropna()
    return Finding(
        "C14i",
        "before it underflows the product is less exact than the sum",
        f"the median ratios of its errors to the sum's are {listed(medians.round(2))}",
        "does not hold",
        "safer is the sum's range, not its precision",
    )


def gradients(table: pd.DataFrame) -> list[Finding]:
    """From which number of labels on the gradients are not finite (C14j and k)."""
    ends = table.set_index(["form", "dtype"])["not_finite_at"]
    return [
        Finding("C14j", "the gradient of the log of a product is NaN from some n on",
                f"it is from these n on: {listed(ends['product'])}", "holds"),
        proved("C14k", "the gradient of the sum of logs is never NaN", (ends["sum"] >= 0).sum(),
               expected=0, tolerance=0, measured="it is not finite in {:.0f} of 4 formats"),
    ]  # fmt: skip


def verdict(holds: bool) -> Verdict:
    return "holds" if holds else "holds with a limit"


def listed(values: pd.Series) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in values.items())


def span(values: pd.Series) -> str:
    return f"{values.min():g} to {values.max():g}"


def draw_details(tables: dict[str, pd.DataFrame]) -> Figure:
    figure, (ends, *errors) = plt.subplots(
        1, 3, figsize=(13.2, 4.6), width_ratios=[0.8, 1, 1]
    )
    figure.suptitle(
        "A product of probabilities soon underflows; the sum of their logarithms does not, "
        "but in 16 bits, term by term, it stands still",
        x=0.008,
        ha="left",
    )
    draw_ends(ends, tables["powers"], tables["uniform"])
    figure.supxlabel(CAPTION, fontsize=8, x=0.008, ha="left")
    for axes, dtype in zip(errors, SHOWN, strict=True):
        rows = tables["sums"][tables["sums"]["dtype"] == dtype]
        draw_errors(axes, rows, dtype)
    return figure


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, details=draw_details)
