"""Specs: their terms, their parameters, and the errors for malformed ones."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.objectives import specs

pytestmark = pytest.mark.quick

Z = jnp.array([0.3, 1.2, 2.0])


Y = jnp.array([0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    "spec",
    [
        "softmax + cross_entropy",
        "taylor(order=4) + brier(convention='half')",
        "softmax( inverse_temperature = 2.5 )+focal(gamma=1e-1)",
        "softmax + poly1(epsilon=-1)",
        "crammer_singer",
        "entmax_loss(alpha=1.2)",
    ],
)
def test_specs_print_back_as_they_were_given(spec: str) -> None:
    objective = ls.objective(spec)
    assert str(objective) == objective.name == spec
    assert np.isfinite(objective(Z, Y))
    assert ls.objective(spec) is objective


def test_parameters_of_a_spec_arrive() -> None:
    half, whole = (
        ls.objective("softmax + brier(convention='half')"),
        ls.objective("softmax + brier"),
    )
    np.testing.assert_allclose(2 * half(Z, Y), whole(Z, Y), rtol=1e-15)
    np.testing.assert_allclose(
        ls.normalizer("softmax(inverse_temperature=2)")(Z).p,
        jax.nn.softmax(2 * Z),
        rtol=1e-14,
    )


BAD_SPECS = [
    ("softmx + cross_entropy", "unknown normalizer 'softmx'. Did you mean 'softmax'"),
    (
        "softmax + crossentropy",
        "unknown loss 'crossentropy'. Did you mean 'cross_entropy'",
    ),
    ("zzz + brier", "unknown normalizer 'zzz'. Known: softmax, sum,"),
    (
        "crammer_singr",
        "unknown objective 'crammer_singr'. Did you mean 'crammer_singer'",
    ),
    (
        "softmax(temperature=2) + kl",
        "unknown parameter 'temperature' of normalizer 'softmax', got temperature=2. "
        "It takes inverse_temperature.",
    ),
    ("sum(x=2) + kl", "It takes no parameters."),
    ("softmax(2) + kl", "parameters are given by name"),
    (
        "softmax(inverse_temperature=__import__('os')) + kl",
        "a parameter is a number or a quoted word",
    ),
    ("__import__('os').getcwd()", "malformed spec"),
    ("softmax +", "malformed spec"),
    ("softmax + focal(gamma=1, gamma=2)", "the parameter 'gamma' is given twice"),
    ("", "malformed spec"),
    ("softmax - kl", "malformed spec"),
    ("softmax + kl + kl", "one normalizer and one loss, got 3"),
    (
        "softmax",
        "'softmax' is a normalizer and needs a loss: 'softmax + cross_entropy'",
    ),
    (
        "brier",
        "'brier' is a loss of probabilities and needs a normalizer: 'softmax + brier'",
    ),
    ("softmax + crammer_singer", "is a loss of logits and takes no normalizer"),
    ("softmax + softmax", "'softmax' is a normalizer, not a loss"),
    ("brier + softmax", "'brier' is a loss, not a normalizer"),
    (
        "taylor(order=3) + kl",
        "`taylor(order=...)` must be an even whole number, at least 2 and at most 64, got 3.",
    ),
    ("entmax(alpha=-4) + kl", "`entmax(alpha=...)` must be at least -3, got -4."),
    ("entmax_loss(alpha=0)", "`entmax_loss(alpha=...)` must be greater than 0, got 0."),
    (
        "spherical(epsilon=0) + kl",
        "`spherical(epsilon=...)` must be greater than 0, got 0.",
    ),
    ("softmax(inverse_temperature=-1) + kl", "must be at least 0, got -1."),
    ("softmax(inverse_temperature=1e999) + kl", "got inf"),
    (
        "softmax + generalized_cross_entropy(q=2)",
        "must be at least 0 and at most 1, got 2.",
    ),
    (
        "iterated_exponential(depth=0) + kl",
        "must be a whole number, at least 1 and at most 6, got 0.",
    ),
]


@pytest.mark.parametrize(("spec", "message"), BAD_SPECS)
def test_bad_specs_are_explained(spec: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ls.objective(spec)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("sofmax", "softmax"), ("focall", "focal"), ("crammersinger", "crammer_singer")],
)
def test_an_unknown_name_alone_finds_the_nearest_of_all(given: str, meant: str) -> None:
    with pytest.raises(
        ValueError, match=f"unknown objective '{given}'. Did you mean .*'{meant}'"
    ):
        ls.objective(given)


def test_a_spec_is_parsed_to_literals() -> None:
    (in_front, next_map), (first, second) = specs.parse(
        "f(c=3) > g > a(x=-1.5, y='w')  + b"
    )
    assert (in_front.text, in_front.parameters) == ("f(c=3)", {"c": 3})
    assert next_map.text == "g"
    assert (first.text, first.name) == ("a(x=-1.5, y='w')", "a")
    assert first.parameters == {"x": -1.5, "y": "w"}
    assert (second.text, second.name, second.parameters) == ("b", "b", {})


def test_equal_terms_are_one_function_whatever_they_stand_beside() -> None:
    a, b = (ls.objective(f"taylor(order=4) + {loss}") for loss in ("brier", "mae"))
    assert a.normalizer is b.normalizer
    assert (
        ls.objective("perceptron").normalizer
        is ls.objective("crammer_singer").normalizer
    )
