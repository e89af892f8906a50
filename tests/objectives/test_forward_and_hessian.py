"""Gradients in forward mode against the oracle, and Hessians against their differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.oracle import INSIDE, LOGIT_LOSSES, LOSSES, NORMALIZERS
from tests.oracle.accuracy import ONE_HOT_ONLY, evaluate, reference
from tests.oracle.cases import stack
from tests.oracle.failures import failures, spec_of
from tests.shares import share

STEP = 1e-5


@pytest.mark.parametrize(
    "normalizer", [*share(NORMALIZERS, one_in=40), pytest.param("", id="logit losses")]
)
def test_forward_gradient_and_hessian(normalizer):
    """Gradients in forward mode are right by the rule; Hessians are never NaN in the domain.

    At ordinary points Hessians are the slopes of the gradients. All is compiled in the same way
    as sweeps with Hessians.
    """
    few = ("cross_entropy", "tsallis_score")
    losses = (
        tuple(LOSSES)[::4]
        if normalizer == "softmax"
        else few
        if normalizer
        # The logits of arcface lie in [-1, 1] and are others.
        else sorted(set(LOGIT_LOSSES) - {*ONE_HOT_ONLY, "arcface"})
    )
    specs = [spec_of(normalizer, loss) for loss in losses]
    z, t = stack(reference(specs[0], 3, "float64").cases, "float64")
    batch = (np.concatenate(each) for each in zip((z, t), neighbours(), strict=True))
    both = evaluate(
        [ls.objective(spec) for spec in specs],
        *batch,
        how=forward_and_hessian,
        compiled=jit_fast_compile,
    )
    sizes = np.abs(z)
    squarable = ((sizes == 0) | (sizes > 1e-100) & (sizes < 1e100)).all(
        1
    )  # else the Hessian itself overflows
    found = []
    for spec, together in zip(specs, both, strict=True):
        got, around = np.split(together, [len(z)])
        expected = reference(spec, 3, "float64", forward=True)
        found += [f"{spec}: {x}" for x in slopes_unlike_the_hessian(around)]
        found += [
            "forward: " + x for x in failures(spec, got[:, :4], expected, "float64")
        ]
        inside = (
            (expected.status == INSIDE)
            & expected.smooth.all(1)
            & (np.abs(expected.high) < 1e300).all(1)
        )
        nan = np.flatnonzero(inside & squarable & np.isnan(got[:, 4:]).any(1))
        found += [
            f"{spec}: Hessian at z = {z[i]}, target {t[i]}: {got[i, 4:]}"
            for i in nan[:3]
        ]
    assert not found, "\n".join(found)


def neighbours() -> tuple[np.ndarray, np.ndarray]:
    """Ordinary points of three classes, their neighbours along every axis, and labels."""
    points = np.random.default_rng(0).uniform(0.3, 3.0, (9, 3))
    steps = STEP * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
    return (points[:, None] + steps).reshape(-1, 3), np.repeat(
        np.eye(3)[np.arange(9) % 3], len(steps), axis=0
    )


def slopes_unlike_the_hessian(around: np.ndarray) -> list[str]:
    gradients, hessians = (
        around[:, 1:4].reshape(9, 7, 3),
        around[::7, 4:].reshape(9, 3, 3),
    )
    slopes = (gradients[:, 1:4] - gradients[:, 4:]) / (2 * STEP)
    far = np.abs(slopes - hessians) > 1e-6 * (
        1 + np.abs(hessians).max((1, 2), keepdims=True)
    )
    return [
        f"Hessian {hessians[i]}, but differences {slopes[i]}"
        for i in np.flatnonzero(far.any((1, 2)))[:3]
    ]


def forward_and_hessian(function):
    def row(z, t):
        hessian = jax.jacfwd(jax.grad(function))(z, t)
        return jnp.concatenate(
            [function(z, t)[None], jax.jacfwd(function)(z, t), hessian.ravel()]
        )

    return row


@pytest.mark.parametrize("loss", ["cross_entropy", "brier", "spherical_score", "focal"])
def test_hessian_of_square_is_continuous_at_a_logit_of_zero(loss):
    """z^2 is smooth there, although |z|, from which p may be computed, is not."""
    hessian = jax.jit(jax.hessian(ls.objective(f"square + {loss}")))
    target = jnp.array([1.0, 0.0, 0.0])
    at_zero, nearby = (hessian(jnp.array([1.0, 2.0, z]), target) for z in (0.0, 1e-7))
    np.testing.assert_allclose(at_zero, nearby, rtol=1e-5, atol=1e-6)
