"""Entmax at every alpha."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import hot

ENTMAX = jax.jit(
    jax.vmap(lambda z, alpha: ls.NORMALIZERS["entmax"](z, alpha=alpha), (0, None))
)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "alpha", [-3.0, -1.0, 0.0, 0.9, 1.0, 1.01, 1.5, 2.0, 3.0, 8.0, 60.0]
)
def test_entmax_at_every_alpha(alpha: float, dtype: str) -> None:
    """Ties share equally, p sums to 1, and the threshold is the same for all of the support.

    The threshold of a class is `(p^{a-1} - 1) / (a - 1) - z`.
    """
    eps = float(np.finfo(dtype).eps)
    beta = alpha - 1
    entmax = lambda rows: ENTMAX(rows, jnp.asarray(alpha, dtype))
    for n in (2, 10, 1000):
        p = np.asarray(entmax(jnp.full((1, n), 0.7, dtype)).p)
        np.testing.assert_allclose(p, 1 / n, rtol=32 * eps * (1 + np.log(n)))
    z = np.random.default_rng(0).normal(size=(50, 6)).astype(dtype) / max(1, beta)
    p, log_p = (np.asarray(array, float) for array in entmax(jnp.asarray(z)))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=64 * eps)
    level = (np.expm1(beta * log_p) / beta if beta else log_p) - z
    spread = np.ptp(
        np.where(
            p > 0, level, level.max(axis=1, where=p > 0, initial=-9, keepdims=True)
        ),
        axis=1,
    )
    assert spread.max() <= 64 * eps * (1 + np.abs(level[p > 0]).max())


@pytest.mark.parametrize("compiled", [jax.jit, lambda f: f])
def test_entmax_of_2_is_sparsemax_to_the_bit(compiled) -> None:
    edge = np.nextafter(1, 0)
    for z in (
        [edge, 0, 0],
        [0, edge, 0],
        [1 - 1e-9, 0, 0.5],
        [0.3, 0.2, 0.1],
        [2.0, 0, 0],
    ):
        for ours, theirs in (
            ("entmax(alpha=2.0) + cross_entropy", "sparsemax + cross_entropy"),
            ("entmax_loss(alpha=2)", "sparsemax_loss"),
        ):
            a, b = (
                compiled(jax.value_and_grad(ls.objective(spec).function))(
                    jnp.array(z), hot(0, 3)
                )
                for spec in (ours, theirs)
            )
            np.testing.assert_array_equal(a[0], b[0])
            np.testing.assert_array_equal(a[1], b[1])


@pytest.mark.parametrize("alpha", [-3.0, -1.0, 0.0, 0.5])
@pytest.mark.parametrize("n", [2, 300])
def test_below_1_every_class_has_a_part_that_falls_like_a_power(
    alpha: float, n: int
) -> None:
    """Far out it is `(gamma s)^{-1 / gamma}` with the distance s and gamma = 1 - alpha."""
    gamma = 1 - alpha
    distances = n**gamma * np.geomspace(1e5, 1e12, 8)
    rows = np.zeros((8, n))
    rows[:, 0] = -distances
    log_p = ENTMAX(jnp.asarray(rows), jnp.asarray(alpha)).log_p[:, 0]
    np.testing.assert_allclose(log_p, -np.log(gamma * distances) / gamma, atol=1e-4)


def test_tempered_softmax_is_entmax_by_another_name() -> None:
    z = jnp.array([0.3, -1.0, 2.5])
    for t in (1.0, 1.5, 4.0):
        tempered = ls.normalizer(f"tempered(temperature={t})")(z)
        np.testing.assert_array_equal(
            tempered.p, ls.normalizer(f"entmax(alpha={2 - t})")(z).p
        )
