"""Sweeps over parameters agree with the specs that state the same parameters."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

AT = [0.5, 3.0, -1.0]


def stated(spec):
    """Loss and gradient of a spec at one point."""
    loss, gradient = jax.value_and_grad(ls.objective(spec))(
        jnp.array(AT), jnp.array([1.0, 0.0, 0.0])
    )
    return float(loss), np.asarray(gradient)


CASES = {
    "softmax + focal": (
        {"temperature": [0.05, 1.0, 20.0], "gamma": [0.0, 2.5]},
        "softmax(inverse_temperature={0}) + focal(gamma={gamma})",
    ),
    "taylor + label_smoothing": (
        {"smoothing": [0.0, 0.3], "order": [2, 4]},
        "taylor(order={order}) + label_smoothing(smoothing={smoothing})",
    ),
    "soft_cap > softmax + generalized_cross_entropy(q=0.5)": (
        {"cap": [1.0, 30.0]},
        "soft_cap(cap={cap}) > softmax + generalized_cross_entropy(q=0.5)",
    ),
    "info_nce": ({"temperature": [0.5, 2.0]}, "info_nce(temperature={temperature})"),
    "cosface": (
        {"margin": [0.1, 0.5], "scale": [1.0, 30.0]},
        "cosface(margin={margin}, scale={scale})",
    ),
}


@pytest.mark.parametrize("spec", CASES)
def test_every_point_is_that_of_the_spec_that_states_it(spec):
    parameters, text = CASES[spec]
    swept = ls.sweep_parameters(spec, at=AT, **parameters)
    assert swept["loss"].dims == tuple(parameters)
    for place in np.ndindex(swept["loss"].shape):
        values = {
            name: parameters[name][i] for name, i in zip(parameters, place, strict=True)
        }
        divisor = values.get("temperature", 1.0)
        loss, gradient = stated(text.format(1 / divisor, **values))
        assert np.isclose(float(swept["loss"].values[place]), loss, rtol=1e-9)
        assert np.allclose(swept["gradient"].values[place], gradient, rtol=1e-8)
    norm = np.linalg.norm(swept["gradient"].values, axis=-1)
    assert np.array_equal(swept["gradient norm"].values, norm)


def test_far_out_nothing_is_lost():
    wrong = ls.sweep_parameters(
        "softmax + focal", at=[0.0, 700.0], gamma=[0.0, 2.0], temperature=[1.0, 1e3]
    )
    assert np.isfinite(wrong["gradient"].values).all()
    assert np.isclose(float(wrong["loss"][0, 0]), 700.0)
    right = ls.sweep_parameters("softmax + focal", at=[40.0, 0.0], gamma=[0.0, 1.0])
    assert np.allclose(right["loss"], [np.exp(-40), np.exp(-80)], rtol=1e-9)


@pytest.mark.parametrize(
    ("spec", "given", "message"),
    [
        ("softmax + focal", {}, "needs the values of at least one parameter"),
        ("softmax + focal", {"gama": [1]}, r"`sweep_parameters\(gama=...\)`.*'gamma'"),
        ("softmax + focal(gamma=1)", {"gamma": [1]}, "is stated by"),
        ("softmax + focal", {"gamma": [2, 1]}, "must be strictly increasing"),
        ("softmax + focal", {"gamma": [-1, 1]}, r"focal\(gamma=...\)"),
        ("softmax + focal", {"gamma": "ab"}, r"`sweep_parameters\(gamma=...\)`"),
        ("softmax + focal", {"gamma": []}, r"`sweep_parameters\(gamma=...\)`"),
        ("softmax + focal", {"temperature": [0, 1]}, "must be above 0, got 0"),
        ("taylor + focal", {"order": [2, 3]}, "order"),
        ("softmax + focal", {"at": [[1.0]], "gamma": [1]}, r"\(at=...\)"),
        ("softmax + focal", {"at": [1.0, np.inf], "gamma": [1]}, r"\(at=...\)"),
        ("softmax + focal", {"label": 3, "gamma": [1]}, r"\(label=...\)"),
        ("softmax + focall", {"gamma": [1]}, "focal"),
        (
            "scale > softmax + brier",
            {"inverse_temperature": [1]},
            "is a parameter of scale and softmax",
        ),
    ],
)
def test_bad_arguments_are_named(spec, given, message):
    with pytest.raises(ValueError, match=message):
        ls.sweep_parameters(spec, **{"at": AT} | given)


def test_a_spec_must_be_text():
    with pytest.raises(TypeError, match="must be a spec"):
        ls.sweep_parameters(3, at=AT, gamma=[1.0])
