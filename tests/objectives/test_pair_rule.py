"""The rule of pairs against the oracle, and against the composed function that it stands for."""

from dataclasses import fields, replace
from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import logitscape as ls
from logitscape._src.base.classes import whole_of_batch
from logitscape._src.base.xla import jit_fast_compile
from logitscape._src.objectives.catalog import FORMULAS
from logitscape._src.objectives.statements import (
    stated_pair,
    statement_of_loss,
    statement_of_normalizer,
)
from logitscape._src.objectives.weighing import pull_back, weighed
from tests.oracle import LOSSES
from tests.oracle.accuracy import (
    CORE,
    TOLERANCE,
    Reference,
    as_in_use,
    forget,
    reference,
)
from tests.oracle.failures import failures
from tests.shares import share

SEPARABLE = [
    formula.function.__name__
    for formula in FORMULAS
    if formula.kind == "normalizer" and formula.weigh is not None
]

STATED = list(LOSSES)
"""Every loss of probabilities has a rule."""


@pytest.fixture(autouse=True)
def forget_references():
    """The oracle's answers for one normalizer are of no use to the next."""
    yield
    forget()


def test_what_states_itself():
    """Every loss of probabilities, and every normalizer of weights of single classes."""
    others = {
        "argmax",
        "sparsemax",
        "entmax",
        "tempered",
        "eps_softmax",
        "sparsegen",
        "sparsehourglass",
        "normmax",
        "softpick",
        "sigmoid_attention",
        "budget",
    }
    assert set(SEPARABLE) == set(ls.NORMALIZERS) - others
    for formula in FORMULAS:
        if formula.kind == "loss of probabilities":
            assert formula.of_label is not None, formula.name


RULES = list(product([*SEPARABLE, "softmax(inverse_temperature=2)"], TOLERANCE))


@pytest.mark.parametrize(("normalizer", "dtype"), share(RULES, one_in=18))
def test_rule_is_right(normalizer, dtype):
    losses = STATED if normalizer == "softmax" else [x for x in CORE if x in STATED]
    assert_right_in_all_ways(normalizer, dtype, losses)


@pytest.mark.slow
@pytest.mark.parametrize(("normalizer", "dtype"), RULES)
def test_rule_is_right_with_every_loss(normalizer, dtype):
    assert_right_in_all_ways(normalizer, dtype, STATED)


def assert_right_in_all_ways(normalizer, dtype, losses):
    # Few classes are joined one by one, 10 are summed by a product, and 100 as usual.
    for n in (2, 100) if dtype == "float64" else (3, 10):
        assert_right_with_classes(normalizer, n, dtype, losses)


@pytest.mark.parametrize("normalizer", ["taylor(order=4)", "taylor(order=8)"])
def test_rule_of_other_orders_is_right(normalizer):
    assert_right_with_classes(normalizer, 3, "float64", ["cross_entropy", "brier"])


def assert_right_with_classes(normalizer, n, dtype, losses):
    references = {
        loss: one_hot_cases(f"{normalizer} + {loss}", n, dtype) for loss in losses
    }
    cases = next(iter(references.values())).cases
    z = jnp.array([case.z for case in cases], dtype)
    labels = jnp.array([case.target.index(1.0) for case in cases])
    compiled = as_in_use if n == 3 else jit_fast_compile
    rows = compiled(jax.vmap(partial(by_label, normalizer, losses)))(z, labels)
    found = []
    for loss, got in zip(losses, np.asarray(rows).swapaxes(0, 1), strict=True):
        found += failures(f"{normalizer} + {loss}", got, references[loss], dtype)
    assert not found, "\n".join(found)


def by_label(normalizer, losses, z, label):
    """Value and gradient of every loss, [losses, 1 + n], with the classes weighed once."""
    weigh = statement_of_normalizer(ls.normalizer(normalizer), z)
    weights = weighed(weigh, z, label, whole_of_batch(z))
    rows = []
    for loss in losses:
        value, gradient = pull_back(statement_of_loss(ls.loss(loss), z), weights)
        rows.append(jnp.concatenate([value[None], gradient]))
    return jnp.stack(rows)


