"""The helpers of the study: its programs compute what they stand for, and its shares are shares."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from analyses.cost_of_the_exponential.main import percent, power
from analyses.cost_of_the_exponential.output_layer import (
    Layer,
    arguments,
    interleaved,
    layer,
    parts,
    programs,
    with_exp,
)

SMALL = Layer(4, 600, 3)


def test_the_loss_is_cross_entropy():
    given = arguments(SMALL)
    expected = optax.softmax_cross_entropy_with_integer_labels(
        given["z"], given["y"]
    ).mean()
    np.testing.assert_allclose(with_exp(given["z"], given["y"]), expected, rtol=1e-6)


def test_the_parts_are_those_of_the_whole():
    given = arguments(SMALL)
    made = {
        name: jax.jit(function)(*map(given.get, names))
        for name, (function, names) in programs(True, SMALL).items()
    }
    loss, (of_h, of_w) = made["whole"]
    np.testing.assert_allclose(loss, made["exp"][0], rtol=1e-6)
    z, back_h, back_w = programs(True, SMALL)["product"][0](
        given["h"], given["w"], made["exp"][1]
    )
    np.testing.assert_allclose(z, given["z"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(of_h, back_h, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(of_w, back_w, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("gradient", [False, True])
def test_few_classes_are_not_sampled(gradient):
    assert "whole, sampled" in programs(gradient, SMALL)
    assert "whole, sampled" not in programs(gradient, Layer(4, 10, 3))


def test_batches_stay_within_bounds():
    assert [layer(64, classes).batch for classes in (10, 2**20 // 64, 2**22)] == [
        4096,
        64,
        16,
    ]


def test_shares_add_up_in_every_round():
    times = {
        name: np.array([1.0, 2.0]) * k
        for k, name in enumerate(("square", "exp", "product", "whole"), start=1)
    }
    found = parts(times)
    np.testing.assert_allclose(sum(found["share"].values()), 1)
    np.testing.assert_allclose(found["relative"]["whole"], 1)


def test_every_round_times_every_run():
    runs = {"a": lambda: jnp.zeros(()), "b": lambda: jax.numpy.ones(())}
    times = interleaved(runs, 0.0)
    assert len(times["a"]) == len(times["b"]) >= 3
    assert all((each >= 0).all() for each in times.values())


def test_numbers_as_text():
    assert [percent(share) for share in (0.5, 0.034, -0.012)] == [
        "50 %",
        "3.4 %",
        "-1.2 %",
    ]
    assert [power(k) for k in (10, 1000, 2000, 262_144)] == [
        "$10^{1}$",
        "$10^{3}$",
        "$10^{3.3}$",
        "$2^{18}$",
    ]
