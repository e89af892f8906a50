"""Settings of the wrong kind are refused by name, whatever they are."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from logitscape._src.base.settings import (
    one_of,
    own_name,
    real_number,
    real_numbers,
    truth_value,
)

pytestmark = pytest.mark.quick

NO_NUMBERS = (
    None,
    True,
    "1",
    b"1",
    math.nan,
    math.inf,
    10**400,
    1j,
    [],
    [1.0],
    [[1.0], [1.0, 2.0]],
    {"a": 1},
    object(),
    int,
    np.zeros(0),
    np.ones(1),
    np.array(["a"]),
)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
def test_no_number(value):
    with pytest.raises(ValueError, match=r"`f\(x=...\)` must be a number, at least 0"):
        real_number("f", "x", value, low=0)
    with pytest.raises(ValueError, match=r"`f\(x=...\)` must be a list of numbers"):
        real_numbers("f", "x", [1.0, value], low=0)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int8(2), jnp.array(2.0)])
def test_a_number(value):
    assert real_number("f", "x", value, low=0) == 2
    assert real_numbers("f", "x", (value, 3)) == [2, 3]


def test_ranges():
    assert real_numbers("f", "x", np.array([0.5, 1.0]), low=0, high=1) == [0.5, 1.0]
    assert real_numbers("f", "x", jnp.array([0.5]), low=0, open=True) == [0.5]
    with pytest.raises(ValueError, match="greater than 0"):
        real_number("f", "x", 0, low=0, open=True)
    with pytest.raises(ValueError, match="a finite number"):
        real_number("f", "x", "a")
    for value in (None, 1.0, "12", b"12", {1.0}, (x for x in ()), np.ones((1, 1))):
        with pytest.raises(ValueError, match="must be a list of finite numbers"):
            real_numbers("f", "x", value)


def test_names_and_truth_values():
    assert one_of("f", "x", "a", ("a", "b")) == "a"
    for value in (None, "c", ["a"], np.array(["a"]), {"a"}):
        with pytest.raises(ValueError, match=r"`f\(x=...\)` must be one of 'a', 'b'"):
            one_of("f", "x", value, ("a", "b"))
    assert truth_value("f", "x", np.True_) is True
    for value in (None, 1, "yes", np.array([True]), []):
        with pytest.raises(TypeError, match=r"`f\(x=...\)` must be True or False"):
            truth_value("f", "x", value)
    own_name("f", None)
    with pytest.raises(TypeError, match=r"`f\(name=...\)` must be a text"):
        own_name("f", np.zeros(3))
