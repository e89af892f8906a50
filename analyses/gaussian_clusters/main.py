"""Which pairs find the true posterior of Gaussian clusters, and where do the others end?

Claims C16, C17 (training part) and C18.

The data: three classes in two dimensions, one Gaussian cluster of covariance 1 each, with the
shares 0.5, 0.3 and 0.2. Their posterior is a softmax of linear functions, and known.

The fits: every pair of the catalog, with linear logits, is fitted to the first 100 and 1,000
examples of ten data sets (those that are compared closely to 10,000, or 100,000), and to the
distribution itself by the trapezoidal rule, which shows where the pair ends with unlimited data.
BFGS with a line search fits the whole data set, so that there is no learning rate to tune. The fit
to 100 examples is the better one from a gentle and from a random start; the fit to 1,000 starts at
the gentle start and at the fit to 100; later ones start at the fit to fewer examples. kl is left
out: it is cross_entropy here.

The distance from the truth is the mean over the inputs, by the same rule, of the KL divergence or
of the total variation distance (1 where p is undefined). It has two causes, which are measured
apart:

* The loss may ask for other probabilities. The columns "asked" are from fits to labels without
  inputs, where any p can be reached, beside the minimiser of the expected loss that theory gives.
* The normalizer may be unable to give the posterior with linear logits. The limit of its pair with
  cross-entropy is then the nearest that it can give.

Intervals are Student's t over ten data sets, 95 %. Comparisons with softmax + cross_entropy are
paired by data set, and corrected by Holm.
"""

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from .. import harness
from ..harness.findings import Finding
from ..harness.study import StudyRun
from . import likelihood_findings, posterior_findings
from .criteria import REFERENCE
from .panels import draw_growth, draw_limits

LOSSES_DRAWN = (
    "brier",
    "spherical_score",
    "poly1",
    "label_smoothing",
    "hellinger",
    "exponential",
)
NORMALIZERS_DRAWN = ("softplus", "taylor", "abs", "sum", "sparsemax")


def measure(run: StudyRun) -> dict[str, pd.DataFrame]:
    """Fit all pairs, and summarise the fits."""
    import jax  # here, as a figure is redrawn without JAX

    from . import identities, tables

    jax.config.update("jax_enable_x64", True)
    fits = tables.fit_pairs(run)
    ties = tables.measure_ties(run)
    return {
        "fits": tables.by_size(fits),
        "pairs": tables.by_pair(fits),
        "comparisons": tables.comparisons(fits),
        "ties": ties,
        "identities": identities.identities(),
    }


def findings(tables: dict[str, pd.DataFrame]) -> list[Finding]:
    pairs = tables["pairs"].set_index("pair")
    trained = pairs[pairs["outcome"] == "trained"]
    comparisons = tables["comparisons"]
    values = tables["identities"].set_index("what")["value"]
    return [
        posterior_findings.linear_posterior(trained),
        posterior_findings.efficient_fit(tables["fits"]),
        *posterior_findings.unlike_clusters(values),
        *posterior_findings.other_ways(trained),
        *posterior_findings.improper_losses(trained, values),
        posterior_findings.free_probabilities(trained),
        posterior_findings.compared_with_reference(pairs, comparisons),
        *likelihood_findings.exponential_family(trained),
        *likelihood_findings.likelihood(trained, values),
        *likelihood_findings.other_likelihoods(trained),
        *likelihood_findings.gradient_ties(tables["ties"]),
        likelihood_findings.efficiency(comparisons),
    ]


def draw(tables: dict[str, pd.DataFrame]) -> Figure:
    figure = plt.figure(figsize=(13.2, 7.4))
    figure.suptitle(
        "Softmax with a proper loss finds the true posterior, and so does what becomes softmax "
        "far out; the others settle elsewhere",
        x=0.008,
        ha="left",
    )
    halves = figure.add_gridspec(1, 2, width_ratios=[1, 1.12])
    left = figure.add_subfigure(halves[0, 0])
    right = figure.add_subfigure(halves[0, 1])
    upper, lower = left.subplots(2, 1, sharex=True)
    losses = {f"softmax + {loss}": loss for loss in LOSSES_DRAWN}
    normalizers = {f"{name} + cross_entropy": name for name in NORMALIZERS_DRAWN}
    draw_growth(upper, tables, {REFERENCE: REFERENCE} | losses)
    draw_growth(lower, tables, {REFERENCE: REFERENCE} | normalizers)
    upper.set_title("Softmax with different losses")
    lower.set_title("Different normalizers with cross-entropy")
    lower.set_xlabel("training examples")
    draw_limits(right.subplots(), tables["pairs"])
    return figure


if __name__ == "__main__":
    harness.study(__file__, measure, findings, draw, level=1)
