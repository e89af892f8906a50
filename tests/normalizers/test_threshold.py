"""The threshold of sparsemax and entmax: as it is searched with few and with many classes."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.sparsemax import sparsemax_rows
from logitscape._src.base.sums import SHORT, inner, total
from logitscape._src.normalizers.group_maxima import (
    GROUP,
    LONG,
    group_maxima,
    place_of_largest,
)
from logitscape._src.normalizers.threshold import find_threshold
from tests.oracle.accuracy import as_in_use
from tests.shares import share

CLASSES = (1, 3, 10, LONG - 1, LONG, LONG + GROUP - 1, 5000)
SCALES = (1e-6, 0.01, 0.3, 1.0, 10.0)
EPS = float(np.finfo(np.float32).eps)


def rows(n: int) -> np.ndarray:
    """Logits in float32: random ones of every scale, ties, near ties, and masks."""
    random = np.random.default_rng(n)
    found = [scale * random.normal(size=n) for scale in SCALES for _ in range(3)]
    found += [np.full(n, 0.7), np.round(2 * random.normal(size=n)) / 2]
    for lead in (0.999999, 0.5, 1e-3):
        found.append(np.where(np.arange(n) == n // 2, lead, 0.0))
        found.append(np.where(np.arange(n) == n - 1, 2 * lead, 0.0))
    found.append(np.where(np.arange(n) % 3 == 1, -np.inf, random.normal(size=n)))
    return np.array(found, np.float32)


@as_in_use
@jax.vmap
def sparsemax(z: jax.Array) -> ls.Probs:
    return ls.NORMALIZERS["sparsemax"](z)


@as_in_use
@jax.vmap
def entmax(z: jax.Array) -> ls.Probs:
    return ls.NORMALIZERS["entmax"](z)


@pytest.mark.parametrize("n", CLASSES)
def test_sparsemax_is_the_projection(n: int) -> None:
    z = rows(n)
    with np.errstate(invalid="ignore"):
        expected = sparsemax_rows(np.where(np.isinf(z), -1e3, z).astype(float))
    p = np.asarray(sparsemax(z).p, float)
    np.testing.assert_allclose(p, expected, rtol=0, atol=4 * EPS * p.max(axis=1).max())
    np.testing.assert_allclose(p.max(axis=1), expected.max(axis=1), rtol=32 * EPS)


@pytest.mark.parametrize(
    ("n", "normalizer"), share(product(CLASSES, [sparsemax, entmax]), one_in=3)
)
def test_the_small_side_of_the_top_class_keeps_its_digits(normalizer, n: int) -> None:
    """`1 - p_top` near a one-hot vector, and p_top near a uniform one, as float64 has them."""
    z = rows(n)
    got, expected = normalizer(z), normalizer(z.astype(float))
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(
            np.max(a, axis=1), np.max(b, axis=1), rtol=64 * EPS, atol=1e-37
        )


@pytest.mark.parametrize("n", share(CLASSES, one_in=3))
def test_a_known_alpha_is_the_same_as_a_traced_one(n: int) -> None:
    z = rows(n).astype(float)
    traced = jax.jit(
        jax.vmap(lambda z, a: ls.NORMALIZERS["entmax"](z, alpha=a), (0, None))
    )(z, 1.5)
    known = entmax(z)
    np.testing.assert_allclose(known.p, traced.p, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(known.p.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("spec", ["sparsemax_loss", "entmax_loss"])
@pytest.mark.parametrize("n", share([1003, 3], one_in=2))
def test_losses_of_float32_are_those_of_float64(spec: str, n: int) -> None:
    """Values and gradients, with targets that the logits nearly reach among others."""
    z = rows(n)
    near = np.asarray(ls.NORMALIZERS[spec.removesuffix("_loss")](jnp.asarray(z[5])).p)
    targets = [np.eye(n)[1], np.eye(n)[n // 2], np.full(n, 1 / n), near]
    both = as_in_use(jax.vmap(jax.value_and_grad(ls.objective(spec).function)))
    for target in targets:
        t = np.broadcast_to(target, z.shape).astype(np.float32)
        got, expected = both(z, t), both(z.astype(float), t.astype(float))
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("shift", [1e-3, 1e-6])
def test_losses_keep_their_digits_near_a_soft_target(shift: float) -> None:
    """They fall as the square of the distance, and a difference of entropies would lose them."""
    z = jnp.array([0.3, 0.1, -0.2, 0.0])
    for spec in ("sparsemax_loss", "entmax_loss"):
        loss = ls.objective(spec).function
        target = ls.NORMALIZERS[spec.removesuffix("_loss")](z).p
        away = jnp.array([1.0, -1.0, 0.0, 0.0])
        near, nearer = (loss(z + s * away, target) for s in (shift, shift / 2))
        assert float(near / nearer) == pytest.approx(4, abs=20 * shift)


@pytest.mark.parametrize("n", [2, LONG, LONG + 1, LONG + GROUP - 1, 1003])
def test_the_largest_class_lies_where_it_is_said_to_lie(n: int) -> None:
    z = np.random.default_rng(0).normal(size=(n, n)).astype(np.float32)
    z[np.arange(n), np.arange(n)] = 9.0
    place = jax.vmap(lambda z: place_of_largest(z, group_maxima(z))[0])(z)
    np.testing.assert_array_equal(place, np.arange(n))


@pytest.mark.parametrize("n", [2, LONG, 1003])
def test_nothing_is_a_number_outside_the_domain(n: int) -> None:
    for bad in (np.nan, np.inf):
        z = jnp.zeros(n).at[-1].set(bad)
        assert np.isnan(ls.NORMALIZERS["sparsemax"](z).p).all()
        assert np.isnan(ls.NORMALIZERS["entmax"](z).p).all()
    assert np.isnan(find_threshold(jnp.full(n, -jnp.inf), 1).base)


@pytest.mark.parametrize("n", [1, SHORT, SHORT + 1, 5000])
def test_sums_are_sums(n: int) -> None:
    x = jnp.asarray(np.random.default_rng(1).normal(size=(2, n)))
    np.testing.assert_allclose(total(x[0]), x[0].sum(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(inner(*x), x[0] @ x[1], rtol=1e-11)
