"""Parameters with one number for each class: what is refused, and what a traced one gives."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import LOGITS, hot

pytestmark = pytest.mark.quick

BAD = [
    (
        "logit_adjusted(prior=(5, 3, 2))",
        "`logit_adjusted(prior=...)` must sum to 1, got a sum of 10. "
        "Class counts belong to `balanced_softmax(counts=...)`.",
    ),
    (
        "logit_adjusted(prior=(0.5, 0.5, 0))",
        "must be finite numbers greater than 0, got 0 for class 2.",
    ),
    ("logit_adjusted(prior=0.5)", "a vector of one number for each class"),
    ("balanced_softmax(counts='many')", "got 'many'"),
    ("balanced_softmax(counts=((1, 2), (3, 4)))", "got ((1, 2), (3, 4))"),
    ("ldam(counts=(1, -1))", "got -1 for class 1"),
    ("ldam(counts=(1, True, None))", "a vector of one number for each class"),
    ("top_k_entropy(k=0)", "must be a whole number, at least 1"),
]


@pytest.mark.parametrize(("spec", "message"), BAD)
def test_bad_ones_are_explained(spec: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ls.objective(spec)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "logit_adjusted(prior=(0.5, 0.5))",
            "must have one number for each of the 3 classes, got 2.",
        ),
        ("top_k_hinge(k=7)", "at least 1 and at most 3, got 7."),
    ],
)
def test_another_number_of_classes_is_refused_where_it_is_met(
    spec: str, message: str
) -> None:
    objective = ls.objective(spec)
    with pytest.raises(ValueError, match=re.escape(message)):
        objective(LOGITS["three"], hot(0, 3))


def test_traced_ones_out_of_range_give_nan_and_others_a_derivative() -> None:
    loss = lambda prior: ls.losses.logit_adjusted(
        LOGITS["three"], hot(0, 3), prior=prior
    )
    run = jax.jit(jax.value_and_grad(loss))
    for bad in ([0.5, 0.5, 0.0], [0.5, 0.5, 0.5], [0.5, 0.7, -0.2]):
        value, slope = run(jnp.array(bad))
        assert np.isnan(value)
        assert np.isnan(slope).all()
    value, slope = run(jnp.array([0.5, 0.25, 0.25]))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
