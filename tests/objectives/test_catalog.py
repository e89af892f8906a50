"""Laws that hold over the whole catalogue, and a few reference values each."""

import inspect
import math
from collections.abc import Callable
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from mpmath import mp

import logitscape as ls
from logitscape._src.base.xla import IN_USE, LEVEL, jit_fast_compile, known
from tests.oracle.accuracy import as_in_use

LOGITS = {
    "three": jnp.array([0.3, 1.7, 0.9]),
    "signs": jnp.array([-1.2, 0.8, 2.1, -0.3]),
}
SUBSTOCHASTIC = {"softmax_one"}
SHIFT_INVARIANT = {"softmax", "argmax", "min_shift", "sparsemax", "entmax"}
SCALE_INVARIANT = {"sum", "abs", "relu", "square", "min_shift", "argmax"}
POSITIVE_ONLY = {"sum"}
NEEDS_POSITIVE_SUPPORT = {
    "sum",
    "abs",
    "relu",
    "square",
    "min_shift",
    "argmax",
    "sparsemax",
    "entmax",
}


def hot(k: int, n: int) -> Array:
    return jax.nn.one_hot(k, n, dtype=jnp.float64)


def cases(name: str) -> list[Array]:
    return [
        z for key, z in LOGITS.items() if not (name in POSITIVE_ONLY and key == "signs")
    ]


def central_difference(f: Callable[[Array], Array], z: Array) -> Array:
    h = 1e-6
    up, down = (jax.vmap(lambda e, h=h: f(z + h * e))(jnp.eye(z.size)) for h in (h, -h))
    return jnp.moveaxis(up - down, 0, -1) / (2 * h)


def every_normalizer(test):
    return pytest.mark.parametrize("name", list(ls.NORMALIZERS))(test)


@every_normalizer
def test_normalizers_give_a_distribution_and_its_logarithm(name: str) -> None:
    for z in cases(name):
        p, log_p = ls.NORMALIZERS[name](z)
        assert np.all(p >= 0)
        total = float(p.sum())
        assert total < 1 if name in SUBSTOCHASTIC else abs(total - 1) < 1e-14, total
        np.testing.assert_allclose(np.exp(log_p), p, rtol=1e-14)
        np.testing.assert_allclose(
            ls.NORMALIZERS[name](z).complement, 1 - p, rtol=1e-11, atol=1e-16
        )


@every_normalizer
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
        np.testing.assert_allclose(reverse, difference, rtol=1e-7, atol=1e-9)
        if name not in SUBSTOCHASTIC:
            np.testing.assert_allclose(reverse.sum(0), 0, atol=1e-15)
        if name in SHIFT_INVARIANT:
            np.testing.assert_allclose(reverse.sum(1), 0, atol=1e-15)
        if name in SCALE_INVARIANT:
            np.testing.assert_allclose(reverse @ z, 0, atol=1e-14)


@every_normalizer
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
    z = LOGITS["three"]
    p = ls.NORMALIZERS[name](z).p
    shifted, scaled = ls.NORMALIZERS[name](z + 0.75).p, ls.NORMALIZERS[name](2 * z).p
    assert np.allclose(shifted, p, rtol=1e-12) == (name in SHIFT_INVARIANT)
    assert np.allclose(scaled, p, rtol=1e-12) == (name in SCALE_INVARIANT)


