"""Masks, logits outside the domain, and what compilation may round otherwise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.base.xla import IN_USE, LEVEL, jit_fast_compile, known
from tests.formulas import SUBSTOCHASTIC, UNNORMALIZED, hot
from tests.oracle.accuracy import as_in_use
from tests.shares import share

OUTSIDE = {
    "sum": [[-1.0, 1.0, 2.0], [0.0, 0.0, 0.0], [-2.0, -1.0, 1.0], [-jnp.inf, 1.0, 2.0]],
    "abs": [[0.0, 0.0, 0.0], [-jnp.inf, 1.0, 2.0]],
    "square": [[0.0, 0.0, 0.0], [-jnp.inf, 1.0, 2.0]],
    "power": [[0.0, 0.0, 0.0], [-jnp.inf, 1.0, 2.0]],
    "relu": [[-1.0, 0.0, -2.0]],
    "spherical": [[-jnp.inf, 1.0, 2.0]],
    "taylor": [[-jnp.inf, 1.0, 2.0]],
    "min_shift": [[1.0, 1.0, 1.0], [-jnp.inf, 1.0, 2.0]],
    "iterated_exponential": [
        [710.0, 0.0, 0.0],
        [1000.0, 1000.0, 1000.0],
        [60000.0, 1.0, 2.0],
    ],
}


EVERYWHERE = [[jnp.inf, 0.0, 1.0], [jnp.inf, jnp.inf, 0.0], [jnp.nan, 1.0, 2.0]]


MASKABLE = set(ls.NORMALIZERS) - {
    "sum",
    "abs",
    "square",
    "power",
    "spherical",
    "taylor",
    "min_shift",
    "iterated_exponential",
}


OF_ONE_CLASS = {"top_k": "top_k(k=1)", "budget": "budget(total=1)"}
"""Specs for those whose default parameters ask for two classes."""


SCALINGS = (
    lambda z: z,
    lambda z: 1.37 * z,
    lambda z: z / 0.7,
    lambda z: 0.9 * z * z + 0.1,
)


@pytest.mark.parametrize("name", share(sorted(ls.NORMALIZERS), one_in=4))
def test_a_single_class_has_all_or_is_nan_with_its_derivative(name: str) -> None:
    normalizer = ls.normalizer(OF_ONE_CLASS.get(name, name))
    p, slope = jax.value_and_grad(lambda z: normalizer(z).p[0])(jnp.ones(1))
    if np.isnan(p):
        assert np.isnan(slope[0])
    elif name not in SUBSTOCHASTIC | UNNORMALIZED:
        assert p == 1
        assert slope[0] == 0


@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax"])
def test_a_masked_label_has_no_derivative_itself(name: str) -> None:
    """The loss is infinite, and has no way down in that class."""
    value, gradient = jax.value_and_grad(ls.objective(f"{name} + cross_entropy"))(
        jnp.array([1.0, -jnp.inf, 0.3]), hot(1, 3)
    )
    assert value == np.inf
    assert gradient[1] == 0


@pytest.mark.parametrize("name", share(sorted(MASKABLE), one_in=8))
def test_masked_classes_are_as_if_absent(name: str) -> None:
    masked = jnp.array([0.5, -jnp.inf, 1.25, 0.75])
    absent = jnp.array([0.5, 1.25, 0.75])
    present = np.array([0, 2, 3])
    p = ls.NORMALIZERS[name](masked).p
    assert p[1] == 0
    np.testing.assert_allclose(p[present], ls.NORMALIZERS[name](absent).p, rtol=1e-14)
    losses = [
        ls.objective(f"{name} + {x}")
        for x in ("cross_entropy", "brier", "focal", "tsallis_score", "spherical_score")
    ]
    slopes = jax.jit(
        lambda z, t: [jax.value_and_grad(loss.function)(z, t) for loss in losses]
    )
    pairs = zip(slopes(masked, hot(2, 4)), slopes(absent, hot(1, 3)), strict=True)
    for (value, gradient), (expected, of_present) in pairs:
        np.testing.assert_allclose(value, expected, rtol=1e-13)
        np.testing.assert_allclose(
            gradient[present], of_present, rtol=1e-12, atol=1e-16
        )
        assert gradient[1] == 0
    if name not in SUBSTOCHASTIC:
        assert np.all(np.isnan(ls.NORMALIZERS[name](jnp.full(3, -jnp.inf)).p))


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=2))
def test_outside_the_domain_all_is_nan(name: str) -> None:
    slope = jax.jit(jax.value_and_grad(ls.objective(f"{name} + brier").function))
    for logits in [*OUTSIDE.get(name, []), *EVERYWHERE]:
        z = jnp.array(logits)
        assert np.all(np.isnan(ls.NORMALIZERS[name](z).p)), logits
        value, gradient = slope(z, hot(0, 3))
        assert np.isnan(value), logits
        assert np.all(np.isnan(gradient) | (gradient == 0)), logits


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=4))
def test_nan_outside_the_domain_in_a_compiled_batch_too(name: str) -> None:
    """XLA on CPUs miscompiles exp(x) where it knows at compile time that x is NaN."""
    outside = [
        *EVERYWHERE,
        *OUTSIDE.get(name, []),
        *([] if name in SUBSTOCHASTIC else [[-jnp.inf] * 3]),
    ]
    rows = jnp.array([*outside, [0.0, 0.5, 1.5]] * 8, jnp.float32)
    p, log_p = jax.jit(jax.vmap(ls.NORMALIZERS[name]))(rows)
    beyond = np.arange(len(rows)) % (len(outside) + 1) < len(outside)
    assert np.isnan(p[beyond]).all()
    assert np.isnan(log_p[beyond]).all()
    assert np.isfinite(p[~beyond]).all()


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=20))
def test_what_is_compiled_before_a_normalizer_changes_nothing(name: str) -> None:
    """Compiled, `c z - max(c z)` is rounded once or twice, and need not be 0 for the largest class.

    Nor need it be the same in a batch.
    """
    rows = jnp.asarray(np.random.default_rng(0).uniform(0.5, 2.5, (77, 3)), jnp.float32)

    def all_scalings(z: Array) -> list[tuple[Array, Array]]:
        weights = jnp.array([0.3, -1.0, 0.5], z.dtype)
        through = [lambda z, f=f: ls.NORMALIZERS[name](f(z)).p for f in SCALINGS]
        return [(p(z), jax.vjp(p, z)[1](weights)[0]) for p in through]

    batch = jax.vmap(all_scalings)
    at_level_0 = jax.jit(batch, compiler_options=known(IN_USE | {LEVEL: 0}))
    results = [
        as_in_use(batch)(rows),
        jit_fast_compile(batch)(rows.astype(jnp.float64)),
        at_level_0(rows),
    ]
    for compiled in zip(*results, strict=True):
        for p, gradient in compiled:
            assert np.all(p >= 0)
            if name in SUBSTOCHASTIC:
                assert np.all(p.sum(1) < 1 + 1e-6)
            elif name not in UNNORMALIZED:
                np.testing.assert_allclose(p.sum(1), 1, rtol=0, atol=1e-6)
            np.testing.assert_allclose(p, compiled[1][0], rtol=2e-3, atol=1e-6)
            np.testing.assert_allclose(gradient, compiled[1][1], rtol=2e-3, atol=2e-5)
