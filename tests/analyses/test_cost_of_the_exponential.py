"""The helpers of the study: its programs compute what they stand for, and its shares are shares."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from analyses.cost_of_the_exponential.output_layer import (
    Layer,
    arguments,
    layer,
    loss_with_exp,
    programs,
)
from analyses.cost_of_the_exponential.tables import percent, power
from analyses.cost_of_the_exponential.timing import interleaved, parts

SMALL = Layer(4, 600, 3)


def test_the_loss_is_cross_entropy():
    given = arguments(SMALL)
    expected = optax.softmax_cross_entropy_with_integer_labels(
        given["z"], given["y"]
    ).mean()
    np.testing.assert_allclose(
        loss_with_exp(given["z"], given["y"]), expected, rtol=1e-6
    )


def test_the_parts_are_those_of_the_whole():
    given = arguments(SMALL)
    results = {}
    for name, program in programs(True, SMALL).items():
        values = [given[argument] for argument in program.arguments]
        results[name] = jax.jit(program.function)(*values)
    loss, (of_h, of_w) = results["whole"]
    loss_of_logits, gradient_of_logits = results["exp"]
    np.testing.assert_allclose(loss, loss_of_logits, rtol=1e-6)
    products = programs(True, SMALL)["product"].function
    z, back_h, back_w = products(given["h"], given["w"], gradient_of_logits)
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
    by_quantity = parts(times)
    np.testing.assert_allclose(sum(by_quantity["share"].values()), 1)
    np.testing.assert_allclose(by_quantity["relative"]["whole"], 1)


def test_every_round_times_every_run():
    runs = {"a": lambda: jnp.zeros(()), "b": lambda: jax.numpy.ones(())}
    times = interleaved(runs, 0.0)
    assert len(times["a"]) == len(times["b"]) >= 3
    assert all((values >= 0).all() for values in times.values())


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