@every_normalizer
def test_normalizers_jit_batch_and_drop_in_agree(name: str) -> None:
    rows = jnp.stack([LOGITS["three"], LOGITS["three"] * 1.5, LOGITS["three"] + 0.25])
    alone = [ls.NORMALIZERS[name](row) for row in rows]
    p, log_p = (
        np.stack([each.p for each in alone]),
        np.stack([each.log_p for each in alone]),
    )
    batch, along, across, logs = jax.jit(
        lambda rows: (
            jax.vmap(ls.NORMALIZERS[name])(rows).p,
            ls.drop_in(name)(rows),
            ls.drop_in(name)(rows.T, axis=0).T,
            ls.drop_in(name, log=True)(rows),
        )
    )(rows)
    for found in (batch, along, across):
        np.testing.assert_allclose(found, p, rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(logs, log_p, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["softmax", "sparsemax", "entmax"])
def test_a_masked_label_has_no_derivative_itself(name: str) -> None:
    """The loss is infinite, and has no way down in that class."""
    value, gradient = jax.value_and_grad(ls.objective(f"{name} + cross_entropy"))(
        jnp.array([1.0, -jnp.inf, 0.3]), hot(1, 3)
    )
    assert value == np.inf
    assert gradient[1] == 0


SCALINGS = (
    lambda z: z,
    lambda z: 1.37 * z,
    lambda z: z / 0.7,
    lambda z: 0.9 * z * z + 0.1,
)


@every_normalizer
def test_what_is_compiled_before_a_normalizer_changes_nothing(name: str) -> None:
    """Compiled, `c z - max(c z)` is rounded once or twice: it need not be 0 for the largest class, nor alike in a batch."""
    rows = jnp.asarray(np.random.default_rng(0).uniform(0.5, 2.5, (77, 3)), jnp.float32)

    def all_scalings(z: Array) -> list[tuple[Array, Array]]:
        weights = jnp.array([0.3, -1.0, 0.5], z.dtype)
        through = [lambda z, f=f: ls.NORMALIZERS[name](f(z)).p for f in SCALINGS]
        return [(p(z), jax.vjp(p, z)[1](weights)[0]) for p in through]

    batch = jax.vmap(all_scalings)
    at_level_0 = jax.jit(batch, compiler_options=known(IN_USE | {LEVEL: 0}))
    found = [
        as_in_use(batch)(rows),
        jit_fast_compile(batch)(rows.astype(jnp.float64)),
        at_level_0(rows),
    ]
    for compiled in zip(*found, strict=True):
        for p, gradient in compiled:
            assert np.all(p >= 0)
            assert (
                np.all(p.sum(1) < 1)
                if name in SUBSTOCHASTIC
                else np.allclose(p.sum(1), 1, rtol=0, atol=1e-6)
            )
            np.testing.assert_allclose(p, compiled[1][0], rtol=2e-3, atol=1e-6)
            np.testing.assert_allclose(gradient, compiled[1][1], rtol=2e-3, atol=2e-5)


@pytest.mark.parametrize("offset", [1e-9, -1e-9, 3.0])
def test_the_gaps_of_normalize_may_be_off_by_a_constant(offset: float) -> None:
    z = jnp.array([0.5, 1.5, 2.0])
    probs, expected = ls.normalize(z, gaps=z - z.max() + offset), ls.normalize(z)
    np.testing.assert_allclose(probs.p, expected.p, rtol=1e-14)
    np.testing.assert_allclose(probs.log_p, expected.log_p, rtol=1e-14)


@every_normalizer
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16, jnp.float16])
def test_dtype_follows_the_input(name: str, dtype) -> None:
    z, loss = jax.ShapeDtypeStruct((3,), dtype), ls.objective(f"{name} + brier")
    of_all = lambda z, t: (*ls.NORMALIZERS[name](z), *jax.value_and_grad(loss)(z, t))
    assert {each.dtype for each in jax.eval_shape(of_all, z, z)} == {jnp.dtype(dtype)}


OUTSIDE = {
    "sum": [[-1.0, 1.0, 2.0], [0.0, 0.0, 0.0], [-2.0, -1.0, 1.0], [-jnp.inf, 1.0, 2.0]],
    "abs": [[0.0, 0.0, 0.0], [-jnp.inf, 1.0, 2.0]],
    "square": [[0.0, 0.0, 0.0], [-jnp.inf, 1.0, 2.0]],
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
    "spherical",
    "taylor",
    "min_shift",
    "iterated_exponential",
}


@every_normalizer
def test_outside_the_domain_all_is_nan(name: str) -> None:
    slope = jax.jit(jax.value_and_grad(ls.objective(f"{name} + brier").function))
    for logits in [*OUTSIDE.get(name, []), *EVERYWHERE]:
        z = jnp.array(logits)
        assert np.all(np.isnan(ls.NORMALIZERS[name](z).p)), logits
        value, gradient = slope(z, hot(0, 3))
        assert np.isnan(value), logits
        assert np.all(np.isnan(gradient) | (gradient == 0)), logits


