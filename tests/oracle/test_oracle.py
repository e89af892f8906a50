"""The oracle itself: its gradients, its cases, and what it is needed for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

import logitscape as ls
from tests.oracle import LOGIT_LOSSES, LOSSES, NORMALIZERS, POLE, truth
from tests.oracle.accuracy import (
    CLASSES,
    COMPLETE,
    PROBES,
    TOLERANCE,
    answers,
    evaluate,
    ratios,
)
from tests.oracle.cases import Case, cases, stack

# The derivative of r_softmax leaves out that of its t.
WHOLE = [x for x in NORMALIZERS if x != "r_softmax"]


@pytest.mark.parametrize(
    "spec",
    [
        *(f"{x} + {y}" for x in WHOLE for y in LOSSES if y in PROBES or x in COMPLETE),
        *LOGIT_LOSSES,
    ],
)
def test_oracle_gradient_is_the_derivative_of_its_value(spec):
    """Central differences with 100 digits and steps of 1e-25."""
    z, t = (0.3, 0.9, 1.7), (1.0, 0.0, 0.0)
    exact = truth(spec, z, t)
    if exact.status == POLE:
        return
    for k, g in enumerate(exact.gradient):
        with mp.workdps(100):
            step = mpf(10) ** -25
            up, down = (shifted(spec, z, t, k, sign * step) for sign in (1, -1))
            assert g is None or abs((up - down) / (2 * step) - g) <= mpf(
                10
            ) ** -20 * max(1, abs(g))


def shifted(spec: str, z: tuple, t: tuple, k: int, step: mpf) -> mpf:
    from tests.oracle import evaluate as exactly

    return exactly(
        spec,
        tuple(mpf(x) + step * (j == k) for j, x in enumerate(z)),
        t,
        "float64",
        100,
    ).value


@pytest.mark.quick
def test_the_oracle_knows_what_softmax_loses():
    """At margin 40 value and gradient are 4e-18, where log_softmax says 0."""
    case = Case("margin 40", (40.0, 0.0), (1.0, 0.0))
    expected = answers("softmax + cross_entropy", [case], "float64")
    naive = lambda z, t: -jax.nn.log_softmax(z)[jnp.argmax(t)]
    ours, theirs = evaluate(
        [ls.objective("softmax + cross_entropy"), naive], *stack([case], "float64")
    )
    assert (ratios(ours, expected, "float64") <= 1).all()
    assert (
        not (ratios(theirs, expected, "float64") <= 1).any(axis=1).all()
        or theirs[0, 0] == 0
    )


@pytest.mark.quick
def test_cases_are_exactly_representable():
    for dtype in TOLERANCE:
        for n in CLASSES:
            for case in (*cases("softmax", n, dtype), *cases("sum", n, dtype)):
                assert sum(case.target) == 1
                np.testing.assert_array_equal(
                    np.array(case.z, dtype).astype(float), np.array(case.z)
                )
