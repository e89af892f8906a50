"""The helpers of the study of products and sums of logarithms."""

import numpy as np
import pytest

from analyses.products_or_sums_of_logs.formats import DTYPES
from analyses.products_or_sums_of_logs.products import first, powers
from analyses.products_or_sums_of_logs.sums import (
    bound,
    exact,
    logarithms,
    pairwise,
    sequential_sums,
)
from logitscape._src.base.x64 import enable_x64


@pytest.fixture(autouse=True)
def _in_float64():
    with enable_x64():
        yield


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_in_order_are_those_of_the_format_itself(dtype):
    terms = logarithms(dtype, 500, 3)
    found = sequential_sums(dtype, terms, [7, 500])
    assert (
        found["one after the other"]
        == np.add.accumulate(terms, axis=1)[:, [6, 499]].T.astype(float)
    ).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_stay_within_their_bounds(dtype):
    terms = logarithms(dtype, 100, 3)
    found = {
        name: each[0].astype(float)
        for name, each in sequential_sums(dtype, terms, [100]).items()
    }
    for method, values in {**found, "pairwise": pairwise(terms).astype(float)}.items():
        assert (abs(values / exact(terms) - 1) <= bound(method, dtype, 100)).all(), (
            method
        )


def test_powers_of_two_underflow_where_the_format_says():
    found = powers(0.5, "float32")
    assert first(found < 2.0**-126) == 127
    assert first(found == 0) == 150


def test_what_never_holds_has_no_first():
    assert first(np.zeros(3, bool)) == -1