@pytest.mark.parametrize("name", sorted(MASKABLE))
def test_masked_classes_are_as_if_absent(name: str) -> None:
    masked, absent = (
        jnp.array([0.5, -jnp.inf, 1.25, 0.75]),
        jnp.array([0.5, 1.25, 0.75]),
    )
    kept = np.array([0, 2, 3])
    p = ls.NORMALIZERS[name](masked).p
    assert p[1] == 0
    np.testing.assert_allclose(p[kept], ls.NORMALIZERS[name](absent).p, rtol=1e-14)
    losses = [
        ls.objective(f"{name} + {x}")
        for x in ("cross_entropy", "brier", "focal", "tsallis_score", "spherical_score")
    ]
    slopes = jax.jit(
        lambda z, t: [jax.value_and_grad(loss.function)(z, t) for loss in losses]
    )
    pairs = zip(slopes(masked, hot(2, 4)), slopes(absent, hot(1, 3)), strict=True)
    for (value, gradient), (expected, of_kept) in pairs:
        np.testing.assert_allclose(value, expected, rtol=1e-13)
        np.testing.assert_allclose(gradient[kept], of_kept, rtol=1e-12, atol=1e-16)
        assert gradient[1] == 0
    if name not in SUBSTOCHASTIC:
        assert np.all(np.isnan(ls.NORMALIZERS[name](jnp.full(3, -jnp.inf)).p))


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
    ("sparsemax", [0.3, 1.2, 2.0], [0, 0.1, 0.9]),
    ("entmax", [1.0, 0.0], [0.5 + np.sqrt(7) / 8, 0.5 - np.sqrt(7) / 8]),
    (
        "iterated_exponential",
        [0.0, 1.0],
        [np.e / (np.e + np.e**np.e), np.e**np.e / (np.e + np.e**np.e)],
    ),
]


@pytest.mark.parametrize(("spec", "logits", "expected"), REFERENCE)
def test_reference_values(
    spec: str, logits: list[float], expected: list[float]
) -> None:
    np.testing.assert_allclose(
        ls.normalizer(spec)(jnp.array(logits)).p, expected, rtol=1e-14, atol=1e-17
    )


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("order", [4, 6, 16, 34, 64])
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
        np.asarray(each, float)
        for each in jax.jit(jax.vmap(ls.normalizer(f"taylor(order={order})")))(
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


EQUAL = [
    ("taylor(order=2)", "spherical(epsilon=1)", 1.0),
    ("entmax(alpha=2)", "sparsemax", 0.0),
    ("entmax(alpha=1)", "softmax", 0.0),
    ("iterated_exponential(depth=1)", "softmax", 0.0),
]


@pytest.mark.parametrize(("one", "other", "shift"), EQUAL)
def test_identities_between_normalizers(one: str, other: str, shift: float) -> None:
    z = LOGITS["signs"]
    np.testing.assert_allclose(
        ls.normalizer(one)(z).p,
        ls.normalizer(other)(z + shift).p,
        rtol=1e-14,
        atol=1e-16,
    )
    jacobian = lambda spec, z: jax.jit(jax.jacrev(lambda z: ls.normalizer(spec)(z).p))(
        z
    )
    jacobians = [jacobian(spec, z + by) for spec, by in ((one, 0.0), (other, shift))]
    np.testing.assert_allclose(*jacobians, rtol=1e-12, atol=1e-15)


@every_normalizer
def test_nan_outside_the_domain_in_a_compiled_batch_too(name: str) -> None:
    """XLA on CPUs makes anything of exp(x) where it knows beforehand that x is NaN."""
    outside = [
        *EVERYWHERE,
        *OUTSIDE.get(name, []),
        *([] if name == "softmax_one" else [[-jnp.inf] * 3]),
    ]
    rows = jnp.array([*outside, [0.0, 0.5, 1.5]] * 8, jnp.float32)
    p, log_p = jax.jit(jax.vmap(ls.NORMALIZERS[name]))(rows)
    beyond = np.arange(len(rows)) % (len(outside) + 1) < len(outside)
    assert np.isnan(p[beyond]).all()
    assert np.isnan(log_p[beyond]).all()
    assert np.isfinite(p[~beyond]).all()


ENTMAX = jax.jit(
    jax.vmap(lambda z, alpha: ls.NORMALIZERS["entmax"](z, alpha=alpha), (0, None))
)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("alpha", [1.0, 1.01, 1.5, 2.0, 3.0, 8.0, 60.0])
def test_entmax_at_every_alpha(alpha: float, dtype: str) -> None:
    """Ties share equally, p sums to 1, and `(p^{a-1} - 1) / (a - 1) - z` is the same wherever p is not 0."""
    eps, beta = float(np.finfo(dtype).eps), alpha - 1
    entmax = lambda rows: ENTMAX(rows, jnp.asarray(alpha, dtype))
    for n in (2, 10, 1000):
        p = np.asarray(entmax(jnp.full((1, n), 0.7, dtype)).p)
        np.testing.assert_allclose(p, 1 / n, rtol=32 * eps * (1 + np.log(n)))
    z = np.random.default_rng(0).normal(size=(50, 6)).astype(dtype) / max(1, beta)
    p, log_p = (np.asarray(each, float) for each in entmax(jnp.asarray(z)))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=64 * eps)
    level = (np.expm1(beta * log_p) / beta if beta else log_p) - z
    spread = np.ptp(
        np.where(
            p > 0, level, level.max(axis=1, where=p > 0, initial=-9, keepdims=True)
        ),
        axis=1,
    )
    assert spread.max() <= 64 * eps * (1 + np.abs(level[p > 0]).max())


