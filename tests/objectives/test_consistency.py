"""The same numbers with and without jit, in any batch, with masked classes and with ties."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.oracle import LOGIT_LOSSES, NORMALIZERS
from tests.oracle.accuracy import (
    TOLERANCE,
    as_in_use,
    eager,
    evaluate,
    reference,
    value_and_gradient,
)
from tests.oracle.cases import MASKABLE, cases, in_domain, stack
from tests.oracle.failures import failures
from tests.shares import share


def as_called(spec: str):
    """The objective itself, which takes the rule for one-hot targets if all of a batch are."""
    return ls.objective(spec).__call__


# Of the softmax in it eps_softmax leaves a thousandth; rounding of equal rivals is larger then.
TOLD_APART = [x for x in NORMALIZERS if x != "eps_softmax"]


@pytest.mark.parametrize(
    "spec",
    share([*(f"{x} + brier" for x in TOLD_APART), *LOGIT_LOSSES], one_in=20),
)
def test_eager_equals_jit(spec):
    """With and without jit, numbers are right by one rule, and NaN or infinite alike."""
    expected = reference(spec, 3, "float64")
    count, size = (
        len(expected.cases),
        max(len(cases(name, 3, "float64")) for name in ("", *NORMALIZERS)),
    )
    assert count <= size
    z, t = (
        np.resize(each, (size, 3)) for each in stack(expected.cases, "float64")
    )  # operations are compiled for all at once
    without, compiled = (
        evaluate([as_called(spec)], z, t, compiled=how)[0][:count]
        for how in (eager, as_in_use)
    )
    for got in (without, compiled):
        assert not failures(spec, got, expected, "float64"), failures(
            spec, got, expected, "float64"
        )
    np.testing.assert_array_equal(np.isnan(without), np.isnan(compiled))
    np.testing.assert_array_equal(np.isinf(without), np.isinf(compiled))


@pytest.mark.parametrize(
    "spec", share((f"{x} + cross_entropy" for x in NORMALIZERS), one_in=9)
)
def test_results_do_not_depend_on_the_batch(spec):
    """An example gives the same, to a few ulp, among others, among NaN and elsewhere."""
    expected = reference(spec, 3, "float64")
    z, t = stack(expected.cases, "float64")
    run = as_in_use(jax.vmap(value_and_gradient(as_called(spec))))
    plain, turned = np.asarray(run(z, t)), np.asarray(run(z[::-1], t[::-1]))[::-1]
    spoilt = np.asarray(
        run(np.where(np.arange(len(z))[:, None] % 2 == 0, z, np.nan), t)
    )
    ulps = {"rtol": 64 * np.finfo(float).eps, "atol": 0}
    np.testing.assert_allclose(turned, plain, **ulps)
    np.testing.assert_allclose(spoilt[::2], plain[::2], **ulps)


COUNT_MASKS = (
    "iterated",
    "smoothing",
    "reverse_kl",
    "squared",
    "spherical_bound",
    "evidential",
)
"""Parts of the names of formulas in which a masked class counts, as in the number of classes."""


@pytest.mark.parametrize(
    "spec",
    share(
        [
            *(
                f"{x} + {y}"
                for x in MASKABLE
                for y in ("cross_entropy", "brier", "tsallis_score", "spherical_score")
            ),
            *LOGIT_LOSSES,
        ],
        one_in=15,
    ),
)
def test_a_mask_is_as_if_the_class_were_absent(spec):
    if any(x in spec for x in COUNT_MASKS):
        pytest.skip("its formula counts the masked classes")
    z, t = (
        jnp.array([0.5, -jnp.inf, 1.5, -0.25, -jnp.inf]),
        jnp.array([0.0, 0, 1, 0, 0]),
    )
    z, there = in_domain(spec, z), np.array([0, 2, 3])
    function = jax.jit(value_and_gradient(as_called(spec)))
    masked, absent = function(z, t), function(z[there], t[there])
    np.testing.assert_allclose(masked[1 + there], absent[1:], rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(masked[0], absent[0], rtol=1e-14)
    np.testing.assert_array_equal(masked[np.array([2, 5])], 0)


SPARSE = ("relu", "min_shift", "sparsemax", "entmax")


OF_P = ("mae", "brier", "tsallis_score", "spherical_score", "reverse_kl")


WAYS = [(3, as_in_use), (10, eager), (100, as_in_use), (10, as_in_use)]


@pytest.mark.parametrize(("normalizer", "way"), share(product(SPARSE, WAYS), one_in=14))
def test_classes_that_tie_take_nothing_from_each_other(normalizer, way):
    """Where the label has p = 0 exactly and all rivals tie, there is no gradient.

    Rounding must not leave one, along which a gradient flow would move.
    """
    n, compiled = way
    z, t = np.full((1, n), 3.0), np.zeros((1, n))
    z[0, 0], t[0, 0] = -3.0, 1.0
    objectives = [ls.objective(f"{normalizer} + {loss}") for loss in OF_P]
    for got in evaluate(objectives, z, t, compiled=compiled):
        np.testing.assert_array_equal(got[:, 1:], 0)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("c", [0.0, 0.7, 1.3, 100.0])
def test_a_temperature_never_makes_a_finite_input_nan(c, dtype):
    largest = float(np.finfo(dtype).max)
    rows = [
        (1e10, 1e10 + 1, 0.0),
        (largest, -largest, 0.0),
        (largest / 2, largest, 1.0),
        (0.0, -largest, 0.0),
    ]
    run = lambda z: ls.normalizer(f"softmax(inverse_temperature={c})")(z).p
    for mapped in (jax.vmap(run), as_in_use(jax.vmap(run))):
        p = np.asarray(mapped(jnp.array(rows, dtype)))
        np.testing.assert_allclose(p.sum(1), 1, rtol=8 * np.finfo(dtype).eps)
