"""The tables of products_or_sums_of_logs.py."""

import math

import jax
import numpy as np
import pandas as pd

from ..harness.results import Tables
from ..harness.study import StudyRun
from ..shared.intervals import half_width
from .sums import (
    DTYPES,
    Array,
    bound,
    exact,
    first,
    gradients,
    logarithms,
    powers,
    powers_in_jax,
    rounded,
    smallest,
    sums,
    unit,
)

PROBABILITIES = (0.9, 0.5, 0.1, 0.001)
SEEDS, DRAWS = 10, 1000
ENDS = [round(10 ** (i / 2)) for i in range(2, 13)]
SHORT = [2, 5, 10, 20, 50, 100, 200, 500]
MOST_FACTORS = 2000


def measure(plan: StudyRun) -> Tables:
    jax.config.update("jax_enable_x64", True)
    ends = ENDS[:6] if plan.quick else ENDS

    def of_sums(dtype: str) -> pd.DataFrame:
        return sum_errors(dtype, ends)

    return {
        "powers": plan.gather("powers", DTYPES, power_rows),
        "uniform": plan.gather("uniform", DTYPES, uniform_rows),
        "sums": plan.gather("sums", DTYPES, of_sums),
        "before_underflow": plan.gather("before underflow", DTYPES, before_underflow),
        "gradients": plan.gather("gradients", DTYPES, gradient_rows),
    }


def power_rows(dtype: str) -> pd.DataFrame:
    """When powers underflow, beside theory for p as the format has it; rounding moves that by n u / |log p| at most."""
    normal, unit_in_last_place = smallest(dtype)
    rows = []
    for p in PROBABILITIES:
        found, log_p = powers(p, dtype), math.log(float(rounded(np.array(p), dtype)))
        theory = math.floor(math.log(normal) / log_p) + 1
        rows.append({
            "dtype": dtype,
            "p": p,
            "below_normal_at": first(found < normal),
            "theory": theory,
            "rounding_allows": math.ceil(theory * unit(dtype) / abs(log_p)),
            "zero_at": first(found == 0),
            "zero_in_jax_at": first(powers_in_jax(p, dtype) == 0),
            "last_in_units": found[-1] / unit_in_last_place,
        })  # fmt: skip
    return pd.DataFrame(rows)


def uniform_rows(dtype: str) -> pd.DataFrame:
    """-log p is exponential, so that the number of terms is 1 + a Poisson variable of mean -log(smallest normal)."""
    normal = smallest(dtype)[0]
    p = rounded(np.random.default_rng(0).uniform(size=(DRAWS, MOST_FACTORS)), dtype)
    below = np.multiply.accumulate(p, axis=1).astype(float) < normal
    counts = 1 + below.argmax(axis=1)
    row = {
        "dtype": dtype,
        "mean": counts.mean(),
        "half_width": half_width(counts),
        "theory": 1 - math.log(normal),
    }
    return pd.DataFrame([row])


def sum_errors(dtype: str, ends: list[int]) -> pd.DataFrame:
    """Relative errors by method and number of terms: the mean and the largest of ten draws."""
    terms = logarithms(dtype, ends[-1], SEEDS)
    wanted = np.stack([exact(terms[:, :end]) for end in ends])
    rows = []
    for method, found in sums(dtype, terms, ends).items():
        off = np.abs(found / wanted - 1)
        for end, errors in zip(ends, off, strict=True):
            row = {
                "dtype": dtype,
                "method": method,
                "n": end,
                "mean_error": errors.mean(),
                "largest_error": errors.max(),
            }
            rows.append(row | {"bound": bound(method, dtype, end)})
    return pd.DataFrame(rows)


def before_underflow(dtype: str) -> pd.DataFrame:
    """Mean absolute errors of log(product) and of the sum of rounded logarithms; NaN where a product has underflown."""
    p = rounded(np.random.default_rng(1).uniform(size=(SEEDS, SHORT[-1])), dtype)
    logs = np.log(p.astype(float))
    products, totals = (
        np.multiply.accumulate(p, axis=1).astype(float),
        _added_up(rounded(logs, dtype)),
    )
    rows = []
    for n in SHORT:
        wanted, product = exact(logs[:, :n]), products[:, n - 1]
        whole = bool((product >= smallest(dtype)[0]).all())
        error = np.abs(np.log(product) - wanted).mean() if whole else np.nan
        row = {
            "dtype": dtype,
            "n": n,
            "product_error": error,
            "sum_error": np.abs(totals[:, n - 1] - wanted).mean(),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _added_up(terms: Array) -> Array:
    return np.add.accumulate(terms, axis=1).astype(float)


def gradient_rows(dtype: str) -> pd.DataFrame:
    """The number of labels from which on a gradient is not finite (-1: none), and the largest error before."""
    rows = []
    for form, errors in gradients(dtype, MOST_FACTORS // 2).items():
        finite = np.isfinite(errors)
        rows.append(
            {
                "dtype": dtype,
                "form": form,
                "not_finite_at": first(~finite),
                "largest_error": errors[finite].max(),
            }
        )
    return pd.DataFrame(rows)
