"""Every normalizer x loss pair and every loss of logits against the oracle, by the rule of oracle.py."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mpmath import mp, mpf

import logitscape as ls
from logitscape._src.base.xla import jit_fast_compile
from tests.oracle import (
    INSIDE,
    LOGIT_LOSSES,
    LOSSES,
    NORMALIZERS,
    OUTSIDE,
    OVERFLOW,
    POLE,
    truth,
)
from tests.oracle.accuracy import (
    CLASSES,
    ONE_HOT_ONLY,
    TOLERANCE,
    Reference,
    answers,
    as_in_use,
    eager,
    evaluate,
    measured_one,
    normal,
    promised,
    ratios,
    reference,
    value_and_gradient,
)
from tests.oracle.cases import MASKABLE, Case, cases, stack

FEWER_CLASSES = (3, 100)  # in float32, to save time

PAIRS = [pytest.param(x, y, id=f"{x} + {y}") for x in NORMALIZERS for y in LOSSES]

# A factor of the chain rule underflows, the product does not: no sum of products of numbers of the dtype
# gives such a component. Where a probability underflows, these promise "not NaN" and no more.
UNDERFLOW = {
    "exponential": "dp_j/dz_k = -p_j p_k underflows before 1/p_j^2 makes it large again",
    "clipped_cross_entropy": "p_y below the normal numbers, times 1/epsilon = 1e7",
    "generalized_cross_entropy": "with square: p_y^q underflows before the slope 2/z_y makes it large again",
}

# Where the terms of a formula cancel so far that the rule of oracle.py leaves no digit, none is promised.
# With one-hot targets that happens for these only, each for the reason given.
CANCELS = {
    "brier": "dL/dp_k - sum p dL/dp of a third class, where label and rival balance",
    "spherical_score": "sum_j p_j dL/dp_j is 0 identically, and is computed as a sum",
    "tsallis_score": "dL/dp_k - sum p dL/dp of a third class, where label and rival balance",
    "reverse_kl": "log(p_k / t_k) - sum p log(p / t) at its optimum",
    "label_smoothing": "p - t at its optimum",
    "clipped_cross_entropy": "-log(p + epsilon) at p = 1 - epsilon",
    "spherical_bound": "1/K + (z_k - mean) tanh(xi/2) / (2 xi) - t_k as the gap grows, with K = 2 and 3",
    "crammer_singer": "the margin an ulp before the hinge",
    "weston_watkins": "the margin an ulp before the hinge",
}
CANCELS_WITH = {
    "sparsemax": "a class an ulp inside the support",
    "entmax": "a class an ulp inside the support",
    "sparsemax_loss": "a class an ulp inside the support",
    "entmax_loss": "a class an ulp inside the support",
    "min_shift": "dp_j/dz_k = ((K - 1) p_j - 1) / S of the lowest class k, where its rivals tie",
}


RATIOS = ("sum", "square", "min_shift", "sparsemax")  # p may be 0 and move all the same
STEP = 1e-5


def spec_of(normalizer: str, loss: str) -> str:
    return f"{normalizer} + {loss}" if normalizer else loss


def failures(spec: str, got: np.ndarray, expected: Reference, dtype: str) -> list[str]:
    """The worst offenders, as text."""
    ratio = ratios(got, expected, dtype)
    if spec.rpartition(" + ")[2] in UNDERFLOW:
        ratio[expected.underflows[:, None] & ~np.isnan(got)] = 0
    worst = sorted(np.argwhere(ratio > 1), key=lambda at: -ratio[tuple(at)])
    return [describe(spec, got, expected, dtype, ratio, *at) for at in worst[:5]]


def describe(
    spec: str,
    got: np.ndarray,
    expected: Reference,
    dtype: str,
    ratio: np.ndarray,
    i: int,
    k: int,
) -> str:
    case, what = expected.cases[i], f"gradient[{k - 1}]" if k else "value"
    return (
        f"{spec} {dtype}, {case.name} ({expected.status[i]}): {what} = {got[i, k]!r}, "
        f"want {expected.high[i, k]!r}, "
        f"error / allowed = {ratio[i, k]:.3g}; z = {case.z[:10]}, target = {case.target[:10]}"
    )


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("normalizer", "loss"), PAIRS)
def test_pair(normalizer, loss, dtype):
    assert_right(normalizer, loss, dtype)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("loss", LOGIT_LOSSES)
def test_logit_loss(loss, dtype):
    assert_right("", loss, dtype)


def assert_right(normalizer: str, loss: str, dtype: str) -> None:
    found = []
    for n in CLASSES if dtype == "float64" else FEWER_CLASSES:
        spec, expected = (
            spec_of(normalizer, loss),
            reference(spec_of(normalizer, loss), n, dtype),
        )
        got = measured_one(normalizer, loss, n, dtype)
        found += failures(spec, got, expected, dtype)
        assert_promises_are_kept(spec, got, expected, dtype)
        if n == 3:
            assert_undefined_outside_the_domain(spec, got, expected)
    assert not found, "\n".join(found)


def assert_promises_are_kept(
    spec: str, got: np.ndarray, expected: Reference, dtype: str
) -> None:
    """Where nothing is promised, the tables above say so; no 0 where the truth is not 0."""
    normalizer, _, loss = spec.rpartition(" + ")
    one_hot = np.array([1.0 in case.target for case in expected.cases])[:, None]
    cancels = TOLERANCE[dtype] * expected.allowed >= 0.1 * np.abs(expected.high)
    vacuous = normal(expected, dtype) & cancels & one_hot
    if not {normalizer.partition("(")[0], loss.partition("(")[0]} & {
        *CANCELS,
        *CANCELS_WITH,
    }:
        assert not vacuous.any(), describe(
            spec, got, expected, dtype, 1e99 * vacuous, *np.argwhere(vacuous)[0]
        )
    lost = (got == 0) & normal(expected, dtype) & promised(expected, dtype)
    if loss in UNDERFLOW:
        lost &= ~expected.underflows[:, None]
    assert not lost.any(), describe(
        spec, got, expected, dtype, 1e99 * lost, *np.argwhere(lost)[0]
    )


def assert_undefined_outside_the_domain(
    spec: str, got: np.ndarray, expected: Reference
) -> None:
    """With a normalizer all is NaN; the value of a loss of logits is not finite."""
    normalizer = spec.rpartition(" + ")[0]
    for i in np.flatnonzero(
        (expected.status == OUTSIDE) | (expected.status == OVERFLOW)
    ):
        whole = (
            got[i, :1] if normalizer == "argmax" else got[i]
        )  # its derivative is 0 everywhere
        undefined = (
            np.isnan(whole).all()
            if normalizer
            else not np.isfinite(got[i, 0]) or expected.status[i] == OVERFLOW
        )
        assert undefined, f"{spec} at z = {expected.cases[i].z}: {got[i]}"


@pytest.mark.parametrize(
    ("normalizer", "losses"),
    [
        (
            "softmax",
            (
                "focal(gamma=0.5)",
                "focal(gamma=0)",
                "poly1(epsilon=-1)",
                "tsallis_score(alpha=1)",
                "tsallis_score(alpha=2)",
            ),
        ),
        (
            "softmax",
            (
                "generalized_cross_entropy(q=0)",
                "generalized_cross_entropy(q=1)",
                "brier(convention='mean')",
            ),
        ),
        (
            "softmax",
            (
                "label_smoothing(smoothing=0)",
                "symmetric_cross_entropy(alpha=0.5, beta=2, log_zero=-3)",
            ),
        ),
        *(
            (
                x,
                (
                    "tsallis_score(alpha=1)",
                    "tsallis_score(alpha=2)",
                    "generalized_cross_entropy(q=1)",
                ),
            )
            for x in RATIOS
        ),
        ("softmax(inverse_temperature=2)", ("cross_entropy", "brier")),
        ("softmax(inverse_temperature=0.25)", ("cross_entropy", "brier")),
        ("spherical(epsilon=1)", ("cross_entropy", "brier")),
        ("taylor(order=4)", ("cross_entropy", "brier")),
        ("taylor(order=8)", ("cross_entropy", "brier")),
        ("taylor(order=64)", ("cross_entropy", "brier")),
        ("iterated_exponential(depth=1)", ("cross_entropy", "brier")),
        ("iterated_exponential(depth=3)", ("cross_entropy", "brier")),
        ("entmax(alpha=1)", ("cross_entropy", "brier")),
        ("entmax(alpha=1.25)", ("cross_entropy", "brier")),
        ("entmax(alpha=2)", ("cross_entropy", "brier")),
        (
            "",
            (
                "entmax_loss(alpha=1)",
                "entmax_loss(alpha=1.25)",
                "entmax_loss(alpha=2)",
                "squared_logits(scale=3, target=2)",
            ),
        ),
    ],
)
def test_parameters(normalizer, losses):
    expected = [reference(spec_of(normalizer, loss), 3, "float64") for loss in losses]
    objectives = [ls.objective(spec_of(normalizer, loss)) for loss in losses]
    got = evaluate(
        objectives, *stack(expected[0].cases, "float64"), compiled=jit_fast_compile
    )
    found = [
        failures(spec_of(normalizer, x), a, b, "float64")
        for x, a, b in zip(losses, got, expected, strict=True)
    ]
    assert not any(found), "\n".join(line for lines in found for line in lines)


@pytest.mark.parametrize(
    "normalizer", [*NORMALIZERS, pytest.param("", id="logit losses")]
)
def test_forward_gradient_and_hessian(normalizer):
    """Forward mode is right by its rule; the Hessian is the gradient's slope at ordinary points, and nowhere in the domain NaN.

    Compiled as sweeps with Hessians are.
    """
    few = ("cross_entropy", "tsallis_score")
    losses = (
        LOSSES
        if normalizer == "softmax"
        else few
        if normalizer
        else sorted(set(LOGIT_LOSSES) - set(ONE_HOT_ONLY))
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
    """Ordinary points of three classes, each with a step in either direction of every axis, and labels."""
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


@pytest.mark.parametrize(
    "spec", [*(f"{x} + brier" for x in NORMALIZERS), *LOGIT_LOSSES]
)
def test_eager_equals_jit(spec):
    """With and without jit every number is right by the same rule, NaN and infinite at the same places."""
    expected = reference(spec, 3, "float64")
    count, size = (
        len(expected.cases),
        max(len(cases(name, 3, "float64")) for name in ("", *NORMALIZERS)),
    )
    assert count <= size
    z, t = (
        np.resize(each, (size, 3)) for each in stack(expected.cases, "float64")
    )  # operations are compiled for all at once
    without, compiled = (
        evaluate([ls.objective(spec)], z, t, compiled=how)[0][:count]
        for how in (eager, as_in_use)
    )
    for got in (without, compiled):
        assert not failures(spec, got, expected, "float64"), failures(
            spec, got, expected, "float64"
        )
    np.testing.assert_array_equal(np.isnan(without), np.isnan(compiled))
    np.testing.assert_array_equal(np.isinf(without), np.isinf(compiled))


@pytest.mark.parametrize("spec", [f"{x} + cross_entropy" for x in NORMALIZERS])
def test_results_do_not_depend_on_the_batch(spec):
    """The same example among others, among NaN and in another place gives the same numbers, to a few ulp."""
    expected = reference(spec, 3, "float64")
    z, t = stack(expected.cases, "float64")
    run = as_in_use(jax.vmap(value_and_gradient(ls.objective(spec))))
    plain, turned = np.asarray(run(z, t)), np.asarray(run(z[::-1], t[::-1]))[::-1]
    spoilt = np.asarray(
        run(np.where(np.arange(len(z))[:, None] % 2 == 0, z, np.nan), t)
    )
    ulps = {"rtol": 64 * np.finfo(float).eps, "atol": 0}
    np.testing.assert_allclose(turned, plain, **ulps)
    np.testing.assert_allclose(spoilt[::2], plain[::2], **ulps)


@pytest.mark.parametrize(
    "spec",
    [
        *(
            f"{x} + {y}"
            for x in MASKABLE
            for y in ("cross_entropy", "brier", "tsallis_score", "spherical_score")
        ),
        *LOGIT_LOSSES,
    ],
)
def test_a_mask_is_as_if_the_class_were_absent(spec):
    if any(
        x in spec
        for x in ("iterated", "smoothing", "reverse_kl", "squared", "spherical_bound")
    ):
        pytest.skip("its formula counts the masked classes")
    z, t = (
        jnp.array([0.5, -jnp.inf, 1.5, -0.25, -jnp.inf]),
        jnp.array([0.0, 0, 1, 0, 0]),
    )
    there = np.array([0, 2, 3])
    function = jax.jit(value_and_gradient(ls.objective(spec)))
    masked, absent = function(z, t), function(z[there], t[there])
    np.testing.assert_allclose(masked[1 + there], absent[1:], rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(masked[0], absent[0], rtol=1e-14)
    np.testing.assert_array_equal(masked[np.array([2, 5])], 0)


SPARSE = ("relu", "min_shift", "sparsemax", "entmax")
OF_P = ("mae", "brier", "tsallis_score", "spherical_score", "reverse_kl")


@pytest.mark.parametrize(
    ("n", "compiled"), [(3, as_in_use), (10, as_in_use), (100, as_in_use), (10, eager)]
)
@pytest.mark.parametrize("normalizer", SPARSE)
def test_classes_that_tie_take_nothing_from_each_other(normalizer, n, compiled):
    """Where the label has p = 0 exactly and all rivals tie there is no gradient; no rounding may leave one to flow along."""
    z, t = np.full((1, n), 3.0), np.zeros((1, n))
    z[0, 0], t[0, 0] = -3.0, 1.0
    objectives = [ls.objective(f"{normalizer} + {loss}") for loss in OF_P]
    for got in evaluate(objectives, z, t, compiled=compiled):
        np.testing.assert_array_equal(got[:, 1:], 0)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("c", [0.0, 0.7, 1.3, 100.0])
def test_a_temperature_never_makes_a_finite_input_nan(c, dtype):
    largest = float(np.finfo(dtype).max)
    rows = [
        (1e10, 1e10 + 1, 0.0),
        (largest, -largest, 0.0),
        (largest / 2, largest, 1.0),
        (0.0, -largest, 0.0),
    ]
    run = lambda z: ls.normalizer(f"softmax(inverse_temperature={c})")(z).p
    for mapped in (jax.vmap(run), as_in_use(jax.vmap(run))):
        p = np.asarray(mapped(jnp.array(rows, dtype)))
        np.testing.assert_allclose(p.sum(1), 1, rtol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    "spec", [*(f"{x} + {y}" for x in NORMALIZERS for y in LOSSES), *LOGIT_LOSSES]
)
def test_oracle_gradient_is_the_derivative_of_its_value(spec):
    """Central differences with 100 digits and steps of 1e-25."""
    z, t = (0.3, 0.9, 1.7), (1.0, 0.0, 0.0)
    exact = truth(spec, z, t)
    if exact.status == POLE:
        return
    for k, g in enumerate(exact.gradient):
        with mp.workdps(100):
            step = mpf(10) ** -25
            up, down = (shifted(spec, z, t, k, sign * step) for sign in (1, -1))
            assert g is None or abs((up - down) / (2 * step) - g) <= mpf(
                10
            ) ** -20 * max(1, abs(g))


def shifted(spec: str, z: tuple, t: tuple, k: int, step: mpf) -> mpf:
    from tests.oracle import evaluate as exactly

    return exactly(
        spec,
        tuple(mpf(x) + step * (j == k) for j, x in enumerate(z)),
        t,
        "float64",
        100,
    ).value


def test_the_oracle_knows_what_softmax_loses():
    """The reason for all of this: at margin 40 value and gradient are 4e-18, where log_softmax says 0."""
    case = Case("margin 40", (40.0, 0.0), (1.0, 0.0))
    expected = answers("softmax + cross_entropy", [case], "float64")
    naive = lambda z, t: -jax.nn.log_softmax(z)[jnp.argmax(t)]
    ours, theirs = evaluate(
        [ls.objective("softmax + cross_entropy"), naive], *stack([case], "float64")
    )
    assert (ratios(ours, expected, "float64") <= 1).all()
    assert (
        not (ratios(theirs, expected, "float64") <= 1).any(axis=1).all()
        or theirs[0, 0] == 0
    )


def test_cases_are_exactly_representable():
    for dtype in TOLERANCE:
        for n in CLASSES:
            for case in (*cases("softmax", n, dtype), *cases("sum", n, dtype)):
                assert sum(case.target) == 1
                np.testing.assert_array_equal(
                    np.array(case.z, dtype).astype(float), np.array(case.z)
                )
