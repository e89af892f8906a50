"""One logit is the binary case of a multi-label loss, in slices, sweeps, laws and batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls

S = np.linspace(-4, 30, 35)
LOSSES = ["sigmoid_cross_entropy", "asymmetric", "binary_hinge", "dice", "zlpr"]


def _losses_of_yes(name: str) -> jax.Array:
    loss = ls.objective(name)
    return jax.vmap(lambda s: loss(-s[None], jnp.ones(1)))(S)


def test_yes_falls() -> None:
    line = ls.ray("R2", S, num_classes=1)
    swept = ls.sweep(LOSSES, line, hessian=True)
    expected = [_losses_of_yes(name) for name in LOSSES]
    np.testing.assert_allclose(swept.loss[:, 0], np.stack(expected), rtol=1e-12)
    assert swept.gradient.shape == (len(LOSSES), 1, len(S), 1)
    assert (np.asarray(swept.correct[:, 0]) == (S < 0)).all()
    assert swept.to_xarray().sizes["component"] == 1


def test_no_rises() -> None:
    """The answer no is a target of 0, which a function of the logits alone has."""
    loss = ls.objective("sigmoid_cross_entropy")
    no = ls.gradient_law(lambda z, _: loss(z, jnp.zeros(1)), [1.0])
    yes = ls.gradient_law("sigmoid_cross_entropy", "R2", num_classes=1)
    assert str(no.slope) == str(yes.slope) == "1.00"


@pytest.mark.parametrize("name", LOSSES)
def test_batches_of_one_logit(name: str) -> None:
    z, t = jnp.array([[-1.5], [0.5], [3.0]]), jnp.array([[1.0], [0.0], [1.0]])
    single = [ls.objective(name)(row, answer) for row, answer in zip(z, t, strict=True)]
    np.testing.assert_allclose(ls.per_example(name)(z, t), single, rtol=1e-6)
    statistics = ls.probe(name)(z, t)
    assert float(statistics.wrong) == pytest.approx(2 / 3)


def test_collapse_margin_of_one_logit() -> None:
    assert 80 < ls.collapse_margin("sigmoid_cross_entropy", num_classes=1) < 90


@pytest.mark.parametrize("ray", ["R1", "R3"])
def test_one_logit_has_no_rival(ray: str) -> None:
    with pytest.raises(ValueError, match=r"at least 2, got 1.*moves a rival.*'R2'"):
        ls.ray(ray, S, num_classes=1)


@pytest.mark.parametrize("name", ["sigmoid_cross_entropy", "siglip"])
@pytest.mark.parametrize(
    "measure", [ls.noise_symmetry, ls.calibration_function, ls.mixability]
)
def test_what_is_about_one_label_is_refused(measure, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}.*is not defined: its targets are"):
        measure(name)


@pytest.mark.parametrize(
    ("name", "rises", "falls"),
    [
        ("info_nce(temperature=0.5)", "2.00", "2.00"),
        ("decoupled(temperature=0.5)", "2.00", "2.00"),
        ("triplet", "1.00", "2.00"),
        ("supervised_contrastive(temperature=0.5)", "2.00", "2.00"),
        ("mil_nce", "1.00", "1.00"),
        ("siglip(scale=3)", "3.00", "3.00"),
    ],
)
def test_negative_rises_and_positive_falls(name: str, rises: str, falls: str) -> None:
    """Both slopes far out: a rising negative pulls once, the triplet's positive for each."""
    assert str(ls.gradient_law(name, "R1").slope) == rises
    assert str(ls.gradient_law(name, "R2").slope) == falls
