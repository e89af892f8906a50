"""The tables of the study, a part for each format."""

import math

import numpy as np
import pandas as pd

from ..shared.intervals import half_width
from .formats import Array, rounded, smallest_normal, smallest_subnormal, unit_roundoff
from .gradients import gradient_errors
from .products import first, powers, powers_in_jax
from .sums import bound, exact, logarithms, sums

PROBABILITIES = (0.9, 0.5, 0.1, 0.001)
SEEDS = 10
"""Number of draws of terms for sums."""
DRAWS = 1000
"""Number of draws of products."""
ENDS = [round(10 ** (i / 2)) for i in range(2, 13)]
"""Numbers of terms in sums, 10 to a million."""
SHORT = [2, 5, 10, 20, 50, 100, 200, 500]
"""Numbers of factors where products are compared with sums."""
# In float64 a product lasts for 709 uniform factors, with a standard deviation of 27.
MOST_FACTORS = 2000


def power_rows(dtype: str) -> pd.DataFrame:
    """The number of factors at which powers underflow, and theory for p as the format rounds it."""
    return pd.DataFrame([_power_row(p, dtype) for p in PROBABILITIES])


def _power_row(p: float, dtype: str) -> dict[str, object]:
    products = powers(p, dtype)
    log_p = math.log(float(rounded(np.array(p), dtype)))
    theory = math.floor(math.log(smallest_normal(dtype)) / log_p) + 1
    return {
        "dtype": dtype,
        "p": p,
        "below_normal_at": first(products < smallest_normal(dtype)),
        "theory": theory,
        # n roundings change the logarithm of the product by n u at most.
        "rounding_allows": math.ceil(theory * unit_roundoff(dtype) / abs(log_p)),
        "zero_at": first(products == 0),
        "zero_in_jax_at": first(powers_in_jax(p, dtype) == 0),
        "last_in_units": products[-1] / smallest_subnormal(dtype),
    }


def uniform_rows(dtype: str) -> pd.DataFrame:
    """The mean number of uniform factors at which their product underflows.

    -log p is exponential, so that the number is 1 + a Poisson variable of mean -log(smallest
    normal).
    """
    random = np.random.default_rng(0)
    p = rounded(random.uniform(size=(DRAWS, MOST_FACTORS)), dtype)
    below = _products(p) < smallest_normal(dtype)
    counts = 1 + below.argmax(axis=1)
    row = {
        "dtype": dtype,
        "mean": counts.mean(),
        "half_width": half_width(counts),
        "theory": 1 - math.log(smallest_normal(dtype)),
    }
    return pd.DataFrame([row])


def sum_errors(dtype: str, ends: list[int]) -> pd.DataFrame:
    """Relative errors by method and number of terms: the mean and the largest of ten draws."""
    terms = logarithms(dtype, ends[-1], SEEDS)
    expected = np.stack([exact(terms[:, :end]) for end in ends])
    rows = []
    for method, totals in sums(dtype, terms, ends).items():
        errors = np.abs(totals / expected - 1)
        for end, by_seed in zip(ends, errors, strict=True):
            row = {
                "dtype": dtype,
                "method": method,
                "n": end,
                "mean_error": by_seed.mean(),
                "largest_error": by_seed.max(),
                "bound": bound(method, dtype, end),
            }
            rows.append(row)
    return pd.DataFrame(rows)


def before_underflow(dtype: str) -> pd.DataFrame:
    """Mean absolute errors of log(product) and of the sum of rounded logarithms.

    The former is NaN where a product has underflown.
    """
    random = np.random.default_rng(1)
    p = rounded(random.uniform(size=(SEEDS, SHORT[-1])), dtype)
    logs = np.log(p.astype(float))
    products = _products(p)
    # Accumulated one after the other, as the product is; a
    # sum by NumPy would be pairwise.
    totals = np.add.accumulate(rounded(logs, dtype), axis=1).astype(float)
    rows = []
    for n in SHORT:
        expected = exact(logs[:, :n])
        product = products[:, n - 1]
        product_error = np.nan
        if (product >= smallest_normal(dtype)).all():
            product_error = np.abs(np.log(product) - expected).mean()
        row = {
            "dtype": dtype,
            "n": n,
            "product_error": product_error,
            "sum_error": np.abs(totals[:, n - 1] - expected).mean(),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _products(p: Array) -> Array:
    """Products of the first factors, in float64; multiplied in the format of the factors."""
    return np.multiply.accumulate(p, axis=1).astype(float)


def gradient_rows(dtype: str) -> pd.DataFrame:
    """The number of labels from which on a gradient is not finite, and the largest error before."""
    rows = []
    for form, errors in gradient_errors(dtype, MOST_FACTORS // 2).items():
        finite = np.isfinite(errors)
        row = {
            "dtype": dtype,
            "form": form,
            "not_finite_at": first(~finite),
            "largest_error": errors[finite].max(),
        }
        rows.append(row)
    return pd.DataFrame(rows)