def one_hot_cases(spec: str, n: int, dtype: str) -> Reference:
    expected = reference(spec, n, dtype)
    is_one_hot = np.array([1.0 in case.target for case in expected.cases])
    parts = {
        field.name: getattr(expected, field.name)[is_one_hot]
        for field in fields(Reference)
        if field.name != "cases"
    }
    cases = [
        case for case, keep in zip(expected.cases, is_one_hot, strict=True) if keep
    ]
    return replace(expected, cases=cases, **parts)


@pytest.fixture(scope="module")
def batch():
    z = jnp.asarray(np.random.default_rng(0).normal(size=(6, 4))) * 3
    return z, jnp.array([0, 1, 2, 3, 3, 0])


PAIRS = [
    "softmax + focal(gamma=1.5)",
    "taylor + label_smoothing",
    "softmax_one + brier",
]


@pytest.mark.parametrize("spec", PAIRS)
def test_all_forms_agree(spec, batch):
    """Objective under vmap, `per_example`, `value_and_grad`, in any nesting, and as composed."""
    z, labels = batch
    objective = ls.objective(spec)
    targets = jax.nn.one_hot(labels, 4, dtype=z.dtype)
    composed = jax.vmap(jax.value_and_grad(objective.composed))(z, targets)
    by_target = jax.vmap(jax.value_and_grad(objective))
    forms = [
        jax.vmap(jax.value_and_grad(ls.per_example(objective)))(z, labels),
        jax.jit(by_target)(z, targets),
        jax.jit(ls.value_and_grad(objective))(z, labels),
        jax.tree.map(
            jnp.concatenate, jax.lax.map(lambda x: by_target(*x), split(z, targets))
        ),
        jax.tree.map(jnp.concatenate, jax.vmap(by_target)(*split(z, targets))),
    ]
    for form in forms:
        for got, expected in zip(form, composed, strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-15)


def split(*arrays):
    """Batches cut into two, so that one more map is needed."""
    return tuple(array.reshape(2, 3, *array.shape[1:]) for array in arrays)


@pytest.mark.parametrize("spec", PAIRS)
def test_soft_and_one_hot_targets_in_one_batch(spec, batch):
    z, labels = batch
    objective = ls.objective(spec)
    targets = jax.nn.one_hot(labels, 4, dtype=z.dtype).at[2].set(0.25)
    got = jax.jit(jax.vmap(jax.value_and_grad(objective)))(z, targets)
    expected = jax.vmap(jax.value_and_grad(objective.composed))(z, targets)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_second_derivatives_and_those_in_the_target_are_those_of_the_composition(batch):
    z, labels = batch[0][:2], batch[1][:2]
    objective = ls.objective("softmax + brier")
    targets = jax.nn.one_hot(labels, 4, dtype=z.dtype)
    got, expected = (
        jit_fast_compile(jax.hessian(function, (0, 1)))(z[0], targets[0])
        for function in (objective, objective.composed)
    )
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    loss = ls.per_example(objective)
    got = jit_fast_compile(jax.hessian(lambda z: loss(z, labels).sum()))(z)
    blocks = jit_fast_compile(jax.vmap(jax.hessian(objective.composed)))(z, targets)
    diagonal = jnp.arange(len(z))
    np.testing.assert_allclose(got[diagonal, :, diagonal], blocks, atol=1e-12)


