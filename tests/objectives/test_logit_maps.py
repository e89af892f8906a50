"""Logit maps in front of normalizers and losses: values, gradients, masks, forms and grammar."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

import logitscape as ls
from tests.oracle import evaluate as exactly
from tests.oracle.accuracy import TOLERANCE
from tests.shares import share

Logits = list[mpf]


def soft_cap(z: Logits, cap: mpf) -> Logits:
    return [cap * mp.tanh(x / cap) for x in z]


def logit_norm(z: Logits, temperature: mpf, epsilon: mpf) -> Logits:
    norm = mp.sqrt(mp.fsum(x * x for x in z))
    return [x / (temperature * (norm + epsilon)) for x in z]


def clip_norm(z: Logits, limit: mpf) -> Logits:
    norm = mp.sqrt(mp.fsum(x * x for x in z))
    return [x * min(1, limit / norm) for x in z] if norm else z


def multimax(z: Logits, low: mpf, high: mpf, low_slope: mpf, high_curvature: mpf):
    return [
        x + low_slope * max(low - x, 0) + high_curvature * max(x - high, 0) ** 2
        for x in z
    ]


EXACT: dict[str, Callable[[Logits], Logits]] = {
    "soft_cap(cap=30)": lambda z: soft_cap(z, mpf(30)),
    "soft_cap(cap=2)": lambda z: soft_cap(z, mpf(2)),
    "scale(inverse_temperature=3)": lambda z: [3 * x for x in z],
    "log_size(scale=2)": lambda z: [2 * mp.log(len(z)) * x for x in z],
    "logit_norm(temperature=0.5, epsilon=0.25)": lambda z: logit_norm(
        z, mpf(0.5), mpf(0.25)
    ),
    "clip_norm(limit=4)": lambda z: clip_norm(z, mpf(4)),
    "multimax(low=-0.5, high=2, low_slope=0.5, high_square=2, high_curvature=0.25)": (
        lambda z: multimax(z, mpf(-0.5), mpf(2), mpf(0.5), mpf(0.25))
    ),
}
BEHIND = ("softmax + cross_entropy", "softmax + brier", "softplus + cross_entropy")
POINTS = (
    (0.25, 1.75, 0.875),
    (-6.0, 3.0, 0.5),
    (12.0, -3.0, 11.0),
    (0.0, 0.0078125, -0.0078125),
)
LABEL = (1.0, 0.0, 0.0)


def jacobian(of_logits: Callable[[Logits], Logits], z: Logits) -> list[Logits]:
    """Central differences with 120 digits: rows are outputs."""
    step = mpf(10) ** -40
    columns = []
    for k in range(len(z)):
        up, down = (
            of_logits([x + sign * step * (j == k) for j, x in enumerate(z)])
            for sign in (1, -1)
        )
        columns.append([(a - b) / (2 * step) for a, b in zip(up, down, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def exact_value_and_gradient(logit_map: str, behind: str, z: tuple[float, ...]):
    """Value, gradient and the |terms| of the gradient by `J^T g`, with 60 digits."""
    with mp.workdps(120):
        logits = [mpf(x) for x in z]
        mapped = tuple(EXACT[logit_map](logits))
        truth = exactly(behind, mapped, LABEL, "float64", 60)
        rows = jacobian(EXACT[logit_map], logits)
        terms = [
            [row[k] * g for row, g in zip(rows, truth.gradient, strict=True)]
            for k in range(len(z))
        ]
        sizes = [
            mp.fsum(
                abs(row[k]) * size
                for row, size in zip(rows, truth.gradient_size, strict=True)
            )
            for k in range(len(z))
        ]
        return (
            np.array([truth.value, *(mp.fsum(each) for each in terms)], float),
            np.array([truth.value_size, *sizes], float),
        )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("logit_map", share(EXACT, one_in=2))
def test_the_gradient_is_that_behind_the_map_times_its_jacobian(
    logit_map, behind, dtype
):
    run = jax.jit(ls.value_and_grad(f"{logit_map} > {behind}"))
    logits = jnp.asarray(POINTS, dtype)
    value, gradient = run(logits, jnp.zeros(len(POINTS), int))
    got = np.column_stack([value, gradient]).astype(float)
    for row, point in zip(got, POINTS, strict=True):
        expected, size = exact_value_and_gradient(logit_map, behind, point)
        # A mapped logit is rounded, and the loss moves with it.
        moved = TOLERANCE[dtype] * np.maximum(size, np.abs(expected)) * 8
        np.testing.assert_array_less(np.abs(row - expected), moved + 1e-300)


@pytest.mark.parametrize("logit_map", share(EXACT, one_in=2))
def test_all_forms_give_the_same_numbers(logit_map):
    spec = f"{logit_map} > softmax + focal(gamma=2)"
    z, y = jnp.asarray(POINTS), jnp.array([0, 1, 2, 0])
    targets = jax.nn.one_hot(y, 3, dtype=z.dtype)
    losses, gradients = ls.value_and_grad(spec)(z, y)
    of_one = jax.value_and_grad(ls.objective(spec))
    values, slopes = jax.vmap(of_one)(z, targets)
    summed = lambda z: ls.per_example(spec)(z, y).sum()
    np.testing.assert_allclose(values, losses, rtol=1e-14)
    np.testing.assert_allclose(slopes, gradients, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(jax.grad(summed)(z), gradients, rtol=1e-12, atol=1e-300)
    ray = ls.ray("R1", np.linspace(0, 6, 4), base=1)
    swept = ls.sweep([spec], ray).gradient[0, 0]
    of_label = ls.value_and_grad(spec)(ls.points(ray), jnp.zeros(4, int))[1]
    np.testing.assert_allclose(swept, of_label, rtol=1e-12, atol=1e-300)


def test_the_soft_cap_of_linear_loss_is_the_map():
    features, weights = jnp.asarray(POINTS), jnp.eye(3) * 20
    labels = jnp.array([0, 1, 2, 0])
    by_argument = ls.linear_loss("softmax + brier", soft_cap=30)
    by_map = ls.linear_loss("soft_cap(cap=30) > softmax + brier")
    for run in (by_argument, by_map):
        losses = run(features, weights, labels)
        direct = ls.per_example("soft_cap(cap=30) > softmax + brier")
        np.testing.assert_allclose(
            losses, direct(features @ weights, labels), rtol=1e-13
        )


@pytest.mark.parametrize("logit_map", list(EXACT))
def test_half_precision_is_rounded_once(logit_map):
    spec = f"{logit_map} > softmax + cross_entropy"
    z, y = jnp.asarray(POINTS, jnp.bfloat16), jnp.zeros(len(POINTS), int)
    wide = ls.per_example(spec)(z.astype(jnp.float32), y)
    np.testing.assert_array_equal(ls.per_example(spec)(z, y), wide.astype(jnp.bfloat16))


@pytest.mark.parametrize("logit_map", list(EXACT))
def test_a_masked_class_is_as_if_it_did_not_exist(logit_map):
    spec = f"{logit_map} > softmax + cross_entropy"
    with_mask = jnp.array([0.25, -jnp.inf, 1.75, 0.875])
    without = jnp.array([0.25, 1.75, 0.875])
    run = jax.value_and_grad(ls.objective(spec))
    value, gradient = run(with_mask, jnp.array([1.0, 0, 0, 0]))
    expected, slopes = run(without, jnp.array([1.0, 0, 0]))
    np.testing.assert_allclose(value, expected, rtol=1e-14)
    np.testing.assert_allclose(gradient[jnp.array([0, 2, 3])], slopes, rtol=1e-13)
    assert gradient[1] == 0
    p = ls.normalizer(f"{logit_map} > softmax")(with_mask).p
    assert p[1] == 0


@pytest.mark.parametrize(
    "logit_map", ["logit_norm(temperature=1)", "clip_norm(limit=2)"]
)
def test_maps_of_the_norm_know_no_overflow_and_are_finite_at_zero(logit_map):
    run = jax.value_and_grad(ls.objective(f"{logit_map} > softmax + cross_entropy"))
    target = jnp.array([1.0, 0.0])
    value, gradient = run(jnp.array([3e300, -4e300]), target)
    small, slopes = run(jnp.array([3.0, -4.0]), target)
    np.testing.assert_allclose(value, small, rtol=1e-6)
    np.testing.assert_allclose(gradient * 1e300, slopes, rtol=1e-6)
    at_zero = run(jnp.zeros(2), target)
    assert np.isfinite(at_zero[0])
    assert np.isfinite(at_zero[1]).all()
    assert np.isnan(run(jnp.array([jnp.inf, 0.0]), target)[0])


@pytest.mark.parametrize("z", [1e-6, 0.125, 3.0, 60.0, 900.0])
def test_derivatives_of_the_soft_cap_keep_their_digits(z):
    """In the logit twice, and in the cap, where the textbook formulas cancel."""
    cap = mpf(4)
    with mp.workdps(800):
        first = 1 / mp.cosh(mpf(z) / cap) ** 2
        second = -2 / cap * mp.tanh(mpf(z) / cap) * first
        in_cap = mp.tanh(mpf(z) / cap) - mpf(z) / cap * first
    capped = lambda z, c: ls.logit_maps.soft_cap(z[None], cap=c)[0]
    at = (jnp.float64(z), jnp.float64(4))
    np.testing.assert_allclose(jax.grad(capped)(*at), float(first), rtol=1e-13)
    np.testing.assert_allclose(
        jax.grad(jax.grad(capped))(*at), float(second), rtol=1e-13
    )
    np.testing.assert_allclose(
        jax.grad(capped, argnums=1)(*at), float(in_cap), rtol=1e-13
    )


@pytest.mark.parametrize(
    ("logit_map", "textbook"),
    [
        ("soft_cap(cap=4)", lambda z: 4 * jnp.tanh(z / 4)),
        ("logit_norm(temperature=0.5)", lambda z: z / jnp.sqrt(z @ z) / 0.5),
        ("clip_norm(limit=2)", lambda z: 2 * z / jnp.sqrt(z @ z)),
    ],
)
def test_hessians_behind_a_map_are_those_of_the_formula(logit_map, textbook):
    loss = ls.objective(f"{logit_map} > softmax + cross_entropy")
    z, target = jnp.asarray(POINTS[1]), jnp.asarray(LABEL)
    formula = lambda z: -jax.nn.log_softmax(textbook(z)) @ target
    expected = jax.hessian(formula)(z)
    by_rule = jax.hessian(lambda z: loss(z, target))(z)
    composed = jax.hessian(lambda z: loss.composed(z, target))(z)
    np.testing.assert_allclose(by_rule, expected, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(composed, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    ("logit_map", "law"),
    [
        # The label falls by s / 2, where the Jacobian is 1 / cosh(s / 60)^2.
        ("soft_cap(cap=30)", "4.00 e^(-0.0333 s)"),
        ("scale(inverse_temperature=3)", "3.00"),
        ("log_size(scale=2)", "2.20"),
        ("multimax(low_slope=0.25)", "0.750"),
    ],
)
def test_the_pull_behind_a_map_is_its_slope_at_the_label(logit_map, law):
    """Behind softmax and cross-entropy it is J^T (p - t), and p - t is -1 far out."""
    pair = f"{logit_map} > softmax + cross_entropy"
    assert str(ls.gradient_law(pair, "R3").pull) == law


@pytest.mark.parametrize("logit_map", ["logit_norm", "clip_norm(limit=3)"])
def test_behind_maps_of_the_norm_the_gradient_fades_like_its_inverse(logit_map):
    pair = f"{logit_map} > softmax + cross_entropy"
    assert str(ls.gradient_law(pair, "R1").norm).endswith("s^-1.00")


def test_maps_apply_from_left_to_right_and_print_as_they_were_written():
    spec = "scale(inverse_temperature=10) > soft_cap(cap=2) > softmax + brier"
    other = "soft_cap(cap=2) > scale(inverse_temperature=10) > softmax + brier"
    z, y = jnp.asarray(POINTS[:1]), jnp.array([0])
    scaled_first = ls.per_example("softmax + brier")(2 * jnp.tanh(10 * z / 2), y)
    capped_first = ls.per_example("softmax + brier")(10 * 2 * jnp.tanh(z / 2), y)
    np.testing.assert_allclose(ls.per_example(spec)(z, y), scaled_first, rtol=1e-13)
    np.testing.assert_allclose(ls.per_example(other)(z, y), capped_first, rtol=1e-13)
    assert str(ls.objective(spec)) == spec
    predictor = ls.objective(spec).normalizer
    assert str(predictor) == spec.removesuffix(" + brier")
    composed = ls.compose("soft_cap(cap=2) > softmax", "brier")
    assert composed.name == "soft_cap(cap=2) > softmax + brier"
    target = jnp.asarray(LABEL)
    assert composed(z[0], target) == ls.objective(composed.name)(z[0], target)


@pytest.mark.parametrize("name", list(ls.LOGIT_MAPS))
def test_every_map_stands_in_front_of_losses_of_logits_too(name):
    z, t = jnp.asarray(POINTS[0]), jnp.asarray(LABEL)
    expected = ls.objective("crammer_singer")(ls.LOGIT_MAPS[name](z), t)
    np.testing.assert_allclose(
        ls.objective(f"{name} > crammer_singer")(z, t), expected, rtol=1e-14
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("soft_cap", "'soft_cap' is a logit map and stands in front"),
        ("soft_cap + cross_entropy", "'soft_cap > softmax'"),
        ("softmax + soft_cap", "'soft_cap > softmax \\+ cross_entropy'"),
        (
            "softcap > softmax + brier",
            "unknown logit map 'softcap'. Did you mean 'soft",
        ),
        ("softmax > softmax + brier", "'softmax' is a normalizer and stands behind"),
        ("soft_cap < softmax + brier", "a logit map stands in front"),
        (
            "soft_cap(cap=0) > softmax + brier",
            "`soft_cap\\(cap=...\\)` must be greater",
        ),
        ("soft_cap(c=1) > softmax + brier", "unknown parameter 'c' of logit map"),
        ("logit_norm(temperature=-1) > softmax + brier", "`logit_norm\\(temperature="),
        ("soft_cap > softmax", "needs a loss"),
        ("(soft_cap > softmax) + brier", "malformed spec"),
    ],
)
def test_what_is_no_mapped_spec_is_refused_with_what_is_allowed(spec, message):
    with pytest.raises(ValueError, match=message):
        ls.objective(spec)