@pytest.mark.parametrize(
    "spec",
    [
        "sparsemax_loss",
        "entmax_loss",
        "entmax_loss(alpha=1)",
        "softmax + cross_entropy",
        "softmax + kl",
    ],
)
def test_losses_are_differentiable_in_the_target_in_both_modes(spec: str) -> None:
    loss, z = ls.objective(spec).function, LOGITS["signs"]
    target = jnp.array([0.1, 0.4, 0.2, 0.3])
    reverse, forward = (
        jax.jit(mode(loss, argnums=1))(z, target) for mode in (jax.grad, jax.jacfwd)
    )
    np.testing.assert_allclose(reverse, forward, rtol=1e-12)
    within = jnp.array(
        [1.0, -2.0, 0.5, 0.5]
    )  # sums to 0: the target stays a distribution
    slope = (loss(z, target + 1e-6 * within) - loss(z, target - 1e-6 * within)) / 2e-6
    np.testing.assert_allclose(reverse @ within, slope, atol=1e-8)


def test_outside_the_domain_the_derivative_in_alpha_is_nan_too() -> None:
    for z in ([jnp.inf, 0.0, 1.0], [-jnp.inf] * 3):
        assert np.isnan(
            jax.grad(
                lambda a, z=z: ls.LOSSES["entmax_loss"](
                    jnp.array(z), hot(0, 3), alpha=a
                )
            )(1.5)
        )


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("softmax", {"inverse_temperature": 1e39}, r"got 1e\+39 \(in float32, inf\)"),
        (
            "spherical",
            {"epsilon": 1e-50},
            r"greater than 0, got 1e-50 \(in float32, 0.0\)",
        ),
        ("softmax", {"inverse_temperature": float("nan")}, "got nan"),
    ],
)
def test_a_parameter_that_the_dtype_cannot_hold_is_refused(
    name: str, parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ls.NORMALIZERS[name](jnp.zeros(3, jnp.float32), **parameters)


OUT_OF_RANGE = [
    ("softmax", "inverse_temperature", -1.0),
    ("spherical", "epsilon", 0.0),
    ("entmax", "alpha", 0.5),
    ("generalized_cross_entropy", "q", 1.5),
    ("focal", "gamma", -1.0),
    ("poly1", "epsilon", np.inf),
    ("symmetric_cross_entropy", "alpha", -1.0),
    ("symmetric_cross_entropy", "beta", -1.0),
    ("symmetric_cross_entropy", "log_zero", 1.0),
    ("clipped_cross_entropy", "epsilon", 0.0),
    ("tsallis_score", "alpha", 0.5),
    ("reverse_kl", "smoothing", 0.0),
    ("label_smoothing", "smoothing", -0.1),
    ("entmax_loss", "alpha", 0.5),
    ("squared_logits", "scale", -1.0),
    ("squared_logits", "target", np.inf),
    ("z_loss", "weight", -1.0),
]


@pytest.mark.parametrize(("name", "parameter", "bad"), OUT_OF_RANGE)
def test_a_traced_parameter_out_of_range_gives_nan_in_a_compiled_batch_too(
    name: str, parameter: str, bad: float
) -> None:
    """Value and derivatives in the logits and the parameter; infinity is out of range for all of them."""
    good = (
        inspect.signature((ls.NORMALIZERS | ls.LOSSES)[name])
        .parameters[parameter]
        .default
    )
    z = LOGITS["three"].astype(jnp.float32)

    def loss(z: Array, value: Array) -> Array:
        bound = lambda *args: (ls.NORMALIZERS | ls.LOSSES)[name](
            *args, **{parameter: value}
        )
        if name in ls.LOGIT_LOSSES:
            return bound(z, hot(0, 3).astype(z.dtype))
        probs = bound(z) if name in ls.NORMALIZERS else ls.normalizer("softmax")(z)
        return (ls.LOSSES["brier"] if name in ls.NORMALIZERS else bound)(
            probs, hot(0, 3).astype(z.dtype)
        )

    values = jnp.array([bad, good, jnp.inf] * 8, jnp.float32)
    found, (gradients, slopes) = jax.jit(
        jax.vmap(jax.value_and_grad(loss, (0, 1)), (None, 0))
    )(z, values)
    fine = np.arange(24) % 3 == 1
    assert np.isnan(found[~fine]).all()
    assert np.isnan(gradients[~fine]).any(axis=1).all()
    assert np.isnan(slopes[~fine]).all()
    for each in (found, gradients, slopes):
        assert np.isfinite(each[fine]).all()


@pytest.mark.parametrize(
    "name",
    [name for name in ls.NORMALIZERS if name not in ("min_shift", "softmax_one")],
)
def test_equal_logits_of_many_classes_share_evenly(name: str) -> None:
    p = ls.normalizer(name)(jnp.ones(10_000, jnp.float32)).p
    np.testing.assert_allclose(
        p * 10_000, 1, rtol=1e-5
    )  # 1 - (1 - p) would be off by 10,000 eps


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("gap", [-40.0, -17.25, -3.0, -0.5, 2.0**-10, 0.5, 3.0, 17.25])
def test_the_derivative_in_gamma_of_focal_is_right_at_either_end(
    gap: float, dtype: str, rtol: float
) -> None:
    """`(1 - p)^gamma log(1 - p) (-log p)`, where p is near 0 and where it is near 1."""
    probs, target = (
        ls.NORMALIZERS["softmax"](jnp.array([gap, 0, 0], dtype)),
        hot(0, 3).astype(dtype),
    )
    slope = jax.grad(lambda gamma: ls.LOSSES["focal"](probs, target, gamma=gamma))(
        jnp.array(2, dtype)
    )
    with mp.workdps(40):
        p = mp.exp(gap) / (mp.exp(gap) + 2)
        expected = float(-((1 - p) ** 2) * mp.log(1 - p) * mp.log(p))
    np.testing.assert_allclose(slope, expected, rtol=rtol)


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


def test_a_small_q_does_not_lose_a_small_loss() -> None:
    """`q log p` underflows before log p does."""
    z, target = jnp.array([84.15, 0, 0], jnp.float32), hot(0, 3).astype(jnp.float32)
    small = ls.objective("softmax + generalized_cross_entropy(q=1e-6)")(z, target)
    np.testing.assert_allclose(
        small, ls.objective("softmax + cross_entropy")(z, target), rtol=2e-5
    )
    assert small > 0


def test_a_parameter_that_only_float64_holds_is_refused_where_it_meets_float32() -> (
    None
):
    objective = ls.objective("softmax(inverse_temperature=1e300) + cross_entropy")
    assert objective(jnp.array([1e-300, 0.0]), hot(0, 2)) < 1
    with pytest.raises(ValueError, match=r"got 1e\+300 \(in float32, inf\)"):
        objective(jnp.zeros(2, jnp.float32), hot(0, 2))


SAME_LOSS = [
    ("focal(gamma=0)", "cross_entropy", 1.0),
    ("poly1(epsilon=0)", "cross_entropy", 1.0),
    ("label_smoothing(smoothing=0)", "cross_entropy", 1.0),
    ("generalized_cross_entropy(q=0)", "cross_entropy", 1.0),
    ("generalized_cross_entropy(q=1)", "mae", 0.5),
    ("generalized_cross_entropy(q=0.5)", "hellinger", 2.0),
    ("tsallis_score(alpha=1)", "cross_entropy", 1.0),
    ("tsallis_score(alpha=2)", "brier(convention='half')", 1.0),
    ("kl", "cross_entropy", 1.0),
    ("brier(convention='mean')", "brier", 0.25),
]


@pytest.mark.parametrize(("one", "other", "factor"), SAME_LOSS)
def test_identities_between_losses(one: str, other: str, factor: float) -> None:
    z, target = LOGITS["signs"], hot(1, 4)
    both = [ls.objective(f"softmax + {loss}") for loss in (one, other)]
    a, b = jax.jit(lambda z, t: [jax.value_and_grad(loss)(z, t) for loss in both])(
        z, target
    )
    np.testing.assert_allclose(a[0], factor * b[0], rtol=1e-13)
    np.testing.assert_allclose(a[1], factor * b[1], rtol=1e-12, atol=1e-16)


def every_objective(test):
    names = [f"softmax + {loss}" for loss in ls.PROBABILITY_LOSSES] + list(
        ls.LOGIT_LOSSES
    )
    return pytest.mark.parametrize("spec", names)(test)


SOFT = jnp.array([0.2, 0.5, 0.0, 0.3])


@every_objective
def test_gradients_and_hessians_match_finite_differences(spec: str) -> None:
    loss, h = ls.objective(spec), 1e-6
    targets = jnp.stack(
        [hot(1, 4), hot(3, 4)]
        + ([] if spec in ("crammer_singer", "weston_watkins") else [SOFT])
    )
    moves = h * jnp.concatenate([jnp.zeros((1, 4)), jnp.eye(4), -jnp.eye(4)])

    def orders(z: Array, target: Array) -> tuple[Array, ...]:
        gradient = jax.grad(loss)
        return (
            loss(z, target),
            gradient(z, target),
            jax.jacfwd(loss)(z, target),
            jax.jacfwd(gradient)(z, target),
        )

    run = jax.jit(jax.vmap(jax.vmap(orders, (0, None)), (None, 0)))
    value, gradient, forward, hessian = map(
        np.asarray, run(LOGITS["signs"][None] + moves, targets)
    )
    slope, bend = ((each[:, 1:5] - each[:, 5:]) / (2 * h) for each in (value, gradient))
    np.testing.assert_allclose(gradient[:, 0], slope, atol=2e-9)
    np.testing.assert_allclose(forward, gradient, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(hessian[:, 0], bend.swapaxes(1, 2), atol=2e-8)


@every_objective
def test_losses_are_least_and_about_zero_when_right(spec: str) -> None:
    loss = ls.objective(spec)
    right = float(loss(jnp.array([30.0, 0.0, 0.0, 0.0]), hot(0, 4)))
    wrong = float(loss(jnp.array([0.0, 30.0, 0.0, 0.0]), hot(0, 4)))
    assert right < wrong or spec == "squared_logits"
    offset = spec in ("one_vs_rest", "z_loss", "squared_logits", "spherical_bound")
    penalised = "label_smoothing" in spec or "reverse_kl" in spec
    assert offset or penalised or abs(right) < 1e-6


PARAMETERS = [
    ("softmax", "inverse_temperature", 1.3),
    ("softmax", "inverse_temperature", 0.0),
    ("spherical", "epsilon", 0.7),
    ("entmax", "alpha", 1.0),
    ("entmax", "alpha", 1.5),
    ("entmax", "alpha", 1.9),
]
LOSS_PARAMETERS = [
    ("generalized_cross_entropy", "q", 0.0),
    ("generalized_cross_entropy", "q", 0.7),
    ("focal", "gamma", 0.0),
    ("focal", "gamma", 2.0),
    ("poly1", "epsilon", 0.5),
    ("clipped_cross_entropy", "epsilon", 0.1),
    ("label_smoothing", "smoothing", 0.0),
    ("label_smoothing", "smoothing", 0.1),
    ("reverse_kl", "smoothing", 0.1),
    ("tsallis_score", "alpha", 1.0),
    ("tsallis_score", "alpha", 1.5),
    ("symmetric_cross_entropy", "log_zero", -4.0),
]


def one_sided(f: Callable[[Array], Array], x: float) -> Array:
    """Second order, from the right: limits such as alpha = 1 have no left side."""
    h = 1e-5
    at = np.asarray(jax.jit(jax.vmap(f))(x + h * jnp.arange(3.0)))
    return (-3 * at[0] + 4 * at[1] - at[2]) / (2 * h)


@pytest.mark.parametrize(("name", "parameter", "value"), PARAMETERS)
def test_normalizers_are_differentiable_in_their_parameters(
    name: str, parameter: str, value: float
) -> None:
    z = jnp.array([0.3, 1.0, 0.8])
    p = lambda x: ls.NORMALIZERS[name](z, **{parameter: x}).p
    forward, reverse = jax.jit(lambda x: (jax.jacfwd(p)(x), jax.jacrev(p)(x)))(
        jnp.asarray(value)
    )
    np.testing.assert_allclose(forward, one_sided(p, value), atol=1e-8)
    np.testing.assert_allclose(reverse, forward, rtol=1e-12)
    assert np.any(np.abs(forward) > 1e-4)
    values = jnp.asarray([value, value + 0.25])
    np.testing.assert_allclose(
        jax.jit(jax.vmap(p))(values), np.stack([p(x) for x in values]), rtol=1e-13
    )


@pytest.mark.parametrize(("name", "parameter", "value"), LOSS_PARAMETERS)
def test_losses_are_differentiable_in_their_parameters(
    name: str, parameter: str, value: float
) -> None:
    probs, target = ls.NORMALIZERS["softmax"](LOGITS["three"]), hot(0, 3)
    loss = lambda x: ls.LOSSES[name](probs, target, **{parameter: x})
    derivative = jax.jit(jax.grad(loss))(jnp.asarray(value))
    np.testing.assert_allclose(derivative, one_sided(loss, value), atol=1e-8)
    assert abs(derivative) > 1e-4


def test_the_entmax_loss_is_differentiable_in_alpha() -> None:
    z = LOGITS["three"]
    loss = lambda a: ls.LOSSES["entmax_loss"](z, hot(0, 3), alpha=a)
    for alpha in (1.0, 1.5, 2.0):
        np.testing.assert_allclose(
            jax.jit(jax.grad(loss))(alpha), one_sided(loss, alpha), atol=1e-8
        )


def test_a_traced_parameter_out_of_range_gives_nan() -> None:
    p = jax.vmap(lambda a: ls.NORMALIZERS["entmax"](LOGITS["three"], alpha=a).p)(
        jnp.array([0.5, 1.5])
    )
    assert np.all(np.isnan(p[0]))
    assert np.all(np.isfinite(p[1]))


def test_sparsemax_loss_where_others_go_wrong() -> None:
    value, gradient = jax.value_and_grad(ls.objective("sparsemax_loss"))(
        jnp.array([0.0, 3.0, 0.0]), hot(0, 3)
    )
    assert value == 3.0
    np.testing.assert_array_equal(gradient, [-1, 1, 0])


def test_a_temperature_never_makes_finite_logits_nan() -> None:
    z = jnp.array([1e10, 1.00000001e10, 0.0], jnp.float32)
    f = lambda c: ls.NORMALIZERS["softmax"](z, inverse_temperature=c).p
    for c in (0.0, 1 / 0.7, 1e5, 1e30):
        assert np.all(np.isfinite(f(c)))
        assert np.all(np.isfinite(jax.jit(f)(jnp.asarray(c))))


def test_common_offsets_change_nothing() -> None:
    z = jnp.array([0.0, 1.0, 3.0])
    for spec in (
        "softmax + cross_entropy",
        "softmax + brier",
        "entmax_loss",
        "crammer_singer",
        "spherical_bound",
    ):
        run = jax.jit(jax.value_and_grad(ls.objective(spec)))
        near, far = (run(z + offset, hot(0, 3)) for offset in (0.0, 2.0**27))
        np.testing.assert_allclose(near[0], far[0], rtol=1e-14)
        np.testing.assert_allclose(near[1], far[1], rtol=1e-13, atol=1e-16)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_normalizer
def test_equal_logits_have_equal_probabilities(name: str, dtype: str) -> None:
    """To the last bit: a prediction is right where the label's probability is the largest, alone."""
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


def test_gradients_at_ties_and_kinks_keep_mass() -> None:
    for spec, z in [
        ("perceptron", [1.0, 1.0, 0.0]),
        ("crammer_singer", [1.0, 0.0, 0.0]),
        ("weston_watkins", [1.0, 0.0, 2.0]),
        ("sparsemax_loss", [1.0, 0.0, -3.0]),
        ("sparsemax + brier", [1.0, 0.0, 0.0]),
        ("entmax + brier", [2.0, 0.0, 0.0]),
        ("min_shift + brier", [0.0, 0.0, 1.0]),
        ("argmax + brier", [1.0, 1.0, 0.0]),
    ]:
        gradient = np.asarray(
            jax.jit(jax.grad(ls.objective(spec)))(jnp.array(z), hot(2, 3))
        )
        assert np.all(np.isfinite(gradient)), spec
        np.testing.assert_allclose(gradient.sum(), 0, atol=1e-15)


def test_canonical_pairs_have_the_residual_as_gradient() -> None:
    z, target = LOGITS["signs"], hot(0, 4)
    for pair, link in [
        ("softmax + cross_entropy", "softmax"),
        ("sparsemax_loss", "sparsemax"),
        ("entmax_loss(alpha=1.3)", "entmax(alpha=1.3)"),
    ]:
        np.testing.assert_allclose(
            jax.grad(ls.objective(pair))(z, target),
            ls.normalizer(link)(z).p - target,
            rtol=1e-13,
            atol=1e-16,
        )


def test_fenchel_young_losses_are_above_the_proper_score_and_equal_on_full_support() -> (
    None
):
    loss, score = ls.objective("entmax_loss"), ls.objective("entmax + tsallis_score")
    full, sparse = jnp.array([0.1, 0.2, 0.3]), jnp.array([0.0, 5.0, 1.0])
    np.testing.assert_allclose(
        loss(full, hot(0, 3)), score(full, hot(0, 3)), rtol=1e-14
    )
    assert loss(sparse, hot(0, 3)) > score(sparse, hot(0, 3)) + 1


def test_spherical_bound_bounds_cross_entropy_from_above() -> None:
    bound, exact = (
        ls.objective("spherical_bound"),
        ls.objective("softmax + cross_entropy"),
    )
    rng = np.random.default_rng(0)
    for n in (2, 3, 10, 100):
        rows, target = (
            jnp.asarray(
                rng.normal(size=(4, n)) * np.array([[0.0], [0.1], [1.0], [30.0]])
            ),
            hot(0, n),
        )
        of = lambda z, t=target: bound(z, t)
        of_one = lambda z, t=target, of=of: (
            of(z) - exact(z, t),
            jax.grad(of)(z),
            central_difference(of, z),
        )
        gaps, gradients, differences = jax.jit(jax.vmap(of_one))(rows)
        assert np.all(gaps >= -1e-12)
        np.testing.assert_allclose(gradients, differences, atol=2e-6)


@pytest.mark.parametrize("name", [*ls.NORMALIZERS, *ls.LOSSES])
def test_docstrings_say_what_a_user_needs(name: str) -> None:
    function = (ls.NORMALIZERS | ls.LOSSES)[name]
    text = inspect.getdoc(function) or ""
    assert "`" in text
    for parameter in inspect.signature(function).parameters.values():
        assert (
            parameter.kind is not parameter.KEYWORD_ONLY or f"{parameter.name}:" in text
        )
