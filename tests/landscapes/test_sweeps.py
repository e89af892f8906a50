"""Sweeps give the same numbers as one point at a time, however they are cut."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.landscapes import plan
from logitscape._src.landscapes.sweep import FEW_NUMBERS
from logitscape._src.objectives.catalog import (
    LOGIT_LOSSES,
    NORMALIZERS,
    PROBABILITY_LOSSES,
)
from tests.shares import share

S = np.linspace(0, 4, 5)


FAMILY = [f"{n} + {loss}" for n in NORMALIZERS for loss in PROBABILITY_LOSSES][
    ::43
] + list(LOGIT_LOSSES)


@pytest.fixture(scope="module")
def family() -> ls.Landscape:
    return ls.sweep(
        FAMILY,
        ls.plane(np.linspace(0.1, 2, 3), np.linspace(0.2, 3, 4), base=0.5),
        label=1,
    )


@pytest.mark.parametrize("index", share(range(0, len(FAMILY), 3), one_in=48))
def test_a_family_swept_together_is_as_each_alone(
    family: ls.Landscape, index: int
) -> None:
    z = ls.points(ls.plane(np.linspace(0.1, 2, 3), np.linspace(0.2, 3, 4), base=0.5))
    objective, target = (
        ls.objective(FAMILY[index]),
        jax.nn.one_hot(1, 3, dtype=jnp.float64),
    )
    alone = jax.jit(
        jax.vmap(jax.vmap(jax.value_and_grad(lambda z: objective.function(z, target))))
    )
    value, gradient = alone(z)
    np.testing.assert_allclose(family.loss[index, 0], value, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(
        family.gradient[index, 0], gradient, rtol=1e-11, atol=1e-14
    )
    p = jax.jit(jax.vmap(jax.vmap(objective.predict)))(z).p
    np.testing.assert_allclose(family.p_label[index, 0], p[..., 1], rtol=1e-13)
    np.testing.assert_array_equal(
        family.correct[index, 0], p[..., 1] > np.maximum(p[..., 0], p[..., 2])
    )


def hinge(z, t):
    return jnp.maximum(
        0.0, 1 + jnp.max(jnp.where(t == 0, z, -jnp.inf)) - jnp.sum(z * t)
    )


def shifted_softmax(z, t):
    shifted = z - jnp.max(z)
    return jnp.log(jnp.sum(jnp.exp(shifted))) - jnp.sum(shifted * t)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("points", [301, FEW_NUMBERS // 3 + 1])
def test_the_derivative_of_a_maximum_is_kept_on_any_ray(dtype, points) -> None:
    """`origin + s direction` may be rounded differently in two places of a program.

    Then no logit need be equal to the maximum of all.
    """
    names = [
        "crammer_singer",
        "perceptron",
        "weston_watkins",
        "sparsemax_loss",
        "entmax_loss",
    ]
    along = ls.ray([0.3, -0.7, 1.1], np.linspace(-3, 9, points), origin=[0.1, 0.2, 0.3])
    swept = ls.sweep([*names, hinge, shifted_softmax], along, dtype=dtype)
    masses = np.abs(np.asarray(swept.gradient, float).sum(axis=-1)).max(axis=(1, 2))
    assert dict(zip(swept.objectives, masses < 1e-5, strict=True)) == dict.fromkeys(
        swept.objectives, True
    )


def test_what_keeps_a_gradient_from_misleading() -> None:
    swept = ls.sweep(
        ["sum + cross_entropy", "sparsemax + cross_entropy"],
        ls.ray("R2", S[1:]),
        label=0,
    )
    assert not swept.in_domain[0].any()
    assert swept.in_domain[1].all()
    assert not swept.finite[0].any()
    np.testing.assert_array_equal(swept.finite[1, 0], [False] * 4)
    tie = ls.sweep("softmax + brier", ls.ray("R1", [0.0]), label=0)
    assert not tie.correct.any()


def test_unknown_normalizers_leave_the_probability_unknown() -> None:
    swept = ls.sweep(
        {"mine": lambda z, t: jnp.sum((z - t) ** 2)}, ls.ray("R1", S), label=1
    )
    assert swept.objectives == ("mine",)
    assert np.isnan(swept.p_label).all()
    np.testing.assert_array_equal(swept.correct[0, 0], S > 0)


@pytest.mark.parametrize("unrolled", [True, False])
def test_slabs_change_nothing(monkeypatch: pytest.MonkeyPatch, unrolled: bool) -> None:
    slice, specs = (
        ls.plane(np.linspace(-2, 2, 7), np.linspace(-3, 3, 5)),
        ["softmax + cross_entropy", "entmax + brier"],
    )
    whole = ls.sweep(specs, slice, label=[0, 1])
    monkeypatch.setattr(plan, "SLAB_BYTES", 2000)
    monkeypatch.setattr(
        "logitscape._src.engine.batching.MIN_UNROLLED_POINTS", 1 if unrolled else 10**9
    )
    cut = ls.sweep(specs, slice, label=[0, 1])
    for name in ("loss", "gradient", "p_label", "correct", "finite"):
        np.testing.assert_allclose(
            getattr(cut, name), getattr(whole, name), rtol=1e-13, atol=1e-16
        )


def test_many_classes_and_dtypes() -> None:
    swept = ls.sweep(
        "softmax + cross_entropy", ls.ray("R1", S, num_classes=40), dtype=jnp.float32
    )
    assert swept.gradient.shape == (1, 1, 5, 40)
    assert swept.loss.dtype == jnp.float32
    half = ls.sweep("softmax + cross_entropy", ls.ray("R1", S), dtype=jnp.bfloat16)
    assert half.to_xarray().attrs["dtype"] == "bfloat16"
    assert half.to_xarray().loss.dtype == np.float32


def separate(z):
    """Probabilities of classes that do not exclude each other."""
    return ls.Probs(jax.nn.sigmoid(z), jax.nn.log_sigmoid(z))


@pytest.mark.parametrize("loss", ["cross_entropy", "brier", "focal"])
def test_probabilities_need_not_sum_to_1(loss) -> None:
    rising = ls.ray("R1", S, base=-0.5)
    pairs = [ls.compose(separate, loss, name="own"), f"sigmoid_attention + {loss}"]
    together = ls.sweep([*pairs, f"softmax + {loss}"], rising)
    target = jax.nn.one_hot(0, 3, dtype=jnp.float64)
    for i, pair in enumerate(pairs):
        objective = ls.objective(pair).composed
        alone = jax.vmap(jax.grad(lambda z, f=objective: f(z, target)))
        np.testing.assert_allclose(
            together.gradient[i, 0], alone(ls.points(rising)), rtol=1e-12, atol=1e-15
        )
