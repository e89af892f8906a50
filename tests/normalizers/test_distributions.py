"""Every normalizer returns a distribution, and has the invariances of its formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import logitscape as ls
from logitscape._src.objectives.catalog import BY_NAME
from tests.formulas import (
    LOGITS,
    SUBSTOCHASTIC,
    UNNORMALIZED,
    central_difference,
    every_normalizer,
)
from tests.shares import share

SHIFT_INVARIANT = {
    "softmax",
    "argmax",
    "min_shift",
    "sparsemax",
    "entmax",
    "tempered",
    "top_k",
    "ev_softmax",
    "eps_softmax",
    "t_softmax",
    "r_softmax",
    "sparsegen",
    "budget",
    "normmax",
}


SCALE_INVARIANT = {"sum", "abs", "relu", "square", "min_shift", "argmax", "power"}


POSITIVE_ONLY = {"sum"}


def cases(name: str) -> list[Array]:
    return [
        z for key, z in LOGITS.items() if not (name in POSITIVE_ONLY and key == "signs")
    ]


@every_normalizer
def test_normalizers_give_a_distribution_and_its_logarithm(name: str) -> None:
    for z in cases(name):
        p, log_p = ls.NORMALIZERS[name](z)
        assert np.all(p >= 0)
        total = float(p.sum())
        if name not in UNNORMALIZED:
            assert total < 1 if name in SUBSTOCHASTIC else abs(total - 1) < 1e-14, total
        np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-14)
        np.testing.assert_allclose(
            ls.NORMALIZERS[name](z).complement, 1 - p, rtol=1e-11, atol=2e-16
        )


@every_normalizer
def test_the_catalog_knows_what_sums_to_1(name: str) -> None:
    others = SUBSTOCHASTIC | UNNORMALIZED
    assert BY_NAME[name].sums_to_one == (name not in others)


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=4))
def test_jacobians_keep_mass_and_match_finite_differences(name: str) -> None:
    for z in cases(name):
        p = lambda z: ls.NORMALIZERS[name](z).p
        three_ways = jax.jit(
            lambda z, p=p: (
                jax.jacrev(p)(z),
                jax.jacfwd(p)(z),
                central_difference(p, z),
            )
        )
        reverse, forward, difference = map(np.asarray, three_ways(z))
        np.testing.assert_allclose(reverse, forward, rtol=1e-12, atol=1e-16)
        if name != "r_softmax":  # by definition its derivative leaves out that of t
            np.testing.assert_allclose(reverse, difference, rtol=1e-7, atol=1e-9)
        if name not in SUBSTOCHASTIC | UNNORMALIZED:
            np.testing.assert_allclose(reverse.sum(0), 0, atol=1e-15)
        if name in SHIFT_INVARIANT:
            np.testing.assert_allclose(reverse.sum(1), 0, atol=1e-15)
        if name in SCALE_INVARIANT:
            np.testing.assert_allclose(reverse @ z, 0, atol=1e-14)


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=4))
def test_normalizers_are_permutation_equivariant(name: str) -> None:
    for z in cases(name):
        order = np.random.default_rng(0).permutation(z.size)
        np.testing.assert_allclose(
            ls.NORMALIZERS[name](z[order]).p,
            ls.NORMALIZERS[name](z).p[order],
            rtol=1e-14,
        )


@every_normalizer
def test_invariances_are_as_the_formulas_say(name: str) -> None:
    z = jnp.array([0.9, 1.7, 1.5])
    p = ls.NORMALIZERS[name](z).p
    shifted, scaled = ls.NORMALIZERS[name](z + 0.75).p, ls.NORMALIZERS[name](2 * z).p
    assert np.allclose(shifted, p, rtol=1e-12) == (name in SHIFT_INVARIANT)
    assert np.allclose(scaled, p, rtol=1e-12) == (name in SCALE_INVARIANT)


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=4))
def test_normalizers_jit_batch_and_drop_in_agree(name: str) -> None:
    rows = jnp.stack([LOGITS["three"], LOGITS["three"] * 1.5, LOGITS["three"] + 0.25])
    probs = [ls.NORMALIZERS[name](row) for row in rows]
    p = np.stack([row.p for row in probs])
    log_p = np.stack([row.log_p for row in probs])
    batch, along, across, logs = jax.jit(
        lambda rows: (
            jax.vmap(ls.NORMALIZERS[name])(rows).p,
            ls.drop_in(name)(rows),
            ls.drop_in(name)(rows.T, axis=0).T,
            ls.drop_in(name, log=True)(rows),
        )
    )(rows)
    for result in (batch, along, across):
        np.testing.assert_allclose(result, p, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(logs, log_p, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=4))
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
def test_dtype_follows_the_input(name: str, dtype) -> None:
    z = jax.ShapeDtypeStruct((3,), dtype)
    loss = ls.objective(f"{name} + brier")
    of_all = lambda z, t: (*ls.NORMALIZERS[name](z), *jax.value_and_grad(loss)(z, t))
    results = jax.eval_shape(of_all, z, z)
    assert {result.dtype for result in results} == {jnp.dtype(dtype)}


@pytest.mark.parametrize(
    "name",
    share(
        sorted(set(ls.NORMALIZERS) - SUBSTOCHASTIC - UNNORMALIZED - {"min_shift"}),
        one_in=4,
    ),
)
def test_equal_logits_of_many_classes_share_evenly(name: str) -> None:
    p = ls.normalizer(name)(jnp.ones(10_000, jnp.float32)).p
    np.testing.assert_allclose(
        p * 10_000, 1, rtol=2e-5
    )  # 1 - (1 - p) would be off by 10,000 eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", share(ls.NORMALIZERS, one_in=4))
def test_equal_logits_have_equal_probabilities(name: str, dtype: str) -> None:
    """To the last bit: only a label whose probability is the single largest is predicted."""
    values = (
        np.linspace(0.01, 5, 300)
        if name in ("sum", "relu")
        else np.linspace(-5, 5, 300)
    )
    for others in (0, 40):
        tied = np.repeat(values[:, None], 2, axis=1)
        z = jnp.asarray(
            np.concatenate([tied, np.tile(values[:1], (300, others))], axis=1), dtype
        )
        p = np.asarray(jax.jit(jax.vmap(lambda z: ls.normalizer(name)(z).p))(z))
        np.testing.assert_array_equal(p[:, 0], p[:, 1])