@pytest.mark.parametrize("form", ["label", "target"])
def test_traced_parameters_have_derivatives(form, batch):
    """A temperature and a focal exponent, both of which the rule is given as arrays."""
    z, labels = batch

    def loss(c, gamma, as_composed):
        objective = ls.compose(
            partial(ls.normalizers.softmax, inverse_temperature=c),
            partial(ls.losses.focal, gamma=gamma),
        )
        if form == "label" and not as_composed:
            return ls.per_example(objective)(z, labels).sum()
        function = objective.composed if as_composed else objective
        return jax.vmap(function)(z, jax.nn.one_hot(labels, 4, dtype=z.dtype)).sum()

    for derivative in (jax.grad, jax.hessian):
        got, expected = (
            jit_fast_compile(derivative(partial(loss, as_composed=form), (0, 1)))(
                1.5, 2.5
            )
            for form in (False, True)
        )
        np.testing.assert_allclose(got, expected, rtol=1e-10)
    sweep = jax.jit(jax.vmap(lambda c: loss(c, 2.5, False)))(jnp.array([0.5, 1.5]))
    assert sweep[1] == pytest.approx(float(loss(1.5, 2.5, True)))


def test_labels_out_of_range_are_nan(batch):
    z, _ = batch
    for spec in ("softmax + cross_entropy", "relu + brier", "z_loss", "sparsemax_loss"):
        for label in (-1, 4, 10**6):
            run = jax.jit(jax.value_and_grad(ls.per_example(spec)))
            value, gradient = run(z[0], jnp.asarray(label))
            assert np.isnan(value), (spec, label)
            assert np.isnan(gradient).all(), (spec, label)


@pytest.mark.parametrize("loss", share(STATED, one_in=2))
def test_a_single_class_is_certain(loss):
    """As padded and masked batches have them."""
    run = jax.value_and_grad(
        lambda z: ls.per_example(f"softmax + {loss}")(z, jnp.array([0])).sum()
    )
    value, gradient = run(jnp.array([[3.0]]))
    least = np.exp(-1 / 3) if loss == "asymmetric_exponential" else 0
    assert value == pytest.approx(least, abs=1e-6)
    np.testing.assert_array_equal(gradient, 0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "spec",
    ["softmax + cross_entropy", "softmax + focal", "taylor + cross_entropy", "z_loss"],
)
def test_a_training_step_needs_no_further_memory(spec, dtype):
    """No more temporaries than what the logits take in float32, of which the gradient is one."""
    losses = ls.per_example(spec)
    step = jax.jit(jax.value_and_grad(lambda z, y: losses(z, y).mean()))
    z = jax.ShapeDtypeStruct((64, 4096), dtype)
    y = jax.ShapeDtypeStruct((64,), "int32")
    memory = step.lower(z, y).compile().memory_analysis()
    in_float32 = 0 if dtype == "float32" else 4 * z.size
    assert memory.temp_size_in_bytes <= in_float32 + 0.1 * z.size


OWN_NORMALIZERS = {
    "cubes": (lambda z: ls.normalize(3 * jnp.log(jnp.abs(z))), True),
    "one plus square": (lambda z: ls.normalize(jnp.log1p(z**2)), True),
    "magnitude": (lambda z: ls.normalize(jnp.log(jnp.abs(z) + 0.1)), True),
    "squared sigmoid": (lambda z: ls.normalize(2 * jax.nn.log_sigmoid(z)), True),
    "shifted": (lambda z: ls.normalize(z - jnp.max(z)), False),
    "biased": (lambda z: ls.normalize(z + jnp.arange(z.size, dtype=z.dtype)), False),
    "by the mean": (lambda z: ls.normalize(z / z.size), False),
    "to the power of n": (lambda z: ls.normalize(z**z.size), False),
    "changed": (
        lambda z: ls.Probs(ls.normalize(z).p ** 2, 2 * ls.normalize(z).log_p),
        False,
    ),
    "plain": (lambda z: jnp.exp(z) / jnp.exp(z).sum(), False),
}
OWN_LOSSES = {
    "cross-entropy": (lambda probs, t: -jnp.sum(t * probs.log_p), True),
    "by a product": (lambda probs, t: -2 * jnp.dot(t, probs.log_p), True),
    "one minus p": (lambda probs, t: 1 - jnp.sum(t * probs.p), True),
    "complement": (lambda probs, t: jnp.sum(t * probs.complement**1.5), True),
    "two sums": (
        lambda probs, t: jnp.sum(t * probs.p) * jnp.sum(probs.log_p * t),
        True,
    ),
    "log of p": (lambda probs, t: -jnp.sum(t * jnp.log(probs.p)), False),
    "squared error": (lambda probs, t: jnp.sum((probs.p - t) ** 2), False),
    "mean": (lambda probs, t: -jnp.mean(t * probs.log_p), False),
    "norm": (
        lambda probs, t: 1 - jnp.sum(t * probs.p) / jnp.linalg.norm(probs.p),
        False,
    ),
    "largest": (lambda probs, t: jnp.max(t * probs.p), False),
    "not 0 for others": (lambda probs, t: jnp.sum((t + 1) * probs.p), False),
}


