"""Values of the normalizers that are known exactly, and identities between normalizers."""

import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from tests.formulas import LOGITS

pytestmark = pytest.mark.quick

REFERENCE = [
    ("softmax", [1.0, 2.0], [0.2689414213699951, 0.7310585786300049]),
    ("softmax", [10.0, 20.0], [4.5397868702434395e-05, 0.9999546021312976]),
    ("softmax(inverse_temperature=0)", [1.0, 2.0], [0.5, 0.5]),
    ("sum", [10.0, 20.0], [1 / 3, 2 / 3]),
    ("abs", [-1.0, 3.0], [0.25, 0.75]),
    ("relu", [-1.0, 1.0, 3.0], [0, 0.25, 0.75]),
    ("square", [-1.0, 2.0], [0.2, 0.8]),
    ("spherical(epsilon=1)", [1.0, 2.0], [2 / 7, 5 / 7]),
    ("taylor", [1.0, 2.0], [2.5 / 7.5, 5 / 7.5]),
    ("taylor(order=4)", [0.0, 1.0], [1 / (1 + 65 / 24), 65 / 24 / (1 + 65 / 24)]),
    ("min_shift", [-2.0, -1.0, 1.0, 2.0], [0, 1 / 8, 3 / 8, 4 / 8]),
    ("argmax", [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
    ("softmax_one", [0.0, 0.0], [1 / 3, 1 / 3]),
    (f"softmax_one(sink={math.log(8)!r})", [0.0, 0.0], [0.1, 0.1]),
    ("stablemax", [-1.0, 0.0, 1.5], [1 / 8, 2 / 8, 5 / 8]),
    ("stablemax", [-1.0, -3.0], [2 / 3, 1 / 3]),
    ("evidential", [-2.0, 0.0, 7.0], [0.1, 0.1, 0.8]),
    ("evidential(evidence='exp')", [math.log(3), 0.0], [4 / 6, 2 / 6]),
    (
        "evidential(evidence='softplus')",
        [math.log(math.e - 1), math.log(math.e**3 - 1)],
        [2 / 6, 4 / 6],
    ),
    ("power(exponent=3)", [-1.0, 3.0], [1 / 28, 27 / 28]),
    ("power(exponent=-2)", [-1.0, 2.0, 4.0], [16 / 21, 4 / 21, 1 / 21]),
    ("power(exponent=0.5)", [0.0, 4.0, 9.0], [0, 0.4, 0.6]),
    ("power(exponent=0)", [0.0, 4.0], [0.5, 0.5]),
    ("top_k", [math.log(3), -5.0, 0.0], [0.75, 0, 0.25]),
    (
        "top_k(k=2)",
        [0.0, -5.0, -5.0, -9.0],
        [1 / (1 + 2 * math.exp(-5))]
        + 2 * [math.exp(-5) / (1 + 2 * math.exp(-5))]
        + [0],
    ),
    ("ev_softmax", [math.log(3), -5.0, 0.0], [0.75, 0, 0.25]),
    ("ev_softmax", [0.1, 0.1, 0.1], [1 / 3, 1 / 3, 1 / 3]),
    ("ev_softmax", [0.0, 1.0, 2.0], [0, 1 / (1 + math.e), math.e / (1 + math.e)]),
    (
        "t_softmax",
        [1.0, 0.0, -1.0],
        [2 * math.e / (2 * math.e + 1), 1 / (2 * math.e + 1), 0],
    ),
    ("sparsegen", [1.0, 0.75, -1.0], [0.75, 0.25, 0]),
    ("sparsegen(sparsity=0)", [1.0, 0.5, -1.0], [0.75, 0.25, 0]),
    ("sparsehourglass", [3.0, 2.0, 1.0], [13 / 18, 5 / 18, 0]),
    # By the package entmax: tau = 0.8 - sqrt(0.39), as the squares of both sum to 1.
    (
        "normmax",
        [1.0, 0.8, -1.0],
        [0.5 + 0.05 / math.sqrt(0.49), 0.5 - 0.05 / math.sqrt(0.49), 0],
    ),
    (
        "softpick",
        [math.log(3), math.log(2), math.log(0.5)],
        [2 / (3.5 + 1e-8), 1 / (3.5 + 1e-8), 0],
    ),
    ("softpick", [-1.0, 0.0], [0, 0]),
    ("budget", [3.0, 1.0, 0.5, -2.0], [1, 0.75, 0.25, 0]),
    ("budget", [5.0, -5.0, -9.0], [1, 1, 0]),
    ("budget(total=2.5)", [1.0, 1.0, 1.0], [2.5 / 3] * 3),
    ("sigmoid_attention", [0.0, math.log(3)], [1 / 3, 3 / 5]),
    ("eps_softmax(amount=3)", [math.log(3), 0.0], [3.75 / 4, 0.25 / 4]),
    ("eps_softmax(amount=2)", [1.0, 1.0], [0.5, 0.5]),
    ("sparsemax", [0.3, 1.2, 2.0], [0, 0.1, 0.9]),
    ("entmax", [1.0, 0.0], [0.5 + np.sqrt(7) / 8, 0.5 - np.sqrt(7) / 8]),
    (
        "iterated_exponential",
        [0.0, 1.0],
        [np.e / (np.e + np.e**np.e), np.e**np.e / (np.e + np.e**np.e)],
    ),
]


EQUAL = [
    ("taylor(order=2)", "spherical(epsilon=1)", 1.0),
    ("entmax(alpha=2)", "sparsemax", 0.0),
    ("entmax(alpha=1)", "softmax", 0.0),
    ("iterated_exponential(depth=1)", "softmax", 0.0),
    ("power(exponent=1)", "abs", 0.0),
    ("power(exponent=1.0)", "abs", 0.0),
    ("power(exponent=2)", "square", 0.0),
    ("eps_softmax(amount=0)", "softmax", 0.0),
    ("top_k(k=4)", "softmax", 0.0),
    ("sparsegen(sparsity=0)", "sparsemax", 0.0),
    ("budget(total=1)", "sparsemax", 0.0),
]


@pytest.mark.parametrize(("spec", "logits", "expected"), REFERENCE)
def test_reference_values(
    spec: str, logits: list[float], expected: list[float]
) -> None:
    np.testing.assert_allclose(
        ls.normalizer(spec)(jnp.array(logits)).p, expected, rtol=1e-14, atol=1e-17
    )


@pytest.mark.parametrize(("first", "second", "shift"), EQUAL)
@pytest.mark.lengthy
def test_identities_between_normalizers(first: str, second: str, shift: float) -> None:
    z = LOGITS["signs"]
    np.testing.assert_allclose(
        ls.normalizer(first)(z).p,
        ls.normalizer(second)(z + shift).p,
        rtol=1e-14,
        atol=1e-16,
    )
    jacobian = lambda spec, z: jax.jit(jax.jacrev(lambda z: ls.normalizer(spec)(z).p))(
        z
    )
    jacobians = [jacobian(spec, z + by) for spec, by in ((first, 0.0), (second, shift))]
    np.testing.assert_allclose(*jacobians, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("order", [4, 6, 16, 34, 64])
@pytest.mark.lengthy
def test_taylor_of_every_order_is_the_polynomial(order: int, dtype: str) -> None:
    """In whole fractions: 1 / order! is no number of float32, and below 0 the terms cancel."""
    z = [
        [1.5, -2.0, 10.0],
        [-8.0, -9.0, -7.5],
        [30.0, 25.0, 1.0],
        [-20.0, -21.0, 5.0],
        [1e4, 1.0, 0.0],
        [-1e4, -9e3, 9504.0],
    ]
    weights = [
        [
            sum(Fraction(x) ** i / math.factorial(i) for i in range(order + 1))
            for x in row
        ]
        for row in z
    ]
    exact = [[float(weight / sum(row)) for weight in row] for row in weights]
    logs = [[-math.log1p(sum(row) / weight - 1) for weight in row] for row in weights]
    p, log_p = (
        np.asarray(array, float)
        for array in jax.jit(jax.vmap(ls.normalizer(f"taylor(order={order})")))(
            jnp.array(z, dtype)
        )
    )
    close = {
        "rtol": 8 * order * float(jnp.finfo(dtype).eps),
        "atol": float(jnp.finfo(dtype).tiny),
    }
    np.testing.assert_allclose(p, exact, **close)
    np.testing.assert_allclose(log_p, logs, **close)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("order", [2, 4, 6, 8, 64])
@pytest.mark.lengthy
def test_taylor_at_the_end_of_the_range(order: int, dtype: str) -> None:
    """The reciprocal of the largest numbers is subnormal, and so 0 on CPUs."""
    huge = 0.9 * float(jnp.finfo(dtype).max)
    z = jnp.array([[huge, 1.0, -huge], [huge, 0.0, 0.0]], dtype)
    taylor = ls.normalizer(f"taylor(order={order})")
    p = np.asarray(jax.jit(jax.vmap(taylor))(z).p, float)
    np.testing.assert_allclose(
        p,
        [[0.5, 0, 0.5], [1, 0, 0]],
        rtol=1e-2 if dtype == "bfloat16" else 1e-5,
        atol=1e-30,
    )
    slopes = jax.jit(jax.vmap(jax.jacrev(lambda z: taylor(z).log_p)))(z)
    assert np.isfinite(np.asarray(slopes, float)).all()


@pytest.mark.parametrize("offset", [1e-9, -1e-9, 3.0])
def test_the_gaps_of_normalize_may_be_off_by_a_constant(offset: float) -> None:
    z = jnp.array([0.5, 1.5, 2.0])
    probs, expected = ls.normalize(z, gaps=z - z.max() + offset), ls.normalize(z)
    np.testing.assert_allclose(probs.p, expected.p, rtol=1e-14)
    np.testing.assert_allclose(probs.log_p, expected.log_p, rtol=1e-14)


def test_known_amplitudes_are_tested_inside_a_program_too() -> None:
    known = jnp.array([1.0, 2.0])
    compiled = jax.jit(lambda z: ls.normalize_powers(known, 2).p + 0 * z)
    np.testing.assert_allclose(compiled(known), [0.2, 0.8])


@pytest.mark.parametrize(
    ("rate", "logits", "expected"),
    [
        (0.5, [3.0, 2.0, 1.0], [1, 0, 0]),
        (0.5, [3.0, 2.0, 1.0, 1.0], [0.8908, 0.1092, 0, 0]),
        (0.5, [4.0, 6.0, 6.0, 5.0], [0, 0.5, 0.5, 0]),
        (0.75, [3.0, 2.0, 1.0, 1.0], [1, 0, 0, 0]),
        (0.25, [4.0, 6.0, 5.0, 5.0], [0, 0.8717, 0.0641, 0.0641]),
        (0.5, [0.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3]),
        (0.75, [-2.4, -4.3, -1.3, -34.3], [0, 0, 1, 0]),
    ],
)
def test_r_softmax_is_as_its_authors_test_it(
    rate: float, logits: list[float], expected: list[float]
) -> None:
    p = ls.NORMALIZERS["r_softmax"](jnp.array(logits), rate=rate).p
    np.testing.assert_allclose(p, expected, rtol=1e-3, atol=1e-7)


@pytest.mark.lengthy
def test_normmax_is_the_maximiser_of_its_definition() -> None:
    """Above all other points of the simplex that are drawn, for some alphas."""
    z = np.array([0.9, 0.2, -0.4, 0.6])
    random = np.random.default_rng(0).dirichlet(np.full(4, 0.5), 2000)
    for alpha in (1.5, 2.0, 5.0):
        p = np.asarray(ls.NORMALIZERS["normmax"](jnp.asarray(z), alpha=alpha).p)
        near = 0.95 * p + 0.05 * random
        value = lambda p, a=alpha: p @ z - (p**a).sum(-1) ** (1 / a)
        assert value(p) > value(np.concatenate([random, near])).max()