@pytest.mark.parametrize(
    ("normalizer", "loss"),
    share(
        [(x, "complement") for x in OWN_NORMALIZERS]
        + [("cubes", x) for x in OWN_LOSSES],
        one_in=2,
    ),
)
def test_own_functions_have_the_rule_where_they_are_class_by_class(
    normalizer, loss, batch
):
    z, labels = batch
    of_classes, is_separable = OWN_NORMALIZERS[normalizer]
    of_probs, is_of_label = OWN_LOSSES[loss]
    pair = ls.compose(of_classes, of_probs)
    stated = stated_pair(pair.normalizer, pair.loss, z[0])
    assert (stated is not None) == (is_separable and is_of_label)
    got = jax.vmap(jax.value_and_grad(ls.per_example(pair)))(z, labels)
    targets = jax.nn.one_hot(labels, 4, dtype=z.dtype)
    expected = jax.vmap(jax.value_and_grad(pair.composed))(z, targets)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("size", [1e-13, 1e-3, 1.0, 1e10, 1e18])
def test_own_weights_of_any_size_are_taken_before_their_logarithm(size):
    """`g = z^2` by its logarithm gives what it gives by `square`."""
    pair = ls.compose(lambda z: ls.normalize(jnp.log(z**2)), "cross_entropy")
    z = np.float32(size) * np.array([[1, -2, 3], [-3, 1e-5, 1]], "float32")
    labels = jnp.array([0, 1])
    both = [
        jax.vmap(jax.value_and_grad(ls.per_example(each)))(z, labels)
        for each in (pair, "square + cross_entropy")
    ]
    for got, expected in zip(*both, strict=True):
        np.testing.assert_allclose(got, expected, rtol=2e-6)


@pytest.mark.parametrize("n", [1, 2, 33, 1000])
def test_own_functions_state_themselves_for_any_number_of_classes(n):
    z = jax.ShapeDtypeStruct((n,), jnp.float32)
    of_classes, _ = OWN_NORMALIZERS["cubes"]
    of_probs, _ = OWN_LOSSES["complement"]
    pair = ls.compose(of_classes, of_probs)
    assert stated_pair(pair.normalizer, pair.loss, z) is not None


def test_own_functions_that_close_over_traced_values_are_differentiated_as_written(
    batch,
):
    z, labels = batch

    def loss(power, form):
        pair = ls.compose(lambda z: ls.normalize(power * z), "cross_entropy")
        return form(pair)

    by_label = lambda pair: ls.per_example(pair)(z, labels).sum()
    targets = jax.nn.one_hot(labels, 4, dtype=z.dtype)
    composed = lambda pair: jax.vmap(pair.composed)(z, targets).sum()
    got, expected = (
        jax.grad(partial(loss, form=form))(1.5) for form in (by_label, composed)
    )
    assert got == pytest.approx(float(expected))


def test_own_derivatives_are_kept(batch):
    """A loss that stops a gradient, or has a rule of its own, keeps it."""
    z, labels = batch
    stopped = lambda probs, t: -jnp.sum(t * jax.lax.stop_gradient(probs.log_p))
    losses = ls.per_example(ls.compose("softmax", stopped))
    np.testing.assert_array_equal(jax.grad(lambda z: losses(z, labels).sum())(z), 0)
